"""Our reading of py3langid's tables, beside its own."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import LanguageIdentifier

from routing.detection.labels import language_of_label
from routing.detection.langid_scores import LangidScores

_SYLLABLES = [
    "the ",
    "ção ",
    "ngươ",
    "Ђур",
    "कि",
    "้า",
    "มี",
    "ال",
    "ك",
    "は",
    "中",
    "ẹ̀",
    "e\u0301",
    "🙂",
    "9",
    " ",
]
SCRIPTS_MIXED = st.lists(st.sampled_from(_SYLLABLES), max_size=40).map("".join)
ANY_TEXT = st.one_of(SCRIPTS_MIXED, SCRIPTS_MIXED.map(str.upper), st.text(max_size=80))


@pytest.fixture(scope="module")
def ours() -> LangidScores:
    return LangidScores()


@pytest.fixture(scope="module")
def theirs() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)


@given(text=ANY_TEXT)
@settings(deadline=None)
def test_the_library_gives_the_same_probabilities(
    ours: LangidScores, theirs: LanguageIdentifier, text: str
) -> None:
    labels = Counter(language_of_label(label) for label in theirs.nb_classes)
    ranked = {language_of_label(label): probability for label, probability in theirs.rank(text)}
    scores = ours.score(text)
    least = min(scores.values(), default=0.02)  # where nothing is found the library gives all the same
    for language, probability in ranked.items():
        if (
            labels[language] > 1
        ):  # the library puts Chinese and Serbian, which have two labels each, together later
            continue
        if language in scores:
            assert scores[language] == pytest.approx(probability, abs=1e-5)
        else:
            assert probability < least + 1e-5


def test_at_most_six_languages_are_named_likeliest_first(ours: LangidScores) -> None:
    scores = ours.score("Ọ dị mma, kedu ka ị mere")
    assert next(iter(scores)) == "ig"
    assert 1 < len(scores) <= 6


@pytest.mark.parametrize("text", ["", "9", " "])
def test_a_text_without_a_feature_speaks_for_no_language(ours: LangidScores, text: str) -> None:
    assert ours.score(text) == {}


def test_a_long_text_is_read_to_its_two_hundredth_character(ours: LangidScores) -> None:
    beginning = "これは長い文章です。" * 20
    assert ours.score(beginning + "et la suite en français " * 50) == ours.score(beginning)
