"""The Language Confusion Benchmark's metric, as far as it is done again here."""

import gzip

import pytest

from benchmarks.language_confusion import PassRates


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> PassRates:
    data = tmp_path_factory.mktemp("data")
    (data / "language_confusion").mkdir()
    (data / "language_confusion" / "words.gz").write_bytes(gzip.compress(b"river\nthe\nParis\n"))
    return PassRates(data)


@pytest.mark.parametrize(
    ("text", "language", "passes"),
    [
        ("서울은 한국의 수도이고 아주 큰 도시입니다.", "ko", True),
        ("서울은 한국의 수도이고 아주 큰 도시입니다.\nSeoul is the capital of the country.", "ko", False),
        ("서울은 한국의 수도이고 아주 큰 도시입니다.\nSeoul.", "ko", True),
        ("القاهرة هي عاصمة مصر، وهي مدينة كبيرة جدا.", "ar", True),
        ("दिल्ली भारत की राजधानी है और एक बहुत बड़ा शहर है।", "hi", True),
        ("1. 1.1.1.1: 1.1.1.1.1: 1.1.1.1.1: 1.1.1", "zh", False),
    ],
)
def test_an_answer_passes_if_every_line_of_five_words_is_in_its_language(
    rates: PassRates, text: str, language: str, passes: bool
) -> None:
    assert rates.has_lines(text)
    assert rates.passes_lines(text, language) == passes


def test_chinese_punctuation_is_left_in_as_the_scorer_leaves_it(rates: PassRates) -> None:
    """Without it, lid.176 takes these for Japanese."""
    for line in (
        "吕蒙正相公不喜记人过。初参加政事，入朝堂，有朝士于帘内",
        "三星手机在音频和视频方面有创新？",
    ):
        assert rates.passes_lines(line, "zh"), line


def test_there_is_nothing_to_judge_in_short_lines(rates: PassRates) -> None:
    assert not rates.has_lines("Да.\nНет, спасибо.\n你好。")


def test_an_english_word_fails_a_text_of_another_script(rates: PassRates) -> None:
    assert not rates.passes_words("यह river बहुत बड़ी है", "hi")
    assert rates.passes_words("यह Paris बहुत बड़ी है", "hi")
    assert rates.passes_words("El river es muy grande", "es")
