"""The prompt that asks for a language: in that language, and well formed."""

import pytest

from routing.contract.judge import judge
from routing.contract.owed_scripts import owed_scripts
from routing.detection.scripts import ScriptTable
from routing.language import Detector
from routing.language_names import full_name
from routing.prompts import DEFAULT, fields_of, shipped_prompts

NAME = "answer_language_strong"
SCRIPTS = ScriptTable()
TAGS = [tag for tag in shipped_prompts().texts[NAME] if tag != DEFAULT]


def _own_part(tag: str) -> str:
    return shipped_prompts().texts[NAME][tag].partition(" (")[0]


def test_the_prompt_is_there_in_more_than_forty_languages() -> None:
    assert len(TAGS) >= 40


@pytest.mark.parametrize("tag", TAGS)
def test_a_prompt_names_the_language_in_its_own_script_and_in_english(tag: str) -> None:
    assert fields_of(shipped_prompts().texts[NAME][tag]) == {"language"}
    assert set(SCRIPTS.count(_own_part(tag))) <= owed_scripts(tag)
    assert full_name(tag) in shipped_prompts().text(NAME, tag, language=full_name(tag))


@pytest.mark.parametrize("tag", TAGS)
def test_the_prompt_is_not_in_another_language_itself(tag: str, detector: Detector) -> None:
    assert judge(_own_part(tag), tag, detector).outcome != "broken"


def test_a_language_without_a_text_is_named_in_english_and_by_its_own_name() -> None:
    asked = shipped_prompts().text(NAME, "yo", language=full_name("yo"))
    assert "Yoruba" in asked
    assert "Yorùbá" in asked
