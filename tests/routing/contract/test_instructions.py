"""The prompts that ask for a language: each in that language, and well formed."""

import pytest

from routing.contract.judge import judge
from routing.contract.owed_scripts import owed_scripts
from routing.detection.scripts import ScriptTable
from routing.language import Detector
from routing.language_names import full_name
from routing.prompts import DEFAULT, fields_of, shipped_prompts

NAMES = ("answer_language", "answer_language_strong")
SCRIPTS = ScriptTable()
TAGS = [tag for tag in shipped_prompts().texts["answer_language_strong"] if tag != DEFAULT]


def _own_part(name: str, tag: str) -> str:
    return shipped_prompts().texts[name][tag].partition(" (")[0]


def test_both_prompts_are_there_in_more_than_forty_languages() -> None:
    assert len(TAGS) >= 40
    assert [tag for tag in shipped_prompts().texts["answer_language"] if tag != DEFAULT] == TAGS


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_names_the_language_in_its_own_script_and_in_english(name: str, tag: str) -> None:
    assert fields_of(shipped_prompts().texts[name][tag]) == {"language"}
    assert set(SCRIPTS.count(_own_part(name, tag))) <= owed_scripts(tag)
    assert full_name(tag) in shipped_prompts().text(name, tag, language=full_name(tag))


@pytest.mark.parametrize("tag", TAGS)
def test_the_strong_prompt_is_not_in_another_language_itself(tag: str, detector: Detector) -> None:
    assert judge(_own_part("answer_language_strong", tag), tag, detector).outcome != "broken"


def test_a_language_without_a_text_is_named_in_english_and_by_its_own_name() -> None:
    asked = shipped_prompts().text("answer_language_strong", "yo", language=full_name("yo"))
    assert "Yoruba" in asked
    assert "Yorùbá" in asked
