"""What is sampled, as hedged serving asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from kernels.sample.cases import (
    GREEDY,
    HEDGED,
    Case,
    make_case,
    normal_logits,
    peaked_logits,
)
from kernels.sample.reference import Filters

VOCABULARIES = (49_152, 128_256, 151_936, 262_144)
"""SmolLM2, Llama 3, Qwen 3, Gemma 3."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Draws from each row of a batch. `flat`: normal logits, where many tokens can win, instead of a model's peaks."""

    name: str
    filters: tuple[Filters, ...]
    logprobs: bool
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A workload at one size."""

    workload: Workload
    vocabulary: int
    batch: int

    def case(self, dtype: torch.dtype) -> Case:
        """Its arguments of `sample`."""
        logits = normal_logits if self.workload.flat else peaked_logits
        return make_case(
            self.workload.name, logits(self.batch, self.vocabulary, dtype), self.workload.filters
        )


def workloads(draws: int) -> list[Workload]:
    """With one draw a row, or with more from the same row."""
    hot = HEDGED[1:2] if draws == 1 else HEDGED[:draws]
    plain = (Filters(0.8),) * draws
    return [
        Workload("min-p, log-probabilities", tuple(hot), logprobs=True),
        Workload("top-p, log-probabilities", (Filters(0.8, top_p=0.9),) * draws, logprobs=True),
        Workload("top-k and top-p, log-probabilities", (Filters(0.8, 0.0, 0.0, 50, 0.9),) * draws, True),
        Workload("temperature and log-probabilities", plain, logprobs=True),
        Workload("temperature", plain, logprobs=False),
        Workload("temperature, flat logits", plain, logprobs=False, flat=True),
        Workload("greedy", (GREEDY,) * draws, logprobs=False),
    ]


def cells(vocabularies: tuple[int, ...], batches: tuple[int, ...], draws: tuple[int, ...]) -> Iterator[Cell]:
    """Every workload at every size."""
    for count in draws:
        for workload in workloads(count):
            yield from (Cell(workload, size, batch) for size in vocabularies for batch in batches)
