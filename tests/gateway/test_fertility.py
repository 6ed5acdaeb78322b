import pytest

from gateway.fertility import english_tokens, measured_fertility
from routing.language import Detection

TABLE = {"en": 1.0, "my": 6.0, "hi": 4.0, "zh": 1.5, "zh-Hant": 2.0}


@pytest.mark.parametrize(
    ("detection", "charged"),
    [
        (Detection("my", 0.99), 100),
        (Detection("my-MM", 0.99), 100),
        (Detection("zh-Hant-TW", 0.9), 300),
        (Detection("zh-Hans", 0.9), 400),
        (Detection("en", 0.9), 600),
        (Detection("und", 0.0), 600),
        (Detection("sw", 0.9), 600),
        (Detection("hi", 0.9), 150),
        (Detection("hi-Latn", 0.9, romanised=True), 600),
    ],
)
def test_tokens_count_by_what_their_language_needs(detection: Detection, charged: float) -> None:
    assert english_tokens(600, detection, TABLE) == charged


def test_romanised_text_may_have_a_value_of_its_own() -> None:
    assert english_tokens(600, Detection("hi-Latn", 0.9, romanised=True), {"hi": 4, "hi-Latn": 2}) == 300


def test_fertility_is_of_all_sentences_together_and_each_language_beside_its_own() -> None:
    sentences = [
        {"en": "good morning", "my": "မင်္ဂလာ နံနက်ခင်းပါ ဆရာ မ", "ta": "காலை"},
        {"en": "good night, my dear friend", "my": "ကောင်းသော ညပါ"},
    ]
    assert measured_fertility(sentences, lambda text: len(text.split())) == {"en": 1.0, "my": 0.86, "ta": 0.5}


def test_what_its_own_command_measures_makes_equals_of_two_users() -> None:
    def count(text: str) -> int:
        return len(text.encode())

    table = measured_fertility([{"en": "the rain has stopped", "my": "မိုးတိတ်သွားပြီ"}], count)
    english = english_tokens(count("the rain has stopped"), Detection("en", 0.9), table)
    burmese = english_tokens(count("မိုးတိတ်သွားပြီ"), Detection("my", 0.9), table)
    assert burmese == pytest.approx(english, rel=0.01)
