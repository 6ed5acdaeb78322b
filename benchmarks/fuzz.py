"""Feeds every parser of outside bytes with what it does not expect, and tells what broke or was slow.

    python -m benchmarks.fuzz --seconds 20

Inputs are good ones, mutated: bits flipped, pieces repeated, spliced and left out, and tokens put in that break
parsers. A parser may return or raise a `DragomanError`; anything else is a finding, and so is taking more CPU time than
50 ms (a second for a file) and 10 µs a byte. A finding's input is printed, and the same ``--seed`` finds it again.
"""

import random
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from time import perf_counter, thread_time

import click
import orjson

from gateway.engines.refusal import refusal
from gateway.keys import Keys, generate_key, parse_keys
from gateway.openai import requests as wire
from gateway.openai.media_urls import media_urls
from gateway.openai.parse import parse_object, parse_request
from gateway.sse import EventCutter
from routing.detection.accept_language import preferred_languages
from routing.detection.conversation import detect_conversation
from routing.detection.detector import load_detector
from routing.errors import DragomanError
from routing.language import Conversation
from routing.policy_file import parse_policy
from routing.yaml_reader import read_document

TOKENS = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\r\n", b"\n\n", b"\r", b'"', b"\\u0000", b"\\ud800", b"{", b"[",
    b"}", b"]", b"null", b"NaN", b"1e999", b"-0", b"9" * 40, b"*a", b"&a", b"<<:", b"!!python/object", b"data:", b": ",
    b";q=", b"*", b"q=nan", "\u202e".encode(), "\u200d".encode(), "क्षि".encode(), "\U0001f469\u200d".encode() * 8,
    b"data: [DONE]\n\n", b"http://169.254.169.254/", b"%s%n", b"a" * 5000, b"[" * 300, b'{"a":' * 300, b"-" * 3000,
)  # fmt: skip

Parser = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, and inputs that it takes. slow_s: what one input may take at most; files are the operator's own."""

    name: str
    parse: Parser
    seeds: tuple[bytes, ...]
    slow_s: float = 0.05


@dataclass(slots=True)
class Tally:
    """inputs: tried. refused: that a `DragomanError` refused. slowest_s: the longest that one took."""

    inputs: int = 0
    refused: int = 0
    findings: int = 0
    slowest_s: float = 0.0


def mutated(seed: bytes, other: bytes, rng: random.Random) -> bytes:
    """A seed with up to four changes."""
    data = bytearray(seed)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        end = min(len(data), at + rng.randint(1, 40))
        match rng.randint(0, 5):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << rng.randint(0, 7)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * rng.randint(1, 50)
            case 3:
                data[at:end] = other[rng.randint(0, len(other)) :][:60]
            case _:
                data[at:at] = rng.choice(TOKENS)
    return bytes(data)


def inputs(target: Target, rng: random.Random) -> Iterator[bytes]:
    """Without end."""
    while True:
        yield mutated(rng.choice(target.seeds), rng.choice(target.seeds), rng)


def fuzz(target: Target, data: Iterable[bytes], report: Callable[[str], None]) -> Tally:
    """Tries every input, after the target's own: tables that are made once, at first need, are no input's slowness."""
    for seed in target.seeds:
        with suppress(DragomanError):
            target.parse(seed)
    tally = Tally()
    for one in data:
        _try(target, one, tally, report)
    return tally


def _for(seconds: float, data: Iterable[bytes]) -> Iterator[bytes]:
    end_s = perf_counter() + seconds
    return takewhile(lambda _: perf_counter() < end_s, data)


def _try(target: Target, data: bytes, tally: Tally, report: Callable[[str], None]) -> None:
    began_s = thread_time()  # other processes' load must not look like slowness
    try:
        target.parse(data)
    except DragomanError:
        tally.refused += 1
    except Exception:
        tally.findings += 1
        report(f"{target.name}: {data!r}\n{traceback.format_exc(limit=-3)}")
    took_s = thread_time() - began_s
    tally.inputs += 1
    tally.slowest_s = max(tally.slowest_s, took_s)
    if took_s > target.slow_s + 1e-5 * len(data):
        tally.findings += 1
        report(f"{target.name}: {took_s * 1000:.0f} ms for {len(data)} bytes: {data[:300]!r}")


def _request(kind: type[wire.Request]) -> Parser:
    def parse(data: bytes) -> object:
        body = parse_object(data)
        list(media_urls(body))
        return parse_request(kind, body)

    return parse


def _events(data: bytes) -> object:
    """In pieces of seven bytes and at once: the same events must come out, but for what no reader sees."""
    at_once, in_pieces = EventCutter(), EventCutter()
    whole = at_once.feed(data)
    pieces = b"".join(in_pieces.feed(data[at : at + 7]) for at in range(0, len(data), 7))
    assert _lines(whole) == _lines(pieces)
    assert at_once.rest == in_pieces.rest
    return whole


_UNSEEN = re.compile(rb"^(?:\xef\xbb\xbf)*(data:|event:)? ?", re.MULTILINE)


def _lines(events: bytes) -> list[bytes]:
    # Whether the space after a colon is put there goes by the first line of each block.
    plain = _UNSEEN.sub(rb"\1", events)
    return [line for line in plain.split(b"\n") if line]


def _detection() -> Parser:
    detector = load_detector()

    def parse(data: bytes) -> object:
        text = data.decode("utf-8", "replace")
        return detect_conversation(detector, Conversation(text, (text[:50],), text[-50:], None, text[:80]))

    return parse


def _keys() -> Parser:
    keys = Keys((generate_key("one")[1], generate_key("two")[1]))
    return lambda data: keys.authenticate(data.decode("latin-1"))


CHAT = orjson.dumps(
    {
        "model": "tiny",
        "stream": True,
        "messages": [
            {"role": "system", "content": "Отвечай кратко."},
            {"role": "user", "content": [{"type": "text", "text": "¿Qué es esto?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},  # noqa: E501
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},  # noqa: E501
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "max_tokens": 20, "n": 2, "temperature": 0.5, "dragoman": {"explain": True},
    }
)  # fmt: skip
TEXTS = (
    "ଆପଣ କେମିତି ଅଛନ୍ତି",
    "هل يمكنك مساعدتي؟",
    "aap kaise ho bhai",
    "今日は天気がいい。",
    "def f(x): return x",
    "ok",
)
POLICY = b"""version: 1
engines:
  a: {kind: http, urls: ["http://h:1/v1"], models: [m]}
  b: {kind: local, model: x, served_name: y, replicas: {min: 1, max: 2}, vllm: {max_model_len: 100}}
groups: {g: [sw, zh-Hant]}
rules:
  - {name: r, when: {language: [g, my], confidence: {min: 0.5}}, strategy: {kind: route, model: m}}
"""
KEYS = b"version: 1\nkeys:\n- {name: \xe0\xa4\x95, sha256: %b, limits: {requests_per_minute: 5}}\n" % (
    b"0" * 64
)
EVENTS = (
    b'data: {"choices":[{"delta":{"content":"\xe0\xa4\xa8"}}]}\n\n: comment\r\n\r\n'
    b"event: x\rdata: 1\r\rdata: [DONE]\n\n"
)


def targets() -> tuple[Target, ...]:
    """Every parser of bytes that come from clients, engines or the operator's files."""
    responses = (
        b'{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"\xe4\xbd\xa0"}]}]}'
    )
    return (
        Target("chat request", _request(wire.ChatRequest), (CHAT,)),
        Target(
            "completion request",
            _request(wire.CompletionRequest),
            (b'{"model":"m","prompt":["a","b"],"n":2}',),
        ),
        Target("responses request", _request(wire.ResponseRequest), (responses,)),
        Target(
            "embeddings request", _request(wire.EmbeddingRequest), (b'{"model":"m","input":[[1,2],[3]]}',)
        ),
        Target("authorization header", _keys(), (b"Bearer dgm-abc", b"bearer  \t x")),
        Target(
            "accept-language",
            lambda data: preferred_languages(data.decode("latin-1")),
            (b"sw;q=0.8, zh-Hant-TW, *;q=0",),
        ),
        Target("language detection", _detection(), tuple(text.encode() for text in TEXTS)),
        Target("engine's events", _events, (EVENTS,)),
        Target(
            "engine's error",
            lambda data: refusal(500, data),
            (b'{"error":{"message":"m","type":"t","param":null,"code":400}}',),
        ),
        Target("policy file", lambda data: parse_policy(data, "p"), (POLICY,), slow_s=1.0),
        Target("key file", lambda data: parse_keys(read_document(data, "k")), (KEYS,), slow_s=1.0),
    )


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="For each parser.")
@click.option("--seed", default=0, show_default=True)
def main(seconds: float, seed: int) -> None:
    """Print a table of what was tried; exit with 1 where there is a finding."""
    click.echo("| parser | inputs | refused | findings | slowest ms |\n|---|---|---|---|---|")
    findings = 0
    for target in targets():
        data = _for(seconds, inputs(target, random.Random(seed)))
        tally = fuzz(target, data, lambda line: click.echo(line, err=True))
        counts = f"{tally.inputs:,} | {tally.refused:,} | {tally.findings}"
        click.echo(f"| {target.name} | {counts} | {tally.slowest_s * 1000:.1f} |")
        findings += tally.findings
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
