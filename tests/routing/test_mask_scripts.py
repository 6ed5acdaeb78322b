import unicodedata
from functools import cache
from itertools import pairwise

import pytest

from routing.mask_scripts import has_own_script, mask_ranges, scripts_of


@cache
def allowed(language: str, *, latin: bool = False) -> frozenset[str]:
    ranges = mask_ranges(language, latin=latin)
    return frozenset(chr(point) for first, last in ranges for point in range(first, last + 1))


SENTENCES = {
    "ar": "السلامُ عليكم، كيف الحال؟ لديّ ٣ كتبٍ و٥٠٪ خصم؛ شكرًا!",
    "fa": "سلام، چطوری؟ می‌خواهم ۳ کتاب ژاپنی بخرم گل!",
    "he": "שָׁלוֹם, מה שלומך? 50% הנחה״",
    "hi": "नमस्ते! क्या हाल है? मेरे पास ३ किताबें हैं। ज़रूर॥",
    "ja": "こんにちは。コーヒーを３杯、「東京」で飲みました！人々ー",
    "ko": "안녕하세요? 커피 3잔을 마셨습니다. ㅋㅋ",
    "ru": "Привет! Ёлка стоит 100 ₽ — «дёшево», №5.",
    "th": "สวัสดีครับ ราคา ๓๐ บาท ฿",
    "ta": "வணக்கம்! எப்படி இருக்கிறீர்கள்?",
    "uk": "Ґанок, їжак і її єдина п’ята",
    "zh": "你好!我有三本书,《红楼梦》——是吗?",
    "el": "Γειά σου! Τι κάνεις;",
    "am": "ሰላም፣ እንዴት ነህ።",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_language_may_use_its_own_letters_marks_digits_and_punctuation(language: str) -> None:
    assert set(SENTENCES[language]) - allowed(language) == set()


@pytest.mark.parametrize("language", SENTENCES)
def test_digits_punctuation_spaces_and_emoji_are_allowed_everywhere(language: str) -> None:
    assert (
        set("0123456789 .,:;!?()[]{}<>=+-*/%#@&\"'\n\t€$°→✅😀👩🏽\u200d🚀🇯🇵❤\ufe0f") - allowed(language)
        == set()
    )


@pytest.mark.parametrize("language", SENTENCES)
def test_no_letter_of_another_languages_script_is_allowed(language: str) -> None:
    mine = scripts_of(language, latin=False)
    others = (other for other in SENTENCES if not mine & scripts_of(other, latin=False))
    foreign = {character for other in others for character in SENTENCES[other] if character.isalpha()}
    assert len(foreign) > 50
    assert foreign & allowed(language) == set()


@pytest.mark.parametrize("language", SENTENCES)
def test_latin_letters_are_allowed_only_where_asked_for(language: str) -> None:
    letters = set("azAZéßŁｑ")
    assert letters & allowed(language) == set()
    assert letters - allowed(language, latin=True) == set()


@pytest.mark.parametrize(
    ("language", "foreign"),
    [
        ("ru", "іїєґўђјљњћџѓќѕәғқңөұүһІЇЄҐ"),
        ("uk", "ыэёъЫЭЁЪў"),
        ("bg", "ыэёіїєґ"),
        ("ar", "پچژگکیٹڈڑںھےہۃ"),
        ("fa", "ٹڈڑںھے"),
        ("ko", "学ひカ"),
        ("zh", "ひカ한ㄅ"),
    ],
)
def test_languages_of_one_script_are_told_apart_by_letters(language: str, foreign: str) -> None:
    assert set(foreign) & allowed(language) == set()


def test_nothing_unassigned_private_or_half_a_character_is_allowed() -> None:
    bad = {"Cn", "Co", "Cs"}
    for language in ("ja", "ar", "en"):
        assert not [char for char in allowed(language, latin=True) if unicodedata.category(char) in bad]


def test_a_language_in_latin_letters_has_no_script_of_its_own() -> None:
    assert not any(
        has_own_script(tag) for tag in ("en", "tr", "vi", "hi-Latn", "sr-Latn", "sr", "und", "und-Arab")
    )
    assert all(
        has_own_script(tag) for tag in ("hi", "sr-Cyrl", "zh-Hant", "zh-TW", "ja", "ko", "el", "ka", "yue")
    )


def test_a_tag_without_a_language_allows_nothing() -> None:
    assert mask_ranges("und", latin=True) == ()


def test_runs_are_ascending_and_apart() -> None:
    ranges = mask_ranges("ja", latin=False)
    assert all(first <= last for first, last in ranges)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))
    assert "々" in allowed("ja")


@pytest.mark.parametrize(
    ("language", "allowed", "ruled_out"),
    [
        ("ja", "気東学かカ", "们們你"),
        ("zh", "们們学學你", "気桜嘅か"),
        ("zh-Hans", "们学你", "們気"),
        ("zh-Hant-TW", "們你", "们気"),
    ],
)
def test_han_characters_of_other_writings_are_left_out(language: str, allowed: str, ruled_out: str) -> None:
    ranges = mask_ranges(language, latin=False)
    held = {
        character for character in allowed + ruled_out if any(a <= ord(character) <= b for a, b in ranges)
    }
    assert held == set(allowed)
