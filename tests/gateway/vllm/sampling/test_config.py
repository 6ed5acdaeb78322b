from types import SimpleNamespace
from typing import Any

import pytest

from gateway.vllm.sampling.config import wants_hedging, wants_sampler, with_sampling_checked
from gateway.vllm.steering.config import HookVersion
from routing.errors import ConfigError


def config(additional: Any, **fields: Any) -> Any:
    device = SimpleNamespace(device_type=fields.pop("device", "cpu"))
    return SimpleNamespace(
        additional_config=additional,
        device_config=device,
        speculative_config=None,
        watermark_config=None,
        model_config=SimpleNamespace(
            return_sampling_mask=False, runner_type=fields.pop("runner", "generate")
        ),
        **fields,
    )


def check(vllm_config: Any, refusal: str | None = None) -> None:
    with_sampling_checked(lambda _: None, refusal)(vllm_config)


@pytest.mark.parametrize("additional", [{}, None, {"dragoman_sampler": False}, {"another": "plugin's"}])
def test_an_engine_that_does_not_ask_is_left_alone(additional: Any) -> None:
    left = config(additional, device="cuda")
    check(left, "no hooks")
    assert left.additional_config == additional
    assert not wants_sampler(left)


def test_one_that_asks_carries_the_hooks_wherever_its_configuration_goes() -> None:
    asking = config({"dragoman_sampler": True, "another": 1})
    check(asking)
    check(asking)
    # Which puts them in place when it is unpickled.
    assert isinstance(asking.additional_config["dragoman_sampler"], HookVersion)
    assert wants_sampler(asking)
    assert asking.additional_config["another"] == 1


@pytest.mark.parametrize("key", ["dragoman_sampler", "dragoman_hedging"])
@pytest.mark.parametrize("wish", ["yes", 2, {}, None])
def test_a_wish_that_is_neither_true_nor_false_is_refused(wish: object, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}: must be true or false"):
        check(config({key: wish}))


def test_temperatures_for_each_answer_need_nothing_of_ours_where_tokens_are_drawn() -> None:
    asking = config({"dragoman_hedging": True}, device="cuda")
    asking.speculative_config = object()
    check(asking)
    assert wants_hedging(asking)
    assert not wants_sampler(asking)
    assert isinstance(asking.additional_config["dragoman_hedging"], HookVersion)
    with pytest.raises(ConfigError, match="unknown vLLM"):
        check(config({"dragoman_hedging": True}), "unknown vLLM")


def test_what_it_cannot_do_is_refused() -> None:
    for device in ("cpu", "cuda"):
        check(config({"dragoman_sampler": True}, device=device))
    with pytest.raises(ConfigError, match="on xpu"):
        check(config({"dragoman_sampler": True}, device="xpu"))
    with pytest.raises(ConfigError, match="unknown vLLM"):
        check(config({"dragoman_sampler": True}), "unknown vLLM")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("speculative_config", object(), "speculative decoding"),
        ("watermark_config", object(), "watermarking"),
        (
            "model_config",
            SimpleNamespace(return_sampling_mask=True, runner_type="generate"),
            "return_sampling_mask",
        ),
    ],
)
def test_an_engine_whose_tokens_come_about_otherwise_is_left_to_vllm_and_says_so(
    field: str, value: object, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    asking = config({"dragoman_sampler": True})
    setattr(asking, field, value)
    check(asking)
    assert not wants_sampler(asking)
    assert told in caplog.text
    check(config({"dragoman_sampler": True}))
    assert len(caplog.records) == 1


def test_an_embedding_model_has_no_sampler_and_nothing_is_said_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = config({"dragoman_sampler": True}, runner="pooling")
    check(asking)
    assert not wants_sampler(asking)
    assert not caplog.records
