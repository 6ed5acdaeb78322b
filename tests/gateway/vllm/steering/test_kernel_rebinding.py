"""A process with numba in it, as the second engine finds it."""

from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.rebound_kernels import (
    hooked_search,
    kernels_replaced_by_the_installed_search,
    own_search,
)


def test_an_engine_starts_beside_numba_as_it_does_not_without_the_hook(run: Run) -> None:
    # Where vLLM's own gets past it, too, the hook can go.
    assert "has no attribute 'get'" in run(own_search)
    assert run(hooked_search) == ""


def test_kernels_are_still_found_wherever_they_are_held(run: Run) -> None:
    assert run(kernels_replaced_by_the_installed_search) == (True, True)
