"""An answer in JSON whose strings are translated: its keys, its form and what its schema fixes stay as they are."""

import json
from contextlib import aclosing
from typing import Any

from routing.answer import read
from routing.errors import EngineError
from routing.generation import Generation, Stream
from routing.replay import replayed
from routing.translation.json_strings import strings_of, with_strings
from routing.translator import Translator


async def translated_json(stream: Stream, translator: Translator | None, generation: Generation) -> Stream:
    """The answer with its strings translated, or as it is without a translator. Closes ``stream``.

    Raises `EngineError` where the answer is no JSON. An answer that was cut off at its length comes as it is.
    """
    async with aclosing(stream):
        answer = await read(stream)
    choices = [choice.wire for choice in answer.in_order]
    if translator is not None:
        choices = [await _translated(choice, translator, generation) for choice in choices]
    return replayed(choices, generation)


async def _translated(
    choice: dict[str, Any], translator: Translator, generation: Generation
) -> dict[str, Any]:
    text = choice["message"].get("content")
    if not text or choice["finish_reason"] == "length":
        return choice
    schema = _schema(generation)
    value, strings = _read(text, schema)
    if not strings:
        return choice
    changed = with_strings(value, schema, await translator.texts(strings))
    return {**choice, "message": {**choice["message"], "content": _written(changed)}}


def _read(text: str, schema: dict[str, Any] | None) -> tuple[Any, list[str]]:
    """The document and its strings, once it is seen that it can be written again."""
    try:
        value = json.loads(text)
        strings = strings_of(value, schema)
        _written(with_strings(value, schema, strings)).encode()
    except (ValueError, RecursionError) as error:  # too deep; or NaN, or half of a surrogate pair
        raise EngineError("The engine's answer is not the JSON that was asked for.") from error
    return value, strings


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _schema(generation: Generation) -> dict[str, Any] | None:
    asked = generation.body["response_format"].get("json_schema") or {}
    schema = asked.get("schema")
    return schema if isinstance(schema, dict) else None
