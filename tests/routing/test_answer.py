"""Reading an answer: what a hidden call does where its limit is more than the engine's whole context."""

from typing import Any

import pytest

from routing.answer import ask_text_until
from routing.errors import EngineRefused
from routing.generation import Generation
from tests.routing.strategies.surroundings import chat
from tests.routing.talking_engine import TalkingEngine

CONTEXT = 8192


def _short_of_context(generation: Generation) -> Any:
    """As vLLM 0.32 does: what cannot be drawn in all of the context is refused, by name."""
    if generation.body.get("max_tokens", 0) > CONTEXT:
        return EngineRefused("max_tokens cannot be greater than 8192.", status=400, param="max_tokens")
    return "কলকাতা"


async def _said(engine: TalkingEngine, **fields: Any) -> str:
    return await ask_text_until(chat("?", **fields), engine, lambda _: False)


async def test_a_limit_longer_than_the_engine_s_context_is_left_to_the_engine() -> None:
    engine = TalkingEngine(_short_of_context)
    assert await _said(engine, max_tokens=CONTEXT + 1) == "কলকাতা"
    assert [call.body.get("max_tokens") for call in engine.calls] == [CONTEXT + 1, None]
    assert engine.open == 0


async def test_a_limit_within_the_context_stays() -> None:
    engine = TalkingEngine(_short_of_context)
    assert await _said(engine, max_tokens=CONTEXT) == "কলকাতা"
    assert [call.body.get("max_tokens") for call in engine.calls] == [CONTEXT]


@pytest.mark.parametrize("param", [None, "messages", "max_model_len"])
async def test_other_refusals_stand(param: str | None) -> None:
    engine = TalkingEngine(lambda _: EngineRefused("The prompt is too long.", status=400, param=param))
    with pytest.raises(EngineRefused, match="too long"):
        await _said(engine, max_tokens=5)
    assert len(engine.calls) == 1


@pytest.mark.parametrize("piece_chars", [1, 7, 1000])
async def test_what_a_model_thinks_aloud_is_no_part_of_the_text(piece_chars: int) -> None:
    seen: list[str] = []

    def is_enough(so_far: str) -> bool:
        seen.append(so_far)
        return False

    said = "<think>\n<text-1> is the tag.\n</think>\n\n<text-1>কলকাতা</text-1>"
    engine = TalkingEngine(lambda _: said, piece_chars=piece_chars)
    text = await ask_text_until(chat("?"), engine, is_enough)
    assert text == "<text-1>কলকাতা</text-1>"
    assert not any("tag" in so_far for so_far in seen)
