"""What is asked of `sample`, and what it gives back."""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Draws:
    """What is drawn from each row; every tensor is [rows, draws], contiguous.

    Each filter keeps a prefix of the tokens in order of their logits. They apply one after another, each to the
    distribution that the one before left.

    temperature: float32. 0 is greedy (filters do not matter then); below 0 is no draw, so that rows can have
        different numbers of them: its id is -1.
    min_p: float32 in [0, 1]; keeps tokens at least this probable as a part of the most probable (2407.01082); 0 off.
    top_n_sigma: float32; keeps logits within so many standard deviations of the highest (2411.07641), before the
        division by the temperature, which would not change the choice; population deviation of the logits that
        masks leave above −inf; 0 off.
    top_k: int32; keeps exactly so many, or all where there are fewer; 0 off.
    top_p: float32 in (0, 1]; keeps the fewest that together reach it; 1 off.
    """

    temperature: Tensor
    min_p: Tensor
    top_n_sigma: Tensor
    top_k: Tensor
    top_p: Tensor


@dataclass(frozen=True, slots=True)
class Masks:
    """Which tokens may be drawn; a bit for each, the lowest of the first word for token 0, as xgrammar packs them.

    languages: [languages, words] int32, words = ⌈vocabulary / 32⌉ or more: tokens that can be part of a text.
    language_of_row: [rows] int32, index into `languages`; -1 for none.
    penalty: [rows] float32, ≥ 0: what the logits of tokens outside the language lose; inf is a hard mask.
    grammar: [rows, words] int32, or None: tokens that the row's grammar allows, which is always hard.
    """

    languages: Tensor
    language_of_row: Tensor
    penalty: Tensor
    grammar: Tensor | None = None


class Logprobs(NamedTuple):
    """Natural logarithms, float32; -inf where no token was drawn.

    raw: [rows, draws], of the drawn token in the model's own distribution: no mask, temperature 1, no filter.
    processed: [rows, draws], in the distribution it was drawn from: 0 for a greedy draw.
    log_sum_exp: [rows], of the cleaned logits.
    language_mass: [rows], probability (not its logarithm) in the model's own distribution of all tokens of the
        row's language; 1 without a language; 0 where all logits are −inf.
    """

    raw: Tensor
    processed: Tensor
    log_sum_exp: Tensor
    language_mass: Tensor


class Samples(NamedTuple):
    """What was drawn. Tuples, as to make two frozen dataclasses takes 9 µs more of each call with cold caches.

    ids: [rows, draws] int32, -1 for no draw and for rows in which no token is possible.
    logprobs: None where they are not wanted.
    """

    ids: Tensor
    logprobs: Logprobs | None
