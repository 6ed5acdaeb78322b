"""What selectors are given in tests: samples, a context, and an engine that chats, embeds and scores."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

from routing.context import Context
from routing.errors import DragomanError
from routing.generation import Engine, Generation, Stream
from routing.language import NO_LANGUAGE, Detection
from routing.notes import Note
from routing.prompts import shipped_prompts
from routing.request_signs.signs import read_signs
from routing.sample import Sample
from tests.routing.talking_engine import Reply, TalkingEngine


def samples_of(*texts: str, breaking: Sequence[int] = (), **fields: Any) -> list[Sample]:
    """Samples with these texts; those at the places ``breaking`` do not keep the contract."""
    return [
        Sample(
            {"message": {"role": "assistant", "content": text}},
            keeps_contract=place not in breaking,
            **{name: values[place] for name, values in fields.items()},
        )
        for place, text in enumerate(texts)
    ]


class _NoDetector:
    def detect(self, text: str) -> Detection:
        return NO_LANGUAGE


def context_in(language: str) -> tuple[Context, list[Note]]:
    """A context for a request in this language, and the list that its notes go to."""
    notes: list[Note] = []
    signs = read_signs("", language)
    context = Context(
        Detection(language, 0.99), signs, language, _NoDetector(), shipped_prompts(), notes.append
    )
    return context, notes


def asked(question: str = "Bei ngapi?", **fields: Any) -> Generation:
    body = {"model": "m", "messages": [{"role": "user", "content": question}], **fields}
    return Generation("chat/completions", body, engine="chat", language="sw")


Answer = dict[str, Any] | bytes | DragomanError
Document = Callable[[Generation], Answer]


def _no_chat(generation: Generation) -> str:
    raise AssertionError("no chat call was to be made")


def _no_document(generation: Generation) -> dict[str, Any]:
    raise AssertionError("no call for a document was to be made")


@dataclass
class AnsweringEngine:
    """A `routing.generation.Engine` that chats as ``reply`` says, and answers other endpoints with documents."""

    reply: Reply = _no_chat
    document: Document = _no_document
    calls: list[Generation] = field(default_factory=list)
    opened: list["_Document"] = field(default_factory=list)

    async def generate(self, generation: Generation) -> Stream:
        self.calls.append(generation)
        if generation.endpoint == "chat/completions":
            return await TalkingEngine(self.reply).generate(generation)
        said = self.document(generation)
        if isinstance(said, DragomanError):
            raise said
        self.opened.append(_Document(said if isinstance(said, bytes) else orjson.dumps(said)))
        return self.opened[-1]


class _Document:
    def __init__(self, body: bytes) -> None:
        self.is_closed = False
        self._blocks = self._whole(body)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._blocks)

    async def aclose(self) -> None:
        self.is_closed = True
        await self._blocks.aclose()

    async def _whole(self, body: bytes) -> AsyncGenerator[bytes, None]:
        yield body


def embedding(texts_to_vectors: dict[str, list[float]]) -> Document:
    """An engine's answer to ``/embeddings``, its rows in no particular order."""

    def document(generation: Generation) -> dict[str, Any]:
        rows = [
            {"index": index, "embedding": texts_to_vectors[text]}
            for index, text in enumerate(generation.body["input"])
        ]
        return {"object": "list", "data": rows[::-1]}

    return document


SILENT: Engine = AnsweringEngine()
"""An engine that nobody may call."""
