"""Every strategy through the real stack: HTTP in, real vLLM behind, in six languages at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from routing.events import DONE, event_json, events
from tests.stack.running_stack import RunningStack
from tests.stack.test_stack import MODEL, QUESTIONS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

# The little model does not translate, it repeats what it is given, and mostly without end: what must hold is that the
# client gets an answer and is told the truth about how it came about. `steer` is in test_steering.py.
SELF_TRANSLATE = {"kind": "self_translate", "skip": []}
STRATEGIES: dict[str, dict[str, Any]] = {
    "direct": {"kind": "direct"},
    "route": {"kind": "route", "model": MODEL},
    "demonstrations": {"kind": "direct", "demonstrations": 2},
    "pivot_reason": {"kind": "pivot_reason"},
    "self_translate": {"kind": "attempt", "inner": SELF_TRANSLATE, "tokens": 150},
    "samples": {"kind": "samples", "n": 3},
    "samples by vote": {"kind": "samples", "n": 5, "first": 3, "selector": {"kind": "vote"}},
    "samples by likelihood": {"kind": "samples", "n": 2, "selector": {"kind": "likelihood"}},
    "samples by judge": {"kind": "samples", "n": 2, "selector": {"kind": "chops"}},
    "vote_across": {"kind": "vote_across", "pivots": ["en", "fr"]},
    "fuse": {"kind": "fuse", "n": 2},
    "romanize": {"kind": "romanize"},
}


@pytest.fixture
async def client(stack: RunningStack) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {stack.key}"}
    async with aiohttp.ClientSession(stack.url, headers=headers) as client:
        yield client


async def _ask(
    client: aiohttp.ClientSession, language: str, asks: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The text of a streamed answer, and the account of how it came about."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": QUESTIONS[language]}],
        "max_tokens": 12,
        "seed": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
        "dragoman": {"explain": True, "language": language, **asks},
    }
    async with client.post("/v1/chat/completions", json=body) as response:
        raw = await response.read()
        assert response.status == 200, raw
    assert raw.endswith(DONE), raw[-400:]
    chunks = [chunk for event in events(raw) if (chunk := event_json(event))]
    text = "".join(
        choice["delta"].get("content") or "" for chunk in chunks for choice in chunk.get("choices", ())
    )
    (told,) = [chunk["dragoman"] for chunk in chunks if "dragoman" in chunk]
    (usage,) = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    return text, told


@pytest.mark.parametrize("name", STRATEGIES)
async def test_every_strategy_answers_in_six_languages(client: aiohttp.ClientSession, name: str) -> None:
    asks = {"strategy": STRATEGIES[name]}
    answers = await asyncio.gather(*(_ask(client, language, asks) for language in QUESTIONS))
    for language, (text, told) in zip(QUESTIONS, answers, strict=True):
        assert text.strip(), language
        assert told["strategy"]["kind"] == STRATEGIES[name]["kind"]
        assert all(call["outcome"] in {"ok", "aborted", "running"} for call in told["engine_calls"]), told
        if name == "self_translate":
            _tells_how_it_was_translated(language, told)
        if STRATEGIES[name]["kind"] in {"samples", "fuse"}:
            # Greedy and hot ones in one call; a second call only where there is a second stage.
            drawn = [call for call in told["engine_calls"] if call["purpose"] == "sample"]
            assert len(drawn) <= 1 + ("first" in STRATEGIES[name]), told


def _tells_how_it_was_translated(language: str, told: dict[str, Any]) -> None:
    """Left alone where it is in the pivot; else translated there and back, or given up, and that is said."""
    purposes = [call["purpose"] for call in told["engine_calls"]]
    if language == "en":
        assert {"note": "skipped", "strategy": "self_translate", "reason": "in_pivot"} in told["notes"]
        assert purposes == ["answer"]
        return
    assert purposes[0] == "translate_request"
    gave_up = [note["to"] for note in told["notes"] if note["note"] == "degraded"]
    if "answer" in purposes:
        assert gave_up == ["direct"]
    else:
        assert gave_up == []
        assert purposes[-1] == "translate_answer"


async def test_answers_have_the_temperatures_that_a_request_gives_them(client: aiohttp.ClientSession) -> None:
    asked = {
        "model": MODEL,
        "messages": [{"role": "user", "content": QUESTIONS["ar"]}],
        "max_tokens": 4,
        "seed": 3,
        "n": 3,
        "vllm_xargs": {"dragoman_temperatures": [0, 0, 2]},
    }
    async with client.post("/v1/chat/completions", json=asked) as response:
        assert response.status == 200, await response.text()
        texts = [choice["message"]["content"] for choice in (await response.json())["choices"]]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("stream", [False, True])
async def test_temperatures_that_do_not_fit_are_refused_before_any_work(
    client: aiohttp.ClientSession, stream: bool
) -> None:
    asked = {
        "model": MODEL,
        "messages": [{"role": "user", "content": QUESTIONS["ar"]}],
        "n": 3,
        "stream": stream,
        "vllm_xargs": {"dragoman_temperatures": [0, 1]},
    }
    async with client.post("/v1/chat/completions", json=asked) as response:
        document = await response.json()
    assert response.status == 400, document
    assert "list of n numbers" in document["error"]["message"]


async def test_a_contract_with_retries_ends_in_one_of_its_outcomes(client: aiohttp.ClientSession) -> None:
    asks = {"contract": {"level": "retry", "otherwise": "send"}}
    answers = await asyncio.gather(*(_ask(client, language, asks) for language in QUESTIONS))
    for language, (text, told) in zip(QUESTIONS, answers, strict=True):
        assert text.strip(), language
        (contracted,) = [note for note in told["notes"] if note["note"] == "contracted"]
        assert contracted["outcome"] in {"kept", "broken", "repaired", "unjudged"}
        assert contracted["language"].split("-")[0] == language
        asked_again = any(note["note"] == "retried" for note in told["notes"])
        assert asked_again == (len(told["engine_calls"]) == 2)


async def test_a_mask_keeps_every_answer_in_its_script(client: aiohttp.ClientSession) -> None:
    contract = {"level": "mask", "latin": False}
    languages = ["hi", "ar", "zh", "th"]
    answers = await asyncio.gather(
        *(_ask(client, language, {"contract": contract}) for language in languages)
    )
    for language, (text, told) in zip(languages, answers, strict=True):
        assert not any(character.isascii() and character.isalpha() for character in text), text
        (call,) = told["engine_calls"]
        assert call["mask"].split("-")[0] == language


async def test_a_gate_is_counted_on_the_engine_that_it_acts_on(stack: RunningStack) -> None:
    asked = {"dragoman_mask": "hi", "dragoman_mask_latin": 0, "dragoman_mask_mode": "gate"}
    body = {
        "model": MODEL,
        "prompt": "Mumbai is",
        "max_tokens": 24,
        "temperature": 0,
        "vllm_xargs": asked,
    }
    headers = {"Authorization": f"Bearer {stack.engine_key}"}
    async with aiohttp.ClientSession(f"{stack.engine_url}/", headers=headers) as engine:
        async with engine.post("v1/completions", json=body) as response:
            assert response.status == 200, await response.text()
        async with engine.get("metrics") as response:
            page = await response.text()
    (count,) = re.findall(r"^dragoman_mask_gate_acted_total (\S+)", page, re.MULTILINE)
    assert 0 < float(count) <= 24


async def test_an_answer_owed_in_another_language_is_asked_for_by_name(client: aiohttp.ClientSession) -> None:
    asks = {"answer_language": "fr", "contract": {"level": "flag"}}
    _, told = await _ask(client, "es", asks)
    assert told["contract"] == {"language": "fr", "why": "asked", "level": "flag"}
