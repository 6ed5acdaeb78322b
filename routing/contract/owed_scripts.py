"""Which scripts an answer may be written in, by the tag of the language that it owes."""

from functools import lru_cache

from routing.detection.scripts import is_written_in
from routing.detection.tags import primary_language, usual_script

_JAPANESE = frozenset({"Hira", "Kana", "Hani"})
_HAN = frozenset({"Hani", "Bopo"})
_SCRIPTS_OF = {"Hans": _HAN, "Hant": _HAN, "Jpan": _JAPANESE, "Kore": frozenset({"Hang"})}
_DIGRAPHIC = ("Latn", "Cyrl", "Arab", "Deva", "Hebr")


@lru_cache(maxsize=4096)
def owed_scripts(owed: str) -> frozenset[str]:
    """ISO 15924 codes of the characters that the language is written in, with ``Hani`` for Han; of Korean Hangul alone.

    A tag that names a script (``sr-Cyrl``) has that one alone. A romanised one (``hi-Latn``) has the language's own
    script besides: who writes in Latin letters for want of a keyboard reads both.
    """
    language, named = primary_language(owed), named_script(owed)
    usual = usual_script(language) or ""
    if named and named != usual:
        is_romanised = named == "Latn" and not is_written_in(language, "Latn")
        return _characters(named) | (_characters(usual) if is_romanised else frozenset())
    if named:
        return _characters(named)
    return _characters(usual).union(script for script in _DIGRAPHIC if is_written_in(language, script))


def named_script(tag: str) -> str:
    """The script in a tag (``Hant`` of ``zh-Hant-TW``), empty where it names none."""
    return next((part for part in tag.split("-")[1:] if len(part) == 4 and part.isalpha()), "")


def _characters(script: str) -> frozenset[str]:
    return _SCRIPTS_OF.get(script, frozenset({script}))
