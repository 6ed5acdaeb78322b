"""Tokens a second of an engine with our sampler and with vLLM's: the same batches in turns on one engine.

python -m benchmarks.engine_sampling

The embedded model on the CPU, one thread. A batch is hedged as the gateway's are: every fifth row greedy, the others at
0.7, each with a seed. Prompts are short, since vLLM's own sampler ends the engine where a seed meets a prompt in steps.
Seconds are the process's CPU time, so that other work on the machine counts only by what it takes from the caches; on
a machine with nothing else to do they are those of the clock. The fastest of a turn's batches is told, and the ratio of
neighbours in time: the median over the rounds, with the least and the most. Two equal engines differ by more than a
sampler takes of a step with few rows, so what the sampler itself takes is told too: the median of all steps.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, product
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from gateway.embedded_model import default_cache_dir, prepare_embedded_model

if TYPE_CHECKING:
    from vllm import LLM

TOKENS = 32
PARAMETERS: dict[str, dict[str, Any]] = {
    "min-p, log-probabilities": {"min_p": 0.1, "logprobs": 1},
    "min-p": {"min_p": 0.1},
    "top-p, log-probabilities": {"top_p": 0.9, "logprobs": 1},
    "temperature": {},
    "greedy": {"temperature": 0.0},
}


def start_engine(model: str, **options: Any) -> "LLM":
    """The engine, with our sampler. options: vLLM's, over the usual ones."""
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    # One thread: several wait for each other by spinning, ten times as long as they work on a busy machine.
    os.environ |= {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}
    from vllm import LLM

    from gateway.vllm.plugin import register

    register()
    usual = {
        "enforce_eager": True,
        "max_model_len": 256,
        "max_num_seqs": 32,
        "dtype": "bfloat16",
        "enable_prefix_caching": False,
        "additional_config": {"dragoman_sampler": True},
    }
    return LLM(model, **{**usual, **options})


@dataclass(frozen=True, slots=True)
class Turn:
    """CPU time in which a batch was answered, and what each of its steps spent in the sampler; in seconds."""

    batch_s: float
    sampler_s: tuple[float, ...]


def sampler_of(engine: "LLM") -> Any:
    """vLLM's, which holds ours."""
    core: Any = engine.llm_engine.engine_core
    return core.engine_core.model_executor.driver_worker.worker.model_runner.sampler


@contextmanager
def drawn_by_vllm(engine: "LLM") -> Iterator[None]:
    """Within, the engine draws with vLLM's own sampler, as one would that was started without ours."""
    from gateway.vllm.sampling.v1_runner import HELD_AT

    sampler = sampler_of(engine)
    ours = getattr(sampler, HELD_AT)
    setattr(sampler, HELD_AT, None)
    try:
        yield
    finally:
        setattr(sampler, HELD_AT, ours)


@contextmanager
def sampler_timed(engine: "LLM") -> Iterator[list[float]]:
    """Within, what each step spends in the sampler is noted: CPU seconds of the engine's one thread."""
    sampler, spent = sampler_of(engine), list[float]()
    forward = sampler.forward

    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.thread_time()
        output = forward(*args, **kwargs)
        spent.append(time.thread_time() - began)
        return output

    sampler.forward = timed
    try:
        yield spent
    finally:
        del sampler.forward


def answer(engine: "LLM", rows: int, parameters: dict[str, Any]) -> Turn:
    """Has a hedged batch answered, each row with `TOKENS` tokens."""
    from vllm import SamplingParams

    usual = {"max_tokens": TOKENS, "ignore_eos": True, "detokenize": False}
    asked = [
        SamplingParams(
            **{"temperature": 0.7 if rows == 1 or row % 5 else 0.0, "seed": row, **usual, **parameters}
        )
        for row in range(rows)
    ]
    prompts: Any = [{"prompt_token_ids": [1000 + row, 17, 253, 9]} for row in range(rows)]
    with sampler_timed(engine) as spent:
        began = time.process_time()
        engine.generate(prompts, asked, use_tqdm=False)
        return Turn(time.process_time() - began, tuple(spent))


def compare(engine: "LLM", rows: int, parameters: dict[str, Any], rounds: int) -> list[tuple[Turn, Turn]]:
    """With vLLM's sampler and with ours, in each round; one round before the first is not counted.

    Either is the first in every second round.
    """

    def stock() -> Turn:
        with drawn_by_vllm(engine):
            return answer(engine, rows, parameters)

    def both(*, ours_first: bool) -> tuple[Turn, Turn]:
        early = answer(engine, rows, parameters) if ours_first else None
        return stock(), early or answer(engine, rows, parameters)

    return [both(ours_first=index % 2 == 0) for index in range(1 + rounds)][1:]


def line(name: str, rows: int, rounds: list[tuple[Turn, Turn]]) -> str:
    """A row of the table."""
    each = list(zip(*rounds, strict=True))
    stock, ours = (rows * TOKENS / min(turn.batch_s for turn in turns) for turns in each)
    ratios = [theirs.batch_s / our.batch_s for theirs, our in rounds]
    spread = f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
    theirs_us, ours_us = (
        1e6 * median(chain.from_iterable(turn.sampler_s for turn in turns)) for turns in each
    )
    return f"| {name} | {rows} | {stock:.0f} | {ours:.0f} | {spread} | {theirs_us:.0f} | {ours_us:.0f} |"


@click.command(help=__doc__)
@click.option("--rows", multiple=True, type=int, default=(1, 8, 32), show_default=True)
@click.option("--drawn-with", "names", multiple=True, type=click.Choice(list(PARAMETERS)), default=PARAMETERS)
@click.option("--rounds", default=5, show_default=True)
def main(rows: tuple[int, ...], names: tuple[str, ...], rounds: int) -> None:
    """Runs vLLM in this process and prints a table."""
    engine = start_engine(str(prepare_embedded_model(default_cache_dir(), click.echo)))
    print(
        "| drawn with | rows | tokens/s, vLLM's sampler | ours | ratio | µs a step, vLLM's sampler | ours |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, count in product(names, rows):
        print(line(name, count, compare(engine, count, PARAMETERS[name], rounds)), flush=True)


if __name__ == "__main__":
    main()
