"""Which strings of a JSON answer are for readers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.translation.json_strings import strings_of, with_strings

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(max_size=12) | st.sampled_from(["नमस्ते दुनिया", "order_id", "A-1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_putting_the_same_strings_back_changes_nothing(value: Any) -> None:
    assert with_strings(value, None, strings_of(value)) == value


@given(VALUES)
def test_only_the_strings_that_were_given_out_change(value: Any) -> None:
    strings = strings_of(value)
    changed = with_strings(value, None, [f"«{text}»" for text in strings])
    assert strings_of(with_strings(changed, None, strings)) == strings


SCHEMA = {
    "$defs": {"mood": {"enum": ["furaha", "huzuni"]}},
    "type": "object",
    "properties": {
        "jina": {"type": "string"},
        "hali": {"$ref": "#/$defs/mood"},
        "tarehe": {"type": "string", "format": "date"},
        "orodha": {"type": "array", "items": {"anyOf": [{"const": "mwisho"}, {"type": "null"}]}},
        "ziada": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^x"}},
    },
}


def test_what_the_schema_fixes_is_left_alone() -> None:
    value = {
        "jina": "Mji mkuu wa Kenya",
        "hali": "furaha",
        "tarehe": "leo hivi",
        "orodha": ["mwisho"],
        "ziada": {"a": "x y"},
    }
    assert strings_of(value, SCHEMA) == ["Mji mkuu wa Kenya"]
    changed = with_strings(value, SCHEMA, ["The capital of Kenya"])
    assert changed == {**value, "jina": "The capital of Kenya"}
    assert list(changed) == list(value)


@pytest.mark.parametrize(
    "text",
    [
        "order_id",
        "user.name",
        "https://eg.org/a",
        "A1",
        "USD",
        "१२",
        "3",
        "",
        "a@b.co",
        "C:\\x",
        "camelCase",
        "en-US",
        "550e8400-e29b-41d4",
        "файл.txt",
        "почта@пример.рф",
        "s3://ведро/ключ",
    ],
)
def test_codes_and_names_for_programs_are_no_prose(text: str) -> None:
    assert strings_of({"x": text}) == []


@pytest.mark.parametrize(
    "text", ["Nairobi", "नैरोबी", "ไนโรบี", "Ja.", "内罗毕", "有3个苹果", "ราคา5บาท", "да/нет", "3 pommes"]
)
def test_words_are_prose(text: str) -> None:
    assert strings_of([text]) == [text]


FIXED = {"enum": ["mji mkuu"]}


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": FIXED}}]},
        {"properties": {"a": {"type": "string"}}, "allOf": [{"properties": {"a": FIXED}}]},
        {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/c"}, "c": FIXED}},
        {"properties": {"a": {"$ref": "https://eg.org/elsewhere"}}},
        {"patternProperties": {"^a": FIXED}},
        {"if": {"type": "object"}, "then": {"properties": {"a": FIXED}}},
        {"anyOf": [{"$ref": "#"}], "properties": {"a": FIXED}},
        {"properties": {"a": {"$ref": "#/$defs/x~1y"}}, "$defs": {"x/y": FIXED}},
    ],
)
def test_what_any_rule_for_a_place_fixes_is_left_alone(schema: dict[str, Any]) -> None:
    assert strings_of({"a": "mji mkuu"}, schema) == []


def test_any_item_of_a_tuple_may_be_fixed() -> None:
    assert strings_of(["mji mkuu"], {"prefixItems": [FIXED]}) == []


@pytest.mark.parametrize(
    "schema",
    [{"properties": True}, {"additionalProperties": True}, {"anyOf": [{"$ref": "#"}]}, {"items": True}],
)
def test_rules_that_say_nothing_fix_nothing(schema: dict[str, Any]) -> None:
    assert strings_of({"a": ["mji mkuu"]}, schema) == ["mji mkuu"]


def test_a_schema_that_refers_to_itself_is_followed_down() -> None:
    tree = {"properties": {"jina": {"type": "string"}, "hali": FIXED, "watoto": {"items": {"$ref": "#"}}}}
    value = {
        "jina": "baba yao",
        "hali": "mji mkuu",
        "watoto": [{"jina": "mtoto wa kwanza", "hali": "mji mkuu"}],
    }
    assert strings_of(value, tree) == ["baba yao", "mtoto wa kwanza"]
