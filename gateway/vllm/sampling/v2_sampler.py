"""The draws of vLLM's model runner V2, CUDA's default, by `kernels.sample`.

All parameters are read from the runner's own tables on the device, which it writes when a request takes a slot. The
runner samples outside its CUDA graphs.
"""

from collections import Counter
from copy import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from vllm.config.model import PROCESSED_LOGPROBS_MODES
from vllm.sampling_params import SamplingParams
from vllm.utils.torch_utils import async_tensor_h2d
from vllm.v1.worker.gpu.input_batch import InputBatch
from vllm.v1.worker.gpu.sample.output import SamplerOutput
from vllm.v1.worker.gpu.sample.sampler import Sampler
from vllm.v1.worker.gpu.sample.states import NO_LOGPROBS, SamplingStates
from vllm.v1.worker.gpu.sample.thinking_budget import ThinkingBudgetState

from gateway.vllm.sampling.first_rows import PARENT_ARGUMENT, FirstRows
from gateway.vllm.sampling.row_draws import RowDraws
from gateway.vllm.sampling.worker import COUNTED_AT

Slots = NDArray[np.int32]


class UnappliedStates(SamplingStates):
    """The runner's table of how requests are drawn, none of which changes logits: our kernel takes it as it is."""

    def __init__(self, states: SamplingStates) -> None:
        self.__dict__.update(states.__dict__)

    def add_request(self, req_idx: int, sampling_params: SamplingParams) -> bool:
        """A request took a slot. False: nothing need be done to its logits for this."""
        super().add_request(req_idx, sampling_params)
        return False

    def apply_temperature(self, logits: Tensor, expanded_idx_mapping: Tensor, idx_mapping_np: Slots) -> None:
        """Does nothing."""

    def apply_min_p(self, logits: Tensor, expanded_idx_mapping: Tensor, idx_mapping_np: Slots) -> None:
        """Does nothing."""


class KernelSampler(Sampler):
    """vLLM's sampler but for the draw itself, which is our kernel's for the rows that it takes, vLLM's for the others.

    Which of them draws a row depends on its request alone, never on what else is in the batch.

    What it counts as drawn by "kernel" and by "vllm" has the rows that the engine warms up with too.

    takes_ranks: whether top-k and top-p are ours. On CUDA they are vLLM's, whose own kernels need not sort for them.
    """

    def __init__(self, stock: Sampler, *, takes_ranks: bool) -> None:
        self.__dict__.update(stock.__dict__)
        self.sampling_states = UnappliedStates(stock.sampling_states)
        self._stock = _without_processors(stock)
        self._takes_ranks = takes_ranks
        self._first_rows = FirstRows()
        self._parents: dict[int, str] = {}
        self._rows: Counter[str] = Counter()
        setattr(self, COUNTED_AT, self._rows)

    def add_request(self, req_idx: int, sampling_params: SamplingParams) -> None:
        """A request took a slot, which another may have had."""
        super().add_request(req_idx, sampling_params)
        self._parents.pop(req_idx, None)
        if parent := (sampling_params.extra_args or {}).get(PARENT_ARGUMENT):
            self._parents[req_idx] = parent

    def __call__(self, logits: Tensor, input_batch: InputBatch) -> SamplerOutput:
        """What vLLM's gives, with all answers to one request begun from the same row of logits."""
        if self._parents:
            self._first_rows.share(logits, self._beginning(input_batch))
        return super().__call__(logits, input_batch)

    def _beginning(self, batch: InputBatch) -> list[tuple[int, str]]:
        """The rows that answers with siblings draw their first token from, with what the siblings have in common."""
        slots = batch.idx_mapping_np
        is_last_part = batch.num_computed_tokens_np + batch.num_scheduled_tokens >= batch.prefill_len_np
        # A request that lost its memory reads its own tokens again, after the prompt.
        is_first = batch.prefill_len_np == self.req_states.prompt_len.np[slots]
        rows = np.flatnonzero(batch.is_prefilling_np & is_last_part & is_first).tolist()
        return [(row, self._parents[slots[row]]) for row in rows if slots[row] in self._parents]

    def sample(
        self,
        logits: Tensor,
        expanded_idx_mapping: Tensor,
        idx_mapping: Tensor,
        idx_mapping_np: Slots,
        pos: Tensor,
        input_ids: Tensor,
        expanded_local_pos: Tensor,
        seq_lens_upper_bound_np: NDArray[np.int32],
        return_logprobs: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Token ids [rows] int64, and the logits that they were drawn from, with filters where vLLM applied them."""
        rest = (idx_mapping, idx_mapping_np, pos, input_ids, expanded_local_pos, seq_lens_upper_bound_np)
        logits = self.apply_sampling_params(logits, expanded_idx_mapping, *rest, skip_top_k_top_p=True)
        left = self._left_to_vllm(idx_mapping_np, return_logprobs)
        count = int(left.sum())
        self._rows["vllm"] += count
        self._rows["kernel"] += len(left) - count
        if not count:
            return self._drawn(logits, expanded_idx_mapping, pos), logits
        sampled, processed = self._stock.sample(logits, expanded_idx_mapping, *rest, return_logprobs)
        if count < len(left):
            there = async_tensor_h2d(left.tolist(), device=logits.device, dtype=torch.bool)
            sampled = torch.where(there, sampled, self._drawn(logits, expanded_idx_mapping, pos))
        return sampled, processed

    def _left_to_vllm(self, slots: Slots, return_logprobs: bool) -> NDArray[np.bool_]:
        """[rows]: those that want log-probabilities *after* the filters, and those with ranks where not ours."""
        states = self.sampling_states
        left = np.zeros(len(slots), bool)
        if return_logprobs and self.logprobs_mode in PROCESSED_LOGPROBS_MODES:
            left |= states.num_logprobs[slots] != NO_LOGPROBS
            left |= self.logprob_token_ids_state.num_token_ids.np[slots] > 0
        if not self._takes_ranks:
            left |= (states.top_k.np[slots] < states.vocab_size) | (states.top_p.np[slots] < 1)
        return left

    def _drawn(self, logits: Tensor, slots: Tensor, pos: Tensor) -> Tensor:
        states = self.sampling_states
        ranks = (states.top_k.gpu[slots], states.top_p.gpu[slots]) if self._takes_ranks else (None, None)
        draws = RowDraws.of(
            states.temperature.gpu[slots],
            states.min_p.gpu[slots],
            ranks,
            states.seeds.gpu[slots],
            states.vocab_size,
        )
        # A row's position is that of its last token.
        return draws.tokens(logits, pos + 1).long()


def _without_processors(stock: Sampler) -> Sampler:
    """vLLM's sampler for logits that everything but temperature and filters has been applied to."""
    bare = copy(stock)
    bare.logits_processors = []
    bare.thinking_budget_state = ThinkingBudgetState(stock.req_states, None)
    # Logits are copied before temperature and filters are applied to them, even where no request asks for any.
    bare.needs_logits_processing = np.ones_like(stock.needs_logits_processing)
    return bare
