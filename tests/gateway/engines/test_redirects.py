"""An engine that sends the gateway elsewhere: a prompt must not follow."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.engines.connections import Connections
from gateway.engines.replica import Replica
from routing.errors import EngineFailed, EngineUnavailable
from routing.generation import Generation

ASK = {"model": "tiny", "messages": [{"role": "user", "content": "Siri: 秘密の質問"}]}


@pytest.fixture
async def asked() -> AsyncIterator[tuple[str, list[str]]]:
    """An engine that redirects from ``/v1`` to ``/elsewhere``, and the paths at which it was asked."""
    paths: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.path)
        if request.path.startswith("/v1"):
            raise web.HTTPTemporaryRedirect(request.path.replace("/v1", "/elsewhere"))
        return web.json_response({"data": [{"id": "tiny"}], "choices": []})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1", paths
    await runner.cleanup()


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    async with Connections() as connections:
        yield connections


async def test_a_prompt_does_not_follow_a_redirect(
    asked: tuple[str, list[str]], connections: Connections
) -> None:
    url, paths = asked
    with pytest.raises(EngineFailed):
        await Replica(url, connections).generate(Generation("chat/completions", ASK))
    assert paths == ["/v1/chat/completions"]


async def test_a_list_of_models_does_not_either(
    asked: tuple[str, list[str]], connections: Connections
) -> None:
    url, paths = asked
    with pytest.raises(EngineUnavailable):
        await Replica(url, connections).models()
    assert paths == ["/v1/models"]
