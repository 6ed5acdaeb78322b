"""What is made of the usage that engines tell, whatever they tell."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import Call, Ledger, with_hidden_calls
from tests.gateway.conftest import Running
from tests.gateway.scripted_engine import DONE, ScriptedEngine, chat_document, chunk

CHAT = "/v1/chat/completions"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
NAMES = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_an_engine_tells_is_a_number_of_tokens(usage: dict[str, Any]) -> None:
    ledger = Ledger()
    call = ledger.open("sample", "tiny")
    call.count(usage)
    assert call.prompt_tokens >= 0
    assert call.completion_tokens >= 0
    assert with_hidden_calls(usage, ledger)["total_tokens"] >= ledger.tokens


def test_tokens_are_taken_in_the_words_of_either_api() -> None:
    call = Call("answer", "tiny")
    call.count({"prompt_tokens": 7, "completion_tokens": 3})
    assert (call.prompt_tokens, call.completion_tokens) == (7, 3)
    call.count({"input_tokens": 8, "output_tokens": 4})
    assert (call.prompt_tokens, call.completion_tokens) == (8, 4)


@pytest.mark.parametrize(
    "told", [{"prompt_tokens": -1}, {"completion_tokens": "سبعة"}, {"prompt_tokens": [1]}]
)
@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_with_a_usage_that_makes_no_sense_is_an_answer(
    running: Running, engine: ScriptedEngine, told: dict[str, Any], stream: bool
) -> None:
    counted = b"data: " + orjson.dumps({"choices": [], "usage": told}) + b"\n\n"
    engine.steps = [chunk("जवाब"), counted, DONE]
    engine.document = {**chat_document("जवाब"), "usage": told}
    body = {"model": "tiny", "messages": [{"role": "user", "content": "प्रश्न"}], "stream": stream}
    async with running.client.post(CHAT, json=body) as response:
        answer = await response.text()
    assert response.status == 200
    assert "जवाब" in answer
    async with running.client.get("/metrics") as response:
        assert (
            'dragoman_engine_calls_total{engine="scripted",model="tiny",outcome="ok"' in await response.text()
        )
