"""Where a text says that the final answer comes: ``####``, ``\\boxed{}``, "The answer is", in many languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from routing.final_answer.word_characters import marks
from routing.final_answer.words import answer_words

_BOXED = re.compile(r"\\(?:f?boxed)\s*\{")
_HASHES = re.compile(r"####+[ \t]*")
_LONGEST_CHARS = 4000

# Scripts without spaces between words: there a word may begin anywhere.
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Stated:
    """What follows an announcement, to the end of its line.

    is_explicit: a colon, an equals sign or a copula stands between, so whatever follows is the answer.
    """

    text: str
    is_explicit: bool


def stated(text: str) -> list[Stated]:
    """The answers that a text in the form of `plain` announces, the last first; from its last 4,000 characters."""
    tail = text[-_LONGEST_CHARS:]
    found = [*_boxed(tail), *_after(_HASHES, tail), *_announced(tail)]
    return [answer for _, answer in sorted(found, key=lambda placed: -placed[0])]


def _boxed(text: str) -> Iterator[tuple[int, Stated]]:
    for match in _BOXED.finditer(text):
        yield match.start(), Stated(_in_braces(text[match.end() :]), is_explicit=True)


def _in_braces(text: str) -> str:
    depth = 1
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth:
            return text[:place]
    return text


def _after(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, Stated]]:
    for match in pattern.finditer(text):
        yield match.start(), Stated(_line(text[match.end() :]), is_explicit=True)


def _announced(text: str) -> Iterator[tuple[int, Stated]]:
    present = tuple(word for word in answer_words().answer if word in text)
    for match in _announcing(present).finditer(text) if present else ():
        is_explicit = bool(match["between"].strip(" \n\t\"'«»“”"))
        yield match.end("word"), Stated(_line(text[match.end() :]), is_explicit)


@lru_cache(maxsize=256)
def _announcing(words: tuple[str, ...]) -> re.Pattern[str]:
    between = rf"(?:\s|[:=>\"'«»“”]|[-–—](?=\s)|{_copula()})*"
    return re.compile(rf"(?P<word>{'|'.join(map(_bounded, words))})(?P<between>{between})")


def _bounded(word: str) -> str:
    if _NO_SPACES.match(word):
        return re.escape(word)
    return rf"(?<!\w){re.escape(word)}(?![^\W\d_]|[{marks()}])"


@cache
def _copula() -> str:
    free = [re.escape(word) for word in answer_words().copulas if _NO_SPACES.match(word)]
    bound = [re.escape(word) for word in answer_words().copulas if not _NO_SPACES.match(word)]
    return rf"{'|'.join(free)}|(?<!\w)(?:{'|'.join(bound)})(?![\w{marks()}])"


def _line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
