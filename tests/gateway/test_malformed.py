"""Bodies that are wrong in every way: each gets a 4xx that says what is wrong, and no engine sees it."""

import itertools
from collections.abc import Sequence
from time import process_time
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.conftest import Running
from tests.gateway.refused_requests import CHAT, GOOD, JSON, POSTS, USER, refused
from tests.gateway.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.usefixtures("answering")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b'{"model": "tiny",}',
        b"[]",
        b"null",
        b'"tiny"',
        b"17",
        b"\x00",
        b'{"model": "ti\x00ny"}',
        b"\xff\xfe{}",
        b'{"model": "\xff"}',
        b'{"model": "\xed\xa0\x80"}',  # a surrogate as UTF-8 must not have it
        b'{"model": "\\ud83d"}',
        b'{"messages": [{"content": "\\udc69"}]}',
        b'{"temperature": NaN}',
        b'{"temperature": Infinity}',
        b'{"temperature": 1e999}',
        b"[" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"model": "tiny", "x": ' + b"[" * 300 + b"]" * 300 + b"}",
        b"model=tiny&prompt=hola",
    ],
)
async def test_what_is_no_json_object_is_refused(
    running: Running, engine: ScriptedEngine, path: str, raw: bytes
) -> None:
    status, error = await refused(running, path, raw)
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert engine.requests == []


def _each(paths: Sequence[str], fields: Sequence[str], values: Sequence[Any]) -> list[tuple[str, str, Any]]:
    return list(itertools.product(paths, fields, values))


ALL, SAMPLED, DECODED = list(GOOD), list(GOOD)[:3], list(GOOD)[:2]
COMPLETIONS, RESPONSES, EMBEDDINGS = list(GOOD)[1:]
WRONG: list[tuple[str, str, Any]] = [
    *_each(ALL, ["model"], [None, 5, "", ["tiny"], {}]),
    *_each(ALL, ["stream"], ["yes", 1, []]),
    *_each(ALL, ["user"], [5]),
    *_each(ALL, ["dragoman"], ["auto", 5, []]),
    *_each(SAMPLED, ["temperature", "top_p", "stream_options"], ["1"]),
    *_each(SAMPLED, ["vllm_xargs"], ["dragoman_mask", 5, ["th"]]),
    *_each(DECODED, ["n", "max_tokens", "seed"], ["1", 1.5, True, [], 1e30]),
    *_each(DECODED, ["n", "max_tokens"], [0, -1]),
    *_each(DECODED, ["presence_penalty", "frequency_penalty"], ["1", 2.5, -2.5]),
    *_each(DECODED, ["logit_bias"], [[], "5", 5]),
    *_each(DECODED, ["stop"], [5, {}]),
    *_each([CHAT], ["messages"], [None, [], {}, "hola", 5]),
    *_each([CHAT], ["logprobs", "response_format", "tools", "parallel_tool_calls"], ["yes"]),
    *_each([CHAT], ["top_logprobs"], [-1, 21, "5"]),
    *_each([CHAT], ["max_completion_tokens"], [0, "5", 1.5]),
    *_each([CHAT], ["temperature"], [-0.1, 2.1, [], 1e30]),
    *_each([CHAT], ["tool_choice"], [5]),
    *_each([COMPLETIONS], ["prompt"], [None, 5, {}, []]),
    *_each([COMPLETIONS], ["best_of"], [0, "2"]),
    *_each([COMPLETIONS], ["suffix", "echo"], [5]),
    *_each([RESPONSES], ["input"], [None, 5, {}, []]),
    *_each([RESPONSES], ["instructions", "text", "store", "tool_choice", "tools"], [5]),
    *_each([RESPONSES], ["max_output_tokens"], [0, "5"]),
    *_each([EMBEDDINGS], ["input"], [None, 5, {}, []]),
    *_each([EMBEDDINGS], ["dimensions"], [0, "5"]),
    *_each([EMBEDDINGS], ["encoding_format"], [5, "int1"]),
    *_each([EMBEDDINGS], ["stream"], [True]),
]


@pytest.mark.parametrize(("path", "field", "value"), WRONG)
async def test_a_wrong_field_is_named(
    running: Running, engine: ScriptedEngine, path: str, field: str, value: object
) -> None:
    raw = orjson.dumps({**GOOD[path], field: value})
    status, error = await refused(running, path, raw)
    assert (status, error["param"]) == (400, field)
    assert engine.requests == []


@pytest.mark.parametrize(
    ("message", "param"),
    [
        (5, "messages.1"),
        ({}, "messages.1.role"),
        ({"role": "", "content": "x"}, "messages.1.role"),
        ({"role": "user", "content": 5}, "messages.1.content"),
        ({"role": "user", "content": [5]}, "messages.1.content.0"),
        ({"role": "user", "content": [{"type": "text", "text": 5}]}, "messages.1.content.0.text"),
        ({"role": "user", "content": [{"text": "สวัสดี"}]}, "messages.1.content.0.type"),
    ],
)
async def test_a_wrong_field_inside_is_named_with_its_path(
    running: Running, message: object, param: str
) -> None:
    body = {"model": "tiny", "messages": [USER, message]}
    assert (await refused(running, CHAT, orjson.dumps(body)))[1]["param"] == param


@pytest.mark.parametrize("field", ["model", "messages"])
async def test_a_missing_field_is_named(running: Running, field: str) -> None:
    body = {name: value for name, value in GOOD[CHAT].items() if name != field}
    assert (await refused(running, CHAT, orjson.dumps(body)))[1]["param"] == field


@pytest.mark.parametrize(
    ("path", "field", "items"),
    [
        ("/v1/completions", "prompt", b"1.5"),
        ("/v1/embeddings", "input", b"1.5"),
        (CHAT, "messages", b"1"),
        (CHAT, "stop", b"1"),
        ("/v1/responses", "input", b"1"),
    ],
)
async def test_two_million_wrong_items_are_refused_at_once(
    running: Running, path: str, field: str, items: bytes
) -> None:
    others = b"".join(
        b'"%s":%s,' % (k.encode(), orjson.dumps(v)) for k, v in GOOD[path].items() if k != field
    )
    raw = b"{" + others + b'"%s":[' % field.encode() + b",".join([items] * 2_000_000) + b"]}"
    began = process_time()  # the gateway runs in this process
    status, error = await refused(running, path, raw)
    # Far below what it took with an error for each item: ten minutes.
    assert process_time() - began < 60
    assert (status, error["param"]) == (400, f"{field}.0")


@pytest.mark.parametrize("item", [b"[]", b"{}", b'{"role":"user","content":"\\"["}'])
async def test_a_body_of_more_lists_and_objects_than_anybody_needs_is_not_even_parsed(
    running: Running, item: bytes
) -> None:
    raw = b'{"model":"tiny","messages":[' + b",".join([item] * 50_001) + b"]}"
    status, error = await refused(running, CHAT, raw)
    assert (status, error["message"]) == (400, "The body holds more than 50000 lists and objects.")


async def test_brackets_in_a_text_are_no_lists(running: Running) -> None:
    text = '[{"ก": \\"[' * 20_000
    ask = {"model": "tiny", "messages": [{"role": "user", "content": text}]}
    async with running.client.post(CHAT, json=ask) as response:
        assert response.status == 200


async def test_of_a_name_that_comes_twice_the_last_reaches_the_engine(
    running: Running, engine: ScriptedEngine
) -> None:
    raw = b'{"model": "tiny", "model": "tiny", "prompt": "a", "prompt": "\xe0\xb8\x81"}'
    async with running.client.post("/v1/completions", data=raw, headers=JSON) as response:
        assert response.status == 200
    assert engine.requests == [{"model": "tiny", "prompt": "ก"}]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "model",
        "messages",
        "prompt",
        "input",
        "text",
        "stream",
        "n",
        "stop",
        "tools",
        "dragoman",
        "max_tokens",
        "seed",
    ]
)
BODIES = st.dictionaries(FIELDS | st.text(max_size=5), JSON_VALUES, max_size=6)


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(raw=st.binary(max_size=200) | BODIES.map(orjson.dumps) | JSON_VALUES.map(orjson.dumps))
async def test_any_body_gets_an_answer_or_a_precise_refusal(running: Running, path: str, raw: bytes) -> None:
    async with running.client.post(path, data=raw, headers=JSON) as response:
        assert response.status < 500, raw
        document = await response.json()
    if response.status != 200:
        assert set(document["error"]) == {"message", "type", "param", "code"}
