import pytest

from routing.request_signs.naming import languages_asked_for
from routing.request_signs.readings import languages_to_read, readings_of
from routing.request_signs.words import sentences_of


def _asked(language: str, text: str) -> set[str]:
    [sentence] = sentences_of(text)
    [reading] = readings_of(sentence, {language: True})
    return set(languages_asked_for(reading))


@pytest.mark.parametrize(
    ("language", "text", "tags"),
    [
        ("en", "Write it in French", {"fr"}),
        ("en", "in French please", {"fr"}),
        ("en", "books in French", set()),
        ("en", "Write about life in French villages", set()),
        ("en", "Write a letter to French", set()),
        ("en", "Translate it to French", {"fr"}),
        ("en", "I had to write in French", set()),
        ("en", "Tell me of the man who wrote in French", set()),
        ("en", "Reply in traditional Chinese", {"zh-Hant"}),
        ("sv", "Skriv på svenska", {"sv"}),
        ("sv", "Skriv om livet på svenska sjukhus", set()),
        ("ru", "Напиши на немецком", {"de"}),
        ("ru", "Напиши о ценах на немецком рынке", set()),
        ("tr", "Bana Fransızca bir mektup yaz", {"fr"}),
        ("tr", "Fransızca öğretmeni hakkında yaz", set()),
        ("zh", "请用法语写", {"fr"}),
        ("zh", "写一个用法语课本的故事", set()),
        ("ja", "ドイツ語で書いてください", {"de"}),
        ("ar", "اكتب بالفرنسية", {"fr"}),
        ("hi", "फ़्रेंच में लिखो", {"fr"}),
        ("hi", "मुझे फ़्रेंच में लिखना पड़ा", set()),
    ],
)
def test_a_language_is_asked_for_by_its_frame_and_a_verb(language: str, text: str, tags: set[str]) -> None:
    assert _asked(language, text) == tags


@pytest.mark.parametrize(
    ("language", "text", "tags"),
    [
        ("en", "Write it in Hindi, Tamil and Urdu", {"hi", "ta", "ur"}),
        ("en", "Translate from English to Urdu", {"ur"}),
        ("en", "Write in French, German readers will not mind", {"fr"}),
        ("es", "Escribe en español y en inglés", {"es", "en"}),
        ("ar", "اكتب بالعربية والإنجليزية", {"ar", "en"}),
        ("ko", "한국어와 영어로 써 줘", {"ko", "en"}),
        ("ja", "日本語と英語で書いて", {"ja", "en"}),
        ("zh", "用中文和英文写", {"zh", "en"}),
        ("th", "เขียนเป็นภาษาไทยและภาษาอังกฤษ", {"th", "en"}),
        ("hi", "हिंदी और अंग्रेज़ी में लिखो", {"hi", "en"}),
        ("hi", "हिंदी से अंग्रेज़ी में अनुवाद करो", {"en"}),
    ],
)
def test_names_in_company_are_all_wanted(language: str, text: str, tags: set[str]) -> None:
    assert _asked(language, text) == tags


def test_a_text_is_read_in_its_own_language_in_english_and_in_those_of_other_scripts() -> None:
    assert languages_to_read("Привет", "ru") == {"ru": True, "en": True}
    assert languages_to_read("hello", "hi-Latn") == {"hi-Latn": True, "hi": True, "en": True}
    assert languages_to_read("odgovori", "hr") == {"sr": True, "en": True}
    assert languages_to_read("hello 日本語で", "en") == {"en": True, "ja": False}
    assert languages_to_read("ответь", "und") == {"en": True, "ru": True, "uk": True, "bg": True, "sr": True}
