"""Which halves are looked at again, with models whose answers are known."""

from collections.abc import Mapping

from routing.detection.jury import Jury, Verdict
from routing.detection.mixture import is_mixed
from routing.detection.passage import Passage
from routing.detection.words import WordTable

WORDS = WordTable()
HALF, OTHER_HALF = "kitabu kimoja cha zamani", "ụmụaka na-agụ akwụkwọ ọhụrụ"


class Says:
    """A model that knows whole lines, and notes which it was asked for."""

    def __init__(self, languages: Mapping[str, str]) -> None:
        self.languages = languages
        self.asked: list[str] = []

    def score(self, text: str) -> Mapping[str, float]:
        self.asked.append(text)
        return {self.languages[text]: 0.99} if text in self.languages else {}


def passage(*halves: str) -> Passage:
    return Passage(" ".join(halves), "Latn", has_other=False)


def verdict(language: str, strength: float = 0.8) -> Verdict:
    return Verdict(language, strength, agreed=True)


def test_halves_that_both_models_hear_differently_are_two_languages() -> None:
    model = Says({HALF: "sw", OTHER_HALF: "ig"})
    assert is_mixed(passage(HALF, OTHER_HALF), verdict("sw"), Jury(model, model, [], WORDS))
    assert is_mixed(passage(OTHER_HALF, HALF), verdict("sw"), Jury(model, model, [], WORDS))


def test_one_model_that_hears_the_whole_in_a_half_is_enough_and_no_third_is_asked() -> None:
    first, second = Says({HALF: "sw", OTHER_HALF: "ig"}), Says({HALF: "sw", OTHER_HALF: "sw"})
    third = Says({})
    jury = Jury(first, second, [(third, 1.5)], WORDS)
    assert not is_mixed(passage(HALF, OTHER_HALF), verdict("sw"), jury)
    assert third.asked == []


def test_close_relatives_are_no_mixture() -> None:
    model = Says({HALF: "id", OTHER_HALF: "ms"})
    assert not is_mixed(passage(HALF, OTHER_HALF), verdict("id"), Jury(model, model, [], WORDS))


def test_a_half_that_nothing_is_sure_of_makes_no_mixture() -> None:
    model = Says({HALF: "sw"})
    assert not is_mixed(passage(HALF, OTHER_HALF), verdict("sw"), Jury(model, model, [], WORDS))


def test_seven_words_or_a_verdict_beyond_doubt_are_not_looked_at_again() -> None:
    model = Says({HALF: "sw", OTHER_HALF: "ig"})
    jury = Jury(model, model, [], WORDS)
    assert not is_mixed(passage(HALF, "ụmụaka na-agụ akwụkwọ"), verdict("sw"), jury)
    assert not is_mixed(passage(HALF, OTHER_HALF), verdict("sw", 0.96), jury)
    assert model.asked == []


def test_running_text_in_another_script_is_a_mixture() -> None:
    model = Says({})
    assert is_mixed(Passage("一二三", "Hani", has_other=True), verdict("zh"), Jury(model, model, [], WORDS))
