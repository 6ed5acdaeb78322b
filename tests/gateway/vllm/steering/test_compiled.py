"""A mixed batch in a compiled model: a profile must be looked up when the model runs, not when it is compiled."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import PreTrainedModel

from routing.steering.model_match import config_hash
from routing.steering.profile_file import write_profile
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import EngineSpec, ask, start_process
from tests.gateway.vllm.steering.mixed_batch import SMALL_STEPS, eight_requests, same, six_profiles

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile wants a C++ compiler")


@pytest.fixture(scope="module")
def run_compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    cache = tmp_path_factory.mktemp("compiled")
    with start_process({"TORCHDYNAMO_DISABLE": "0", "VLLM_CACHE_ROOT": str(cache)}) as pool:
        yield lambda function, *args: pool.submit(function, *args).result(timeout=800)


def test_eight_requests_in_one_batch_of_a_compiled_model_answer_what_each_answers_alone(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]],
    run_compiled: Run,
    tmp_path: Path,
) -> None:
    folder, model = model_of("mixtral")
    profiles = six_profiles(config_hash(model.config.to_dict()))
    for profile in profiles:
        write_profile(profile, tmp_path / f"{profile.name}.safetensors")
    spec = EngineSpec(folder, (*SMALL_STEPS, ("enforce_eager", False)), profiles=tmp_path)
    requests = eight_requests(profiles)
    together = run_compiled(ask, spec, list(requests))
    alone = [run_compiled(ask, spec, [request])[0] for request in requests]
    assert [same(*pair) for pair in zip(together, alone, strict=True)] == [True] * 8
    unsteered = run_compiled(ask, spec, [replace(request, arguments={}) for request in requests])
    assert [same(*pair) for pair in zip(unsteered, alone, strict=True)] == [True] + [False] * 7
