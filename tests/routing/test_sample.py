"""What a sample says, whatever a model wrote for the arguments of a tool."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.sample import Sample


def _calling(*arguments: str, name: str = "tafuta") -> Sample:
    calls = [
        {"id": str(place), "type": "function", "function": {"name": name, "arguments": each}}
        for place, each in enumerate(arguments)
    ]
    return Sample({"message": {"role": "assistant", "content": None, "tool_calls": calls}})


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "नमस्ते"}, "नमस्ते"),
        ({"content": ""}, ""),
        ({"content": None}, ""),
        ({}, ""),
        ({"content": None, "reasoning": "Hmm."}, ""),
        ({"content": "<think>Let me see.</think>\n\nनमस्ते"}, "नमस्ते"),
        ({"content": "<think>Let me see, and see, and see"}, ""),
        ({"content": "Ngoja.", "tool_calls": [{"function": {"name": "x", "arguments": "{}"}}]}, "Ngoja."),
    ],
)
def test_it_says_its_content(message: dict[str, Any], text: str) -> None:
    sample = Sample({"message": message})
    assert (sample.text, sample.says_something) == (text, bool(text))


def test_calls_are_equal_where_their_names_and_values_are() -> None:
    same = [
        _calling('{"a": 1, "b": "दो"}'),
        _calling('{"b":"दो","a":1}'),
        _calling('{"b": "\\u0926\\u094b", "a": 1}'),
    ]
    assert {sample.text for sample in same} == {'[["tafuta", {"a": 1, "b": "दो"}]]'}
    assert _calling("{}").text != _calling("{}", "{}").text != _calling("{}", name="andika").text


@pytest.mark.parametrize("depth", [1, 500, 940, 1000, 2000, 100_000])
@pytest.mark.parametrize("ends", ["", "]"])
def test_arguments_of_a_model_that_came_into_a_loop_are_text(depth: int, ends: str) -> None:
    assert _calling("[" * depth + ends * depth).text.startswith('[["tafuta", ')


@given(st.text() | st.sampled_from(['{"a":"\\ud83d"}', '"\\udc00\\ud800"', '{"\\ud83d":1}', "NaN"]))
def test_whatever_is_said_can_be_sent_to_a_judge(arguments: str) -> None:
    assert orjson.loads(orjson.dumps(_calling(arguments).text))
