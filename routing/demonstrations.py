"""Questions with answers, in many languages: shown to a model so that it stays in the language."""

from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from routing.language_ranges import ranges_of
from routing.yaml_reader import read_file

MOST = 2
"""How many demonstrations each language has."""

Turn = dict[str, str]


def demonstrations(language: str) -> list[Turn]:
    """User and assistant turns in the language, alternating; empty where there are none in it."""
    shipped = _shipped()
    found = next((tag for tag in ranges_of(language) if tag in shipped), None)
    return [] if found is None else [turn for pair in shipped[found] for turn in _turns(pair)]


def _turns(pair: tuple[str, str]) -> tuple[Turn, Turn]:
    question, answer = pair
    return {"role": "user", "content": question}, {"role": "assistant", "content": answer}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, tuple[tuple[str, str], ...]]:
    document = read_file(Path(__file__).with_name("demonstrations.yaml"))
    return TypeAdapter(dict[str, tuple[tuple[str, str], ...]]).validate_python(document.value)
