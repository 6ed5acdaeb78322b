"""A Ray cluster of one machine with Ray Serve and HAProxy on it, from its start to its end."""

import contextlib
import logging
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from gateway.ray_serve.environment import cluster_environment, vllm_defaults
from gateway.ray_serve.processes import (
    adopt_orphans,
    end_abandoned,
    end_descendants,
    finish_answers,
    free_port,
    has_ended,
    make_run_dir,
    name_of,
    require_free,
)
from routing.errors import EngineUnavailable

_OBJECT_STORE_BYTES = (
    100 * 1024 * 1024
)  # nothing but deployments goes through it; the least Ray takes is 75 MB
_GRACE_S = 5.0
_FINISH_S = 30.0  # well below the 60 s after which Ray ends everything itself
_HEAD = ("gcs_server", "raylet")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that runs.

    run_dir: its private folder, gone with it. has_gpu: whether any node has a GPU.
    head: Ray's own processes by name, without which nothing in the cluster changes any more.
    """

    run_dir: Path
    has_gpu: bool
    head: Mapping[str, psutil.Process]

    def check_head(self) -> None:
        """Raises `EngineUnavailable` where Ray's head has ended, once the answers in flight are finished.

        What ran goes on for a while: without its raylet nothing is replaced any more; without its GCS every process of
        Ray ends after 60 s, this one too, and without a word to anybody.
        """
        ended = [name for name, process in self.head.items() if has_ended(process)]
        if ended:
            finish_answers(_FINISH_S)
            raise EngineUnavailable(f"Ray's {ended[0]} has ended, and no cluster is without it: start again.")


@contextlib.contextmanager
def running_cluster(
    port: int, *, logical_cpus: int, has_remote_models: bool, report: Callable[[str], None]
) -> Iterator[Cluster]:
    """Starts Ray, Ray Serve and HAProxy on ``port`` (on every interface: Ray's HAProxy knows no other way).

    Takes 4 s on two cores. On the way out, and also when the start is interrupted, every process that was started
    ends. To be used once in a process, from its main thread, before anything else imports Ray. Raises `ConfigError`
    where the port is taken, before anything is started.
    """
    end_abandoned()
    require_free(port)
    run_dir = make_run_dir()
    adopt_orphans()
    try:
        os.environ.update(_environment(run_dir, os.environ, has_remote_models=has_remote_models))
        has_gpu = _start(port, logical_cpus, report)
        yield Cluster(run_dir, has_gpu, _head())
    finally:
        _stop()
        shutil.rmtree(run_dir, ignore_errors=True)


def _environment(run_dir: Path, given: Mapping[str, str], *, has_remote_models: bool) -> dict[str, str]:
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    ours = cluster_environment(
        run_dir,
        Path(sys.executable).with_name("dragoman-haproxy"),
        free_ports=(free_port(), free_port(), free_port()),
        cores=os.cpu_count() or 1,
        open_files=most_files,
    )
    return ours | vllm_defaults(given, has_remote_models=has_remote_models)


def _start(port: int, logical_cpus: int, report: Callable[[str], None]) -> bool:
    report("loading Ray")
    import ray
    from ray import serve

    report("starting Ray")
    ray.init(
        address="local",
        num_cpus=logical_cpus,
        object_store_memory=_OBJECT_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    report("starting Ray Serve and HAProxy")
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(proxy_location="EveryNode", http_options={"host": "0.0.0.0", "port": port})
    return float(ray.cluster_resources().get("GPU", 0)) > 0


def _head() -> dict[str, psutil.Process]:
    named = {name_of(child): child for child in psutil.Process().children()}
    return {name: named[name] for name in _HEAD}


def _stop() -> None:
    import ray

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave half of it running
    try:
        ray.shutdown()
    finally:
        end_descendants(_GRACE_S)
