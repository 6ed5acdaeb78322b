"""What router steering costs: one engine without it and one with it, in turns, decoding the same prompts.

python -m benchmarks.steering [--compiled]

A small random Qwen3-MoE on the CPU, one thread. The steered engine answers once with no request steered and once with
each request steered by a profile of its own. Ratios are of neighbours in time. The fastest batch of each is what the
machine does when nobody disturbs it.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from routing.steering.model_match import RoutedModel, config_hash
from routing.steering.profile import Origin, Profile, make_profile
from routing.steering.profile_file import write_profile
from routing.steering.request import Steering

if TYPE_CHECKING:
    from vllm import LLM

_ROWS = 8
_TOKENS = 16
_PROMPT_TOKENS = 4
_KINDS = ("additive", "soft", "hard")
_SHAPE: dict[str, Any] = {
    "vocab_size": 8192,
    "hidden_size": 512,
    "intermediate_size": 512,
    "moe_intermediate_size": 256,
    "num_hidden_layers": 8,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "num_experts": 32,
    "num_experts_per_tok": 4,
    "norm_topk_prob": True,
    "initializer_range": 0.1,
}


@dataclass(frozen=True)
class Way:
    """A way to answer the batch: on an engine, with these ``vllm_xargs``, one for each row."""

    name: str
    engine: "LLM"
    arguments: list[dict[str, str | float] | None]


def _save_model(folder: Path) -> str:
    """Saves a model with random weights, and gives the hash of its configuration."""
    import torch
    from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

    torch.manual_seed(0)
    config = Qwen3MoeConfig(**_SHAPE)
    Qwen3MoeForCausalLM(config).save_pretrained(folder)
    return config_hash(config.to_dict())


def _profiles(hashed: str) -> list[Profile]:
    """One for each row, of all kinds: as many experts pulled as a token has, and as many pushed."""
    noise = np.random.default_rng(0)
    chosen = _SHAPE["num_experts_per_tok"]
    profiles = []
    for number in range(_ROWS):
        weights = np.zeros((_SHAPE["num_hidden_layers"], _SHAPE["num_experts"]), np.float32)
        for layer in weights:
            experts = noise.permutation(_SHAPE["num_experts"])
            layer[experts[:chosen]], layer[experts[chosen : 2 * chosen]] = 0.5, -0.5
        origin = Origin(model="benchmark", config_hash=hashed)
        profiles.append(make_profile(f"p{number}", _KINDS[number % len(_KINDS)], weights, origin))
    return profiles


def _engine(model: Path, profiles: Path | None, compiled: bool) -> "LLM":
    from vllm import LLM

    steering = {"dragoman_steering": {"profiles": str(profiles)}} if profiles else {}
    return LLM(
        str(model),
        additional_config=steering,
        skip_tokenizer_init=True,
        enforce_eager=not compiled,
        enable_prefix_caching=False,
        max_model_len=256,
        max_num_seqs=_ROWS,
        dtype="float32",
        kv_cache_memory_bytes=64 << 20,
    )


def _answer(way: Way) -> tuple[float, float]:
    """How long the batch takes: wall and CPU seconds."""
    from vllm import SamplingParams

    parameters = [
        SamplingParams(
            temperature=0, max_tokens=_TOKENS, ignore_eos=True, detokenize=False, extra_args=arguments
        )
        for arguments in way.arguments
    ]
    prompts: Any = [
        {"prompt_token_ids": [300 + 10 * row + token for token in range(_PROMPT_TOKENS)]}
        for row in range(_ROWS)
    ]
    began, worked = time.perf_counter(), time.process_time()
    way.engine.generate(prompts, parameters, use_tqdm=False)
    return time.perf_counter() - began, time.process_time() - worked


def _measured(ways: list[Way], rounds: int) -> NDArray[np.float64]:
    """[rounds, ways, 2] wall and CPU seconds; each round begins with another way."""
    seconds = np.zeros((rounds, len(ways), 2))
    for way in ways:
        _answer(way)
    for number in range(rounds):
        for step in range(len(ways)):
            index = (number + step) % len(ways)
            seconds[number, index] = _answer(ways[index])
    return seconds


def _interval(ratios: NDArray[np.float64]) -> tuple[float, float, float]:
    """The median, and its 95% interval by bootstrap, seed 0."""
    draws = np.random.default_rng(0).integers(0, len(ratios), (10_000, len(ratios)))
    low, high = np.quantile(np.median(ratios[draws], axis=1), (0.025, 0.975))
    return float(np.median(ratios)), float(low), float(high)


def _report(ways: list[Way], seconds: NDArray[np.float64], say: Callable[[str], None]) -> None:
    for index, way in enumerate(ways):
        rate = _ROWS * _TOKENS / np.median(seconds[:, index, 0])
        fastest = seconds.min(axis=0)
        say(
            f"{way.name}: {rate:.0f} tokens/s; the fastest batch: {fastest[index, 1] * 1000:.1f} ms of CPU time"
        )
        for column, unit in enumerate(("wall", "CPU")) if index else ():
            middle, low, high = _interval(seconds[:, index, column] / seconds[:, 0, column] - 1)
            best = fastest[index, column] / fastest[0, column] - 1
            say(
                f"  {unit} time: {middle:+.2%} ({low:+.2%} to {high:+.2%}); of the fastest batches: {best:+.2%}"
            )


def _table_bytes(profiles: int, layers: int, experts: int) -> int:
    """What the table of so many profiles takes on each worker."""
    import torch

    from gateway.vllm.steering.profile_table import ProfileTable

    model = RoutedModel(None, None, "", layers, tuple(range(layers)), experts, 8)
    table = ProfileTable(model, profiles, torch.device("cpu"))
    return table.weights.nbytes + table.kinds.nbytes


@click.command()
@click.option("--compiled", is_flag=True, help="Compile the model, as vLLM does by default.")
@click.option("--rounds", default=60, show_default=True)
def main(compiled: bool, rounds: int) -> None:
    """Prints tokens a second and ratios."""
    os.environ.update({"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_LOGGING_LEVEL": "ERROR"})
    os.environ.update({"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"})
    click.echo(f"table of 64 profiles of 48 x 128: {_table_bytes(64, 48, 128) / 2**20:.2f} MiB a worker")
    with tempfile.TemporaryDirectory() as folder:
        model, kept = Path(folder) / "model", Path(folder) / "profiles"
        kept.mkdir()
        profiles = _profiles(_save_model(model))
        for profile in profiles:
            write_profile(profile, kept / f"{profile.name}.safetensors")
        plain, steering = _engine(model, None, compiled), _engine(model, kept, compiled)
        nothing: list[dict[str, str | float] | None] = [None] * _ROWS
        ways = [
            Way("engine that does not steer", plain, nothing),
            Way("on, nobody steered", steering, nothing),
            Way("on, all steered", steering, [Steering(one.reference).arguments for one in profiles]),
        ]
        _report(ways, _measured(ways, rounds), click.echo)


if __name__ == "__main__":
    main()
