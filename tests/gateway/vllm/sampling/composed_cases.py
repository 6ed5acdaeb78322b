"""What a request may ask for that changes its logits, and how they are changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tests.gateway.vllm.sampling.sampled_engine import Change, letter
from tests.gateway.vllm.steering.tiny_models import VOCAB


@dataclass(frozen=True)
class Case:
    """options: of a request. change: what they do to logits before they are drawn from."""

    options: Mapping[str, Any]
    change: Change


def composed_cases(plain: Sequence[int]) -> dict[str, Case]:
    """What gets in the way of the tokens that the request draws by itself."""
    some = sorted({*plain[1:4], *range(100, 200)})
    others = [token for token in range(VOCAB) if token not in some]
    bias = {plain[0]: -9.0, 300: 5.0}
    return {
        "a logit bias": Case({"logit_bias": bias}, _biased(bias)),
        "allowed tokens": Case({"allowed_token_ids": some}, _without(*others)),
        "a bad word of one token": Case({"bad_words": [letter(plain[0])]}, _without(plain[0])),
        "a bad word of two": Case(
            {"bad_words": [letter(plain[1]) + letter(plain[2])]}, _without_word(plain[1:3])
        ),
        "presence": Case({"presence_penalty": -2.0}, _penalised(-2, 0)),
        "frequency": Case({"frequency_penalty": -1.5}, _penalised(0, -1.5)),
        "both": Case({"presence_penalty": -1.0, "frequency_penalty": -1.0}, _penalised(-1, -1)),
        "no end before its time": Case({"stop_token_ids": [plain[2]], "min_tokens": 5}, _late(plain[2], 5)),
    }


def _without(*tokens: int) -> Change:
    def change(logits: Tensor, _before: Sequence[int]) -> None:
        logits[list(tokens)] = -torch.inf

    return change


def _penalised(presence: float, frequency: float) -> Change:
    def change(logits: Tensor, before: Sequence[int]) -> None:
        for token in set(before):
            logits[token] -= presence + frequency * before.count(token)

    return change


def _without_word(word: Sequence[int]) -> Change:
    def change(logits: Tensor, before: Sequence[int]) -> None:
        if list(before[1 - len(word) :]) == list(word[:-1]):
            logits[word[-1]] = -torch.inf

    return change


def _late(token: int, least: int) -> Change:
    def change(logits: Tensor, before: Sequence[int]) -> None:
        if len(before) < least:
            logits[token] = -torch.inf

    return change


def _biased(bias: Mapping[int, float]) -> Change:
    def change(logits: Tensor, _before: Sequence[int]) -> None:
        for token, added in bias.items():
            logits[token] += added

    return change


NAMES = tuple(composed_cases(range(8)))
