"""Keys, headers, methods and paths that are wrong or odd."""

import aiohttp
import orjson
import pytest
from yarl import URL

from tests.gateway.conftest import KEY, Running
from tests.gateway.refused_requests import CHAT, GOOD, JSON, POSTS, refused
from tests.gateway.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.usefixtures("answering")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
async def test_another_content_type_is_refused(running: Running, kind: str) -> None:
    status, _ = await refused(running, CHAT, orjson.dumps(GOOD[CHAT]), **{"Content-Type": kind})
    assert status == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "ไทย"])
async def test_a_compressed_body_is_refused(running: Running, encoding: str) -> None:
    status, _ = await refused(running, CHAT, b"\x1f\x8b", **{"Content-Encoding": encoding})
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
        ("POST", f"{CHAT}/", 404),
        ("GET", "/metrics/", 404),
    ],
)
async def test_other_paths_and_methods_are_refused(
    running: Running, method: str, path: str, status: int
) -> None:
    async with running.client.request(method, path, allow_redirects=False) as response:
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
