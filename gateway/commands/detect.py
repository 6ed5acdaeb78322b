"""``dragoman detect``: which language a text is in."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click
import orjson

from gateway.explain import detection_view
from routing.detection.conversation import detect_conversation
from routing.detection.detector import load_detector
from routing.errors import DragomanError, InvalidRequest
from routing.language import Conversation, Detection


@click.command()
@click.argument("text", nargs=-1)
@click.option("--language", help="A BCP-47 tag that settles the question, as a request may have.")
@click.option("--accept-language", help="An Accept-Language header: a prior for undecided texts.")
@click.option(
    "--detector", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Another fastText model."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a text.")
def detect(
    text: tuple[str, ...],
    language: str | None,
    accept_language: str | None,
    detector: Path | None,
    as_json: bool,
) -> None:
    """Tell the language of TEXT, or of each line of standard input where there is none.

    \b
    Examples:
      dragoman detect "Habari ya asubuhi, unaendeleaje?"
      dragoman detect --json < questions.txt
    """
    try:
        found = load_detector(detector)
        for one in [" ".join(text)] if text else _lines(sys.stdin.buffer):
            asked = Conversation(one, language=language, accept_language=accept_language)
            detection = detect_conversation(found, asked)
            click.echo(orjson.dumps(detection_view(detection)) if as_json else _line(detection))
    except DragomanError as error:
        raise click.ClickException(error.message) from error


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a text file, whichever system wrote it. Raises `InvalidRequest` for one that is not UTF-8."""
    for number, line in enumerate(file, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InvalidRequest(f"line {number} of standard input is not UTF-8") from error
        yield text.rstrip("\r\n")


def _line(detection: Detection) -> str:
    marks = [mark for mark in ("mixed", "romanised") if getattr(detection, mark)]
    return "\t".join([detection.language, f"{detection.confidence:.2f}", detection.source, *marks])
