"""Tokens a second of an engine with our sampler and with vLLM's: the same batches in turns on one engine.

python -m benchmarks.engine_sampling

The embedded model on the CPU, one thread. A batch is hedged as the gateway's are: every fifth row greedy, the others at
0.7, each with a seed. Prompts are short, since vLLM's own sampler ends the engine where a seed meets a prompt in steps.
Seconds are the process's CPU time, so that other work on the machine counts only by what it takes from the caches; on
a machine with nothing else to do they are those of the clock. The fastest of a turn's batches is told, and the ratio of
neighbours in time: the median over the rounds, with the least and the most.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
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


@contextmanager
def drawn_by_vllm(engine: "LLM") -> Iterator[None]:
    """Within, the engine draws with vLLM's own sampler, as one would that was started without ours."""
    from gateway.vllm.sampling.v1_runner import HELD_AT

    worker: Any = engine.llm_engine.engine_core
    sampler = worker.engine_core.model_executor.driver_worker.worker.model_runner.sampler
    ours = getattr(sampler, HELD_AT)
    delattr(sampler, HELD_AT)
    try:
        yield
    finally:
        setattr(sampler, HELD_AT, ours)


def batch_seconds(engine: "LLM", rows: int, parameters: dict[str, Any]) -> float:
    """CPU time in which a hedged batch is answered, each row with `TOKENS` tokens."""
    from vllm import SamplingParams

    usual = {"max_tokens": TOKENS, "ignore_eos": True, "detokenize": False}
    asked = [
        SamplingParams(
            **{"temperature": 0.7 if rows == 1 or row % 5 else 0.0, "seed": row, **usual, **parameters}
        )
        for row in range(rows)
    ]
    prompts: Any = [{"prompt_token_ids": [1000 + row, 17, 253, 9]} for row in range(rows)]
    began = time.process_time()
    engine.generate(prompts, asked, use_tqdm=False)
    return time.process_time() - began


def compare(engine: "LLM", rows: int, parameters: dict[str, Any], rounds: int) -> list[tuple[float, float]]:
    """Seconds with vLLM's sampler and with ours, of each round; one round before the first is not counted."""

    def both() -> tuple[float, float]:
        with drawn_by_vllm(engine):
            stock = batch_seconds(engine, rows, parameters)
        return stock, batch_seconds(engine, rows, parameters)

    return [both() for _ in range(1 + rounds)][1:]


def line(name: str, rows: int, rounds: list[tuple[float, float]]) -> str:
    """A row of the table."""
    stock, ours = (rows * TOKENS / min(times) for times in zip(*rounds, strict=True))
    ratios = [theirs / our for theirs, our in rounds]
    spread = f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
    return f"| {name} | {rows} | {stock:.0f} | {ours:.0f} | {spread} |"


@click.command(help=__doc__)
@click.option("--rows", multiple=True, type=int, default=(1, 8, 32), show_default=True)
@click.option("--drawn-with", "names", multiple=True, type=click.Choice(list(PARAMETERS)), default=PARAMETERS)
@click.option("--rounds", default=5, show_default=True)
def main(rows: tuple[int, ...], names: tuple[str, ...], rounds: int) -> None:
    """Runs vLLM in this process and prints a table."""
    engine = start_engine(str(prepare_embedded_model(default_cache_dir(), click.echo)))
    print("| drawn with | rows | tokens/s, vLLM's sampler | ours | ratio |")
    print("|---|---|---|---|---|")
    for name, count in product(names, rows):
        print(line(name, count, compare(engine, count, PARAMETERS[name], rounds)), flush=True)


if __name__ == "__main__":
    main()
