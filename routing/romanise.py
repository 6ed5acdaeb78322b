"""Writes any script in Latin letters, with uroman (Hermjakob et al., ACL 2018)."""

import asyncio
from functools import lru_cache

import langcodes
from uroman import Uroman

# About half a millisecond per hundred characters; longer texts are not what a line in a prompt is for.
MAX_CHARS = 4000


async def romanised(text: str, language: str) -> str:
    """The text in Latin letters, its first 4,000 characters. Runs in a thread; the first time it loads for some 2 s."""
    return await asyncio.to_thread(_romanise, text[:MAX_CHARS], language)


def _romanise(text: str, language: str) -> str:
    romanise = _uroman().romanize_string
    return "\n".join(romanise(line, lcode=_iso_639_3(language)) for line in text.splitlines())


def _iso_639_3(language: str) -> str | None:
    """The code that uroman knows a language by, for the few that have rules of their own."""
    try:
        return str(langcodes.get(language).to_alpha3())
    except LookupError:
        return None


@lru_cache(maxsize=1)
def _uroman() -> Uroman:
    return Uroman()
