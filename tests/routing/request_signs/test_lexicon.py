import langcodes
import pytest

from routing.request_signs.lexicon import known_languages, phrases_in
from routing.request_signs.names import TARGETS, names_in
from routing.request_signs.phrases import Meaning
from routing.request_signs.tables import ANY, rows_of
from routing.request_signs.words import plain, words_of

KINDS = {
    "in", "into", "named", "also", "bare", "ask", "translate", "lesson", "word", "not_text", "veto", "barrier",
    "follows", "and", "polite", "several", "small_talk", "culture", "verbatim", "copy", "text",
}  # fmt: skip
MUST = {"in", "bare", "ask", "translate", "word", "veto", "and", "small_talk", "culture"}


def _found(language: str, text: str) -> set[Meaning]:
    return {hit.meaning for hit in phrases_in(language).find(words_of(plain(text)))}


@pytest.mark.parametrize("language", sorted(known_languages()))
def test_every_language_has_what_it_takes(language: str) -> None:
    rows = [row for row in rows_of("lexicon.tsv") if row[0] == language]
    assert all(len(row) == 3 for row in rows)
    kinds = [row[1] for row in rows]
    assert len(kinds) == len(set(kinds))
    assert MUST <= set(kinds) <= KINDS
    assert all(entry.strip() for row in rows for entry in row[2].split("|"))
    assert langcodes.tag_is_valid(language)


@pytest.mark.parametrize("language", sorted(known_languages()))
def test_every_language_can_ask_for_the_common_ones(language: str) -> None:
    tags = {tag for _, tag in names_in(language)}
    assert {"ar", "de", "en", "es", "fr", "hi", "ja", "sw", "zh"} <= tags
    framed = {node.tag for node in _meanings(language) if node.kind in {"in", "into"}}
    assert {"en", "fr", "de", "es"} <= framed


def _meanings(language: str) -> set[Meaning]:
    places = [phrases_in(language)]
    meanings: set[Meaning] = set()
    while places:
        place = places.pop()
        meanings.update(place.meanings)
        places += [*place.words.values(), *place.stems.values()]
    return meanings


@pytest.mark.parametrize(
    ("language", "text", "tag"),
    [
        ("ru", "на немецком языке", "de"),
        ("ru", "по-китайски", "zh"),
        ("fi", "englanniksi", "en"),
        ("cs", "německy", "de"),
        ("hu", "spanyolul", "es"),
        ("ta", "ஆங்கிலத்தில்", "en"),
        ("ar", "بالإنجليزية", "en"),
        ("he", "בצרפתית", "fr"),
        ("ko", "프랑스어로만", "fr"),
        ("th", "เป็นภาษาญี่ปุ่น", "ja"),
        ("zh", "用西班牙语", "es"),
        ("yo", "ní èdè Faransé", "fr"),
        ("en", "in Kiswahili", "sw"),
        ("en", "in 日本語", "ja"),
        ("hi", "English में", "en"),
    ],
)
def test_names_are_found_as_their_language_bends_them(language: str, text: str, tag: str) -> None:
    assert Meaning("in", tag) in _found(language, text)


def test_a_name_without_the_ending_of_an_entry_has_no_such_phrase() -> None:
    assert Meaning("in", "sw") not in _found("ru", "по-суахили")
    assert Meaning("in", "sw") in _found("ru", "на суахили")


def test_targets_and_aliases_are_tags() -> None:
    tags = {*TARGETS, *(tag for _, tag, _ in rows_of("aliases.tsv"))}
    assert all(langcodes.tag_is_valid(tag) for tag in tags)
    assert {language for language, _, _ in rows_of("aliases.tsv")} <= known_languages() | {ANY}


def test_a_language_that_nobody_wrote_a_lexicon_for_has_hardly_any_phrases() -> None:
    assert _found("xx", "in french") == set()
