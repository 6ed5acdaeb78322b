"""What vLLM's second model runner shows a logits processor, and when it calls it."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from vllm import SamplingParams
from vllm.v1.worker.gpu.sample.logits_processor import LogitsContext, LogitsProcRequestState

from gateway.vllm.language_mask import LanguageMask

LONGEST = 12


class SecondRunner:
    """Slots with texts, on any device; tokens of texts that stood there before are left behind, as in vLLM's."""

    def __init__(
        self,
        made: Callable[[LogitsProcRequestState], LanguageMask],
        slots: int,
        vocabulary: int,
        device: str = "cpu",
    ) -> None:
        self.tokens = torch.full((slots, LONGEST), 7, dtype=torch.int32, device=device)
        self.prompts = torch.zeros(slots, dtype=torch.int32, device=device)
        self.lengths = [0] * slots
        state = SimpleNamespace(
            device=torch.device(device),
            max_num_reqs=slots,
            vocab_size=vocabulary,
            all_token_ids=SimpleNamespace(gpu=self.tokens),
            prompt_len=SimpleNamespace(gpu=self.prompts),
        )
        self.processor = made(cast(LogitsProcRequestState, state))

    def take(
        self, slot: int, parameters: SamplingParams, prompt: Sequence[int] = (3,), said: Sequence[int] = ()
    ) -> bool:
        """A request takes a slot; with what it has said, as one that comes back after it lost its memory."""
        taken = self.processor.add_request(slot, parameters)
        text = [*prompt, *said]
        self.tokens[slot, : len(text)] = torch.tensor(text, dtype=torch.int32)
        self.prompts[slot], self.lengths[slot] = len(prompt), len(text)
        return taken

    def say(self, slot: int, token: int) -> None:
        """A token was drawn."""
        self.tokens[slot, self.lengths[slot]] = token
        self.lengths[slot] += 1

    def step(self, batch: Sequence[int], logits: Tensor) -> Tensor:
        """The logits of slots in the batch's order, after the masks."""
        self.processor.apply_staged_writes()
        return self.processor.apply(logits, self.context(batch))

    def context(self, batch: Sequence[int]) -> LogitsContext:
        """Of a step in which each slot's newest token is read."""
        positions = torch.tensor([self.lengths[slot] - 1 for slot in batch]).to(self.tokens.device)
        fields: dict[str, Any] = {"idx_mapping_np": np.array(batch, np.int32), "pos": positions}
        return cast(LogitsContext, SimpleNamespace(**fields))
