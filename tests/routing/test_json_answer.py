"""JSON answers with their strings translated: what cannot be read or written again is an error, not a fault of ours."""

import json
from typing import Any

import pytest

from routing.errors import EngineError
from routing.strategies.self_translate import SelfTranslate
from tests.routing.in_english import in_english
from tests.routing.strategies.surroundings import by_purpose, chat, collected, surroundings
from tests.routing.talking_engine import TalkingEngine

QUESTION = "Je, mji mkuu wa nchi ya Kenya ni upi, na una wakazi wangapi sasa?"
TRANSLATING = SelfTranslate(skip=(), json_strings=True)


async def _content(pivot: str) -> str:
    def echo(generation: Any) -> Any:
        return in_english(generation.body["messages"][-1]["content"], only=QUESTION)

    engine = TalkingEngine(
        by_purpose(translate_request=echo, translate_texts=echo, pivot=pivot), piece_chars=5000
    )
    context, _ = surroundings("sw", QUESTION)
    try:
        asked = chat(QUESTION, response_format={"type": "json_object"})
        said = await collected(await TRANSLATING(asked, engine, context))
    finally:
        assert engine.open == 0
    content: str = json.loads(said)["choices"][0]["message"]["content"]
    return content


@pytest.mark.parametrize(
    "pivot",
    [
        '{"a": "The smile is \\ud83d\\ude00 here"}',  # a pair of surrogates is a character
        '{"a": "मुंबई भारत में है", "b": ["👩‍👩‍👧 هنا", {"c": null}]}',
        "[" * 200 + '"It is Nairobi"' + "]" * 200,
    ],
)
async def test_what_can_be_read_comes_back_with_its_values(pivot: str) -> None:
    assert json.loads(await _content(pivot)) == json.loads(pivot)


@pytest.mark.parametrize(
    "pivot",
    [
        '{"a": "It is \\ud83d here"}',
        '{"\\ud83d": "It is here"}',
        '{"a": "It is here", "n": NaN}',
        "[" * 900 + '"It is Nairobi"' + "]" * 900,
        "[" * 100_000,
        "It is Nairobi",
    ],
)
async def test_what_cannot_is_the_engine_s_error(pivot: str) -> None:
    with pytest.raises(EngineError, match="not the JSON"):
        await _content(pivot)
