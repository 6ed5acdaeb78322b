"""What a local engine is told of how tokens are drawn; that a real one does so is tested on the demo's stack."""

from typing import Any

import pytest

from gateway.ray_serve.default_sampling import sampling_config
from routing.engine_settings import LocalEngineSettings

BOTH = {"dragoman_sampler": True, "dragoman_hedging": True}


def told(*, has_gpu: bool = False, **vllm: Any) -> dict[str, Any]:
    settings = LocalEngineSettings(model="m", served_name="m", vllm=vllm)
    config = sampling_config(settings, has_gpu=has_gpu)
    assert config["dragoman_hedging"] is settings.hedges, "the gateway believes what the engine does"
    return config


@pytest.mark.parametrize("vllm", [{}, {"additional_config": None}, {"additional_config": {}}])
def test_our_sampler_is_the_default_on_the_cpu_and_nobody_s_on_a_gpu(vllm: Any) -> None:
    assert told(**vllm) == BOTH
    assert told(**vllm, has_gpu=True) == {"dragoman_sampler": False, "dragoman_hedging": True}


def test_what_the_policy_says_wins_and_other_keys_stay() -> None:
    neither = {"dragoman_sampler": False, "dragoman_hedging": False, "另一个": [1]}
    assert told(additional_config=neither) == neither
    assert told(has_gpu=True, additional_config={"dragoman_sampler": True}) == BOTH
    assert told(additional_config={"another": {"a": 1}}) == {**BOTH, "another": {"a": 1}}


@pytest.mark.parametrize(
    ("argument", "hedges"),
    [
        ({"speculative_config": {"method": "ngram", "num_speculative_tokens": 2}}, False),
        ({"watermark_config": {"algorithm": "kgw"}}, True),
        ({"return_sampling_mask": True}, True),
    ],
)
def test_where_vllm_must_draw_our_sampler_is_not_asked_for_unless_the_policy_does(
    argument: Any, hedges: bool
) -> None:
    assert told(**argument) == {"dragoman_sampler": False, "dragoman_hedging": hedges}
    assert told(**argument, additional_config=BOTH) == BOTH
