"""What is timed on a GPU, in the order in which it is wanted most: a run that is cut short lacks the end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from benchmarks.kernels.workloads import Workload, workloads
from kernels.sample.cases import Case, make_case, normal_logits, peaked_logits, random_masks

VOCABULARIES = (151_936, 262_144, 128_256)
"""Qwen 3, Gemma 3, Llama 3."""

BATCHES, BATCHES_BETWEEN = (128, 512, 1, 8, 32), (64, 256)
HEDGED_DRAWS = 5
ROWS_MADE = 32
"""Rows that are made on the host; a batch of more has each of them several times, with other seeds."""


@dataclass(frozen=True, slots=True)
class Point:
    """A workload at one size, with or without a language's mask."""

    workload: Workload
    vocabulary: int
    batch: int
    dtype: torch.dtype = torch.bfloat16
    is_masked: bool = False

    @property
    def draws(self) -> int:
        """From each row."""
        return len(self.workload.filters)

    @property
    def name(self) -> str:
        """For people, and unlike any other's."""
        kind = f"{self.workload.name}{', language' if self.is_masked else ''}, {self.draws} draws"
        return f"{kind}, {self.vocabulary} × {self.batch}, {str(self.dtype).removeprefix('torch.')}"

    def case(self) -> Case:
        """The arguments of `sample`, on the CPU."""
        make = normal_logits if self.workload.flat else peaked_logits
        made = make(min(self.batch, ROWS_MADE), self.vocabulary, self.dtype)
        logits = made.repeat(-(-self.batch // len(made)), 1)[: self.batch]
        case = make_case(self.workload.name, logits, self.workload.filters)
        if not self.is_masked:
            return case
        return replace(case, masks=random_masks(self.batch, self.vocabulary))


def grid(*, tiny: bool) -> list[Point]:
    """Vocabulary by vocabulary, in each first the workloads that goals are about; float32 last. tiny: for a CPU."""
    if tiny:
        return list(_of_sizes((600,), (1, 2)))
    points = [*_of_sizes(VOCABULARIES, BATCHES), *_of_sizes(VOCABULARIES, BATCHES_BETWEEN)]
    return points + [replace(each, dtype=torch.float32) for each in _of_sizes(VOCABULARIES[:1], BATCHES)]


def most_wanted(*, tiny: bool) -> int:
    """How many points of the grid, from its start, are worth more than a run under the sanitizers."""
    return len(grid(tiny=tiny)) if tiny else len(list(_of_sizes(VOCABULARIES[:2], BATCHES)))


def _of_sizes(vocabularies: tuple[int, ...], batches: tuple[int, ...]) -> Iterator[Point]:
    one, hedged = workloads(1), workloads(HEDGED_DRAWS)
    rest = [(each, False) for pair in zip(one[1:], hedged[1:], strict=True) for each in pair]
    kinds = [(hedged[0], False), (one[0], False), (hedged[0], True), *rest]
    for vocabulary in vocabularies:
        for workload, is_masked in kinds:
            for batch in batches:
                yield Point(workload, vocabulary, batch, is_masked=is_masked)
