"""Calls that are answered with one document."""

import pytest

from routing.document_call import ask_document
from routing.errors import EngineError, EngineFailed
from routing.generation import Generation
from tests.routing.selectors.selecting import Answer, AnsweringEngine

CALL = Generation("score", {"model": "m"})


async def test_the_document_is_read_and_its_stream_closed() -> None:
    engine = AnsweringEngine(document=lambda _: {"ответ": ["да"]})
    assert await ask_document(CALL, engine) == {"ответ": ["да"]}
    assert engine.opened[0].is_closed


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[1]", b'"\xff"'])
async def test_what_is_no_json_object_is_the_engines_error_and_the_stream_is_closed(answer: Answer) -> None:
    engine = AnsweringEngine(document=lambda _: answer)
    with pytest.raises(EngineError):
        await ask_document(CALL, engine)
    assert engine.opened[0].is_closed


async def test_the_engines_own_errors_come_through() -> None:
    with pytest.raises(EngineFailed):
        await ask_document(CALL, AnsweringEngine(document=lambda _: EngineFailed("out of memory")))
