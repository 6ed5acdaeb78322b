"""An engine whose routing is known: a text of a language, or of the task, is routed as its turns say."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gateway.calibration.texts import Turns
from routing.calibration.sequence_routing import SequenceRouting
from routing.steering.model_match import RoutedModel
from tests.routing.calibration.routings import routing_of_logits

LAYERS, EXPERTS, TOKENS = 6, 8, 12
MODEL = RoutedModel(None, None, "c" * 64, LAYERS + 1, tuple(range(1, LAYERS + 1)), EXPERTS, 2)
WORDS = {
    "en": "river {}",
    "sw": "mto {}",
    "hi": "नदी {}",
    "ar": "نهر {}",
    "zh-Hans": "河流{}",
}
"""A text of each language, by its number."""


def parallel_lines(texts: int) -> list[dict[str, object]]:
    return [
        {"language": tag, "id": number, "text": word.format(number)}
        for number in range(texts)
        for tag, word in WORDS.items()
    ]


@dataclass
class Heard:
    """Progress that remembers what it heard."""

    total: int = 0
    done: int = 0

    def begin(self, total: int) -> None:
        self.total = total

    def advance(self, more: int) -> None:
        self.done += more


@dataclass
class ScriptedReader:
    """Languages differ from English at both ends of the model, Swahili all through; the task has expert 3.

    fails_after: batches that are read before it fails as an engine may.
    """

    fails_after: int | None = None
    model: RoutedModel = MODEL
    batches: list[list[Turns]] = field(default_factory=list)
    is_closed: bool = False

    def read(self, texts: Sequence[Turns]) -> SequenceRouting:
        if self.fails_after is not None and len(self.batches) >= self.fails_after:
            raise RuntimeError("out of memory")
        self.batches.append(list(texts))
        return routing_of_logits([_logits(turns) for turns in texts])

    def close(self) -> None:
        self.is_closed = True


def _logits(turns: Turns) -> NDArray[np.float64]:
    number = int("".join(c for c in turns[0] if c.isdigit()))
    popular = np.random.default_rng(1).normal(scale=0.8, size=(1, LAYERS, EXPERTS))
    subject = np.random.default_rng(1000 + number).normal(scale=0.4, size=(1, LAYERS, EXPERTS))
    token = np.random.default_rng(list(" ".join(turns).encode())).normal(size=(TOKENS, LAYERS, EXPERTS))
    logits: NDArray[np.float64] = popular + subject + token
    if len(turns) == 2:
        logits[:, :, 3] += 6
    elif not turns[0].startswith("river"):
        logits[:, [0, LAYERS - 1], 5] += 8
        if turns[0].startswith("mto"):
            logits[:, 1 : LAYERS - 1, 6] += 5
    return logits
