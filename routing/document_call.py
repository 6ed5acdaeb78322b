"""A call whose answer is one JSON document: embeddings, scores."""

from contextlib import aclosing
from typing import Any

import orjson

from routing.errors import EngineError
from routing.generation import Engine, Generation


async def ask_document(generation: Generation, engine: Engine) -> dict[str, Any]:
    """Makes a call that is not streamed and reads its answer. Raises what the engine raises, and `EngineError` where
    the answer is no JSON object."""
    stream = await engine.generate(generation)
    async with aclosing(stream):
        body = b"".join([block async for block in stream])
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise EngineError("The engine's answer is not JSON.") from error
    if not isinstance(document, dict):
        raise EngineError("The engine's answer is not a JSON object.")
    return document
