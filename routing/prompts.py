"""The prompts of all strategies: data in one file, each in the languages where that helps, changed by a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from pydantic import TypeAdapter

from routing.language_ranges import policy_tag, ranges_of
from routing.yaml_reader import read_file

DEFAULT = "default"
"""The language of a prompt for every language that it has no text of its own for."""

Texts = Mapping[str, Mapping[str, str]]
"""Prompt name → language tag or ``default`` → text with ``$fields``."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts by name and language."""

    texts: Texts

    def text(self, name: str, language: str = DEFAULT, /, **fields: str) -> str:
        """The prompt for a language, its fields filled in once: what is filled in is never read for fields again.

        ``zh-Hant-TW`` takes the text of ``zh-Hant``, else of ``zh``, else the default. Raises `KeyError` for a
        prompt or field that does not exist: names are the code's own.
        """
        by_language = self.texts[name]
        found = next((tag for tag in ranges_of(language) if tag in by_language), DEFAULT)
        return Template(by_language[found]).substitute(fields).strip()

    def replaced_by(self, own: Texts) -> "Prompts":
        """These prompts with a policy's own in place of single texts. ``own`` has passed `problems_of`."""
        named = {
            name: {_tag(language): text for language, text in texts.items()} for name, texts in own.items()
        }
        return Prompts({name: {**texts, **named.get(name, {})} for name, texts in self.texts.items()})


@lru_cache(maxsize=1)
def shipped_prompts() -> Prompts:
    """The prompts that come with the package. Blocks for some milliseconds the first time."""
    document = read_file(Path(__file__).with_name("prompts.yaml"))
    return Prompts(TypeAdapter(dict[str, dict[str, str]]).validate_python(document.value))


def fields_of(text: str) -> frozenset[str]:
    """The names of the fields in a prompt. Raises `ValueError` where a ``$`` begins none; ``$$`` is a dollar."""
    template = Template(text)
    if not template.is_valid():
        raise ValueError("a `$` that begins no field must be written `$$`")
    return frozenset(template.get_identifiers())


def problems_of(own: Texts) -> dict[tuple[str, ...], str]:
    """What is wrong with a policy's prompts, by place: names and fields must be those of the shipped ones."""
    shipped = shipped_prompts().texts
    wrong: dict[tuple[str, ...], str] = {}
    for name, texts in own.items():
        if name not in shipped:
            wrong[name,] = f"there is no prompt `{name}` (known: {', '.join(sorted(shipped))})"
            continue
        for language, text in texts.items():
            told = _unknown_language(language) or _problem_of(
                text, fields_of(shipped[name][next(iter(shipped[name]))])
            )
            if told:
                wrong[name, language] = told
    return wrong


def _tag(language: str) -> str:
    return language if language == DEFAULT else policy_tag(language)


def _unknown_language(language: str) -> str | None:
    try:
        _tag(language)
    except ValueError:
        return f"`{language}` is neither `{DEFAULT}` nor a BCP-47 language tag"
    return None


def _problem_of(text: str, fields: frozenset[str]) -> str | None:
    try:
        found = fields_of(text)
    except ValueError as error:
        return str(error)
    if found == fields:
        return None
    wanted = ", ".join(f"${field}" for field in sorted(fields)) or "none"
    return f"must have the fields of the shipped prompt, each at least once ({wanted})"
