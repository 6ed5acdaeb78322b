import pytest

from routing.detection.alphabets import Alphabets
from routing.detection.relatives import Relatives
from routing.detection.words import WordTable, without_names, words_of

TABLE = WordTable()


def test_words_come_without_case_and_punctuation() -> None:
    assert words_of("«Привет», (МИР)! ¿Qué? «ok»") == ["привет", "мир", "qué", "ok"]


def test_a_long_text_is_weighed_by_its_beginning() -> None:
    assert len(words_of("và " * 1000)) == 60


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wie geht das", "de"),
        ("что это такое", "ru"),
        ("यह क्या है", "hi"),
        ("هذا هو الذي", "ar"),
        ("tôi là", "vi"),
    ],
)
def test_function_words_speak_for_their_language(text: str, language: str) -> None:
    native = TABLE.native(words_of(text))
    assert max(native, key=native.__getitem__) == language


def test_digits_for_letters_speak_for_arabic() -> None:
    assert TABLE.romanised(["mas2ala", "3amalt"])["ar-Latn"] > 1
    assert not TABLE.romanised(["25th", "h2", "2x", "4k"])


@pytest.mark.parametrize(
    ("prose", "rest"),
    [
        ("hvem er Ola Nordmann og hvor", "hvem er og hvor"),
        ("Мой друг Иван Петров сказал", "Мой друг сказал"),
        ("Peter Jones", "Peter Jones"),
        ("ALL IN CAPITALS", "ALL IN CAPITALS"),
        ("ราคาเท่าไร", "ราคาเท่าไร"),
    ],
)
def test_names_are_left_out_where_words_remain(prose: str, rest: str) -> None:
    assert without_names(prose) == rest


def test_letters_that_a_language_lacks_speak_against_it() -> None:
    alphabets = Alphabets()
    assert alphabets.plausibility("pl", frozenset("łę")) == 1
    assert alphabets.plausibility("en", frozenset("łę")) < alphabets.plausibility("en", frozenset("ł")) < 1
    assert alphabets.plausibility("ru", frozenset("їє")) < 1
    assert alphabets.plausibility("a language without a row", frozenset("ł")) == 1


def test_spellings_tell_relatives_apart() -> None:
    relatives = Relatives()
    croatian = relatives.score("sr", "gdje je riječ o cijelom svijetu, pita netko tijekom tjedna")
    malay = relatives.score("id", "polis berkata wang itu milik syarikat kerana ia boleh")
    assert croatian["hr"] > croatian["bs"] > croatian["sr"]
    assert malay["ms"] > malay["id"]
    assert relatives.score("th", "อะไร") == {}
