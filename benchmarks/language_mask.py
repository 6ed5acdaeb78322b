"""Does a mask keep answers in their language? Answers with and without one, by published judges and the contract's.

python -m benchmarks.language_mask --data ../shared/data
"""

import csv
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from benchmarks.language_confusion import PassRates, Rate
from benchmarks.language_judges import LANGUAGES, OWN_JUDGE, fit_judge, load_judges, people_wrote
from routing.contract.judge import judge
from routing.detection.detector import load_detector
from routing.generation import Mask, MaskMode
from routing.language import Detector
from routing.language_ranges import same_language
from routing.mask_request import mask_arguments

if TYPE_CHECKING:
    from vllm import LLM

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
    draws: answers to each prompt, with other seeds.
    modes, latin: the masks.
    repetition_penalty, end_loops: the same for answers with a mask and without. A loop is ended by vLLM's repetition
        detection: up to twenty tokens four times in a row.
    wrong: whether failing answers are shown.
    """

    count: int
    tokens: int
    draws: int
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
    """Who judges answers in one language.

    published: the benchmark's own judge first. fit: the one of them to ask about this language.
    detector: the gateway's.
    """

    published: Mapping[str, PassRates]
    fit: str
    detector: Detector

    def row(self, texts: Sequence[str], asked: Asked, requests: Sequence[str]) -> str:
        """Pass rates by lines, the share that the contract calls broken, and how many texts loop."""
        language = asked.language
        cells = (
            str(self.published[OWN_JUDGE].line_pass_rate(texts, language)),
            f"{self.fit}: {self.published[self.fit].line_pass_rate(texts, language)}",
            str(self._broken(texts, language, requests)),
            str(sum(map(loops, texts))),
        )
        return " | ".join(cells)

    def fails(self, text: str, language: str) -> list[str]:
        """The judges that a text fails."""
        names = dict.fromkeys((OWN_JUDGE, self.fit))
        return [name for name in names if not self.published[name].passes_lines(text, language)]

    def _broken(self, texts: Sequence[str], language: str, requests: Sequence[str]) -> Rate:
        """The texts that the contract's judge calls broken, of those that it judges."""
        outcomes = [
            judge(text, language, self.detector, request).outcome
            for text, request in zip(texts, requests, strict=True)
        ]
        return Rate(outcomes.count("broken"), len(outcomes) - outcomes.count("unjudged"))


def loops(text: str) -> bool:
    """Whether the model got stuck: up to twenty characters at least four times in a row, over at least 24 in all."""
    return any(len(found[0]) >= _LEAST_LOOP for found in _LOOP.finditer(text))


def owed_by_detection(language: str, prompts: list[str], detector: Detector) -> Asked:
    """The languages as detected: their tags tell how Chinese is written."""
    detected = [detector.detect(prompt).language for prompt in prompts]
    return Asked(language, prompts, [tag if same_language(tag, language) else language for tag in detected])


def _print_rows(asked: Asked, answers: Answers, judges: Judges, plan: Plan) -> None:
    print(
        f"| {asked.language} | the prompts | {judges.row(asked.prompts, asked, [''] * len(asked.prompts))} |"
    )
    prompts, owed = asked.prompts * plan.draws, asked.owed * plan.draws
    for mode in (None, *plan.modes):
        masks = [None if mode is None else Mask(tag, plan.latin, mode) for tag in owed]
        texts = answers(prompts, masks)
        print(f"| {asked.language} | {mode or 'no mask'} | {judges.row(texts, asked, prompts)} |", flush=True)
        if plan.wrong and mode:
            _print_failing(texts, asked.language, judges)


def _print_failing(texts: Sequence[str], language: str, judges: Judges) -> None:
    for text in texts:
        if fails := judges.fails(text, language):
            print(f"  {fails} {text!r}", file=sys.stderr)


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
        max_num_seqs=32,
        max_num_batched_tokens=32
        * 2048,  # vLLM 0.32 ends a CPU engine that cuts a prompt with a seed into steps
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
@click.option("--draws", default=1, show_default=True, help="Answers to each prompt.")
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
    published, detector = load_judges(data), load_detector()
    answers = _answers(_engine(model), plan)
    print(f"| language | judged | LPR, {OWN_JUDGE} | LPR, whom people's texts pass | broken | loops |")
    print("|---|---|---|---|---|---|")
    for language in languages:
        prompts = prompts_in(data, language, plan.count)
        judges = Judges(published, fit_judge(published, language, people_wrote(data, language)), detector)
        _print_rows(owed_by_detection(language, prompts, detector), answers, judges, plan)


if __name__ == "__main__":
    main()
