from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.ray_serve.environment import cluster_environment, vllm_defaults

RUN_DIR = Path("/tmp/dragoman-1-x")
HAPROXY = Path("/opt/dragoman/bin/dragoman-haproxy")


def _environment(open_files: int = 20_000, cores: int = 2) -> dict[str, str]:
    ports = (1024, 1025, 1026)
    return cluster_environment(RUN_DIR, HAPROXY, free_ports=ports, cores=cores, open_files=open_files)


@given(st.integers(min_value=1024, max_value=10_000_000))
def test_haproxy_may_open_the_files_that_its_connections_need(open_files: int) -> None:
    connections = int(_environment(open_files)["RAY_SERVE_HAPROXY_MAXCONN"])
    assert connections > 0
    assert connections * 2.5 + 256 <= open_files


def test_everything_of_haproxys_is_in_the_private_folder() -> None:
    environment = _environment()
    assert environment.pop("RAY_SERVE_HAPROXY_BINARY_PATH") == str(HAPROXY)
    places = [value for name, value in environment.items() if "HAPROXY" in name and "/" in value]
    assert len(places) == 4
    assert all(Path(place).is_relative_to(RUN_DIR) for place in places)


def test_two_clusters_on_a_machine_share_no_port() -> None:
    ports = {name: value for name, value in _environment().items() if name.endswith("_PORT")}
    assert sorted(ports.values()) == ["1024", "1025", "1026"]
    assert "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT" in ports


def test_what_the_operator_set_is_left_alone() -> None:
    given_values = {"VLLM_CPU_KVCACHE_SPACE": "8", "HF_HUB_OFFLINE": "0"}
    assert set(vllm_defaults(given_values, has_remote_models=False)) == {"VLLM_LOGGING_LEVEL"}


def test_remote_models_may_be_fetched() -> None:
    assert "HF_HUB_OFFLINE" in vllm_defaults({}, has_remote_models=False)
    assert "HF_HUB_OFFLINE" not in vllm_defaults({}, has_remote_models=True)
