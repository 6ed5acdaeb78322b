"""The contract around a strategy: what is judged, held back, asked for again, translated, and told."""

import asyncio
import re
from typing import Any

import orjson
import pytest

from routing.answer import Answer
from routing.contract.keep import keep_contract
from routing.contract_settings import ContractSettings
from routing.errors import DragomanError, EngineFailed
from routing.generation import Generation, Mask
from routing.notes import Contracted, Degraded, Note, Retried
from routing.strategies.direct import Direct
from tests.routing.strategies.surroundings import chat, collected, surroundings
from tests.routing.talking_engine import Said, TalkingEngine

QUESTION = "केन्या की राजधानी क्या है?"
RIGHT = "नैरोबी केन्या की राजधानी है, और यह पूर्वी अफ्रीका का एक बहुत बड़ा शहर है।"
WRONG = "The capital of Kenya is Nairobi, and it is a very large city in the east of Africa."


def saying(*answers: str, translation: Said = RIGHT) -> TalkingEngine:
    """An engine that gives these answers in turn, the last for ever; translators say the translation."""
    left = list(answers)

    def reply(generation: Generation) -> Any:
        if generation.purpose.startswith("translate"):
            if isinstance(translation, DragomanError) or not translation:
                return translation
            marks = re.findall(r"\[\[\d+\]\]", generation.body["messages"][-1]["content"])
            return " ".join([str(translation), *marks])
        said = left.pop(0) if len(left) > 1 else left[0]
        return [said] * (generation.body.get("n") or 1)

    return TalkingEngine(reply)


async def kept(engine: TalkingEngine, settings: ContractSettings, **fields: Any) -> tuple[str, list[Note]]:
    context, notes = surroundings(fields.pop("language", "hi"), QUESTION, **fields.pop("context", {}))
    generation = chat(QUESTION, **fields)
    stream = await keep_contract(Direct(), settings, generation, engine, context)
    said = await collected(stream)
    assert engine.open == 0
    if not generation.is_streamed:
        return orjson.loads(said)["choices"][0]["message"]["content"], notes
    answer = Answer()
    answer.take(said)
    return answer.in_order[0].text, notes


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("said", "outcome"), [(RIGHT, "kept"), (WRONG, "broken"), ("42", "unjudged")])
async def test_a_flag_tells_and_changes_nothing(said: str, outcome: Any, stream: bool) -> None:
    text, notes = await kept(saying(said), ContractSettings(level="flag"), stream=stream)
    assert text == said
    assert notes == [Contracted("hi", "flag", outcome)]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_wrong_answer_is_never_seen_and_asked_for_again(stream: bool) -> None:
    engine = saying(WRONG, RIGHT)
    text, notes = await kept(engine, ContractSettings(level="retry"), stream=stream)
    assert text == RIGHT
    assert notes == [Retried("contract", "language"), Contracted("hi", "retry", "repaired")]
    first, second = engine.calls
    assert second.body["messages"][0]["role"] == "system"
    assert first.body["messages"] == second.body["messages"][1:]


async def test_a_wrong_answer_is_given_up_before_it_is_whole() -> None:
    engine = saying(WRONG * 20, RIGHT)
    await kept(engine, ContractSettings(level="retry"), stream=True)
    assert engine.pieces_sent < len(WRONG) * 20 / engine.piece_chars


@pytest.mark.parametrize("stream", [True, False])
async def test_what_stays_wrong_is_translated(stream: bool) -> None:
    engine = saying(WRONG)
    text, notes = await kept(engine, ContractSettings(level="retry"), stream=stream)
    assert text.startswith(RIGHT)
    assert engine.purposes() == ["answer", "answer", "translate_answer"]
    assert notes[-1] == Contracted("hi", "retry", "repaired")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("translation", [EngineFailed("no"), "नहीं " * 4000, ""])
async def test_where_no_translation_is_to_be_had_the_answer_is_sent_and_told_of(
    translation: Any, stream: bool
) -> None:
    engine = saying(WRONG, translation=translation)
    engine.finish_reason = "length" if len(str(translation)) > 1000 else "stop"
    text, notes = await kept(engine, ContractSettings(level="retry"), stream=stream)
    assert text == WRONG
    assert notes[-1] == Contracted("hi", "retry", "broken")
    (degraded,) = [note for note in notes if isinstance(note, Degraded)]
    assert (degraded.strategy, degraded.to) == ("contract", "send")


async def test_a_document_whose_later_part_cannot_be_translated_is_sent_whole_and_as_it_was() -> None:
    wrong = f"{WRONG}\n\nIt has 4,397,073 people, and more of them come to live there every year."
    engine = saying(wrong, translation=RIGHT)
    translate = engine.reply

    def reply(generation: Generation) -> Any:
        is_second = "come to live" in str(generation.body["messages"][-1]["content"])
        return EngineFailed("no") if generation.purpose != "answer" and is_second else translate(generation)

    engine.reply = reply
    text, notes = await kept(engine, ContractSettings(level="retry"))
    assert text == wrong
    assert Degraded("contract", "engine_failed", "send") in notes


async def test_or_sent_as_it_is_where_the_policy_says_so() -> None:
    text, notes = await kept(saying(WRONG), ContractSettings(level="retry", otherwise="send"), stream=True)
    assert text == WRONG
    assert notes[-1] == Contracted("hi", "retry", "broken")


async def test_a_right_answer_passes_before_it_is_whole() -> None:
    engine = saying(RIGHT * 30)
    context, _ = surroundings("hi", QUESTION)
    settings = ContractSettings(level="retry")
    stream = await keep_contract(Direct(), settings, chat(QUESTION, stream=True), engine, context)
    await anext(stream)
    assert engine.pieces_sent < 40
    await stream.aclose()
    assert engine.open == 0


async def test_an_answer_that_drifts_later_is_told_of() -> None:
    drifting = RIGHT + "\n\n" + "\n\n".join([WRONG] * 6)
    _, notes = await kept(saying(drifting), ContractSettings(level="retry"), stream=True)
    assert notes == [Contracted("hi", "retry", "broken")]


async def test_every_one_of_several_answers_is_watched() -> None:
    engine = TalkingEngine(lambda generation: [RIGHT, WRONG] if generation.body["n"] == 2 else [RIGHT])
    _, notes = await kept(engine, ContractSettings(level="retry", otherwise="send"), stream=True, n=2)
    assert Retried("contract", "language") in notes


async def test_a_mask_travels_with_the_generation() -> None:
    engine = saying(RIGHT)
    _, notes = await kept(engine, ContractSettings(level="mask", latin=False, mask="gate"))
    assert engine.calls[0].mask == Mask("hi", latin=False, mode="gate")
    assert notes == [Contracted("hi", "mask", "kept")]


async def test_there_is_no_mask_for_a_language_in_latin_letters() -> None:
    engine = saying("Mji mkuu ni Nairobi.")
    await kept(engine, ContractSettings(level="mask"), language="sw")
    assert engine.calls[0].mask is None


@pytest.mark.parametrize("level", ["flag", "mask", "retry"])
async def test_an_exempt_request_is_left_alone(level: Any) -> None:
    engine = saying(WRONG)
    context = {"exempt": "translation_request"}
    text, notes = await kept(engine, ContractSettings(level=level), context=context)
    assert text == WRONG
    assert notes == [Contracted("hi", level, "exempt")]
    assert len(engine.calls) == 1


async def test_without_a_language_owed_nothing_is_judged() -> None:
    text, notes = await kept(saying(WRONG), ContractSettings(level="retry"), language="und")
    assert (text, notes) == (WRONG, [])


async def test_a_client_that_leaves_while_the_answer_is_held_back_ends_the_call() -> None:
    engine = saying("…")
    engine.hangs = frozenset({"answer"})
    context, _ = surroundings("hi", QUESTION)
    settings = ContractSettings(level="retry")
    task = asyncio.create_task(
        keep_contract(Direct(), settings, chat(QUESTION, stream=True), engine, context)
    )
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.open == 0
