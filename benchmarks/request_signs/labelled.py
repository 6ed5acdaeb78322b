"""Requests with the signs that a reader sees in them, from requests.tsv."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from routing.request_signs.signs import RequestSigns

_SIGNS = {
    "translation": "translation_request",
    "several": "several_languages",
    "small_talk": "small_talk",
    "culture": "culture_bound",
    "extract": "span_extraction",
    "code": "code_only",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One request. language: of its words, as the detector tags it. signs: as they should be read."""

    language: str
    text: str
    signs: RequestSigns


def read_labelled(path: Path) -> list[Labelled]:
    """The lines of a file: language, labels with commas between, text with ``\\n`` for line ends."""
    lines = path.read_text("utf-8").splitlines()
    return [_labelled(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def half_of(labelled: Sequence[Labelled], half: str) -> list[Labelled]:
    """The texts to look at while the word lists are written (``first``), or those to measure on (``second``)."""
    return [one for one in labelled if crc32(one.text.encode()) % 2 == (half == "second")]


def _labelled(language: str, labels: str, text: str) -> Labelled:
    target = None
    signs = {}
    for label in labels.split(","):
        name, _, tag = label.partition("=")
        if name == "named":
            target = tag
        elif name != "-":
            signs[_SIGNS[name]] = True
    return Labelled(language, text.replace("\\n", "\n"), RequestSigns(target=target, **signs))
