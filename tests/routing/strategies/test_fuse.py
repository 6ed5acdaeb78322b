"""One answer out of several: which samples are shown, and what happens where there is nothing to fuse."""

import orjson
import pytest

from routing.generation import Generation
from routing.strategies.fuse import Fuse
from tests.routing.strategies.surroundings import chat, collected, surroundings
from tests.routing.talking_engine import TalkingEngine

QUESTION = "نیروبی کہاں ہے اور وہاں کتنے لوگ رہتے ہیں؟"
RIGHT = "نیروبی کینیا کا دارالحکومت ہے اور وہاں چالیس لاکھ سے زیادہ لوگ رہتے ہیں۔"
WRONG = "Nairobi is the capital of Kenya, and more than four million people live there today."


async def _answer(*samples: str, fused: str = "") -> tuple[str, TalkingEngine]:
    greedy, *hot = samples

    def reply(generation: Generation) -> list[str]:
        if generation.purpose == "answer":
            return [fused]
        return hot if generation.body["temperature"] else [greedy]

    engine = TalkingEngine(reply)
    context, _ = surroundings("ur", QUESTION)
    said = await collected(await Fuse(n=len(samples))(chat(QUESTION), engine, context))
    return orjson.loads(said)["choices"][0]["message"]["content"], engine


async def test_samples_that_break_the_contract_or_say_nothing_are_not_shown() -> None:
    said, engine = await _answer(RIGHT, WRONG, "", f"{RIGHT} ہاں۔", fused="نیروبی۔")
    assert said == "نیروبی۔"
    shown = str(engine.calls[-1].body["messages"])
    assert RIGHT in shown
    assert WRONG not in shown
    assert engine.calls[-1].body["messages"][0]["content"].count("2 answers") == 1


@pytest.mark.parametrize("samples", [("", RIGHT), (RIGHT, ""), (WRONG, "", RIGHT)])
async def test_the_only_one_that_is_left_is_the_answer(samples: tuple[str, ...]) -> None:
    said, engine = await _answer(*samples)
    assert said == RIGHT
    assert set(engine.purposes()) == {"sample"}


async def test_an_answer_in_another_language_is_better_than_none() -> None:
    assert (await _answer("", WRONG))[0] == WRONG


async def test_a_client_gets_as_many_answers_as_it_asked_for_also_where_there_is_nothing_to_fuse() -> None:
    engine = TalkingEngine(lambda generation: RIGHT if generation.body["temperature"] else "")
    context, _ = surroundings("ur", QUESTION)
    said = await collected(await Fuse(n=2)(chat(QUESTION, n=2), engine, context))
    assert [choice["message"]["content"] for choice in orjson.loads(said)["choices"]] == [RIGHT, ""]
