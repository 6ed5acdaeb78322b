"""What the stub engine says: OpenAI wire bytes for a request, made without a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

# One word is one token. Scripts that join, stack, run right to left or have no spaces, an emoji held
# together by joiners, and a combining accent: what breaks a gateway that cuts text in the wrong place.
WORDS = (
    "Hello", " мир", " नमस्ते", "、世界", " مرحبا", " สวัสดี", " 안녕하세요",
    " γειά", " שלום", " வணக்கம்", " 👩🏽‍🚀", " cafe\u0301", "。こんにちは", " ሰላም", " 𞤀𞤁𞤂", " Xin chào",
)  # fmt: skip

_CREATED = 1_700_000_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request wants of the stub.

    tokens: length of the answer, in words of `WORDS`, which are repeated in order.
    wants_usage: a usage chunk closes the stream (a JSON document always has usage).
    """

    model: str
    is_chat: bool
    is_streamed: bool
    tokens: int
    wants_usage: bool
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class StreamBytes:
    """A streamed answer as server-sent events: `opening`, then `words` in turn, then `closing`."""

    opening: bytes
    words: tuple[bytes, ...]
    closing: bytes


def text(tokens: int) -> str:
    """The answer that is `tokens` words long."""
    return "".join(WORDS[i % len(WORDS)] for i in range(tokens))


def read_ask(body: bytes, *, is_chat: bool, default_tokens: int) -> Ask:
    """Raises ValueError or TypeError where the body is not a JSON object of the types that are read here."""
    request = orjson.loads(body)
    if not isinstance(request, dict):
        raise TypeError("the body is not a JSON object")
    options = request.get("stream_options") or {}
    if not isinstance(options, dict):
        raise TypeError("stream_options is not an object")
    return Ask(
        model=str(request.get("model", "stub")),
        is_chat=is_chat,
        is_streamed=request.get("stream") is True,
        tokens=_tokens(request, default_tokens),
        wants_usage=options.get("include_usage") is True,
        prompt_tokens=len(body) // 4,
    )


def _tokens(request: Mapping[str, Any], default_tokens: int) -> int:
    asked = request.get("max_completion_tokens") or request.get("max_tokens") or default_tokens
    if not isinstance(asked, int) or not 0 < asked <= 1_000_000:
        raise ValueError("max_tokens is not a whole number from 1 to 1,000,000")
    return asked


def document(ask: Ask, number: int) -> bytes:
    """The whole answer as one JSON document; `number` tells answers apart by their id."""
    said = text(ask.tokens)
    choice = {"message": {"role": "assistant", "content": said}} if ask.is_chat else {"text": said}
    return orjson.dumps(
        {
            **_head(ask, number, chunk=False),
            "choices": [{"index": 0, **choice, "logprobs": None, "finish_reason": "stop"}],
            "usage": _usage(ask),
        }
    )


def stream_bytes(ask: Ask, number: int) -> StreamBytes:
    """The parts of a streamed answer; costs one JSON encoding however long the answer is."""
    head = _head(ask, number, chunk=True)
    end = [_event(head, [_choice(ask, "", finish_reason="stop")])]
    if ask.wants_usage:
        end.append(_event({**head, "usage": _usage(ask)}, []))
    opening = [_choice(ask, "", role="assistant")]
    return StreamBytes(
        opening=_event(head, opening) if ask.is_chat else b"",
        words=_word_events(ask, head),
        closing=b"".join(end) + b"data: [DONE]\n\n",
    )


def _word_events(ask: Ask, head: dict[str, Any]) -> tuple[bytes, ...]:
    # Only the word differs, so one event is encoded and cut where the word goes.
    before, after = _event(head, [_choice(ask, "\x00")]).split(rb'"\u0000"')
    return tuple(before + orjson.dumps(word) + after for word in WORDS)


def _head(ask: Ask, number: int, *, chunk: bool) -> dict[str, Any]:
    kind = ("chat.completion.chunk" if chunk else "chat.completion") if ask.is_chat else "text_completion"
    return {"id": f"stub-{number}", "object": kind, "created": _CREATED, "model": ask.model}


def _choice(ask: Ask, said: str, *, role: str | None = None, finish_reason: str | None = None) -> Any:
    delta = {"content": said} if role is None else {"role": role, "content": said}
    payload = {"delta": delta} if ask.is_chat else {"text": said}
    return {"index": 0, **payload, "logprobs": None, "finish_reason": finish_reason}


def _event(head: dict[str, Any], choices: list[Any]) -> bytes:
    return b"data: " + orjson.dumps({**head, "choices": choices}) + b"\n\n"


def _usage(ask: Ask) -> dict[str, int]:
    return {
        "prompt_tokens": ask.prompt_tokens,
        "completion_tokens": ask.tokens,
        "total_tokens": ask.prompt_tokens + ask.tokens,
    }
