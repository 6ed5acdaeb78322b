"""The signs in a request that decide which language its answer owes, and when it is better not translated."""

import re
from dataclasses import dataclass

from routing.language_ranges import ranges_of
from routing.request_signs.patterns import Patterns, patterns_in
from routing.translation.protected import protect

# What a request wants stands at its beginning or its end; between them may be a document that says anything.
_LOOKED_AT_EACH_END = 300
# From a verb to the language it asks for, in characters, within one sentence.
_REACH = 60
_SHORT_TALK = 60
_SENTENCE = re.compile(r"[.!?;\n。！？؟।။።]+")
_QUOTED = re.compile(r"[\"“«„「『‘][^\"“”«»„「」『』‘’\n]{1,400}[\"”»“」』’]")


@dataclass(frozen=True, slots=True)
class RequestSigns:
    """What a look at the words of a request tells. Lists of words see the usual cases and miss others.

    translation_request: it asks for a translation, or is about words of another language.
    target: BCP-47 tag of the language that it names for its answer.
    several_languages: it names more than one.
    small_talk: a short text with a greeting and the like.
    culture_bound: it is about the user's own country or culture, or a proverb.
    span_extraction: it asks for pieces of a given text, word for word.
    code_only: it holds no prose.
    """

    translation_request: bool = False
    target: str | None = None
    several_languages: bool = False
    small_talk: bool = False
    culture_bound: bool = False
    span_extraction: bool = False
    code_only: bool = False


NO_SIGNS = RequestSigns()


def read_signs(text: str, language: str) -> RequestSigns:
    """The signs in a request in this language, and in English within any.

    Never raises. Cost: up to some 300 µs, whatever the length: the first and last 300 characters are read.
    """
    seen = _both_ends(text)
    if text.strip() and not protect(seen).has_prose:
        return RequestSigns(code_only=True)
    plain = _QUOTED.sub(" ", seen).casefold().replace("i\u0307", "i")
    own = patterns_in(ranges_of(language)[-1])
    english = patterns_in("en")
    assert english is not None
    every = [own, english] if own is not None and own is not english else [english]
    return _signs(plain, every)


def _both_ends(text: str) -> str:
    if len(text) <= 2 * _LOOKED_AT_EACH_END:
        return text
    return f"{text[:_LOOKED_AT_EACH_END]}\n{text[-_LOOKED_AT_EACH_END:]}"


def _signs(text: str, every: list[Patterns]) -> RequestSigns:
    sentences = _SENTENCE.split(text)
    named = {tag for patterns in every for sentence in sentences for tag in _named(sentence, patterns)}
    translates = any(patterns.translate.search(text) for patterns in every)
    lesson = any(patterns.lesson.search(text) and _mentions(text, patterns) for patterns in every)
    return RequestSigns(
        translation_request=lesson or (translates and _mentions_any(text, every)),
        target=next(iter(named)) if len(named) == 1 and not (lesson and not translates) else None,
        several_languages=len(named) > 1,
        small_talk=len(text) <= _SHORT_TALK
        and any(patterns.greeting.match(text.lstrip(" ¡¿")) for patterns in every),
        culture_bound=any(patterns.local.search(text) for patterns in every),
        span_extraction=any(patterns.extract.search(text) for patterns in every),
    )


def _named(sentence: str, patterns: Patterns) -> list[str]:
    """The languages that a sentence asks for: named in a form such as ``in French``, near a verb that asks for text."""
    found = []
    for match in patterns.in_language.finditer(sentence):
        around = sentence[max(0, match.start() - _REACH) : match.end() + _REACH]
        if patterns.answer.search(around) or patterns.translate.search(around):
            name = next(group for group in match.groups() if group)
            found.append(patterns.names[name])
    return found


def _mentions(text: str, patterns: Patterns) -> bool:
    return any(name in text for name in patterns.names if len(name) > 3 or not name.isascii())


def _mentions_any(text: str, every: list[Patterns]) -> bool:
    return any(_mentions(text, patterns) for patterns in every)
