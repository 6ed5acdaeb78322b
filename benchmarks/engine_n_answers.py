"""What it costs a real engine to begin several answers to one prompt instead of one: CPU time until each has a token.

python -m benchmarks.engine_n_answers

vLLM makes ``n`` requests of one, which share their prompt by its prefix cache, but for the last block of it: each reads
that again. Prompts are random and never repeated, so nothing is shared but within one request. One thread; one answer,
``n`` answers and ``n`` unlike prompts in turns, CPU time of the process, the median of the rounds.
"""

import random
import time
from statistics import median
from typing import TYPE_CHECKING, Any

import click

from benchmarks.engine_sampling import start_engine
from gateway.embedded_model import default_cache_dir, prepare_embedded_model

if TYPE_CHECKING:
    from vllm import LLM


def first_token_seconds(engine: "LLM", prompts: int, tokens: int, n: int) -> float:
    """CPU time until every answer to so many new prompts has one token."""
    from vllm import SamplingParams

    asked: Any = [{"prompt_token_ids": random.choices(range(1000, 40_000), k=tokens)} for _ in range(prompts)]
    params = SamplingParams(n=n, temperature=0.7, seed=1, max_tokens=1, detokenize=False)
    began = time.process_time()
    engine.generate(asked, params, use_tqdm=False)
    return time.process_time() - began


def line(engine: "LLM", tokens: int, n: int, rounds: int) -> str:
    """A row of the table."""
    turns = [
        (
            first_token_seconds(engine, 1, tokens, 1),
            first_token_seconds(engine, 1, tokens, n),
            first_token_seconds(engine, n, tokens, 1),
        )
        for _ in range(1 + rounds)
    ][1:]
    one, several, unlike = (median(seconds) * 1000 for seconds in zip(*turns, strict=True))
    ratio = median(shared / alone for alone, shared, _ in turns)
    return f"| {tokens} | {one:.0f} | {several:.0f} | {unlike:.0f} | {ratio:.2f} |"


@click.command(help=__doc__)
@click.option("--tokens", multiple=True, type=int, default=(60, 250, 1000), show_default=True)
@click.option("--n", default=5, show_default=True)
@click.option("--rounds", default=7, show_default=True)
@click.option(
    "--block-size", default=128, show_default=True, help="Of the cache; vLLM's own on a CPU is 128."
)
def main(tokens: tuple[int, ...], n: int, rounds: int, block_size: int) -> None:
    """Runs vLLM in this process and prints a table."""
    model = str(prepare_embedded_model(default_cache_dir(), click.echo))
    engine = start_engine(model, max_model_len=2048, enable_prefix_caching=True, block_size=block_size)
    print(f"| tokens of the prompt | one answer, ms | {n} answers | {n} prompts | {n} answers to one |")
    print("|---|---|---|---|---|")
    for length in tokens:
        print(line(engine, length, n, rounds), flush=True)


if __name__ == "__main__":
    main()
