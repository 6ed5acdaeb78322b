"""An engine that is asked to steer and cannot does not start: nothing is ever answered unsteered in silence."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from transformers import PreTrainedModel

from gateway.vllm.steering.config import (
    SteeringConfig,
    check_supported,
    checked_configuration,
    steering_config,
)
from routing.errors import ConfigError
from routing.steering.profile_file import write_profile
from tests.gateway.vllm.steering.broken_engine import (
    refusal_of_logits,
    refusal_where_a_layer_is_not_reached,
    refusal_where_hooks_do_not_fit,
    refusal_where_workers_differ,
)
from tests.gateway.vllm.steering.compile_keys import compile_keys
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.engine_process import EngineSpec, refusal
from tests.gateway.vllm.steering.steered_profiles import random_profile

PARALLEL = {
    "use_ubatching": False,
    "prefill_context_parallel_size": 1,
    "use_sequence_parallel_moe": False,
    "data_parallel_size": 1,
    "pipeline_parallel_size": 1,
    "enable_expert_parallel": False,
    "enable_eplb": False,
    "_api_process_count": 1,
}


def configuration(additional: Any = None, **changed: Any) -> Any:
    """What `check_supported` looks at of a `VllmConfig`."""
    parallel = {**PARALLEL, **{name: value for name, value in changed.items() if name in PARALLEL}}
    return SimpleNamespace(
        additional_config=additional,
        parallel_config=SimpleNamespace(**parallel),
        cache_config=SimpleNamespace(kv_sharing_fast_prefill=changed.get("kv_sharing_fast_prefill", False)),
        kv_transfer_config=changed.get("kv_transfer_config"),
        speculative_config=changed.get("speculative_config"),
    )


def test_a_layer_that_steering_does_not_reach_is_found_before_the_engine_serves(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]], run: Run
) -> None:
    spec = EngineSpec(model_of("mixtral")[0], (("max_model_len", 128),))
    said = run(refusal_where_a_layer_is_not_reached, spec, 1)
    assert "changes nothing in layers [1]: the engine does not start" in said


def test_an_engine_with_a_profile_of_another_model_in_its_folder_does_not_start(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]], run: Run, tmp_path: Path
) -> None:
    write_profile(random_profile("other", "soft", "0" * 64), tmp_path / "other.safetensors")
    spec = EngineSpec(model_of("mixtral")[0], profiles=tmp_path)
    assert "made for a model of another configuration" in run(refusal, spec)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("release", "not 0.33.0"),
        ("parameters", "EngineCore.add_request takes self, request, wave"),
        ("function", "EngineCore.collective_rpc does not exist"),
    ],
)
def test_the_hooks_fit_no_other_vllm(changed: str, told: str, run: Run) -> None:
    assert told in run(refusal_where_hooks_do_not_fit, changed)


def test_logits_of_more_tokens_or_other_experts_than_are_known_are_refused(run: Run) -> None:
    assert run(refusal_of_logits, 16, 8) == ""
    assert "layer 3 has logits of 17 x 8" in run(refusal_of_logits, 17, 8)
    assert "layer 3 has logits of 16 x 10" in run(refusal_of_logits, 16, 10)


def test_workers_that_hold_different_profiles_do_not_serve(run: Run) -> None:
    assert "the workers hold different profiles" in run(refusal_where_workers_differ)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("use_ubatching", True),
        ("prefill_context_parallel_size", 2),
        ("use_sequence_parallel_moe", True),
        ("data_parallel_size", 2),
        ("pipeline_parallel_size", 2),
        ("enable_expert_parallel", True),
        ("enable_eplb", True),
        ("_api_process_count", 2),
        ("speculative_config", object()),
        ("kv_sharing_fast_prefill", True),
        ("kv_transfer_config", object()),
    ],
)
def test_what_steering_was_not_shown_to_work_with_is_refused(what: str, value: object) -> None:
    check_supported(configuration())
    with pytest.raises(ConfigError, match="router steering does not work with"):
        check_supported(configuration(**{what: value}))


def test_a_simulated_routing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_MOE_ROUTING_SIMULATION_STRATEGY", "uniform_random")
    with pytest.raises(ConfigError, match="SIMULATION"):
        check_supported(configuration())


def test_only_an_engine_that_asks_for_steering_is_touched() -> None:
    check = checked_configuration(lambda self: None, "router steering knows another vLLM")
    for plain in ({}, {"other": 1}, None):
        untouched = configuration(plain, pipeline_parallel_size=2)
        check(untouched)
        assert untouched.additional_config == plain
    with pytest.raises(ConfigError, match="knows another vLLM"):
        check(configuration({"dragoman_steering": {}}))


def test_the_hooks_are_part_of_what_a_compiled_model_is_kept_by() -> None:
    asking = configuration({"dragoman_steering": {"max_profiles": 3}, "other": 1})
    checked_configuration(lambda self: None, None)(asking)
    assert asking.additional_config["other"] == 1
    assert asking.additional_config["dragoman_steering"]["hook_version"] >= 1
    assert steering_config(asking) == SteeringConfig(max_profiles=3, hook_version=1)


def test_a_steered_engine_takes_no_compiled_model_that_was_kept_without_the_plugin(
    model_of: Callable[[str], tuple[Path, PreTrainedModel]], run: Run
) -> None:
    keys = run(compile_keys, model_of("mixtral")[0])
    assert keys["plain"] == keys["plain again"]
    assert keys["steered"] not in (keys["plain"], keys["asked without the plugin"])


@pytest.mark.parametrize(
    ("asked", "named"),
    [({"profile": "p"}, "profile"), ({"max_profiles": 0}, "max_profiles"), ("on", "dragoman_steering")],
)
def test_a_malformed_wish_is_refused_by_the_name_of_what_is_wrong(asked: object, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        steering_config(configuration({"dragoman_steering": asked}))
