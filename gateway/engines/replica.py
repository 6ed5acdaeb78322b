"""One OpenAI-compatible endpoint over HTTP: a base URL, reached over pooled keep-alive connections."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import orjson

from gateway.engines.answer_stream import Deadlines, DocumentStream, EventStream
from gateway.engines.refusal import refusal
from routing.engine_settings import Timeouts
from routing.errors import EngineError, EngineTimeout, EngineUnavailable
from routing.generation import Endpoint, Generation, Stream

# Below the 5 s after which uvicorn, and so vLLM, closes an idle connection: a request must not race with that.
KEEP_ALIVE_S = 2.0
# vLLM mounts its own endpoints at the root; of those that are called here, only this one not below /v1 too.
_BESIDE_V1: frozenset[Endpoint] = frozenset({"pooling"})

_REFUSAL_BYTES = 65_536


def open_session() -> aiohttp.ClientSession:
    """The connections to all engines. Needs a running event loop; the caller closes it.

    The number of connections is bounded by admission, not here.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity", "Content-Type": "application/json"},
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
    )


@dataclass(frozen=True)
class Replica:
    """An engine's base URL, such as ``http://127.0.0.1:8001/v1``. A `routing.generation.Engine` of its own."""

    base_url: str
    session: aiohttp.ClientSession
    api_key: str = field(default="", repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)

    async def generate(self, generation: Generation) -> Stream:
        """See `routing.generation.Engine`."""
        deadlines = self._deadlines(generation)
        response = await self._post(generation, deadlines)
        if response.status != 200:
            raise await _refusal_of(response)
        if generation.is_streamed:
            return EventStream(response, generation.endpoint, deadlines)
        return DocumentStream(response, deadlines)

    async def models(self) -> list[dict[str, object]]:
        """The engine's own list of models. Raises `EngineError` or a subclass where it has none."""
        try:
            async with asyncio.timeout(self.timeouts.connect_s + 3.0):
                async with self.session.get(
                    f"{self.base_url}/models", headers=self._headers({}), allow_redirects=False
                ) as response:
                    if response.status != 200:
                        raise EngineUnavailable(f"The engine lists no models: status {response.status}.")
                    listed = orjson.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise EngineUnavailable("The engine cannot be reached.") from error
        except orjson.JSONDecodeError as error:
            raise EngineError("The engine's list of models is not JSON.") from error
        return [model for model in listed.get("data", ()) if "id" in model]

    def _deadlines(self, generation: Generation) -> Deadlines:
        now = asyncio.get_running_loop().time()
        total = now + self.timeouts.total_s
        return Deadlines(
            min(total, now + self.timeouts.first_token_s) if generation.is_streamed else total, total
        )

    async def _post(self, generation: Generation, deadlines: Deadlines) -> aiohttp.ClientResponse:
        try:
            async with asyncio.timeout_at(deadlines.first):
                return await self.session.post(
                    self._url(generation.endpoint),
                    data=orjson.dumps(generation.body),
                    allow_redirects=False,  # the prompt is for this engine, and not for whom it names
                    headers=self._headers(generation.headers),
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.timeouts.connect_s),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise EngineUnavailable("The engine cannot be reached.") from error
        except TimeoutError as error:
            raise EngineTimeout("The engine did not begin to answer in time.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise EngineError("The engine closed the connection before it answered.") from error

    def _url(self, endpoint: Endpoint) -> str:
        base = self.base_url.removesuffix("/v1") if endpoint in _BESIDE_V1 else self.base_url
        return f"{base}/{endpoint}"

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {**headers, "Authorization": f"Bearer {self.api_key}"} if self.api_key else dict(headers)


async def _refusal_of(response: aiohttp.ClientResponse) -> EngineError:
    try:
        async with asyncio.timeout(5.0):
            body = await response.content.read(_REFUSAL_BYTES)
    except (aiohttp.ClientError, TimeoutError, OSError):
        body = b""
    finally:
        response.close()
    return refusal(response.status, body)
