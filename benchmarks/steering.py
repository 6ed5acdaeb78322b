"""What router steering costs: one engine that decodes a batch, each step with the plugin's hooks and without, in turns.

python -m benchmarks.steering

A small random Qwen3-MoE on the CPU, one thread, eager. It is one engine because two that are alike, both without the
plugin, differed by 2% of CPU time, each in memory of its own. The hooks that act in a step are taken out of
vLLM's classes and put back, so that of two steps next to each other one is vLLM's own. Intervals are of the
median ratio of such pairs. The first row is steps without hooks against the same, and has to hold 0.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
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
_PROMPT_TOKENS = 4
_PAIRS = 100
"""Of steps, in a batch: twice as many tokens for each row."""
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


Arguments = dict[str, str | float] | None
Functions = tuple[Callable[..., Any], ...]


@dataclass(frozen=True)
class StepHooks:
    """What the plugin replaces that runs in every step. places: classes with names of their functions.

    own: vLLM's functions. ours: the plugin's.
    """

    places: tuple[tuple[type, str], ...]
    own: Functions
    ours: Functions

    def put(self, functions: Functions) -> None:
        """From now on steps run with these."""
        for (owner, name), function in zip(self.places, functions, strict=True):
            setattr(owner, name, function)


def _functions(places: tuple[tuple[type, str], ...]) -> Functions:
    return tuple(getattr(owner, name) for owner, name in places)


def _places() -> tuple[tuple[type, str], ...]:
    from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner
    from vllm.v1.worker.gpu_model_runner import GPUModelRunner

    return (MoERunner, "_maybe_dispatch"), (GPUModelRunner, "_prepare_inputs")


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


def _engine(model: Path, profiles: Path) -> "LLM":
    from vllm import LLM

    return LLM(
        str(model),
        additional_config={"dragoman_steering": {"profiles": str(profiles)}},
        skip_tokenizer_init=True,
        enforce_eager=True,
        enable_prefix_caching=False,
        max_model_len=256,
        max_num_seqs=_ROWS,
        dtype="float32",
        kv_cache_memory_bytes=64 << 20,
    )


def _begin(engine: "LLM", arguments: Sequence[Arguments]) -> None:
    """Starts a batch, and takes it past its prompts."""
    from vllm import SamplingParams

    for row, each in enumerate(arguments):
        prompt: Any = {
            "prompt_token_ids": [300 + 10 * row + token for token in range(_PROMPT_TOKENS)],
        }
        parameters = SamplingParams(
            temperature=0, max_tokens=2 * _PAIRS + 4, ignore_eos=True, detokenize=False, extra_args=each
        )
        engine.llm_engine.add_request(f"row-{row}", prompt, parameters)
    for _ in range(3):
        engine.llm_engine.step()


def _step(engine: "LLM") -> float:
    """CPU seconds of one step."""
    began = time.process_time()
    engine.llm_engine.step()
    return time.process_time() - began


def _batch(
    engine: "LLM", arguments: Sequence[Arguments], hooks: StepHooks, measured: Functions
) -> list[tuple[float, float]]:
    """CPU seconds of pairs of steps: as vLLM has them, and with the functions measured; either may come first."""
    hooks.put(hooks.ours)
    _begin(engine, arguments)
    pairs = []
    for number in range(_PAIRS):
        seconds = {}
        ways = (("own", hooks.own), ("measured", measured))
        for name, functions in ways if number % 2 else ways[::-1]:
            hooks.put(functions)
            seconds[name] = _step(engine)
        pairs.append((seconds["own"], seconds["measured"]))
    hooks.put(hooks.ours)
    while engine.llm_engine.has_unfinished_requests():
        engine.llm_engine.step()
    return pairs


def _interval(ratios: NDArray[np.float64]) -> tuple[float, float, float]:
    """The median, and its 95% interval by bootstrap, seed 0."""
    draws = np.random.default_rng(0).integers(0, len(ratios), (10_000, len(ratios)))
    low, high = np.quantile(np.median(ratios[draws], axis=1), (0.025, 0.975))
    return float(np.median(ratios)), float(low), float(high)


def _report(name: str, pairs: NDArray[np.float64]) -> str:
    middle, low, high = _interval(pairs[:, 1] / pairs[:, 0] - 1)
    own, measured = np.median(pairs, axis=0)
    fastest = pairs.min(axis=0)
    return (
        f"{name}: {middle:+.2%} ({low:+.2%} to {high:+.2%}) of {own * 1e3:.1f} ms; fastest steps "
        f"{fastest[0] * 1e3:.1f} and {fastest[1] * 1e3:.1f} ms; {_ROWS / own:.0f} and {_ROWS / measured:.0f} tokens/s"
    )


def _table_bytes(profiles: int, layers: int, experts: int) -> int:
    """What the table of so many profiles takes on each worker."""
    import torch

    from gateway.vllm.steering.profile_table import ProfileTable

    model = RoutedModel(None, None, "", layers, tuple(range(layers)), experts, 8)
    table = ProfileTable(model, profiles, torch.device("cpu"))
    return table.weights.nbytes + table.kinds.nbytes


def _measured(
    engine: "LLM", hooks: StepHooks, steered: Sequence[Arguments], rounds: int
) -> dict[str, NDArray[np.float64]]:
    """CPU seconds of pairs of steps, [pairs, 2], by what they compare. Batches of each take turns."""
    nobody: list[Arguments] = [None] * _ROWS
    rows: dict[str, tuple[Sequence[Arguments], Functions]] = {
        "no hooks, nobody steered": (nobody, hooks.own),
        "hooks, nobody steered": (nobody, hooks.ours),
        "hooks, all steered": (steered, hooks.ours),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
    for number in range(1, rounds + 1):
        for name, (arguments, functions) in rows.items():
            _progress(f"batch {number} of {rounds}: {name}")
            found[name] += _batch(engine, arguments, hooks, functions)
    return {name: np.array(pairs) for name, pairs in found.items()}


def _progress(line: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {line}", err=True)


@click.command()
@click.option("--rounds", default=4, show_default=True, help="Batches of each row of the output.")
def main(rounds: int) -> None:
    """Prints ratios of CPU time a decoding step."""
    os.environ.update({"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_LOGGING_LEVEL": "ERROR"})
    os.environ.update({"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"})
    os.environ.update({"VLLM_PLUGINS": "dragoman_steering", "TORCHDYNAMO_DISABLE": "1"})
    click.echo(f"table of 64 profiles of 48 x 128: {_table_bytes(64, 48, 128) / 2**20:.2f} MiB a worker")
    with tempfile.TemporaryDirectory() as folder:
        model, kept = Path(folder) / "model", Path(folder) / "profiles"
        kept.mkdir()
        profiles = _profiles(_save_model(model))
        for profile in profiles:
            write_profile(profile, kept / f"{profile.name}.safetensors")
        _progress("starting the engine")
        places = _places()
        own = _functions(places)
        engine = _engine(model, kept)
        hooks = StepHooks(places, own, _functions(places))
        assert not set(own) & set(hooks.ours), "the hooks were in place before the engine"
        steered = [Steering(profile.reference).arguments for profile in profiles]
        for name, pairs in _measured(engine, hooks, steered, rounds).items():
            click.echo(_report(name, pairs))


if __name__ == "__main__":
    main()
