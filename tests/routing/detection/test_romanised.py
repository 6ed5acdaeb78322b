"""What the words of a text alone say for a romanised language."""

import pytest

from routing.detection.romanised import romanised_language
from routing.detection.words import WordTable, words_of

TABLE = WordTable()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("mere phone ki battery jaldi khatam ho jati hai", "hi-Latn"),
        ("3ayez a3raf ezay a3mel keda", "ar-Latn"),
        ("skazhi mne gde mozhno kupit bilety", "ru-Latn"),
    ],
)
def test_a_text_of_function_words_outweighs_any_model(text: str, language: str) -> None:
    found = romanised_language(words_of(text), TABLE)
    assert found is not None
    assert found.language == language
    assert found.strength > 1
    assert not found.mixed


def test_english_words_around_weaken_it_and_make_it_mixed() -> None:
    alone = romanised_language(words_of("kal subah alarm laga do"), TABLE)
    within = romanised_language(
        words_of("what is the weather for the kal subah and what should I wear"), TABLE
    )
    assert alone is not None
    assert within is not None
    assert within.strength < alone.strength
    assert within.mixed


@pytest.mark.parametrize(
    "text", ["", "Was kostet die Fahrt nach Hause?", "set an alarm for tomorrow", "không có gì"]
)
def test_text_at_home_in_latin_letters_is_in_none(text: str) -> None:
    assert romanised_language(words_of(text), TABLE) is None
