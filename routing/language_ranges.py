"""Which languages a policy's language names cover: the basic filtering of RFC 4647."""

from functools import lru_cache
from typing import Annotated

import langcodes
from pydantic import AfterValidator

from routing.detection.tags import canonical_tag


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


LanguageTag = Annotated[str, AfterValidator(_checked_tag)]
"""A language in a policy or a request, in its canonical form once it is read."""
