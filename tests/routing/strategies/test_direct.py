from routing.generation import Generation
from routing.strategies.direct import Direct
from tests.routing.strategies.recording_engine import RecordingEngine
from tests.routing.strategies.surroundings import surroundings


async def test_the_generation_reaches_the_engine_untouched_and_its_stream_comes_back_open() -> None:
    engine = RecordingEngine()
    generation = Generation(
        "chat/completions", {"model": "m", "messages": [{"content": "สวัสดี"}]}, language="th"
    )
    stream = await Direct()(generation, engine, surroundings("th")[0])
    assert engine.asked == [generation]
    assert stream is engine.answer
    assert not engine.answer.is_closed
