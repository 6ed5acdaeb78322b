"""What is asked: prompts in many languages, of four kinds, each request a little different from the last."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.prompts import read_prompts

PLAIN = "plain"
SHARES = {PLAIN: 0.7, "romanised": 0.1, "mixed": 0.1, "long": 0.1}
"""How much of the load each kind is."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, the BCP-47 tag of its language, and its kind: a key of `SHARES`."""

    language: str
    kind: str
    text: str


def workload() -> tuple[Prompt, ...]:
    """All prompts: the plain ones of every benchmark, and those of the other kinds."""
    plain = [Prompt(prompt.language, PLAIN, prompt.text) for prompt in read_prompts()]
    lines = Path(__file__).with_name("prompts.tsv").read_text(encoding="utf-8").splitlines()
    return (*plain, *(Prompt(*line.split("\t")) for line in lines))


def requests(prompts: tuple[Prompt, ...], seed: int) -> Iterator[Prompt]:
    """Prompts without end, the kinds in their shares; a number at the end of each keeps caches from answering."""
    rng = random.Random(seed)
    kinds = {kind: [prompt for prompt in prompts if prompt.kind == kind] for kind in SHARES}
    for number in itertools.count():
        [kind] = rng.choices(list(SHARES), list(SHARES.values()))
        prompt = rng.choice(kinds[kind])
        yield Prompt(prompt.language, kind, f"{prompt.text} ({seed}-{number})")
