import pytest
from pydantic import ValidationError

from routing.conditions import Between, Features, InLanguages, OneOf
from routing.when import When, conditions_of

GROUPS = {"بلدان الخليج": ("ar", "fa"), "東アジア": ("ja", "ko", "cmn-Hans")}


def test_one_value_is_a_list_of_one() -> None:
    assert When.model_validate({"model": "m", "language": "th"}) == When(model=("m",), language=("th",))


def test_groups_in_any_script_stand_for_their_languages() -> None:
    when = When.model_validate({"language": ["東アジア", "بلدان الخليج", "th"]})
    [condition] = conditions_of(when, GROUPS)
    assert condition == InLanguages(frozenset({"ja", "ko", "zh-Hans", "ar", "fa", "th"}))


def test_only_what_is_given_is_asked() -> None:
    assert conditions_of(When(), {}) == ()
    when = When.model_validate({"tools": False, "prompt_chars": {"max": 100}, "key": "t"})
    assert set(conditions_of(when, {})) == {
        OneOf("tools", frozenset({False})),
        Between("prompt_chars", float("-inf"), 100),
        OneOf("key", frozenset({"t"})),
    }


@pytest.mark.parametrize(
    ("when", "features"),
    [
        ({"model": "m"}, {"model": "m"}),
        ({"language": "zh"}, {"language": "zh-Hant"}),
        ({"resource": ["low", "mid"]}, {"language": "bn"}),
        ({"confidence": {"min": 0.5, "max": 0.6}}, {"confidence": 0.55}),
        ({"mixed": True}, {"mixed": True}),
        ({"romanised": True}, {"romanised": True}),
        ({"task": ["翻訳", "translation"]}, {"task": "翻訳"}),
        ({"endpoint": "responses"}, {"endpoint": "responses"}),
        ({"tools": True}, {"tools": True}),
        ({"response_format": True}, {"response_format": True}),
        ({"prompt_chars": {"min": 10}}, {"prompt_chars": 10}),
        ({"priority": {"max": -1}}, {"priority": -5}),
        ({"key": "команда"}, {"key": "команда"}),
    ],
)
def test_each_condition_looks_at_its_feature(when: dict[str, object], features: dict[str, object]) -> None:
    [condition] = conditions_of(When.model_validate(when), {})
    assert condition.holds(Features(**{"model": "m", **features}))  # type: ignore[arg-type]
    assert not condition.holds(Features("another", language="en"))


def test_every_feature_can_be_asked_for() -> None:
    features = {*Features.__dataclass_fields__, "resource"}
    assert set(When.model_fields) == features


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": []},
        {"language": None},
        {"tools": None},
        {"confidence": {}},
        {"confidence": {"min": None}},
        {"confidence": {"min": 0.9, "max": 0.1}},
        {"confidence": {"min": float("nan")}},
        {"resource": "none"},
        {"endpoint": "chat"},
        {"lang": "th"},
        {"key": "two\nlines"},
    ],
)
def test_a_condition_that_says_nothing_sensible_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        When.model_validate(wrong)


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(ValueError, match="zz"):
        conditions_of(When(language=("zz",)), {})
