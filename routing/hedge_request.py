"""How a request for ``n`` answers asks for a temperature of its own for each: vLLM's own extra arguments
(``vllm_xargs``), so that no field is invented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TEMPERATURES_ARGUMENT = "dragoman_temperatures"
MIN_P_ARGUMENT = "dragoman_min_p"

_LEAST, _MOST = 0.01, 2.0


@dataclass(frozen=True, slots=True)
class Hedges:
    """What the answers to one request differ in, one entry for each; empty where all are as the request says.

    temperatures: 0, which is greedy, or 0.01 to 2: vLLM takes lower ones for 0.01. min_p: 0 to 1; 0 is off.
    """

    temperatures: tuple[float, ...] = ()
    min_p: tuple[float, ...] = ()


def hedge_arguments(temperatures: Sequence[float]) -> dict[str, list[float]]:
    """For the body's ``vllm_xargs``, beside whatever else is there. The body's ``n`` must be as many."""
    return {TEMPERATURES_ARGUMENT: list(temperatures)}


def asks_for_hedges(arguments: object) -> bool:
    """Whether a request's extra arguments, well-formed or not, ask for any."""
    return isinstance(arguments, Mapping) and not _ARGUMENTS.isdisjoint(arguments)


def wanted_hedges(arguments: Mapping[str, Any] | None, n: int) -> Hedges | None:
    """What a request for n answers asks for. Raises `ValueError` that names what is wrong."""
    if arguments is None or not asks_for_hedges(arguments):
        return None
    hedges = Hedges(_numbers(arguments, TEMPERATURES_ARGUMENT, n), _numbers(arguments, MIN_P_ARGUMENT, n))
    if not all(each == 0 or _LEAST <= each <= _MOST for each in hedges.temperatures):
        raise ValueError(f"{TEMPERATURES_ARGUMENT} must be 0, or between {_LEAST} and {_MOST:g}")
    if not all(0 <= each <= 1 for each in hedges.min_p):
        raise ValueError(f"{MIN_P_ARGUMENT} must be between 0 and 1")
    return hedges


def _numbers(arguments: Mapping[str, Any], name: str, n: int) -> tuple[float, ...]:
    if name not in arguments:
        return ()
    values = arguments[name]
    if n < 2 or not isinstance(values, list) or len(values) != n:
        raise ValueError(f"{name} must be a list of n numbers, and n at least 2")
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
        raise ValueError(f"{name} must be a list of numbers")
    return tuple(map(float, values))


_ARGUMENTS = frozenset({TEMPERATURES_ARGUMENT, MIN_P_ARGUMENT})
