"""Reading the texts that have not been read yet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.calibration.progress import Progress
from gateway.calibration.routing_files import Reading, RoutingFiles
from gateway.calibration.texts import Turns
from routing.calibration.sequence_routing import SequenceRouting
from routing.steering.model_match import RoutedModel

BATCH_TEXTS = 64
TASK = "task"
"""The source that holds the task's texts; languages are sources by their tags, none of which is this."""


class Engine(Protocol):
    """An engine that tells how it routes."""

    model: RoutedModel

    def read(self, texts: Sequence[Turns]) -> SequenceRouting:
        """How the texts are routed, in their order."""

    def close(self) -> None:
        """Ends the engine."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts that are read and kept together."""

    source: str
    number: int
    texts: tuple[Turns, ...]


def batches_of(sources: Mapping[str, tuple[Turns, ...]]) -> Iterator[Batch]:
    """All texts, source by source."""
    for source, texts in sources.items():
        for number in range(batch_count(texts)):
            start = number * BATCH_TEXTS
            yield Batch(source, number, texts[start : start + BATCH_TEXTS])


def batch_count(texts: tuple[Turns, ...]) -> int:
    """How many batches the texts make."""
    return -(-len(texts) // BATCH_TEXTS)


def collect(
    sources: Mapping[str, tuple[Turns, ...]],
    files: RoutingFiles,
    reading: Reading,
    start_engine: Callable[[], Engine],
    progress: Progress,
) -> RoutedModel:
    """Reads every batch that is not in the files yet. Starts no engine where all are.

    A batch counts once its file is written; whatever breaks a run off,
    the next one goes on after the last. Raises `ConfigError` where the files are of another reading.
    """
    files.check(reading)
    missing = []
    for batch in batches_of(sources):
        if files.has(batch.source, batch.number):
            progress.advance(len(batch.texts))
        else:
            missing.append(batch)
    known = files.model
    if known is not None and not missing:
        return known
    engine = start_engine()
    try:
        files.begin(reading, engine.model)
        for batch in missing:
            files.keep(batch.source, batch.number, engine.read(batch.texts))
            progress.advance(len(batch.texts))
    finally:
        engine.close()
    return engine.model
