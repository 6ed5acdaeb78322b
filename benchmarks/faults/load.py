"""An open load: requests begin at fixed times, however the last ones fare, as clients' requests do."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from time import monotonic
from typing import Any

import aiohttp

from benchmarks.faults.outcome import Ending, Outcome
from benchmarks.prompts import NUMBER, chat_requests
from benchmarks.stub_answers import text

TOKENS = 20
HANGS_AFTER_S = 40.0
# aiohttp takes the connection that was idle for longest, so after one bad second all that it ever opened stay open
# as long as each is used once in this time.
_KEEP_ALIVE_S = 2.0
_EXPECTED = text(TOKENS)


class Load:
    """Requests in 28 languages, streamed and not in turns. It keeps how each ended."""

    def __init__(self, url: str, key: str, model: str, per_s: float) -> None:
        self._url = f"{url}/v1/chat/completions"
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self._bodies = _bodies(model)
        self._interval_s = 1 / per_s
        self._running: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None
        self._began_s = monotonic()
        self.outcomes: list[Outcome] = []

    @property
    def now_s(self) -> float:
        """Seconds since the load was made."""
        return monotonic() - self._began_s

    def at(self, per_s: float) -> "Load":
        """Itself, at another rate from now on."""
        self._interval_s = 1 / per_s
        return self

    async def run(self, seconds: float) -> None:
        """Begins requests for so long. Those that are under way go on."""
        client = self._client or self._open()
        next_s, end_s = self.now_s, self.now_s + seconds
        while next_s < end_s:
            await asyncio.sleep(max(0.0, next_s - self.now_s))
            task = asyncio.create_task(self._request(client, next(self._bodies)))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            next_s += self._interval_s

    async def finish(self) -> None:
        """Waits for the requests under way."""
        while self._running:
            await asyncio.wait(self._running)
        if self._client:
            await self._client.close()

    def _open(self) -> aiohttp.ClientSession:
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(HANGS_AFTER_S),
        )
        return self._client

    async def _request(self, client: aiohttp.ClientSession, body: str) -> None:
        began_s = self.now_s
        try:
            ending, detail = await self._ask(client, body)
        except TimeoutError:
            ending, detail = Ending.HUNG, ""
        except (aiohttp.ClientError, ConnectionError) as error:
            ending, detail = Ending.BROKEN, repr(error)
        self.outcomes.append(Outcome(began_s, self.now_s - began_s, ending, detail))

    async def _ask(self, client: aiohttp.ClientSession, body: str) -> tuple[Ending, str]:
        async with client.post(self._url, data=body) as response:
            content = await response.read()
            if response.status != 200:
                return _refusal(response.status, content)
            return _streamed(content) if b'"stream": true' in body.encode() else _document(content)


def _bodies(model: str) -> Iterator[str]:
    whole = chat_requests(model, TOKENS)
    streams = chat_requests(model, TOKENS, stream=True)
    pairs = [body for pair in zip(whole, streams, strict=True) for body in pair]
    return (body.replace(NUMBER, str(number)) for number, body in enumerate(itertools.cycle(pairs)))


def _refusal(status: int, content: bytes) -> tuple[Ending, str]:
    said = _error(content)
    if said is None:
        return Ending.OPAQUE, f"{status} {content[:200]!r}"
    return (Ending.REFUSED if status == 429 else Ending.FAILED), f"{status} {said}"


def _document(content: bytes) -> tuple[Ending, str]:
    try:
        said = json.loads(content)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, TypeError, IndexError):
        return Ending.WRONG, repr(content[:200])
    return (Ending.ANSWERED, "") if said == _EXPECTED else (Ending.WRONG, repr(said[:200]))


def _streamed(content: bytes) -> tuple[Ending, str]:
    events = [event.removeprefix(b"data: ") for event in content.split(b"\n\n") if event]
    if not events:
        return Ending.BROKEN, "an empty stream"
    if events[-1] != b"[DONE]":
        said = _error(events[-1])
        return (Ending.BROKEN, repr(events[-1][:200])) if said is None else (Ending.FAILED, f"event {said}")
    try:
        text = "".join(_delta(json.loads(event)) for event in events[:-1])
    except (ValueError, KeyError, TypeError):
        return Ending.WRONG, repr(content[:200])
    return (Ending.ANSWERED, "") if text == _EXPECTED else (Ending.WRONG, repr(text[:200]))


def _delta(event: dict[str, Any]) -> str:
    return "".join(choice["delta"].get("content") or "" for choice in event["choices"])


def _error(content: bytes) -> str | None:
    """What OpenAI's error says, its code before it; nothing where this is none."""
    try:
        error = json.loads(content)["error"]
        return f"{error.get('code')}: {error['message'][:200]}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
