from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions import Between, Condition, Features, InLanguages, OneOf

TAGS = ["zh", "zh-Hant", "hi", "hi-Latn", "ar", "th", "und", "und-Latn", "sr-Cyrl", "ka"]
FEATURES = st.builds(
    Features,
    model=st.sampled_from("abc"),
    language=st.sampled_from(TAGS) | st.text(),
    confidence=st.floats(0, 1),
    prompt_chars=st.integers(0, 10),
)
CONDITIONS: st.SearchStrategy[Condition] = st.one_of(
    st.builds(OneOf, st.just("model"), st.frozensets(st.sampled_from("abc"), min_size=1)),
    st.builds(
        lambda bounds: Between("prompt_chars", min(bounds), max(bounds)),
        st.tuples(st.integers(0, 10), st.integers(0, 10)),
    ),
    st.builds(InLanguages, st.frozensets(st.sampled_from(TAGS), min_size=1)),
)


def test_a_language_stands_for_its_scripts_but_not_the_other_way_round() -> None:
    chinese, traditional = InLanguages(frozenset({"zh"})), InLanguages(frozenset({"zh-Hant"}))
    taiwan = Features("m", language="zh-TW")
    assert chinese.holds(taiwan)
    assert traditional.holds(taiwan)
    assert not traditional.holds(replace(taiwan, language="zh-Hans"))
    assert not traditional.holds(replace(taiwan, language="zh"))


def test_a_longer_name_with_the_same_beginning_is_another_language() -> None:
    assert not InLanguages(frozenset({"ka"})).holds(Features("m", language="kab"))


def test_bounds_are_included() -> None:
    condition = Between("confidence", 0.25, 0.75)
    held = [condition.holds(Features("m", confidence=value)) for value in (0.2, 0.25, 0.75, 0.8)]
    assert held == [False, True, True, False]


@pytest.mark.parametrize(
    ("language", "level"), [("yo", "low"), ("ta", "mid"), ("ja", "high"), ("und-Thai", None)]
)
def test_the_resource_level_is_the_languages(language: str, level: str | None) -> None:
    assert Features("m", language=language).resource == level


@given(CONDITIONS, CONDITIONS, FEATURES)
def test_what_covers_a_condition_holds_wherever_it_does(
    a: Condition, b: Condition, features: Features
) -> None:
    if a.covers(b) and b.holds(features):
        assert a.holds(features)


@given(CONDITIONS)
def test_a_condition_covers_itself(condition: Condition) -> None:
    assert condition.covers(condition)
