"""The demonstrations are in the languages that they claim, and there are as many as promised."""

from pathlib import Path

import pytest

import routing
from routing.demonstrations import MOST, demonstrations
from routing.detection.detector import load_detector
from routing.language import Detector
from routing.language_ranges import same_language
from routing.yaml_reader import read_file

LANGUAGES = read_file(Path(routing.__file__).with_name("demonstrations.yaml")).value


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_demonstrations_are_in_their_language(language: str, detector: Detector) -> None:
    turns = demonstrations(language)
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * MOST
    text = "\n".join(turn["content"] for turn in turns)
    detected = detector.detect(text)
    assert any(same_language(language, tag) for tag in (detected.language, *detected.alternatives)), detected


def test_a_script_and_a_region_find_their_language() -> None:
    assert demonstrations("zh-Hant-HK") == demonstrations("zh-Hant") != demonstrations("zh-Hans")
    assert demonstrations("pt-BR") == demonstrations("pt")


@pytest.mark.parametrize("language", ["und", "tlh", "no such tag"])
def test_a_language_without_any_has_none(language: str) -> None:
    assert demonstrations(language) == []
