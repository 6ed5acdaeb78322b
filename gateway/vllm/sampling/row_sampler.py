"""The random draws of a step by `kernels.sample`, from what vLLM's model runner V1 knows of its batch."""

from collections import Counter
from typing import Any

import torch
from torch import Tensor
from vllm.v1.sample.logits_processor.builtin import MinPLogitsProcessor
from vllm.v1.sample.metadata import SamplingMetadata

from kernels.sample import Draws, sample

GREEDY_BELOW = 1e-5
"""Temperatures that vLLM takes for 0."""

_ALL_BITS = 1 << 64


class SeededGenerator(torch.Generator):
    """A request's generator. vLLM turns it back where a step's token is thrown away, which the CPU's cannot.

    vLLM 0.32 ends the engine then: any request with a seed whose prompt is cut into steps. Nothing need be turned back
    for us, as we take no numbers from it.
    """

    def get_offset(self) -> int:
        """No offset."""
        return 0

    def set_offset(self, offset: int) -> torch.Generator:  # noqa: ARG002 - torch's interface
        """Does nothing."""
        return self


class RowSampler:
    """Draws a token for each row of a batch. One for each model runner, called once a step.

    A request with a seed gets the same tokens whatever runs beside it, and however its prompt was cut into steps:
    its noise is keyed by the seed and by how many tokens stand before the drawn one. The others' seeds come from
    torch's generator, as vLLM's do.

    Everything that changes logits (penalties, biases, bad words, masks, grammars, any processor that can change the
    likeliest token) has been applied by then, and so composes.

    rows: how many rows were drawn by "kernel" and by "vllm".
    """

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self.rows: Counter[str] = Counter()

    def takes(self, metadata: SamplingMetadata, logprobs_mode: str) -> bool:
        """Whether these draws are ours.

        Not ours: batches that are greedy throughout, where vLLM's argmax gives the same tokens and nothing can be
        won; processors of somebody else's that act on random draws only; log-probabilities after the filters.
        """
        processed = metadata.max_num_logprobs is not None and logprobs_mode.startswith("processed")
        others = any(type(each) is not MinPLogitsProcessor for each in metadata.logitsprocs.argmax_invariant)
        return not (metadata.all_greedy or processed or others)

    def mend_generators(self, metadata: SamplingMetadata) -> None:
        """Makes the batch's generators ones that can stand what vLLM does with them after the step."""
        for row, generator in metadata.generators.items():
            if not isinstance(generator, SeededGenerator):
                mended = SeededGenerator()
                mended.manual_seed(generator.initial_seed())
                metadata.generators[row] = mended

    def draw(self, logits: Tensor, metadata: SamplingMetadata) -> Tensor:
        """ids [rows] int32; logits [rows, vocabulary] float32, which stay as they are.

        A row in which no token is possible gives token 0, as vLLM's own sampler does: an engine must go on.
        """
        rows, vocabulary = logits.shape
        drawn = sample(
            logits,
            _draws(metadata, rows, vocabulary),
            _seeds(metadata, rows),
            torch.from_numpy(self._runner.input_batch.num_tokens_no_spec[:rows]).long(),
            logprobs=False,
        )
        return drawn.ids[:, 0].clamp(min=0)


def _draws(metadata: SamplingMetadata, rows: int, vocabulary: int) -> Draws:
    off = torch.zeros(rows)
    top_k = off.int() if metadata.top_k is None else metadata.top_k
    assert metadata.temperature is not None, "only greedy batches have none"
    filters = (
        torch.where(metadata.temperature < GREEDY_BELOW, 0.0, metadata.temperature),
        _min_p(metadata, rows),
        off,
        # vLLM says off by the size of the vocabulary, which would be sought like any other rank.
        torch.where(top_k >= vocabulary, 0, top_k),
        torch.ones(rows) if metadata.top_p is None else metadata.top_p,
    )
    return Draws(*(each[:, None] for each in filters))


def _min_p(metadata: SamplingMetadata, rows: int) -> Tensor:
    for processor in metadata.logitsprocs.argmax_invariant:
        if isinstance(processor, MinPLogitsProcessor) and processor.min_p_count:
            return processor.min_p_cpu_tensor[:rows].clone()
    return torch.zeros(rows)


def _seeds(metadata: SamplingMetadata, rows: int) -> Tensor:
    seeds = torch.randint(0, 2**63 - 1, (rows,))
    for row, generator in metadata.generators.items():
        seeds[row] = _as_int64(generator.initial_seed())
    return seeds


def _as_int64(seed: int) -> int:
    return (seed + _ALL_BITS // 2) % _ALL_BITS - _ALL_BITS // 2
