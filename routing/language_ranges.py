"""Which languages a policy's language names cover: the basic filtering of RFC 4647."""

from functools import lru_cache

import langcodes

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
