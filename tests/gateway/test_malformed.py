"""Requests that are wrong in every way: each gets a 4xx that says what is wrong, and no engine sees it."""

import asyncio
import io
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from gateway.settings import Limits, Settings
from routing.language import Detector
from tests.gateway.conftest import KEY, POLICY, Running, run_gateway
from tests.gateway.engine_answers import answer_all
from tests.gateway.scripted_engine import ScriptedEngine

JSON = {"Content-Type": "application/json"}
CHAT = "/v1/chat/completions"
POSTS = [
    CHAT,
    "/v1/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/dragoman/detect",
    "/v1/dragoman/explain",
]
USER = {"role": "user", "content": "Tere! 你好"}
GOOD: dict[str, dict[str, Any]] = {
    CHAT: {"model": "tiny", "messages": [USER]},
    "/v1/completions": {"model": "tiny", "prompt": "Tere! 你好"},
    "/v1/responses": {"model": "tiny", "input": "Tere! 你好"},
    "/v1/embeddings": {"model": "tiny", "input": "Tere! 你好"},
}


@pytest.fixture(autouse=True)
def _answers(engine: ScriptedEngine) -> None:
    answer_all(engine, "Tere", "! 你好")


async def _refused(running: Running, path: str, raw: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    """Status and error of a request that must be refused, in OpenAI's form and with a request id."""
    async with running.client.post(path, data=io.BytesIO(raw), headers={**JSON, **headers}) as response:
        error = (await response.json())["error"]
        assert 400 <= response.status < 500, error
        assert response.headers["x-request-id"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return response.status, error


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
    status, error = await _refused(running, path, raw)
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
    status, error = await _refused(running, path, raw)
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
    assert (await _refused(running, CHAT, orjson.dumps(body)))[1]["param"] == param


@pytest.mark.parametrize("field", ["model", "messages"])
async def test_a_missing_field_is_named(running: Running, field: str) -> None:
    body = {name: value for name, value in GOOD[CHAT].items() if name != field}
    assert (await _refused(running, CHAT, orjson.dumps(body)))[1]["param"] == field


@pytest.mark.parametrize(
    ("path", "field", "items"),
    [
        ("/v1/completions", "prompt", b"1.5"),
        ("/v1/embeddings", "input", b"{}"),
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
    began = time.monotonic()
    status, error = await _refused(running, path, raw)
    # Far below what it took with an error for each item: ten minutes.
    assert time.monotonic() - began < 60
    assert (status, error["param"]) == (400, f"{field}.0")


async def test_of_a_name_that_comes_twice_the_last_reaches_the_engine(
    running: Running, engine: ScriptedEngine
) -> None:
    raw = b'{"model": "tiny", "model": "tiny", "prompt": "a", "prompt": "\xe0\xb8\x81"}'
    async with running.client.post("/v1/completions", data=raw, headers=JSON) as response:
        assert response.status == 200
    assert engine.requests == [{"model": "tiny", "prompt": "ก"}]


@pytest.fixture
async def strict(engine: ScriptedEngine, detector: Detector) -> AsyncIterator[Running]:
    limits = Limits(body_bytes=2_000, body_s=0.2, prompt_chars=100, choices=4, tokens=50)
    policy = POLICY.format(url=engine.url)
    async with run_gateway(policy, detector, Settings(api_key=KEY, limits=limits)) as running:
        yield running


async def _chunks(*pieces: bytes, pause_s: float = 0.0) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(pause_s)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_huge_body_is_refused(strict: Running, path: str, chunked: bool) -> None:
    raw = b'{"model": "%s"}' % (b"x" * 3_000)
    data: Any = _chunks(raw[:1_500], raw[1_500:]) if chunked else raw
    async with strict.client.post(path, data=data, headers=JSON) as response:
        assert response.status == 413
        assert (await response.json())["error"]["code"] == "request_too_large"


async def test_a_slow_body_is_not_waited_for(strict: Running) -> None:
    slow = _chunks(b'{"model": ', b'"tiny", ', b'"messages": []}', pause_s=30)
    async with strict.client.post(CHAT, data=slow, headers=JSON) as response:
        assert response.status == 408
        assert (await response.json())["error"]["code"] == "request_timeout"


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (CHAT, "n", 5),
        (CHAT, "max_tokens", 51),
        (CHAT, "max_completion_tokens", 51),
        ("/v1/completions", "n", 5),
        ("/v1/completions", "best_of", 5),
        ("/v1/completions", "max_tokens", 51),
        ("/v1/responses", "max_output_tokens", 51),
    ],
)
async def test_more_than_the_limit_is_refused_and_the_limit_itself_is_not(
    strict: Running, engine: ScriptedEngine, path: str, field: str, value: int
) -> None:
    status, error = await _refused(strict, path, orjson.dumps({**GOOD[path], field: value}))
    assert (status, error["param"]) == (400, field)
    assert engine.requests == []
    async with strict.client.post(path, json={**GOOD[path], field: value - 1}) as response:
        assert response.status == 200


@pytest.mark.parametrize("path", GOOD)
async def test_a_prompt_that_is_too_long_is_refused_by_characters_not_bytes(
    strict: Running, path: str
) -> None:
    def body(length: int) -> dict[str, Any]:
        text = "字" * length
        if path == CHAT:
            return {"model": "tiny", "messages": [{"role": "user", "content": text}]}
        return {"model": "tiny", ("prompt" if "prompt" in GOOD[path] else "input"): text}

    assert (await _refused(strict, path, orjson.dumps(body(101))))[1]["code"] == "context_length_exceeded"
    async with strict.client.post(path, json=body(100)) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
async def test_another_content_type_is_refused(running: Running, kind: str) -> None:
    status, _ = await _refused(running, CHAT, orjson.dumps(GOOD[CHAT]), **{"Content-Type": kind})
    assert status == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "ไทย"])
async def test_a_compressed_body_is_refused(running: Running, encoding: str) -> None:
    status, _ = await _refused(running, CHAT, b"\x1f\x8b", **{"Content-Encoding": encoding})
    assert status == 415


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic c2stdGVzdA==",
        KEY,
        "Bearer sk-other",
        "Bearer clé",
        "مفتاح",
        "Bearer \u0080ÿ",
    ],
)
@pytest.mark.parametrize("path", [*POSTS, "/v1/models", "/v1/models/tiny", "/v1/dragoman/policy"])
async def test_without_a_good_key_nothing_is_answered(
    running: Running, engine: ScriptedEngine, path: str, header: str | None
) -> None:
    method = "POST" if path in POSTS else "GET"
    headers = {} if header is None else {"Authorization": header}
    async with aiohttp.ClientSession(running.url) as stranger:
        async with stranger.request(method, path, data=b"{}", headers={**JSON, **headers}) as response:
            assert response.status == 401
            assert (await response.json())["error"]["code"] == "invalid_api_key"
            assert response.headers["x-request-id"]
    assert engine.requests == []


@pytest.mark.parametrize(
    "name", ["Accept-Language", "X-Request-Id", "Traceparent", "Tracestate", "Accept", "Cookie"]
)
@pytest.mark.parametrize(
    "value", ["", ";;;q=,,", "*;q=nan", "語, ไทย;q=1e999", "\u0080ÿ", "x" * 30_000, "en;q=0.5," * 3_000]
)
async def test_an_odd_header_does_no_harm(
    running: Running, engine: ScriptedEngine, name: str, value: str
) -> None:
    async with running.client.post(CHAT, json=GOOD[CHAT], headers={name: value}) as response:
        assert response.status == 200, await response.text()
        assert response.headers["x-request-id"] != value


async def test_headers_of_100_kb_are_refused(running: Running) -> None:
    async with running.client.get("/v1/models", headers={"Accept-Language": "en," * 33_000}) as response:
        assert response.status in (200, 400, 431)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", CHAT, 405),
        ("PUT", CHAT, 405),
        ("DELETE", "/v1/models/tiny", 405),
        ("OPTIONS", CHAT, 405),
        ("HEAD", CHAT, 405),
        ("PROPFIND", "/v1/models", 405),
        ("POST", "/v1/models", 405),
        ("GET", "/", 404),
        ("GET", "/v1", 404),
        ("GET", "/v1/files", 404),
        ("POST", "/v1/チャット", 404),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
    ],
)
async def test_other_paths_and_methods_are_refused(
    running: Running, method: str, path: str, status: int
) -> None:
    async with running.client.request(method, path) as response:
        assert response.status == status
        assert response.headers["x-request-id"]
        assert ("Allow" in response.headers) == (status == 405)
        if method != "HEAD":
            assert (await response.json())["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "model",
    [
        "..%2f..%2fetc%2fpasswd",
        "%00",
        "%ff%fe",
        "%ed%a0%80",
        "tiny%2f..",
        "%E0%B8%81",
        "x" * 5_000,
        "a/b/../c",
        "%0d%0aX:1",
    ],
)
async def test_a_model_that_is_none_is_not_found_whatever_its_name(running: Running, model: str) -> None:
    url = URL(f"{running.url}/v1/models/{model}", encoded=True)
    async with running.client.get(url) as response:
        assert response.status == 404
        assert (await response.json())["error"]["code"] in ("model_not_found", "not_found")


URLS = [
    "http://169.254.169.254/latest",
    "https://example.org/a.png",
    "HTTP://localhost:8000/",
    "hTtPs://[::1]/",
    "file:///etc/passwd",
    "ftp://host/x",
    " http://localhost/",
    "\thttp://localhost/",
    "\x00http://localhost/",
    "\u200bhttp://localhost/",
    "//localhost/x",
    "localhost",
    "data",
    " data:image/png;base64,AA==",
    "",
]


def _media_bodies(url: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Where media can be named: by what it shows, the path and a body."""
    part = {"type": "image_url", "image_url": {"url": url}}
    item = {"type": "input_image", "image_url": url}

    def chat(*messages: object) -> tuple[str, dict[str, Any]]:
        return CHAT, {"model": "tiny", "messages": [*messages]}

    def response(**fields: object) -> tuple[str, dict[str, Any]]:
        return "/v1/responses", {"model": "tiny", "input": "Ciao", **fields}

    return {
        "image": chat({"role": "user", "content": [part]}),
        "image as text": chat({"role": "user", "content": [{"type": "image_url", "image_url": url}]}),
        "audio": chat({"role": "user", "content": [{"type": "audio_url", "audio_url": {"url": url}}]}),
        "video": chat({"role": "user", "content": [{"type": "video_url", "video_url": {"url": url}}]}),
        "another type": chat({"role": "user", "content": [{"type": "text", "text": "", "image_url": url}]}),
        "a tool's answer": chat(USER, {"role": "tool", "tool_call_id": "1", "content": [part]}),
        "after good ones": chat(USER, {"role": "user", "content": [{"type": "text", "text": "ไทย"}, part]}),
        "input_image": response(input=[{"role": "user", "content": [item]}]),
        "input_file": response(
            input=[{"role": "user", "content": [{"type": "input_file", "file_url": url}]}]
        ),
        "a function's output": response(
            input=[{"type": "function_call_output", "call_id": "1", "output": [item]}]
        ),
        "a computer's screen": response(
            input=[{"type": "computer_call_output", "call_id": "1", "output": item}]
        ),
        "a tool's server": response(tools=[{"type": "mcp", "server_label": "x", "server_url": url}]),
        "earlier messages": response(previous_input_messages=[{"role": "user", "content": [part]}]),
        "messages to embed": (
            "/v1/embeddings",
            {"model": "tiny", "input": "Ciao", "messages": [{"role": "user", "content": [part]}]},
        ),
    }


@pytest.mark.parametrize("place", _media_bodies(""))
async def test_remote_media_is_refused_wherever_it_is_named(
    running: Running, engine: ScriptedEngine, place: str
) -> None:
    for url in URLS:
        path, body = _media_bodies(url)[place]
        status, error = await _refused(running, path, orjson.dumps(body))
        assert status == 400
        assert "_url" in error["param"], url
    assert engine.requests == []


@pytest.mark.parametrize("place", ["image", "image as text", "input_image", "a function's output"])
async def test_media_in_the_request_itself_reaches_the_engine(
    running: Running, engine: ScriptedEngine, place: str
) -> None:
    path, body = _media_bodies("data:image/png;base64,AA==")[place]
    async with running.client.post(path, json=body) as response:
        assert response.status == 200
    assert engine.requests == [body]


async def test_urls_that_no_engine_fetches_are_left_alone(running: Running, engine: ScriptedEngine) -> None:
    schema = {"type": "object", "properties": {"image_url": {"type": "string"}}}
    body = {
        **GOOD[CHAT],
        "metadata": {"page_url": "https://example.org/"},
        "tools": [{"type": "function", "function": {"name": "صورة", "parameters": schema}}],
    }
    async with running.client.post(CHAT, json=body) as response:
        assert response.status == 200
    assert engine.requests == [body]


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
