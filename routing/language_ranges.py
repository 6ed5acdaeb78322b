"""Which languages a policy's language names cover: the basic filtering of RFC 4647."""

from functools import lru_cache
from typing import Annotated

import langcodes
from pydantic import AfterValidator, BeforeValidator

from routing.detection.tags import NO_LANGUAGES, canonical_tag, primary_language


def policy_tag(tag: str) -> str:
    """The form of a BCP-47 tag that rules are compared in: canonical, of the macrolanguage (``arb``: ``ar``).

    Raises `ValueError` for what is no tag of the IANA registry.
    """
    return canonical_tag(langcodes.standardize_tag(canonical_tag(tag), macro=True))


@lru_cache(maxsize=4096)
def ranges_of(tag: str) -> tuple[str, ...]:
    """Everything in a rule that covers this tag, longest first: ``zh-Hant-TW``, ``zh-Hant``, ``zh``.

    Never raises: what is no language tag is covered by itself alone.
    """
    try:
        subtags = policy_tag(tag).split("-")
    except ValueError:
        return (tag,)
    return tuple("-".join(subtags[:length]) for length in range(len(subtags), 0, -1))


def same_language(one: str, other: str) -> bool:
    """Whether two tags are of one language, in whatever script or region: ``zh-Hant`` and ``zh``."""
    return ranges_of(one)[-1] == ranges_of(other)[-1]


def _checked_tag(tag: str) -> str:
    try:
        return policy_tag(tag)
    except ValueError:
        raise ValueError(f"`{tag}` is not a BCP-47 language tag") from None


def _language(tag: str) -> str:
    if primary_language(tag) in NO_LANGUAGES:
        raise ValueError(f"`{tag}` names no language that a text could be in")
    return tag


def _each_once(by_tag: object) -> object:
    if isinstance(by_tag, dict):
        firsts: dict[str, str] = {}
        for tag in filter(_is_tag, by_tag):
            if firsts.setdefault(policy_tag(tag), tag) != tag:
                raise ValueError(f"`{firsts[policy_tag(tag)]}` and `{tag}` are one language")
    return by_tag


def _is_tag(tag: object) -> bool:
    try:
        return isinstance(tag, str) and bool(policy_tag(tag))
    except ValueError:
        return False


LanguageTag = Annotated[str, AfterValidator(_checked_tag)]
"""A language in a policy or a request, in its canonical form once it is read."""

WritableLanguage = Annotated[LanguageTag, AfterValidator(_language)]
"""One that a model can be told to write in: not ``und``, ``mul`` and their like."""

EachLanguageOnce = BeforeValidator(_each_once)
"""For a mapping by language: two names of one language would leave one of the two unread."""
