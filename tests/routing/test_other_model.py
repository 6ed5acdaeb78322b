"""What a hidden call takes over from the request that it is made for."""

from typing import Any

import pytest

from routing.other_model import OtherModel, hidden_chat
from tests.routing.strategies.surroundings import chat

MESSAGES = [{"role": "user", "content": "ናይሮቢ"}]
THINKING: dict[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}, "reasoning_effort": "none"}
ANSWERS_OWN: dict[str, Any] = {
    "temperature": 1.5, "n": 3, "seed": 5, "stop": ["።"], "tools": [{"type": "function"}], "stream": True,
    "response_format": {"type": "json_object"}, "logprobs": True, "vllm_xargs": {"dragoman_mask": "am"},
}  # fmt: skip


def test_what_shapes_the_answer_stays_with_the_answer() -> None:
    call = hidden_chat(chat("?", user="u", priority=3, **ANSWERS_OWN), "judge", MESSAGES, max_tokens=9)
    assert call.body == {
        "model": "m", "user": "u", "priority": 3, "messages": MESSAGES, "temperature": 0, "max_tokens": 9,
    }  # fmt: skip
    assert call.purpose == "judge"


@pytest.mark.parametrize("elsewhere", [None, OtherModel(engine="big")])
def test_a_model_that_is_told_not_to_think_does_not_think_in_hidden_calls_either(elsewhere: Any) -> None:
    call = hidden_chat(chat("?", **THINKING), "translate_request", MESSAGES, elsewhere)
    assert {name: call.body.get(name) for name in THINKING} == THINKING


def test_another_model_is_not_told_what_its_template_may_not_know() -> None:
    elsewhere = OtherModel(model="other")
    call = hidden_chat(chat("?", **THINKING), "translate_request", MESSAGES, elsewhere)
    assert call.body == {"model": "other", "messages": MESSAGES, "temperature": 0}


def test_nothing_of_the_client_s_is_changed() -> None:
    generation = chat("?", **THINKING)
    before = dict(generation.body)
    hidden_chat(generation, "judge", MESSAGES, OtherModel(model="other", engine="e"))
    assert (generation.body, generation.purpose) == (before, "answer")
