"""The engines of a policy that run on the cluster, and what they need of it."""

import math
from collections.abc import Mapping
from typing import Any

from routing.engine_settings import LocalEngineSettings
from routing.policy import Policy

EMBEDDED = "embedded"
"""What a policy calls the small model that comes with the demo."""

GATEWAY_CPUS = 0.1
"""The share of a core that a gateway replica asks of Ray: it mostly waits, and must fit beside an engine on two."""


def local_engines(policy: Policy) -> dict[str, LocalEngineSettings]:
    """By name, the engines that Dragoman itself starts."""
    return {
        name: engine for name, engine in policy.engines.items() if isinstance(engine, LocalEngineSettings)
    }


def workers_per_replica(vllm: Mapping[str, Any]) -> int:
    """How many vLLM workers one replica consists of, each on a GPU or CPU of its own."""
    return int(vllm.get("tensor_parallel_size", 1)) * int(vllm.get("pipeline_parallel_size", 1))


def logical_cpus(policy: Policy, *, gateway_replicas: int, cores: int) -> int:
    """How many CPUs Ray must believe in so that all replicas fit on a machine without GPUs; ``cores`` at least."""
    engines = local_engines(policy).values()
    workers = sum(engine.replicas.max * workers_per_replica(engine.vllm) for engine in engines)
    return max(cores, math.ceil(workers + gateway_replicas * GATEWAY_CPUS))
