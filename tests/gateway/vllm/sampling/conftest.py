from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.gateway.vllm.sampling import v2_runner
from tests.gateway.vllm.sampling.sampled_engine import make_sampled_engine
from tests.gateway.vllm.steering.engine_process import EngineSpec, start_process
from tests.kernels.compiled_code import numba_cache

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    # A process of its own: vLLM cannot start an engine where another one has loaded numba.
    with start_process({"NUMBA_CACHE_DIR": numba_cache()}) as process:
        yield lambda function, *args: process.submit(function, *args).result(timeout=290)


@pytest.fixture(scope="session")
def run_v2() -> Iterator[Run]:
    """As `run`, in a process whose engine has model runner V2."""
    with start_process({"NUMBA_CACHE_DIR": numba_cache(), **v2_runner.ENVIRONMENT}) as process:
        process.submit(v2_runner.show_vllm_a_triton_for_cpus).result()
        yield lambda function, *args: process.submit(function, *args).result(timeout=290)


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> EngineSpec:
    """The one engine of these tests."""
    return make_sampled_engine(tmp_path_factory.mktemp("sampled"))
