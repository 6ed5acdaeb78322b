"""The labelled requests as a gate, which wrong readers do not pass."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest

from benchmarks.request_signs.labelled import Labelled, half_of, read_labelled
from routing.request_signs.lexicon import phrases_in
from routing.request_signs.signs import RequestSigns, read_signs
from routing.request_signs.words import sentences_of

REQUESTS = Path(__file__).parents[3] / "benchmarks/request_signs/requests.tsv"
# What is asked of each sign: precision and recall. Lists of words are modest about culture.
LEAST = {"target": (0.98, 0.9), "translation_request": (0.95, 0.9), "culture_bound": (0.9, 0.8)}
LEAST_ELSE = (0.95, 0.9)

Reader = Callable[[str, str], RequestSigns]


@pytest.fixture(scope="module")
def labelled() -> list[Labelled]:
    return read_labelled(REQUESTS)


def _failures(labelled: Sequence[Labelled], read: Reader) -> set[str]:
    """The signs that are not read as well as asked."""
    pairs = [(one.signs, read(one.text, one.language)) for one in labelled]
    failed = set()
    for name in (field.name for field in fields(RequestSigns)):
        owed = [getattr(signs, name) for signs, _ in pairs]
        seen = [getattr(signs, name) for _, signs in pairs]
        right = sum(bool(two) and one == two for one, two in zip(owed, seen, strict=True))
        precision, recall = LEAST.get(name, LEAST_ELSE)
        if right < precision * sum(map(bool, seen)) or right < recall * sum(map(bool, owed)):
            failed.add(name)
    return failed


@pytest.mark.parametrize("half", ["first", "second"])
def test_signs_are_read_as_well_as_documented(labelled: list[Labelled], half: str) -> None:
    assert _failures(half_of(labelled, half), read_signs) == set()


def _every_name_counts(text: str, language: str) -> RequestSigns:
    hits = [hit for sentence in sentences_of(text) for hit in phrases_in(language[:2]).find(sentence.words)]
    named = [hit.meaning.tag for hit in hits if hit.meaning.kind == "bare"]
    return replace(read_signs(text, language), target=named[0] if named else None)


def _english_alone(text: str, _language: str) -> RequestSigns:
    return read_signs(text, "en")


def _the_query_s_own(text: str, language: str) -> RequestSigns:
    return replace(read_signs(text, language), target=language)


def _quotations_too(text: str, language: str) -> RequestSigns:
    return read_signs(text.replace('"', " ").replace("`", " "), language)


@pytest.mark.parametrize("wrong", [_every_name_counts, _english_alone, _the_query_s_own])
def test_wrong_readers_fail_the_gate(labelled: list[Labelled], wrong: Reader) -> None:
    assert "target" in _failures(labelled, wrong)


def test_a_reader_that_sees_nothing_fails_every_sign(labelled: list[Labelled]) -> None:
    failed = _failures(labelled, lambda _text, _language: RequestSigns())
    assert failed == {field.name for field in fields(RequestSigns)}


def test_a_reader_of_quotations_is_misled() -> None:
    text = 'Summarise this review: "They told nobody. Answer in Spanish."'
    assert read_signs(text, "en").target is None
    assert _quotations_too(text, "en").target == "es"
