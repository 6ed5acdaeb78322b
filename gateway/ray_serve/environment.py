"""The environment variables that Ray, HAProxy and vLLM are steered by. They must be set before Ray is imported."""

from collections.abc import Mapping
from pathlib import Path

_MAX_CONNECTIONS = 32_768


def cluster_environment(
    run_dir: Path, haproxy: Path, *, free_ports: tuple[int, int, int], cores: int, open_files: int
) -> dict[str, str]:
    """The variables for one cluster, whose processes inherit them.

    run_dir: a private folder for HAProxy's configuration and its control socket (by default Ray lets everybody on
    the machine write to that). haproxy: the command ``dragoman-haproxy``. open_files: the limit of a process.
    free_ports: for HAProxy's statistics and metrics, which nothing here uses but which cannot be turned off, and for
    the proxy that HAProxy falls back on while it knows no replica. On Ray's fixed ports two clusters on one machine
    would meet: requests to one were answered by the other.
    """
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_LLM_ENABLE_DIRECT_STREAMING": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(haproxy),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(run_dir / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(run_dir / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(run_dir),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(run_dir / "server-state"),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(free_ports[0]),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(free_ports[1]),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(free_ports[2]),
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
        # Three missed checks, and Ray starts another HAProxy: a killed one was away for 27 s at Ray's 10.
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "0.25",
        # Ray ends a proxy that is not ready in time, and the start with it: where cores are scarce, 5 s were too few.
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
        "RAY_SERVE_HAPROXY_NBTHREAD": str(min(4, cores)),
        "RAY_SERVE_HAPROXY_MAXCONN": str(_max_connections(open_files)),
        # HAProxy has a replica out of its rotation within a second; Ray's 30 are for load balancers elsewhere.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "2",
        "RAY_SERVE_LOG_TO_STDERR": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        # Ray would import vLLM in spare workers that never need it: 700 MB each.
        "RAYLLM_ENABLE_WORKER_PROCESS_SETUP_HOOK": "0",
        "RAYLLM_ENABLE_REQUEST_PROMPT_LOGS": "0",
        "VLLM_NO_USAGE_STATS": "1",
    }


def vllm_defaults(given: Mapping[str, str], *, has_remote_models: bool) -> dict[str, str]:
    """What vLLM and Hugging Face are told where the operator's environment says nothing.

    On a CPU vLLM would otherwise claim 92% of the memory for its cache; local models need no network.
    """
    defaults = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_LOGGING_LEVEL": "WARNING"}
    if not has_remote_models:
        defaults["HF_HUB_OFFLINE"] = "1"
    return {name: value for name, value in defaults.items() if name not in given}


def _max_connections(open_files: int) -> int:
    # A request holds two of HAProxy's connections: the client's, and the gateway's to the engine. Were the clients'
    # to use up all of them, no request could end; hence many more than Ray's 4,096. HAProxy does not start where it
    # may not open its 2.5 files for each, and some more.
    return min(_MAX_CONNECTIONS, (open_files - 256) * 2 // 5)
