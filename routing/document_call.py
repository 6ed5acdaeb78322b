"""A call whose answer is one JSON document: embeddings, scores, an answer that nobody need see grow."""

from contextlib import aclosing
from typing import Any

import orjson

from routing.errors import EngineError
from routing.generation import Engine, Generation, Stream


async def ask_document(generation: Generation, engine: Engine) -> dict[str, Any]:
    """Makes a call that is not streamed and reads its answer. Raises what the engine raises, and `EngineError` where
    the answer is no JSON object."""
    stream = await engine.generate(generation)
    async with aclosing(stream):
        return await read_document(stream)


async def read_document(stream: Stream) -> dict[str, Any]:
    """Reads an answer that is one document; the holder closes the stream. Raises as `ask_document` does."""
    body = b"".join([block async for block in stream])
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EngineError("The engine's answer is not JSON.") from error
    if not isinstance(document, dict):
        raise EngineError("The engine's answer is not a JSON object.")
    return document
