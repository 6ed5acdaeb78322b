"""The routing that was read so far, batch by batch, in files: a calibration that was broken off goes on from there.

``reading.json`` says what is read, ``model.json`` by which model, and ``routing/SOURCE/0007.npz`` holds a batch.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routing.calibration.sequence_routing import SequenceRouting, join_routings
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides how a text is routed, and which are read: with another value, earlier files mean nothing.

    parallel, task: SHA-256 of the files, in hex. vllm_arguments: as JSON.
    """

    model: str
    parallel: str
    task: str
    max_tokens: int
    most_texts: int | None
    seed: int
    vllm_arguments: str


@dataclass(frozen=True, slots=True)
class RoutingFiles:
    """Files in a folder. Every one is written whole or not at all."""

    folder: Path

    @property
    def model(self) -> RoutedModel | None:
        """The model that has read; None before it was started."""
        told = _read_json(self.folder / "model.json")
        return (
            None if told is None else RoutedModel(**{**told, "routed_layers": tuple(told["routed_layers"])})
        )

    def check(self, reading: Reading) -> None:
        """Raises `ConfigError` where the folder holds another reading."""
        known = _read_json(self.folder / "reading.json") or asdict(reading)
        differing = [name for name, value in asdict(reading).items() if known.get(name) != value]
        if differing:
            raise ConfigError(
                f"{self.folder} holds a calibration that differs in {', '.join(differing)}; name another folder"
            )

    def begin(self, reading: Reading, model: RoutedModel) -> None:
        """Says what batches are of. Raises `ConfigError` where another model of the same name has read before."""
        if self.model not in (None, model):
            raise ConfigError(f"{self.folder} was begun with another model of that name; name another folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / "reading.json", json.dumps(asdict(reading)).encode())
        _write(self.folder / "model.json", json.dumps(asdict(model)).encode())

    def has(self, source: str, batch: int) -> bool:
        """Whether the batch was read."""
        return self._path(source, batch).exists()

    def keep(self, source: str, batch: int, routing: SequenceRouting) -> None:
        """Keeps a batch."""
        path = self._path(source, batch)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".tmp")
        with unfinished.open("wb") as file:
            np.savez(file, weights=routing.weights, shares=routing.shares, tokens=routing.tokens)
        unfinished.replace(path)

    def read(self, source: str, batches: int) -> SequenceRouting:
        """The first batches of a source, joined; all must be there."""
        return join_routings([_read_batch(self._path(source, batch)) for batch in range(batches)])

    def _path(self, source: str, batch: int) -> Path:
        return self.folder / "routing" / source / f"{batch:04}.npz"


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises `ConfigError`."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def _read_batch(path: Path) -> SequenceRouting:
    with np.load(path, allow_pickle=False) as arrays:
        return SequenceRouting(arrays["weights"], arrays["shares"], arrays["tokens"])


def _read_json(path: Path) -> Mapping[str, Any] | None:
    if not path.exists():
        return None
    told: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return told


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_bytes(content)
    unfinished.replace(path)
