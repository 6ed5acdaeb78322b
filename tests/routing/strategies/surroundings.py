"""What strategies are given in tests."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from routing.context import Context
from routing.detection.detector import load_detector
from routing.generation import Generation, Stream
from routing.language import Detection, Detector
from routing.notes import Note
from routing.prompts import shipped_prompts
from routing.request_signs.signs import read_signs
from routing.strategy import Strategy  # completes the strategies that nest others

Notes = list[Note]


@lru_cache(maxsize=1)
def detector() -> Detector:
    return load_detector()


def surroundings(language: str = "sw", question: str = "", **fields: Any) -> tuple[Context, Notes]:
    """A context for a request in this language, and the list that its notes go to."""
    notes: Notes = []
    context = Context(
        detection=Detection(language, 0.99),
        signs=read_signs(question, language),
        owed=language,
        detector=detector(),
        prompts=shipped_prompts(),
        notes=notes.append,
    )
    return replace(context, **fields), notes


def parsed(fields: dict[str, Any]) -> Strategy:
    """The strategy that a policy means by these fields."""
    adapter: TypeAdapter[Strategy] = TypeAdapter(Strategy)
    return adapter.validate_python(fields)


def chat(question: str, **fields: Any) -> Generation:
    """A chat request with one question."""
    body = {"model": "m", "messages": [{"role": "user", "content": question}], **fields}
    return Generation("chat/completions", body)


async def collected(stream: Stream) -> bytes:
    """Everything that a stream yields; closes it."""
    try:
        return b"".join([block async for block in stream])
    finally:
        await stream.aclose()


def by_purpose(**replies: Any) -> Callable[[Generation], Any]:
    """A reply for each purpose: what is said, or a function of the generation."""

    def reply(generation: Generation) -> Any:
        said = replies[generation.purpose]
        return said(generation) if callable(said) else said

    return reply
