"""The user's words in a second script: which, and when there is nothing to add."""

from typing import Any

import orjson
import pytest

from routing.language import Detection
from routing.notes import Skipped
from routing.strategies.romanize import Romanize
from tests.routing.strategies.surroundings import by_purpose, chat, collected, surroundings
from tests.routing.talking_engine import TalkingEngine

HINGLISH = "bhai mumbai kahan hai aur wahan kitne log rehte hain"
IMAGE = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]


async def _asked(strategy: Romanize, content: Any, detection: Detection) -> tuple[list[Any], list[Any]]:
    """What the answering call is asked, and the notes."""
    said = "<text-1>\nभाई मुंबई कहाँ है\n</text-1>"
    engine = TalkingEngine(by_purpose(transliterate=said, answer="ठीक।"))
    context, notes = surroundings("hi", detection=detection)
    await collected(await strategy(chat(content), engine, context))
    assert engine.open == 0
    return engine.calls[-1].body["messages"], notes


async def test_words_in_latin_letters_are_added_to_a_script_of_its_own() -> None:
    (message,), _ = await _asked(Romanize(), "मुंबई कहाँ है?", Detection("hi", 0.9))
    assert message["content"].startswith("मुंबई कहाँ है?\n\n")
    assert "mumbai" in message["content"].lower()


async def test_the_own_script_is_added_to_words_in_latin_letters() -> None:
    (message,), _ = await _asked(Romanize(), HINGLISH, Detection("hi-Latn", 0.9, romanised=True))
    assert message["content"] == f"{HINGLISH}\n\nThe same in its own script: भाई मुंबई कहाँ है"


@pytest.mark.parametrize("add", ["auto", "native", "romanised"])
@pytest.mark.parametrize("content", [IMAGE, "", "42 + 7", "👩‍👩‍👧 👍🏽", None])
async def test_where_the_last_message_has_no_words_nothing_is_made_up_for_it(add: Any, content: Any) -> None:
    conversation = Detection("hi-Latn", 0.9, romanised=True, source="conversation")
    (message,), notes = await _asked(Romanize(add=add), content, conversation)
    assert message["content"] == content
    assert notes == [Skipped("romanize", "no_words")]


async def test_a_request_whose_system_message_alone_speaks_is_left_as_it_is() -> None:
    generation = chat("").with_body(messages=[{"role": "system", "content": "नमस्ते"}])
    engine = TalkingEngine(lambda _: "ठीक।")
    context, notes = surroundings("hi")
    said = await collected(await Romanize()(generation, engine, context))
    assert orjson.loads(said)["choices"][0]["message"]["content"] == "ठीक।"
    assert notes == [Skipped("romanize", "no_words")]
    assert engine.calls == [generation]
