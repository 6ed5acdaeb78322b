"""What counts as a form, and that a client that says the default aloud loses nothing by it."""

from typing import Any

import pytest

from routing.answer_form import has_form, is_grammar_asked, is_json_asked
from routing.notes import Skipped
from tests.routing.in_english import in_english
from tests.routing.strategies.surroundings import chat, collected, parsed, surroundings
from tests.routing.talking_engine import TalkingEngine

QUESTION = "मुंबई कहाँ है, और वहाँ कितने लोग रहते हैं?"
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
CHOICE = {"choice": ["हाँ", "नहीं"]}


@pytest.mark.parametrize(
    ("fields", "json", "grammar"),
    [
        ({}, False, False),
        ({"response_format": None}, False, False),
        ({"response_format": {"type": "text"}}, False, False),
        ({"response_format": {"type": "json_object"}}, True, False),
        ({"response_format": SCHEMA}, True, False),
        ({"response_format": {"type": "structural_tag", "format": {}}}, True, False),
        ({"structured_outputs": None}, False, False),
        ({"structured_outputs": CHOICE}, False, True),
    ],
)
def test_json_and_grammars_are_forms_and_text_is_none(
    fields: dict[str, Any], json: bool, grammar: bool
) -> None:
    assert (is_json_asked(fields), is_grammar_asked(fields)) == (json, grammar)
    assert has_form(fields) == (json or grammar)


STRATEGIES: dict[str, dict[str, Any]] = {
    "self_translate": {"kind": "self_translate", "skip": []},
    "pivot_reason": {"kind": "pivot_reason"},
    "fuse": {"kind": "fuse", "n": 2},
}


async def _purposes(kind: str, **fields: Any) -> tuple[list[str], list[Skipped]]:
    engine = TalkingEngine(lambda g: [in_english(g.body["messages"][-1]["content"])] * g.body.get("n", 1))
    context, notes = surroundings("hi", QUESTION)
    await collected(await parsed(STRATEGIES[kind])(chat(QUESTION, **fields), engine, context))
    return engine.purposes(), [note for note in notes if isinstance(note, Skipped)]


@pytest.mark.parametrize("kind", STRATEGIES)
async def test_a_client_that_asks_for_text_gets_the_strategy(kind: str) -> None:
    wanted, skipped = await _purposes(kind)
    assert (await _purposes(kind, response_format={"type": "text"})) == (wanted, skipped)
    assert not skipped


@pytest.mark.parametrize("kind", STRATEGIES)
async def test_an_answer_held_to_a_choice_is_neither_reasoned_about_nor_translated(kind: str) -> None:
    purposes, skipped = await _purposes(kind, structured_outputs=CHOICE)
    assert set(purposes) <= {"answer", "sample"}
    assert skipped == [Skipped(kind, "form")]
