"""What a language mask costs: masked and bare batches in turn on one engine, for vocabularies of several sizes.

python -m benchmarks.mask_cost

CPU time of one core, the fastest of six batches of each, so that other work on the machine counts little. The embedded
model, made wider where the vocabulary is larger than its own; weights are random, which costs the same.
"""

import json
import os
import shutil
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from gateway.embedded_model import default_cache_dir, prepare_embedded_model
from routing.generation import Mask, MaskMode
from routing.mask_request import mask_arguments

if TYPE_CHECKING:
    from vllm import LLM

_ROUNDS = 6
_TOKENS = 16


def _widened(model: Path, vocabulary: int, folder: Path) -> str:
    """A copy of a model's folder without its weights, with another vocabulary."""
    wide = folder / str(vocabulary)
    shutil.copytree(model, wide, ignore=shutil.ignore_patterns("*.safetensors"))
    config = json.loads((wide / "config.json").read_text("utf-8"))
    (wide / "config.json").write_text(json.dumps({**config, "vocab_size": vocabulary}), "utf-8")
    return str(wide)


def _engine(model: str) -> "LLM":
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    os.environ["VLLM_CPU_OMP_THREADS_BIND"] = "0"  # one thread: several wait for each other by spinning
    from vllm import LLM

    return LLM(
        model,
        enforce_eager=True,
        max_model_len=512,
        max_num_seqs=32,
        dtype="bfloat16",
        load_format="dummy",
        logits_processors=["gateway.vllm.language_mask:LanguageMask"],
    )


def _seconds(engine: "LLM", rows: int, arguments: dict[str, Any] | None) -> float:
    """CPU time of a batch of which every row is held to the mask."""
    from vllm import SamplingParams

    parameters = SamplingParams(
        temperature=0.7, max_tokens=_TOKENS, ignore_eos=True, seed=0, extra_args=arguments
    )
    began = time.process_time()
    engine.generate(["The capital of"] * rows, parameters, use_tqdm=False)
    return time.process_time() - began


def _row(engine: "LLM", rows: int, mask: Mask) -> str:
    arguments: dict[str, Any] = mask_arguments(mask)
    _seconds(engine, rows, arguments)
    _seconds(engine, rows, None)
    # The fastest of each: other work on the machine slows a batch down by a factor of three, and never speeds one up.
    pairs = [(_seconds(engine, rows, None), _seconds(engine, rows, arguments)) for _ in range(_ROUNDS)]
    bare, masked = (min(each) for each in zip(*pairs, strict=True))
    extra_us = (masked - bare) / (rows * _TOKENS) * 1e6
    bare_ms, ratio = bare / _TOKENS * 1e3, masked / bare
    return f"{mask.language} | {mask.mode} | {rows} | {bare_ms:.1f} | {extra_us:.0f} | {ratio:.3f} |"


@click.command(help=__doc__)
@click.option("--vocabulary", default=49_152, show_default=True, help="Tokens; at least the model's own.")
@click.option("--rows", multiple=True, type=int, default=(1, 8), show_default=True)
@click.option("--language", "languages", multiple=True, default=("zh",), show_default=True)
def main(vocabulary: int, rows: tuple[int, ...], languages: tuple[str, ...]) -> None:
    """Runs vLLM in this process and prints a table."""
    print("| vocabulary | language | mode | rows | bare step, ms | extra for a token, µs | ratio |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        model = prepare_embedded_model(default_cache_dir(), click.echo)
        engine = _engine(_widened(model, vocabulary, Path(folder)))
        for language, mode, count in product(languages, get_args(MaskMode), rows):
            row = _row(engine, count, Mask(language, latin=False, mode=mode))
            print(f"| {vocabulary:,} | {row}", flush=True)


if __name__ == "__main__":
    main()
