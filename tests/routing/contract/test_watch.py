"""The watcher on the beginning of a stream: it decides early, once, and never against a right answer."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.contract_sets import broken_answers, right_answers
from routing.contract.judge import judge
from routing.contract.watch import LONGEST_WINDOW, Watcher
from routing.language import Detection, Detector

ARABIC = "تقع المدينة على ضفة النهر، ويزورها آلاف السياح كل عام."
ENGLISH = "The city lies on the bank of the river and many people visit it every year. "
CODE = "```python\nfor name in names:\n    print(name)\n"


def _decided(watcher: Watcher, text: str, size: int) -> tuple[str, int]:
    """The decision, and after how many characters it came."""
    for start in range(0, len(text), size):
        decision = watcher.feed(text[start : start + size])
        if decision != "hold":
            return decision, start + size
    return watcher.end(), len(text)


@pytest.mark.parametrize("size", [1, 7])
def test_no_right_answer_is_given_up(detector: Detector, size: int) -> None:
    cases = right_answers()[:: 3 if size == 1 else 1]
    given_up = [
        case for case in cases if _decided(Watcher(case.owed, detector), case.text, size)[0] == "break"
    ]
    assert given_up == []


def test_an_answer_in_another_language_is_given_up(detector: Detector) -> None:
    cases = [case for case in broken_answers() if case.kind.startswith("whole")]
    seen = [_decided(Watcher(case.owed, detector), case.text, 5)[0] for case in cases]
    assert seen.count("break") >= 0.95 * len(cases)


def test_a_script_of_its_own_passes_after_a_few_words(detector: Detector) -> None:
    assert _decided(Watcher("ar", detector), ARABIC, 1) == ("pass", 18)


def test_english_for_arabic_is_given_up_within_its_first_line(detector: Detector) -> None:
    watcher = Watcher("ar", detector)
    decision, length = _decided(watcher, ENGLISH, 3)
    assert decision == "break"
    assert length < len(ENGLISH)
    assert watcher.instead == "en"


def test_code_first_is_held_only_until_the_window_is_full(detector: Detector) -> None:
    watcher = Watcher("ar", detector)
    decision, length = _decided(watcher, CODE + "    print(name) # the name of it " * 40, 10)
    assert decision == "pass"
    assert length <= LONGEST_WINDOW + 10


def test_reasoning_is_neither_judged_nor_counted_into_the_window(detector: Detector) -> None:
    watcher = Watcher("ar", detector)
    assert watcher.feed(f"<think>{ENGLISH * 20}") == "hold"
    assert watcher.feed(f"</think>{ARABIC}") == "pass"


def test_a_short_answer_is_decided_when_it_ends(detector: Detector) -> None:
    watcher = Watcher("ar", detector)
    assert watcher.feed("The city is on the river") == "hold"
    assert watcher.end() == "break"


def test_later_drift_is_told_and_the_decision_stands(detector: Detector) -> None:
    watcher = Watcher("ar", detector)
    assert watcher.feed(f"{ARABIC}\n") == "pass"
    assert watcher.feed(f"{ENGLISH}\n" * 5) == "pass"
    assert watcher.end() == "pass"
    assert (watcher.verdict.outcome, watcher.verdict.instead) == ("broken", "en")


def test_nothing_owed_passes_at_once(detector: Detector) -> None:
    watcher = Watcher("und", detector)
    assert watcher.has_passed
    assert watcher.feed(ENGLISH) == "pass"


@pytest.mark.parametrize("owed", ["hi", "th", "ko"])
def test_a_cut_inside_a_grapheme_makes_no_difference(detector: Detector, owed: str) -> None:
    text = next(case.text for case in right_answers() if case.owed == owed and case.kind == "paragraph")
    for size in (1, 2, 3):
        assert _decided(Watcher(owed, detector), f"👩‍👩‍👧 {text}", size)[0] == "pass"


class _Words:
    """Says English of ASCII and Russian of the rest."""

    looks = 0

    def detect(self, text: str) -> Detection:
        self.looks += 1
        return Detection("en" if text.isascii() else "ru", 0.99)


def _pieces(text: str, cuts: list[int]) -> Iterator[str]:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return (text[a:b] for a, b in pairwise(places))


@given(st.text(alphabet="aбक漢 \n.`„“", max_size=300), st.lists(st.integers(0, 400), max_size=30))
def test_watching_to_the_end_gives_the_verdict_of_the_whole_answer(text: str, cuts: list[int]) -> None:
    watcher = Watcher("ru", _Words())
    for piece in _pieces(text, cuts):
        watcher.feed(piece)
    watcher.end()
    assert watcher.verdict == judge(text, "ru", _Words())


def test_tokens_inside_a_line_cost_a_bounded_number_of_looks() -> None:
    words = _Words()
    watcher = Watcher("de", words)
    for _ in range(LONGEST_WINDOW):
        watcher.feed("x ")
    assert words.looks < 80
