"""`sample` as slowly and obviously as can be: a row and a draw at a time, sorted, in float64."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kernels.sample.arguments import Draws, Logprobs, Masks, Samples
from kernels.sample.noise import exponential_noise, noise_key

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LARGEST = float(np.finfo(np.float32).max)


def reference(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None = None
) -> Samples:
    """What `kernels.sample.sample` promises, with log-probabilities."""
    rows, count = draws.temperature.shape
    ids = torch.full((rows, count), -1, dtype=torch.int32)
    raw, processed = torch.full((rows, count), -np.inf), torch.full((rows, count), -np.inf)
    lse, mass = torch.empty(rows), torch.empty(rows)
    for row in range(rows):
        x = cleaned(logits[row])
        total = log_sum_exp(x)
        lse[row] = total
        mass[row] = _mass(x, language_of(masks, row, len(x)))
        allowed = masked(x, masks, row)
        for draw in range(count):
            token, logprob = _drawn(
                allowed, filters_of(draws, row, draw), int(seeds[row]), int(positions[row]), draw
            )
            if token >= 0:
                ids[row, draw], processed[row, draw], raw[row, draw] = token, logprob, x[token] - total
    return Samples(ids, Logprobs(raw, processed, lse, mass))


@dataclass(frozen=True, slots=True)
class Filters:
    """The parameters of one draw, as in `Draws`."""

    temperature: float
    min_p: float = 0.0
    top_n_sigma: float = 0.0
    top_k: int = 0
    top_p: float = 1.0


def filters_of(draws: Draws, row: int, draw: int) -> Filters:
    """The parameters of one draw of a row."""
    return Filters(
        float(draws.temperature[row, draw]),
        float(draws.min_p[row, draw]),
        float(draws.top_n_sigma[row, draw]),
        int(draws.top_k[row, draw]),
        float(draws.top_p[row, draw]),
    )


def cleaned(logits: Tensor) -> Floats:
    """One row in float64, NaN as −inf, +inf as the largest float32."""
    x = logits.double().numpy()
    finite: Floats = np.minimum(np.where(np.isnan(x), -np.inf, x), LARGEST)
    return finite


def masked(x: Floats, masks: Masks | None, row: int) -> Floats:
    """The cleaned logits of a row with grammar and language applied."""
    if masks is None:
        return x
    x = np.where(grammar_of(masks, row, len(x)), x, -np.inf)
    # Subtracted in float32, as every backend does: a rounding of its own could make or break a tie.
    lowered = (x.astype(np.float32) - np.float32(masks.penalty[row])).astype(np.float64)
    penalised = np.where(language_of(masks, row, len(x)), x, lowered)
    return penalised if (penalised > -np.inf).any() else x


def language_of(masks: Masks | None, row: int, vocabulary: int) -> Bools:
    """Which tokens are of the row's language."""
    index = -1 if masks is None else int(masks.language_of_row[row])
    return (
        np.ones(vocabulary, bool) if masks is None or index < 0 else bits(masks.languages[index], vocabulary)
    )


def grammar_of(masks: Masks, row: int, vocabulary: int) -> Bools:
    """Which tokens the row's grammar allows."""
    return np.ones(vocabulary, bool) if masks.grammar is None else bits(masks.grammar[row], vocabulary)


def bits(words: Tensor, vocabulary: int) -> Bools:
    """Unpacked bits, lowest first."""
    octets = words.contiguous().numpy().view(np.uint8)
    return np.unpackbits(octets, bitorder="little")[:vocabulary].astype(bool)


def log_sum_exp(x: Floats) -> float:
    """−inf where all are −inf."""
    top = x.max()
    return float(top + np.log(np.exp(x - top).sum())) if top > -np.inf else -np.inf


def kept(x: Floats, filters: Filters) -> NDArray[np.intp]:
    """The tokens that the filters leave, most probable first; not for temperature 0."""
    order: NDArray[np.intp] = np.argsort(-x, kind="stable")
    order = order[x[order] > -np.inf]
    value = x[order]
    top = value[0]
    keep = np.ones(len(order), bool)
    if filters.min_p > 0:
        keep &= value - top >= filters.temperature * np.log(filters.min_p)
    if filters.top_n_sigma > 0:
        keep &= value >= top - filters.top_n_sigma * value.std()
    order = order[keep]
    if filters.top_k > 0:
        order = order[: filters.top_k]
    if filters.top_p < 1:
        weight = np.exp((x[order] - top) / filters.temperature)
        order = order[: int(np.searchsorted(weight.cumsum(), filters.top_p * weight.sum())) + 1]
    return order


def _mass(x: Floats, chosen: Bools) -> float:
    if x.max() == -np.inf:
        return 0.0
    # Not exp(x − log_sum_exp): next to the largest float32 the logarithm of a sum is lost.
    weight = np.exp(x - x.max())
    return float(weight[chosen].sum() / weight.sum())


def _drawn(x: Floats, filters: Filters, seed: int, position: int, draw: int) -> tuple[int, float]:
    if filters.temperature < 0 or x.max() == -np.inf:
        return -1, -np.inf
    if filters.temperature == 0:
        return int(x.argmax()), 0.0
    ids = kept(x, filters)
    scaled = (x[ids] - x[ids[0]]) / filters.temperature
    noise = exponential_noise(noise_key(seed, position, draw), ids)
    winner = int(np.argmax(scaled - np.log(noise)))
    return int(ids[winner]), float(scaled[winner]) - log_sum_exp(scaled)
