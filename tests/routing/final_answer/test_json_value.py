"""JSON answers are equal where their values are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.final_answer.json_value import json_answer

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(), _VALUES, max_size=4), st.booleans(), st.sampled_from([None, 2]))
def test_spacing_order_and_escapes_do_not_count(
    value: dict[str, object], ascii_only: bool, indent: int | None
) -> None:
    reordered = dict(reversed(value.items()))
    one = json_answer(json.dumps(value))
    other = json_answer(json.dumps(reordered, ensure_ascii=ascii_only, indent=indent))
    assert one == other
    assert one is not None
    assert json_answer(one) == one


def test_the_form_of_numbers_and_letters_does_not_count_but_their_value_does() -> None:
    assert json_answer('{"क": 1.0, "e\\u0301": [1e2]}') == '{"é":[100],"क":1}'
    assert json_answer("[1]") != json_answer("[true]") != json_answer('["1"]')


def test_the_last_code_block_that_holds_json_is_taken() -> None:
    text = 'Kwanza:\n```json\n{"a": 1}\n```\nkisha\n```\n{"a": 2}\n```\n```python\nx = 1\n```'
    assert json_answer(text) == '{"a":2}'


@pytest.mark.parametrize(
    "text", ["", "42", '"a"', "{", "[1,]", "{'a': 1}", '{"a": Infinity}', '{"a": 1e999}', "[" * 10**5]
)
def test_what_is_no_object_or_array_is_no_answer(text: str) -> None:
    assert json_answer(text) is None
