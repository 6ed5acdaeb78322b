"""No engine fetches what a request names by a URL."""

from typing import Any

import orjson
import pytest

from tests.gateway.conftest import Running
from tests.gateway.refused_requests import CHAT, GOOD, USER, refused
from tests.gateway.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.usefixtures("answering")


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
        status, error = await refused(running, path, orjson.dumps(body))
        assert status == 400
        assert "_url" in error["param"], url
    assert engine.requests == []


async def test_a_name_that_is_written_with_escapes_hides_nothing(
    running: Running, engine: ScriptedEngine
) -> None:
    path, body = _media_bodies("http://localhost/")["image as text"]
    plain = orjson.dumps(body)
    for letter in "_url":
        for code in (f"\\u{ord(letter):04x}", f"\\u{ord(letter):04X}"):
            name = b'"image_url":'.replace(letter.encode(), code.encode())
            raw = plain.replace(b'"image_url":', name)
            assert raw != plain
            assert (await refused(running, path, raw))[0] == 400
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
