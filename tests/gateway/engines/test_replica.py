"""Where a replica's endpoints are, and what it is taken to serve."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import orjson
import pytest
from aiohttp import web

from gateway.engines.connections import Connections
from gateway.engines.replica import Replica
from routing.document_call import ask_document
from routing.errors import EngineError
from routing.generation import Endpoint, Generation


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    """The root of a server that answers with the path it was asked at."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path, "model": orjson.loads(await request.read())["model"]})

    async def models(request: web.Request) -> web.Response:
        return web.Response(text=request.match_info["listed"])

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    app.router.add_get("/{listed:.*}/models", models)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("base", "endpoint", "path"),
    [
        ("/v1", "embeddings", "/v1/embeddings"),
        ("/v1", "score", "/v1/score"),
        ("/v1", "pooling", "/pooling"),
        ("/engines/rm/v1", "pooling", "/engines/rm/pooling"),
        ("/own", "pooling", "/own/pooling"),
    ],
)
async def test_endpoints_are_below_the_base_url_and_pooling_beside_v1(
    origin: str, base: str, endpoint: Endpoint, path: str
) -> None:
    async with Connections() as connections:
        replica = Replica(f"{origin}{base}", connections)
        assert await ask_document(Generation(endpoint, {"model": "奖励"}), replica) == {
            "path": path,
            "model": "奖励",
        }


@pytest.mark.parametrize(
    ("listed", "models"),
    [
        ('{"data": [{"id": "ภาษา"}, {"id": 7}, {"name": "x"}, "id", 3, null]}', [{"id": "ภาษา"}]),
        ('{"data": null}', []),
        ('{"object": "list"}', []),
    ],
)
async def test_of_what_an_engine_lists_the_models_are_taken(
    origin: str, listed: str, models: list[dict[str, object]]
) -> None:
    async with Connections() as connections:
        assert await Replica(f"{origin}/{quote(listed)}", connections).models() == models


@pytest.mark.parametrize("listed", ["[]", "7", '{"data": 7}', '{"data": "id"}', '{"data": {"id": "x"}}', "{"])
async def test_a_list_of_models_that_is_none_is_an_engine_error(origin: str, listed: str) -> None:
    async with Connections() as connections:
        with pytest.raises(EngineError):
            await Replica(f"{origin}/{quote(listed)}", connections).models()
