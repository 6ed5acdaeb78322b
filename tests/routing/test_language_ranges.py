import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.language_ranges import policy_tag, ranges_of


@pytest.mark.parametrize(
    ("tag", "ranges"),
    [
        ("zh-Hant-TW", ("zh-Hant-TW", "zh-Hant", "zh")),
        ("ZH_hant", ("zh-Hant", "zh")),
        ("hi-Latn", ("hi-Latn", "hi")),
        ("und-Arab", ("und-Arab", "und")),
        ("arb-EG", ("ar-EG", "ar")),
        ("cmn-Hans", ("zh-Hans", "zh")),
        ("iw", ("he",)),
        ("no", ("nb",)),
        ("tl", ("fil",)),
    ],
)
def test_a_tag_is_covered_by_all_that_it_begins_with(tag: str, ranges: tuple[str, ...]) -> None:
    assert ranges_of(tag) == ranges


@pytest.mark.parametrize("wrong", ["", "zz", "ไทย", "english", "x-own", "*-Latn", "zh-", "हिन्दी", "-"])
def test_what_is_no_tag_of_the_registry_is_refused_in_a_policy(wrong: str) -> None:
    with pytest.raises(ValueError):
        policy_tag(wrong)
    assert ranges_of(wrong) == (wrong,)


@given(st.text())
def test_no_text_breaks_the_ranges(tag: str) -> None:
    longest, *shorter = ranges_of(tag)
    assert all(longest.startswith(f"{prefix}-") for prefix in shorter)


@given(st.sampled_from(["en", "zh-Hant", "sr-Cyrl", "ar", "nb", "he", "sw", "und", "yue", "pa-Arab", "th"]))
def test_the_form_for_rules_is_settled_at_once(tag: str) -> None:
    assert policy_tag(policy_tag(tag)) == policy_tag(tag) == tag
