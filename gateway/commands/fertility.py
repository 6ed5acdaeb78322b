"""``dragoman fertility``: measures how many tokens each language costs a tokenizer, for the keys file."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import orjson

from gateway.fertility import ENGLISH, measured_fertility

_PATH = click.Path(path_type=Path, exists=True)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("fertility")
@click.option("--tokenizer", type=_PATH, required=True, help="A model's folder, or its tokenizer.json.")
@click.option("--data", type=_FILE, required=True, help="Translations of sentences, one JSON object a line.")
def fertility(tokenizer: Path, data: Path) -> None:
    """Print the table `fertility:` for the keys file: the tokens a language needs for one of English.

    Each line of the data is one sentence by language, English among them: {"en": "Yes.", "sw": "Ndiyo."}. Lines need
    not have the same languages. docs/keys.md says what the table does.
    """
    count_tokens = _counter(tokenizer / "tokenizer.json" if tokenizer.is_dir() else tokenizer)
    sentences = _read(data)
    table = measured_fertility(sentences, count_tokens)
    click.echo(
        f"# Tokens for one of English, over {len(sentences)} sentences; the tokenizer: {tokenizer.name}"
    )
    click.echo("fertility:")
    for language, value in table.items():
        click.echo(f"  {json.dumps(language)}: {value}")


def _counter(path: Path) -> Callable[[str], int]:
    try:
        from tokenizers import Tokenizer  # comes with vLLM, not with the gateway alone
    except ImportError as error:
        raise click.ClickException("This needs the package tokenizers: pip install tokenizers") from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library has no class of its own for what it cannot read
        raise click.ClickException(f"{path}: {error}") from error
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))


def _read(path: Path) -> list[dict[str, str]]:
    lines = path.read_bytes().splitlines()
    sentences = [_sentence(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not sentences:
        raise click.ClickException(f"{path}: holds no sentences")
    return sentences


def _sentence(line: bytes, place: str) -> dict[str, str]:
    try:
        sentence = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{place}: is no JSON: {error}") from error
    if not isinstance(sentence, dict) or not all(isinstance(text, str) for text in sentence.values()):
        raise click.ClickException(f"{place}: must be an object of texts by language")
    if not sentence.get(ENGLISH, "").strip():
        raise click.ClickException(f"{place}: lacks the sentence in English (`{ENGLISH}`)")
    return sentence
