"""``dragoman detect``: which language a text is in."""

import sys
from pathlib import Path

import click
import orjson

from gateway.explain import detection_view
from routing.detection.conversation import detect_conversation
from routing.detection.detector import load_detector
from routing.errors import DragomanError
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
    found = load_detector(detector)
    texts = [" ".join(text)] if text else (line.rstrip("\n") for line in sys.stdin)
    for one in texts:
        asked = Conversation(one, language=language, accept_language=accept_language)
        try:
            detection = detect_conversation(found, asked)
        except DragomanError as error:
            raise click.ClickException(error.message) from error
        click.echo(orjson.dumps(detection_view(detection)) if as_json else _line(detection))


def _line(detection: Detection) -> str:
    marks = [mark for mark in ("mixed", "romanised") if getattr(detection, mark)]
    return "\t".join([detection.language, f"{detection.confidence:.2f}", detection.source, *marks])
