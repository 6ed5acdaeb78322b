"""Does a mask keep answers in their language? Answers with and without one, by two judges.

python -m benchmarks.language_mask --data ../shared/data
"""

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from benchmarks.language_confusion import PassRates
from routing.contract.judge import judge
from routing.detection.detector import load_detector
from routing.generation import Mask, MaskMode
from routing.language import Detector
from routing.language_ranges import same_language
from routing.mask_request import mask_arguments

if TYPE_CHECKING:
    from vllm import LLM

LANGUAGES = ("ar", "hi", "ja", "ko", "ru", "zh")
_LONGEST_PROMPT = 400  # characters: the little model reads 2,048 tokens, and takes several for a character

Answers = Callable[[Sequence[str], Sequence[Mask | None]], list[str]]
"""Answers to prompts, each held to a mask or not."""


def prompts_in(data: Path, language: str, count: int) -> list[str]:
    """The benchmark's first prompts of a language, from all of its files that have some."""
    found: list[str] = []
    for path in sorted((data / "language_confusion" / "test_sets" / "monolingual").rglob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            found += [
                row["prompt"]
                for row in csv.DictReader(file)
                if (row.get("language") or path.stem).split("-")[0] == language
            ]
    return [prompt for prompt in found if len(prompt) <= _LONGEST_PROMPT][:count]


@dataclass(frozen=True, slots=True)
class Asked:
    """Prompts in one language, and the masks that the gateway would ask for with them."""

    language: str
    prompts: list[str]
    masks: list[Mask]


@dataclass(frozen=True, slots=True)
class Judges:
    """The benchmark's own judge, and the gateway's."""

    rates: PassRates
    detector: Detector

    def line_pass_rate(self, texts: Sequence[str], language: str) -> str:
        """The share of texts of which every line is in the language, of those that have a line to judge."""
        judged = [text for text in texts if self.rates.has_lines(text)]
        return _share(sum(self.rates.passes_lines(text, language) for text in judged), len(judged))

    def broken_rate(self, texts: Sequence[str], asked: Asked) -> str:
        """The share of answers that the contract's judge calls broken, of those that it judges."""
        outcomes = [
            judge(text, asked.language, self.detector, prompt).outcome
            for text, prompt in zip(texts, asked.prompts, strict=True)
        ]
        return _share(outcomes.count("broken"), len(outcomes) - outcomes.count("unjudged"))


def _share(part: int, whole: int) -> str:
    return f"{part / max(1, whole):.1%} of {whole}"


def masked_by_detection(
    language: str, prompts: list[str], detector: Detector, *, latin: bool, mode: MaskMode
) -> Asked:
    """Masks by the detected tags, which tell how Chinese is written."""
    detected = [detector.detect(prompt).language for prompt in prompts]
    tags = [tag if same_language(tag, language) else language for tag in detected]
    return Asked(language, prompts, [Mask(tag, latin, mode) for tag in tags])


def _print_row(asked: Asked, answers: Answers, judges: Judges, *, wrong: bool) -> None:
    cells = [judges.line_pass_rate(asked.prompts, asked.language)]
    for held in ([None] * len(asked.prompts), asked.masks):
        texts = answers(asked.prompts, held)
        cells += [judges.line_pass_rate(texts, asked.language), judges.broken_rate(texts, asked)]
    print(f"| {asked.language} | {' | '.join(cells)} |", flush=True)
    if wrong:
        print(
            *(repr(text) for text in texts if not judges.rates.passes_lines(text, asked.language)), sep="\n"
        )


def _answers(engine: "LLM", tokens: int) -> Answers:
    from vllm import SamplingParams

    def answers(prompts: Sequence[str], masks: Sequence[Mask | None]) -> list[str]:
        asked: list[Any] = [[{"role": "user", "content": prompt}] for prompt in prompts]
        parameters = [
            SamplingParams(
                temperature=0.3,
                top_p=0.75,
                max_tokens=tokens,
                seed=seed,
                extra_args=None if mask is None else mask_arguments(mask),
            )
            for seed, mask in enumerate(masks)
        ]
        return [answer.outputs[0].text for answer in engine.chat(asked, parameters, use_tqdm=False)]

    return answers


def _engine(model: str | None) -> "LLM":
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    from vllm import LLM

    from gateway.embedded_model import default_cache_dir, prepare_embedded_model

    return LLM(
        model or str(prepare_embedded_model(default_cache_dir(), click.echo)),
        enforce_eager=True,
        max_model_len=2048,
        max_num_seqs=16,
        dtype="bfloat16",
        logits_processors=["gateway.vllm.language_mask:LanguageMask"],
    )


@click.command(help=__doc__)
@click.option(
    "--data", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of data sets."
)
@click.option("--model", help="A folder or name; without it, the embedded model.")
@click.option("--language", "languages", multiple=True, default=LANGUAGES, show_default=True)
@click.option("--prompts", "count", default=24, show_default=True, help="Prompts for each language.")
@click.option("--tokens", default=50, show_default=True)
@click.option("--mode", type=click.Choice(get_args(MaskMode)), default="hard", show_default=True)
@click.option("--wrong", is_flag=True, help="Also prints the masked answers that fail the benchmark's lines.")
@click.option("--latin", is_flag=True, help="Allow Latin letters.")
def main(
    data: Path,
    model: str | None,
    languages: tuple[str, ...],
    count: int,
    tokens: int,
    mode: MaskMode,
    latin: bool,
    wrong: bool,
) -> None:
    """Runs vLLM in this process and prints a table."""
    answers = _answers(_engine(model), tokens)
    judges = Judges(PassRates(data), load_detector())
    print("| language | LPR of the prompts | LPR without | broken without | LPR with | broken with |")
    print("|---|---|---|---|---|---|")
    for language in languages:
        prompts = prompts_in(data, language, count)
        asked = masked_by_detection(language, prompts, judges.detector, latin=latin, mode=mode)
        _print_row(asked, answers, judges, wrong=wrong)


if __name__ == "__main__":
    main()
