"""Verdicts on whole answers: right ones are never turned wrong, and broken ones are seen."""

import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.contract_sets import Case, broken_answers, ntrex_lines, right_answers
from routing.contract.judge import judge
from routing.language import Detection, Detector

DATA = Path(__file__).parents[4] / "shared" / "data"
RUSSIAN = "Город стоит на берегу реки, и каждый год сюда приезжают тысячи туристов."
ENGLISH = "The city lies on the bank of the river and many people visit it every year."


def test_no_right_answer_of_the_own_set_is_called_broken(detector: Detector) -> None:
    assert len(right_answers()) >= 300
    alarms = [case for case in right_answers() if judge(case.text, case.owed, detector).outcome == "broken"]
    assert alarms == []


def test_an_answer_in_another_language_is_called_broken(detector: Detector) -> None:
    caught = [_is_broken(case, detector) for case in broken_answers() if case.kind.startswith("whole")]
    assert statistics.fmean(caught) >= 0.95


def test_an_answer_that_changes_over_is_called_broken(detector: Detector) -> None:
    caught = [_is_broken(case, detector) for case in broken_answers() if case.kind == "from line 3 on"]
    assert statistics.fmean(caught) >= 0.93


@pytest.mark.skipif(not (DATA / "ntrex").is_dir(), reason="needs ../shared/data/ntrex")
def test_news_in_73_languages_is_not_called_broken(detector: Detector) -> None:
    outcomes = [
        judge(line, tag, detector).outcome for tag, lines in ntrex_lines(DATA).items() for line in lines[::5]
    ]
    assert outcomes.count("broken") <= 0.005 * len(outcomes)
    assert outcomes.count("kept") >= 0.9 * len(outcomes)


def _is_broken(case: Case, detector: Detector) -> bool:
    return judge(case.text, case.owed, detector).outcome == "broken"


class _AlwaysEnglish:
    def detect(self, text: str) -> Detection:
        return Detection("en", 0.99)


class _NeverSure:
    def detect(self, text: str) -> Detection:
        return Detection("und", 0.0)


@pytest.mark.parametrize("wrong", [_AlwaysEnglish(), _NeverSure()])
def test_the_sets_reject_detectors_that_are_wrong(wrong: Detector) -> None:
    caught = statistics.fmean(
        _is_broken(case, wrong) for case in broken_answers() if case.kind.startswith("whole")
    )
    alarms = any(_is_broken(case, wrong) for case in right_answers())
    assert alarms or caught < 0.95


def test_the_verdict_says_what_was_seen(detector: Detector) -> None:
    verdict = judge(f"{RUSSIAN}\n{ENGLISH}\n{ENGLISH}", "ru", detector)
    assert (verdict.outcome, verdict.judged_lines, verdict.wrong_lines) == ("broken", 3, 2)
    assert verdict.instead == "en"


def test_one_wrong_line_among_many_is_counted_and_breaks_nothing(detector: Detector) -> None:
    verdict = judge("\n".join([RUSSIAN] * 3 + [ENGLISH] + [RUSSIAN] * 3), "ru", detector)
    assert (verdict.outcome, verdict.wrong_lines) == ("kept", 1)


def test_stray_words_are_told_and_break_nothing(detector: Detector) -> None:
    verdict = judge("Это очень important решение для всех, и 我们 согласны с ним.", "ru", detector)
    assert (verdict.outcome, verdict.wrong_words) == ("kept", ("important", "我们"))


def test_words_of_the_request_are_not_stray(detector: Detector) -> None:
    verdict = judge("Слово important значит важный.", "ru", detector, request="Что значит important")
    assert verdict.wrong_words == ()


def test_repeating_the_request_is_no_breach(detector: Detector) -> None:
    assert judge(ENGLISH, "ru", detector).outcome == "broken"
    assert judge(ENGLISH, "ru", detector, request=f"Переведи: {ENGLISH}").outcome == "unjudged"


@pytest.mark.parametrize(
    ("owed", "text", "outcome"),
    [
        ("hi-Latn", "Yeh sheher nadi ke kinare hai aur har saal bahut log yahan aate hain.", "kept"),
        ("hi-Latn", "यह शहर नदी के किनारे बसा है और हर साल हज़ारों पर्यटक यहाँ आते हैं।", "kept"),
        ("hi", "Yeh sheher nadi ke kinare hai aur har saal bahut log yahan aate hain.", "broken"),
        ("sr", "Grad se nalazi na obali reke i svake godine ga poseti mnogo turista.", "kept"),
        ("sr-Cyrl", "Grad se nalazi na obali reke i svake godine ga poseti mnogo turista.", "broken"),
        ("hr", "Grad se nalazi na obali reke i svake godine ga poseti mnogo turista.", "kept"),
        ("zh", "這座城市坐落在河邊，每年都有成千上萬的遊客前來參觀。", "kept"),
        ("zh-Hant-TW", "這座城市坐落在河邊，每年都有成千上萬的遊客前來參觀。", "kept"),
        ("zh-Hans", "這座城市坐落在河邊，每年都有成千上萬的遊客前來參觀。", "broken"),
        ("pa", "ਸ਼ਹਿਰ ਨਦੀ ਦੇ ਕੰਢੇ ਹੈ ਅਤੇ ਹਰ ਸਾਲ ਬਹੁਤ ਲੋਕ ਇੱਥੇ ਆਉਂਦੇ ਹਨ।", "kept"),
        ("pa", "شہر دریا دے کنڈھے اے تے ہر سال بوہت سارے لوک ایتھے آوندے نیں۔", "unjudged"),
        (
            "pa",
            "یہ شہر دریا کے کنارے پر ہے اور ہر سال بہت سے لوگ یہاں آتے ہیں کیونکہ یہ بہت خوبصورت ہے۔",
            "broken",
        ),
        ("pa", "تقع المدينة على ضفة النهر، ويأتي إليها كل عام كثير من الناس لأنها جميلة جدا.", "broken"),
        ("ja", "東京大学", "unjudged"),
        ("da", "Byen ligger ved elva.", "kept"),
        ("pt-BR", "La ciudad está a orillas del río.", "unjudged"),
        ("und", ENGLISH, "unjudged"),
        ("und-Latn", RUSSIAN, "unjudged"),
        ("de", "", "unjudged"),
        ("de", "42", "unjudged"),
    ],
)
def test_scripts_relatives_and_little_text(detector: Detector, owed: str, text: str, outcome: str) -> None:
    verdict = judge(text, owed, detector)
    assert verdict.outcome == outcome or (outcome == "unjudged" and verdict.outcome == "kept")


def test_reasoning_does_not_count(detector: Detector) -> None:
    assert judge(f"<think>{ENGLISH}</think>{RUSSIAN}", "ru", detector).wrong_lines == 0
    assert judge(f"<think>{RUSSIAN}</think>{ENGLISH}", "ru", detector).outcome == "broken"


def test_of_a_long_answer_the_beginning_and_the_end_are_judged(detector: Detector) -> None:
    verdict = judge("\n".join([RUSSIAN] * 3000 + [ENGLISH] * 40), "ru", detector)
    assert verdict.judged_lines == 100
    assert verdict.outcome == "broken"


@given(st.text(max_size=400), st.sampled_from(["ru", "ja", "hi-Latn", "zh-Hant", "sr", "en", "tlh", "und"]))
def test_no_text_makes_it_fail(text: str, owed: str) -> None:
    assert judge(text, owed, _AlwaysEnglish()).outcome in ("kept", "broken", "unjudged")
