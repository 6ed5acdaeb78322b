from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from routing.steering.model_match import config_hash
from routing.steering.profile import Profile
from routing.steering.profile_file import write_profile
from tests.gateway.vllm.sampling.v2_runner import ENVIRONMENT, show_vllm_a_triton_for_cpus
from tests.gateway.vllm.steering.engine_process import EngineSpec, start_process
from tests.gateway.vllm.steering.mixed_batch import SMALL_STEPS, six_profiles
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


@pytest.fixture(scope="session")
def run_v2() -> Iterator[Run]:
    """As `run`, in a process whose engines have model runner V2, and whose graphs could be broken off at attention."""
    if torch.cuda.is_available():
        with start_process({"VLLM_USE_V2_MODEL_RUNNER": "1"}) as process:
            yield lambda function, *args: process.submit(function, *args).result(timeout=800)
        return
    with start_process({**ENVIRONMENT, "VLLM_USE_BREAKABLE_CUDAGRAPH": "1"}) as process:
        process.submit(show_vllm_a_triton_for_cpus).result()
        yield lambda function, *args: process.submit(function, *args).result(timeout=800)


@pytest.fixture(scope="session")
def mixed(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[EngineSpec, tuple[Profile, ...]]:
    """An engine that cuts prompts into chunks, and the six profiles that it loads."""
    folder, model = model_of("qwen3_moe")
    profiles = six_profiles(config_hash(model.config.to_dict()))
    kept = tmp_path_factory.mktemp("profiles")
    for profile in profiles:
        write_profile(profile, kept / f"{profile.name}.safetensors")
    return EngineSpec(folder, SMALL_STEPS, profiles=kept), profiles
