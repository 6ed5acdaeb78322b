from collections.abc import Callable, Mapping

import numpy as np
import pytest

from routing.calibration.sweep_choice import Gain, LanguageScores, SweepChoice, choose_way

Scores = Mapping[str, LanguageScores]
Choose = Callable[[Scores, int], SweepChoice]


def scores(
    accuracies: Mapping[str, list[float]], questions: int = 200, seed: int = 0
) -> dict[str, LanguageScores]:
    """Answers that are right as often as said, by language and way."""
    noise = np.random.default_rng(seed)
    ids = tuple(f"问{number}" for number in range(questions))
    return {
        tag: LanguageScores(ids, noise.random((len(ways), questions)) < np.array(ways)[:, None])
        for tag, ways in accuracies.items()
    }


def test_the_best_way_is_chosen_and_the_languages_that_it_helps_are_told() -> None:
    found = choose_way(scores({"en": [0.9, 0.5, 0.9], "sw": [0.3, 0.4, 0.8], "fr": [0.8, 0.7, 0.8]}), 0)
    assert found.way == 2
    assert found.helped == ("sw",)
    assert found.by_language["sw"].gain == pytest.approx(0.5, abs=0.15)
    assert found.by_language["en"].low < 0 < found.by_language["en"].high
    assert found.overall.questions == 200


def test_english_neither_chooses_nor_is_ever_steered() -> None:
    found = choose_way(scores({"en": [0.1, 0.1, 0.9], "sw": [0.2, 0.9, 0.1]}), 0)
    assert found.way == 1
    assert "en" not in choose_way(scores({"en": [0.1, 0.9], "sw": [0.1, 0.9]}), 0).helped


def test_where_no_way_is_better_than_none_none_is_chosen() -> None:
    found = choose_way(scores({"en": [0.9, 0.9], "sw": [0.9, 0.1], "th": [0.8, 0.2]}), 0)
    assert found.way == 0
    assert found.helped == ()
    assert found.overall.gain == found.overall.low == found.overall.high == 0


def test_an_equal_way_does_not_win_against_none() -> None:
    equal = LanguageScores(tuple("abcdef"), np.array([[True, False] * 3] * 3))
    assert choose_way({"en": equal, "sw": equal}, 0).way == 0


def test_the_gain_is_of_questions_that_had_no_part_in_the_choice() -> None:
    """Worked by hand: in all halves of four questions, the other half's gain is what is left of the sum."""
    correct = np.array([[False] * 4, [True, False, False, False]])
    for seed in range(6):
        found = choose_way(
            {"en": LanguageScores(tuple("abcd"), correct), "sw": LanguageScores(tuple("abcd"), correct)}, seed
        )
        # The one question that steering gets right either chooses way 1, or is left to judge way 0.
        assert found.way in (0, 1)
        assert found.overall.gain == 0
        assert found.overall.questions == 2


def check_noise_gains_nothing(choose: Choose) -> None:
    """Thirty ways that do not differ: whichever is chosen gains nothing, in the mean of sixty sweeps."""
    gains = [
        choose(scores({"en": [0.5] * 30, "sw": [0.5] * 30, "th": [0.5] * 30}, 60, seed), seed).overall.gain
        for seed in range(60)
    ]
    # Each gain has a standard deviation of about 0.09 (60 answers, differences of variance 0.5), the mean 0.012.
    assert abs(np.mean(gains)) < 4 * 0.012


def test_choosing_among_noise_gains_nothing() -> None:
    check_noise_gains_nothing(choose_way)


def judged_by_all(given: Scores, seed: int) -> SweepChoice:
    """Chooses and judges by the same questions."""
    others = [one for tag, one in given.items() if tag != "en"]
    means = np.mean([one.correct.mean(axis=1) for one in others], axis=0)
    way = int(means.argmax())
    gain = Gain(60, float(means[0]), float(means[way]), 0.0, 0.0)
    return SweepChoice(way, gain, {})


def test_a_sweep_that_judges_by_what_it_chose_by_is_found_out() -> None:
    with pytest.raises(AssertionError):
        check_noise_gains_nothing(judged_by_all)


def test_translations_of_a_question_count_as_one_in_the_interval() -> None:
    noise = np.random.default_rng(0)
    correct = noise.random((2, 100)) < np.array([[0.4], [0.6]])
    ids = tuple(map(str, range(100)))
    one = choose_way({"en": LanguageScores(ids, correct), "sw": LanguageScores(ids, correct)}, 0).overall
    copies = {f"x{letter}": LanguageScores(ids, correct) for letter in "abcdefgh"}
    eight = choose_way({"en": LanguageScores(ids, correct), **copies}, 0).overall
    # Eight copies are no more evidence than one.
    assert (eight.low, eight.high) == pytest.approx((one.low, one.high))
    assert eight.questions == 8 * one.questions


def test_the_interval_is_right_as_often_as_it_says() -> None:
    held = 0
    for seed in range(150):
        gain = choose_way(scores({"en": [0.5, 0.5], "sw": [0.2, 0.6]}, 120, seed), seed).by_language["sw"]
        held += gain.low <= 0.4 <= gain.high
    assert abs(held / 150 - 0.94) < 4 * (0.05 * 0.95 / 150) ** 0.5


def test_the_same_seed_gives_the_same() -> None:
    given = scores({"en": [0.5, 0.5], "sw": [0.4, 0.6]})
    assert choose_way(given, 3) == choose_way(given, 3)
