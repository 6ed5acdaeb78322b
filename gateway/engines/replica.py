"""One OpenAI-compatible endpoint over HTTP: a base URL, reached over keep-alive connections."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from gateway.engines.answer_stream import DocumentStream, EventStream
from gateway.engines.connection import Answer, LateAnswer
from gateway.engines.connections import Connections, NotConnected
from gateway.engines.refusal import refusal
from routing.engine_settings import Timeouts
from routing.errors import EngineError, EngineTimeout, EngineUnavailable
from routing.generation import Endpoint, Generation, Stream

# vLLM mounts its own endpoints at the root; of those that are called here, only this one not below /v1 too.
_BESIDE_V1: frozenset[Endpoint] = frozenset({"pooling"})

_REFUSAL_BYTES = 65_536


@dataclass(frozen=True)
class Replica:
    """An engine's base URL, such as ``http://127.0.0.1:8001/v1``. A `routing.generation.Engine` of its own."""

    base_url: str
    connections: Connections
    api_key: str = field(default="", repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)

    async def generate(self, generation: Generation) -> Stream:
        """See `routing.generation.Engine`."""
        now = asyncio.get_running_loop().time()
        until = now + self.timeouts.total_s
        if not generation.is_streamed:
            answer = await self._post(generation, until)
            return DocumentStream(await _accepted(answer))
        answer = await self._post(generation, min(until, now + self.timeouts.first_token_s))
        return EventStream(await _accepted(answer), generation.endpoint, until)

    async def models(self) -> list[dict[str, object]]:
        """The engine's own list of models. Raises `EngineError` or a subclass where it has none."""
        try:
            async with asyncio.timeout(self.timeouts.connect_s + 3.0):
                return _listed(await self._got("/models"))
        except OSError as error:  # TimeoutError is one
            raise EngineUnavailable("The engine cannot be reached.") from error

    async def check_steers(self) -> None:
        """Raises `EngineUnavailable` where the engine does not show that it steers, by the plugin's own route."""
        try:
            async with asyncio.timeout(self.timeouts.connect_s + 3.0):
                await self._got("/dragoman/steering")
        except OSError as error:  # TimeoutError is one
            raise EngineUnavailable("The engine cannot be reached.") from error

    async def _got(self, path: str) -> bytes:
        answer = await self.connections.request(
            "GET", f"{self.base_url}{path}", self._headers({}), b"", connect_s=self.timeouts.connect_s
        )
        try:
            if answer.status != 200:
                raise EngineUnavailable(f"The engine answers {path} with status {answer.status}.")
            return await answer.read()
        finally:
            answer.close()

    async def _post(self, generation: Generation, until: float) -> Answer:
        try:
            return await self.connections.request(
                "POST",
                self._url(generation.endpoint),
                self._headers(generation.headers),
                orjson.dumps(generation.body),
                connect_s=self.timeouts.connect_s,
                until=until,
            )
        except NotConnected as error:
            raise EngineUnavailable("The engine cannot be reached.") from error
        except LateAnswer as error:
            raise EngineTimeout("The engine did not begin to answer in time.") from error
        except OSError as error:
            raise EngineError("The engine closed the connection before it answered.") from error

    def _url(self, endpoint: Endpoint) -> str:
        base = self.base_url.removesuffix("/v1") if endpoint in _BESIDE_V1 else self.base_url
        return f"{base}/{endpoint}"

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {**headers, "Authorization": f"Bearer {self.api_key}"} if self.api_key else dict(headers)


def _listed(document: bytes) -> list[dict[str, object]]:
    """The models in an engine's list. Some write null where they have none; what has no name is left out."""
    try:
        listed = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise EngineError("The engine's list of models is not JSON.") from error
    models = (listed.get("data") or []) if isinstance(listed, dict) else None
    if not isinstance(models, list):
        raise EngineError("The engine's list of models is none.")
    return [model for model in models if isinstance(model, dict) and isinstance(model.get("id"), str)]


async def _accepted(answer: Answer) -> Answer:
    """The answer, if it is none but 200; raises what another status means."""
    if answer.status != 200:
        raise await _refusal_of(answer)
    return answer


async def _refusal_of(answer: Answer) -> EngineError:
    body = b""
    try:
        async with asyncio.timeout(5.0):
            while len(body) < _REFUSAL_BYTES and (piece := await answer.read_some()):
                body += piece
    except OSError:  # TimeoutError is one
        body = b""
    finally:
        answer.close()
    return refusal(answer.status, body[:_REFUSAL_BYTES])
