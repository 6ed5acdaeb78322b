import pytest
from pydantic import ValidationError

from routing.generation import Generation
from routing.strategies.route import Route
from tests.routing.strategies.recording_engine import RecordingEngine
from tests.routing.strategies.surroundings import surroundings

GENERATION = Generation(
    "chat/completions",
    {"model": "llama", "stream": True, "x": ["नमस्ते"]},
    language="hi",
    headers={"x-request-id": "7"},
)


async def test_a_model_replaces_the_one_asked_for_and_nothing_else() -> None:
    engine = RecordingEngine()
    stream = await Route(model="llama-indic")(GENERATION, engine, surroundings()[0])
    [sent] = engine.asked
    assert sent.body == {"model": "llama-indic", "stream": True, "x": ["नमस्ते"]}
    assert (sent.engine, sent.language, sent.headers) == (None, "hi", {"x-request-id": "7"})
    assert stream is engine.answer


async def test_an_engine_is_named_while_the_model_stays() -> None:
    engine = RecordingEngine()
    await Route(engine="large")(GENERATION, engine, surroundings()[0])
    [sent] = engine.asked
    assert (sent.model, sent.engine) == ("llama", "large")


async def test_the_request_of_the_client_is_not_changed() -> None:
    await Route(model="llama-indic", engine="large")(GENERATION, RecordingEngine(), surroundings()[0])
    assert (GENERATION.model, GENERATION.engine) == ("llama", None)


def test_a_route_to_nowhere_is_refused() -> None:
    with pytest.raises(ValidationError, match="neither a model nor an engine"):
        Route()
