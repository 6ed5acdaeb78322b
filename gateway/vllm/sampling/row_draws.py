"""How a token is drawn from each row of a batch, whichever of vLLM's model runners the batch is of."""

from dataclasses import dataclass

import torch
from torch import Tensor

from kernels.sample import Draws, sample


@dataclass(frozen=True, slots=True)
class RowDraws:
    """One draw for each row, its tensors where the logits are: nothing is sent there to draw with it.

    seeds: [rows] int64. is_ranked: whether any row may have a top-k or top-p.
    """

    draws: Draws
    seeds: Tensor
    is_ranked: bool

    @classmethod
    def of(
        cls,
        temperature: Tensor,
        min_p: Tensor,
        ranks: tuple[Tensor | None, Tensor | None],
        seeds: Tensor,
        vocabulary: int,
    ) -> "RowDraws":
        """From vLLM's own parameters, each [rows]. ranks: top-k and top-p; None where no row has one."""
        off, (top_k, top_p) = torch.zeros_like(temperature), ranks
        columns = (
            temperature,
            min_p,
            off,
            # vLLM says off by the size of the vocabulary, which would be sought like any other rank.
            off.int() if top_k is None else torch.where(top_k >= vocabulary, 0, top_k),
            torch.ones_like(off) if top_p is None else top_p,
        )
        draws = Draws(*(column[:, None] for column in columns))
        return cls(draws, seeds, top_k is not None or top_p is not None)

    def tokens(self, logits: Tensor, tokens_before: Tensor) -> Tensor:
        """ids [rows] int32; logits [rows, vocabulary], which stay as they are.

        tokens_before: [rows] int64, how many stand before the drawn one: with the seed, the key of the noise. So a
        request with a seed gets the same tokens in any company, and however its prompt was cut into steps.

        A row in which no token is possible gives token 0, as vLLM's own samplers do: an engine must go on.
        """
        drawn = sample(logits, self.draws, self.seeds, tokens_before, logprobs=False, ranked=self.is_ranked)
        return drawn.ids.clamp_(min=0).view(-1)
