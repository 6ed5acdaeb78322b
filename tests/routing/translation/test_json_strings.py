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
    "text", ["order_id", "user.name", "https://eg.org/a", "A1", "USD", "१२", "3", "", "a@b.co", "C:\\x"]
)
def test_codes_and_names_for_programs_are_no_prose(text: str) -> None:
    assert strings_of({"x": text}) == []


@pytest.mark.parametrize("text", ["Nairobi", "नैरोबी", "ไนโรบี", "Ja.", "内罗毕"])
def test_words_are_prose(text: str) -> None:
    assert strings_of([text]) == [text]
