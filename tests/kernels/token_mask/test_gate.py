"""The gate against its rule told slowly: sort the tokens, walk down, look."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kernels.token_mask import Draw, leads_astray

SIZE = 40
ROWS = st.lists(st.integers(-40, 40).map(lambda tenth: tenth / 4), min_size=SIZE, max_size=SIZE)
FLAGS = st.lists(st.booleans(), min_size=SIZE, max_size=SIZE)
DRAWS = st.builds(
    Draw,
    temperature=st.sampled_from([0.0, 0.3, 1.0, 2.0]),
    top_k=st.sampled_from([0, 1, 3, 30]),
    top_p=st.sampled_from([1.0, 0.9, 0.4]),
    min_p=st.sampled_from([0.0, 0.05, 0.5]),
)


def _shares(row: list[float], temperature: float) -> list[float]:
    weights = [math.exp((value - max(row)) / temperature) for value in row]
    return [weight / sum(weights) for weight in weights]


def _before(row: list[float], token: int) -> list[int]:
    return [other for other in range(len(row)) if row[other] > row[token]]


def _may_be_drawn(row: list[float], token: int, draw: Draw) -> bool:
    before = _before(row, token)
    if draw.temperature == 0:
        return not before
    shares = _shares(row, draw.temperature)
    return (
        (draw.top_k == 0 or len(before) < draw.top_k)
        and (draw.top_p == 1 or sum(shares[other] for other in before) < draw.top_p)
        and shares[token] >= draw.min_p * max(shares) * (1 - 1e-9)
    )


def _is_likely(row: list[float], token: int) -> bool:
    before = _before(row, token)
    mass = sum(_shares(row, 1.0)[other] for other in before)
    return (len(before) < 5 and mass < 0.999) or (len(before) < 20 and mass < 0.95)


def _rule(row: list[float], allowed: list[bool], draw: Draw) -> bool:
    foreign = any(_may_be_drawn(row, token, draw) for token in range(SIZE) if not allowed[token])
    return foreign and any(_is_likely(row, token) for token in range(SIZE) if allowed[token])


def _is_near_an_edge(row: list[float], draw: Draw) -> bool:
    """Where float32 and the reference may round to different sides."""
    edges = [(1.0, 0.999), (1.0, 0.95), (draw.temperature or 1.0, draw.top_p)]
    for temperature, edge in edges:
        shares = sorted(_shares(row, temperature), reverse=True)
        if any(abs(sum(shares[:count]) - edge) < 1e-5 for count in range(1, SIZE)):
            return True
    ratios = [math.exp((value - max(row)) / (draw.temperature or 1.0)) for value in row]
    return any(abs(ratio - draw.min_p) < 1e-5 for ratio in ratios if draw.min_p)


@settings(max_examples=300)
@given(ROWS, FLAGS, DRAWS)
def test_the_gate_acts_exactly_where_its_rule_says(row: list[float], allowed: list[bool], draw: Draw) -> None:
    if not _is_near_an_edge(row, draw):
        assert _acts(torch.tensor(row), torch.tensor(allowed), draw) == _rule(row, allowed, draw)


def _acts(row: Tensor, allowed: Tensor, draw: Draw) -> bool:
    penalty = torch.where(allowed, 0.0, -torch.inf)
    (acts,) = leads_astray(row[None], penalty[None], torch.tensor([draw.limits])).tolist()
    return bool(acts)


def _row(**logits: float) -> Tensor:
    row = torch.full((6,), -10.0)
    for name, value in logits.items():
        row[int(name[1:])] = value
    return row


ALLOWED = torch.tensor([True, True, False, False, True, True])


@pytest.mark.parametrize(
    ("row", "draw", "acts", "why"),
    [
        (_row(t0=5, t2=4), Draw(temperature=0), False, "greedy takes the allowed token anyway"),
        (_row(t0=4, t2=5), Draw(temperature=0), True, "greedy would take the foreign one"),
        (_row(t2=5, t0=-9), Draw(temperature=0), False, "no allowed token is likely: an English name, say"),
        (_row(t0=5, t2=4), Draw(), True, "sampling might take the foreign one"),
        (_row(t0=5, t2=1), Draw(min_p=0.1), False, "min-p rules the foreign one out"),
        (_row(t0=5, t1=4, t2=3), Draw(top_k=2), False, "top-k rules the foreign one out"),
        (_row(t0=9, t2=1), Draw(top_p=0.9), False, "top-p rules the foreign one out"),
        (torch.full((6,), -torch.inf), Draw(), False, "nothing is left"),
        (torch.where(ALLOWED, -torch.inf, 1.0), Draw(), False, "a grammar leaves foreign tokens alone"),
        (torch.full((6,), torch.nan), Draw(), False, "no number"),
    ],
)
def test_cases_told_one_by_one(row: Tensor, draw: Draw, acts: bool, why: str) -> None:
    assert _acts(row, ALLOWED, draw) == acts, why
