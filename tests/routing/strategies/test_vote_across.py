"""Votes across pivots: who is asked, what wins, and that a client gets as many answers as it asked for."""

from typing import Any

import orjson
import pytest

from routing.errors import EngineFailed
from routing.generation import Generation
from routing.notes import Degraded, Selected
from routing.strategies.vote_across import VoteAcross
from tests.routing.strategies.surroundings import chat, collected, surroundings
from tests.routing.talking_engine import TalkingEngine

QUESTION = "சென்னையில் எத்தனை கடற்கரைகள் உள்ளன?"
NAMES = {"English": "en", "German": "de", "Spanish": "es", "French": "fr", "Japanese": "ja"}


def _saying(**answers: str) -> TalkingEngine:
    """Answers by the pivot that is asked for."""

    def reply(generation: Generation) -> Any:
        prompt = generation.body["messages"][0]["content"]
        pivot = next(tag for name, tag in NAMES.items() if name in prompt)
        said = answers.get(pivot, "விடை: 2")
        return EngineFailed("no") if said == "fails" else f"<think>{pivot}</think>{said}"

    return TalkingEngine(reply)


async def _answers(engine: TalkingEngine, **fields: Any) -> tuple[list[str], list[Any]]:
    context, notes = surroundings("ta", QUESTION)
    strategy = VoteAcross(pivots=tuple(NAMES.values()))
    said = await collected(await strategy(chat(QUESTION, **fields), engine, context))
    assert engine.open == 0
    return [choice["message"]["content"] for choice in orjson.loads(said)["choices"]], notes


async def test_the_answer_of_most_pivots_wins() -> None:
    answers, _ = await _answers(_saying(en="விடை: 3", de="விடை: ௩", es="விடை: 3"))
    assert answers == ["விடை: 3"]


async def test_a_pivot_that_fails_costs_its_own_vote_only() -> None:
    answers, notes = await _answers(_saying(en="fails", de="விடை: 3"))
    assert answers == ["விடை: 2"]
    assert Degraded("vote_across", "engine_failed", "fewer") in notes


async def test_where_every_pivot_fails_the_error_is_raised() -> None:
    with pytest.raises(EngineFailed):
        await _answers(_saying(**dict.fromkeys(NAMES.values(), "fails")))


@pytest.mark.parametrize("n", [1, 2, 4, 5])
async def test_a_client_gets_as_many_answers_as_it_asked_for(n: int) -> None:
    long = "சென்னையில் பல கடற்கரைகள் உள்ளன. " * 9 + "\nவிடை: 9"  # is still being written when the vote is decided
    answers, notes = await _answers(_saying(fr=long), n=n)
    assert len(answers) == n
    (selected,) = [note for note in notes if isinstance(note, Selected)]
    assert (selected.samples == len(NAMES)) == (n > 1)
