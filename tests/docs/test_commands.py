"""Commands that pages show exist, with the options that they show; and every command has a page."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from gateway.command_line import main
from tests.docs.pages import PAGES, text_of

_COMMAND = re.compile(r"(?<!--namespace )\bdragoman ([a-z][a-z-]*)((?:[^`\n\\]|\\\n)*)")
_BENCHMARK = re.compile(r"python -m (benchmarks[\w.]*)((?:[^`\n\\]|\\\n)*)")
_OPTION = re.compile(r"(?<!\S)\[?(--[a-z][a-z-]*)")
_SHELL = re.compile(r"^ *```sh\n(.*?)^ *```|`([^`\n]+)`|^ {4}(?! )([^\n]*)$", re.MULTILINE | re.DOTALL)

BENCHMARKS = Path("benchmarks/README.md")

every_page = pytest.mark.parametrize("page", PAGES, ids=str)


def shown(text: str) -> str:
    """The blocks of a page, and what stands in backquotes."""
    return "\n".join(map("".join, _SHELL.findall(text)))


def unknown_commands(text: str) -> list[str]:
    """What a page says of the command `dragoman` that it does not have."""
    return [wrong for name, rest in _COMMAND.findall(shown(text)) for wrong in _unknown(name, rest)]


def _unknown(name: str, rest: str) -> Iterator[str]:
    command = main.commands.get(name)
    if command is None:
        yield name
        return
    known = {option for one in _and_below(command) for each in one.params for option in each.opts}
    yield from (f"{name} {option}" for option in _OPTION.findall(rest) if option not in known | {"--help"})


def _and_below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        yield from command.commands.values()


@every_page
def test_commands_are_there_with_their_options(page: Path) -> None:
    assert unknown_commands(text_of(page)) == []


@pytest.mark.parametrize("page", [*PAGES, BENCHMARKS], ids=str)
def test_benchmarks_are_there_with_their_options(page: Path) -> None:
    for name, rest in _BENCHMARK.findall(shown(text_of(page))):
        spec = find_spec(name)
        assert spec, name
        source = "".join(path.read_text("utf-8") for path in _sources(name))
        assert [option for option in _OPTION.findall(rest) if f'"{option}"' not in source] == [], name


def _sources(name: str) -> list[Path]:
    place = Path(*name.split("."))
    return [*place.glob("*.py"), *place.parent.glob(f"{place.name}*.py")]


def test_every_command_is_on_some_page() -> None:
    pages = "\n".join(text_of(page) for page in PAGES)
    assert [name for name in main.commands if f"dragoman {name}" not in pages] == []


def test_every_benchmark_that_says_how_to_run_it_is_on_the_page_of_benchmarks() -> None:
    source = "".join(path.read_text("utf-8") for path in Path("benchmarks").rglob("*.py"))
    modules = set(re.findall(r"^ *python -m (benchmarks[\w.]*\w)", source, re.MULTILINE))
    by_others = {name for name in modules if f'"{name}"' in source}  # which start it themselves
    page = BENCHMARKS.read_text("utf-8")
    assert (
        sorted(one for one in modules - by_others if not re.search(rf"python -m {one}\b(?!\.)", page)) == []
    )


def test_a_command_that_is_not_there_is_seen() -> None:
    text = "`dragoman serv --port 1`\n```sh\ndragoman serve --prot 1 \\\n  --portt 2 # --config\n```"
    assert unknown_commands(text) == ["serv", "serve --prot", "serve --portt"]
