import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.stub_answers import WORDS, Ask, document, read_ask, stream_bytes, text

asks = st.builds(
    Ask,
    model=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    is_chat=st.booleans(),
    is_streamed=st.booleans(),
    tokens=st.integers(1, 60),
    wants_usage=st.booleans(),
    prompt_tokens=st.integers(0, 1000),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def stream_events(ask: Ask) -> list[dict[str, Any]]:
    parts = stream_bytes(ask, 1)
    words = b"".join(parts.words[i % len(parts.words)] for i in range(ask.tokens))
    events = (parts.opening + words + parts.closing).decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    return [json.loads(event.removeprefix("data: ")) for event in events[:-2]]


@given(asks)
def test_a_stream_says_what_the_document_says(ask: Ask) -> None:
    choices = [choice for event in stream_events(ask) for choice in event["choices"]]
    whole = json.loads(document(ask, 1))["choices"][0]
    if ask.is_chat:
        assert "".join(choice["delta"]["content"] for choice in choices) == whole["message"]["content"]
    else:
        assert "".join(choice["text"] for choice in choices) == whole["text"]
    assert [choice["finish_reason"] for choice in choices].count("stop") == 1


@given(asks)
def test_usage_closes_a_stream_only_where_it_was_asked_for(ask: Ask) -> None:
    usages = [event["usage"] for event in stream_events(ask) if "usage" in event]
    assert [usage["completion_tokens"] for usage in usages] == ([ask.tokens] if ask.wants_usage else [])


@given(asks)
def test_the_model_that_was_asked_for_answers_whatever_its_name(ask: Ask) -> None:
    assert {event["model"] for event in stream_events(ask)} == {ask.model}


def test_an_answer_of_every_word_holds_many_scripts() -> None:
    said = text(len(WORDS))
    for letter in ("H", "м", "न", "世", "م", "ส", "안", "γ", "ש", "வ", "\u200d", "\u0301", "こ", "ሰ", "𞤀"):
        assert letter in said


@given(st.dictionaries(st.sampled_from(["model", "stream", "max_tokens", "stream_options"]), values) | values)
def test_any_json_is_read_or_refused(request_value: Any) -> None:
    body = json.dumps(request_value).encode()
    try:
        ask = read_ask(body, is_chat=True, default_tokens=7)
    except (ValueError, TypeError):
        return
    assert ask.tokens >= 1
    assert ask.is_streamed is (request_value.get("stream") is True)


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_request_sets_the_length(field: str) -> None:
    body = json.dumps({"model": "m", field: 3}).encode()
    assert read_ask(body, is_chat=True, default_tokens=7).tokens == 3


@pytest.mark.parametrize("tokens", [-1, 1.5, "3", 10**9])
def test_an_impossible_length_is_refused(tokens: object) -> None:
    with pytest.raises(ValueError, match="max_tokens"):
        read_ask(json.dumps({"max_tokens": tokens}).encode(), is_chat=True, default_tokens=7)
