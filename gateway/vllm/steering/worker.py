"""What an engine's core asks of its workers over vLLM's own `collective_rpc`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from vllm.v1.worker.worker_base import WorkerBase

from gateway.vllm.steering.binding import HELD_AT
from gateway.vllm.steering.runner_steering import RunnerSteering
from routing.steering.profile_file import parse_profile

STATUS = "dragoman_steering_status"
LOAD = "dragoman_load_profile"
RETIRE = "dragoman_retire_profile"


@dataclass(frozen=True, slots=True)
class SteeringStatus:
    """What a worker says of itself; crosses processes as a dict of plain values.

    runner_kind: ``v1`` or ``v2``. table_hash: of its profile table, equal on every rank of an engine.
    model: the fields of `RoutedModel`. profiles: references of the loaded ones. tokens_steered: by reference.
    """

    runner_kind: str
    model: dict[str, Any]
    profiles: list[str]
    free_rows: int
    table_hash: str
    tokens_steered: dict[str, int]


def steering_status(worker: WorkerBase) -> dict[str, Any]:
    """`SteeringStatus` as a dict."""
    steering = _steering(worker)
    return asdict(
        SteeringStatus(
            runner_kind=steering.runner_kind,
            model=asdict(steering.model),
            profiles=list(steering.table.references),
            free_rows=steering.table.free_rows,
            table_hash=steering.table.digest(),
            tokens_steered=dict(steering.tokens_steered),
        )
    )


def load_profile(worker: WorkerBase, content: bytes) -> None:
    """Loads the profile in a file's content. Raises `ConfigError`, on every rank alike."""
    _steering(worker).table.load(parse_profile(content, "the profile"))


def retire_profile(worker: WorkerBase, reference: str) -> None:
    """Frees a profile's row and ends its account; the core has made sure that no request has it."""
    steering = _steering(worker)
    steering.table.retire(reference)
    steering.tokens_steered.pop(reference, None)


def _steering(worker: WorkerBase) -> RunnerSteering:
    runner: Any = worker.model_runner
    # V1 keeps it at the runner, V2 at the state that the runner calls.
    holder = runner if hasattr(runner, HELD_AT) else runner.model_state
    steering: RunnerSteering = getattr(holder, HELD_AT)
    return steering


CALLS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {STATUS: steering_status, LOAD: load_profile, RETIRE: retire_profile}
)
"""What the plugin adds to vLLM's worker class, by the name that `collective_rpc` calls."""
