"""The metric of the Language Confusion Benchmark, and the answers that were published with it (arXiv 2406.20052)."""

import csv
import gzip
import math
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from routing.detection.fasttext_scores import FastTextScores, bundled_model_path
from routing.detection.labels import language_of_label

Scores = Callable[[str], Mapping[str, float]]
"""Language to probability for one line of text."""

_LEAST_TOKENS = 5
_LEAST_PROBABILITY = 0.3
_WITH_WORD_LEVEL = frozenset({"ar", "hi", "ja", "ko", "ru", "zh"})
# The scorer's own: other writings keep theirs, which lid.176 tells Chinese from Japanese by.
_NORMALISED = str.maketrans(dict.fromkeys(string.punctuation + "،", "") | {"—": " "})
_HAN_AND_KANA = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many."""

    part: int
    whole: int

    @property
    def share(self) -> float:
        """0 where there is nothing to count."""
        return self.part / max(1, self.whole)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with 95% confidence (Wilson 1927)."""
        n, z = max(1, self.whole), _TWO_SIDED_95
        middle = (self.share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(self.share * (1 - self.share) / n + z * z / (4 * n * n))
        return middle - half, middle + half

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.share:.1%} of {self.whole} ({low * 100:.1f}–{high * 100:.1f})"


@dataclass(frozen=True, slots=True)
class Completion:
    """A published answer. language: the one owed. task: ``monolingual`` or ``crosslingual``."""

    model: str
    task: str
    language: str
    text: str


def read_completions(data: Path) -> Iterator[Completion]:
    """The published answers of each model."""
    for file in sorted((data / "language_confusion" / "outputs").glob("*.csv.gz")):
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield Completion(row["model"], row["task"], row["language"], row["completion"])


class PassRates:
    """Whether an answer passes at line level and at word level.

    scores: the judge of languages; None for lid.176 as in the paper, in the small form that is shipped here.

    Chinese and Japanese are cut into characters, two to a word, where the paper uses jieba and fugashi.
    """

    def __init__(self, data: Path, scores: Scores | None = None) -> None:
        self._scores = scores or FastTextScores(bundled_model_path()).score
        words = gzip.decompress((data / "language_confusion" / "words.gz").read_bytes()).decode("utf-8")
        self._english = frozenset(word for word in words.split() if word.islower() and len(word) > 3)

    def has_lines(self, text: str) -> bool:
        """Whether any line is long enough to be judged."""
        return bool(self._lines(text))

    def passes_lines(self, text: str, language: str) -> bool:
        """Whether every line of at least five words is in the language."""
        return all(self._language(line) == language for line in self._lines(text))

    def line_pass_rate(self, texts: Sequence[str], language: str) -> Rate:
        """How many texts pass at line level, of those that have a line to judge."""
        judged = [text for text in texts if self.has_lines(text)]
        return Rate(sum(self.passes_lines(text, language) for text in judged), len(judged))

    def passes_words(self, text: str, language: str) -> bool:
        """Whether no English word stands in a text of another script; always so for languages in Latin letters."""
        if language not in _WITH_WORD_LEVEL:
            return True
        return not any(word in self._english for word in _LATIN_WORD.findall(text))

    def _lines(self, text: str) -> list[str]:
        lines = text.translate(_NORMALISED).split("\n")
        return [line for line in lines if _tokens(line) >= _LEAST_TOKENS]

    def _language(self, line: str) -> str:
        scores = self._scores(" ".join(line.split()))
        best = max(scores, key=scores.__getitem__, default="und")
        return language_of_label(best) if scores.get(best, 0.0) > _LEAST_PROBABILITY else "und"


def _tokens(line: str) -> int:
    return len(_HAN_AND_KANA.sub(" ", line).split()) + len(_HAN_AND_KANA.findall(line)) // 2
