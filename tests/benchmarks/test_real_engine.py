import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.real_engine import STREAMS, TOKENS, Batch, Pair, compare, run_batch, summary
from benchmarks.stub_engine import StubEngine
from benchmarks.stub_pace import Pace


async def test_a_batch_is_sixteen_streams_at_once(url: str, engine: StubEngine) -> None:
    engine.pace = Pace(first_token_s=0.1, token_s=0.002)
    batch = await run_batch(url, 1)
    assert engine.stats.finished == STREAMS
    assert 100 <= batch.first_chunk_ms < 30_000
    assert STREAMS * TOKENS / 60 < batch.tokens_per_s < STREAMS * TOKENS / (0.1 + 0.002 * (TOKENS - 1))


async def test_each_pair_asks_both_ways(url: str, engine: StubEngine) -> None:
    async with await StubEngine(pace=Pace(token_s=0.01)).listen() as slow:
        host, port = slow.sockets[0].getsockname()
        pairs = await compare(url, f"http://{host}:{port}/v1/chat/completions", 2)
    assert engine.stats.finished == (1 + 2) * STREAMS  # a batch to warm up
    assert all(pair.throughput_ratio < 1 for pair in pairs)


async def test_an_answer_of_another_length_is_an_error(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "benchmarks.real_engine._bodies", lambda number: [b'{"stream": true, "max_tokens": 9}']
    )
    with pytest.raises(BenchmarkError, match="without usage"):
        await run_batch(url, 1)
    with_usage = b'{"stream": true, "max_tokens": 9, "stream_options": {"include_usage": true}}'
    monkeypatch.setattr("benchmarks.real_engine._bodies", lambda number: [with_usage])
    with pytest.raises(BenchmarkError, match="9 tokens instead of 64"):
        await run_batch(url, 1)


def test_the_summary_has_the_medians_of_the_ratios_and_their_spread() -> None:
    pairs = [Pair(Batch(100, 20), Batch(speed, first)) for speed, first in ((98, 21), (90, 24), (99, 20))]
    text = summary(pairs)
    assert "ratio 0.980 (0.900 to 0.990)" in text
    assert "ratio 1.050 (1.000 to 1.200)" in text
    assert "3 pairs" in text
