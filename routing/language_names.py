"""What languages are called, for prompts that name one to a model."""

from functools import lru_cache

import langcodes

from routing.language import UNDETERMINED


@lru_cache(maxsize=1024)
def english_name(tag: str) -> str:
    """The English name of a BCP-47 tag, script included where the tag has one: ``Swahili``, ``Hindi (Latin)``."""
    return str(langcodes.get(tag).display_name("en"))


@lru_cache(maxsize=1024)
def own_name(tag: str) -> str:
    """The name that speakers use (``Kiswahili``); the English one where CLDR knows no other."""
    named = langcodes.get(tag).autonym()
    return str(named) if UNDETERMINED not in named else english_name(tag)


def full_name(tag: str) -> str:
    """Both names, so that a model that knows only one knows what is meant: ``Swahili (Kiswahili)``."""
    english, own = english_name(tag), own_name(tag)
    return english if own.casefold() == english.casefold() else f"{english} ({own})"
