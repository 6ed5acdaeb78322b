from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedModel

from tests.gateway.vllm.steering.engine_process import start_process
from tests.gateway.vllm.steering.tiny_models import make_model

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def model_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, PreTrainedModel]]:
    """A family's model: its folder, and the model itself in transformers."""
    made: dict[str, tuple[Path, PreTrainedModel]] = {}

    def model(family: str) -> tuple[Path, PreTrainedModel]:
        if family not in made:
            folder = tmp_path_factory.mktemp(family)
            made[family] = folder, make_model(family, folder)
        return made[family]

    return model


@pytest.fixture(scope="session")
def process() -> Iterator[ProcessPoolExecutor]:
    with start_process({}) as pool:
        yield pool


@pytest.fixture(scope="session")
def run(process: ProcessPoolExecutor) -> Run:
    """Calls a function of engine_process in the process of the engines."""
    return lambda function, *args: process.submit(function, *args).result(timeout=800)
