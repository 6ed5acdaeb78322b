"""BCP-47 tags in one form: what clients send and what models answer, normalised the same way."""

from functools import lru_cache

import langcodes
from langcodes.tag_parser import LanguageTagError

_BOKMAL = "nb"
# Labels of lid.176 and py3langid that are codes of Wikipedia editions, not of ISO 639: "als" is Alemannic
# there, and Albanian (Tosk) in the registry.
_WIKIPEDIA_CODES = {"als": "gsw", "no": _BOKMAL, "eml": "egl", "pnb": "pa"}
NO_LANGUAGES = frozenset({"und", "zxx", "mul", "mis", "un"})
"""Tags that BCP-47 and the models have for what is in no language, in several, or in one without a tag."""
_DIGRAPHIC = frozenset({"zh", "sr"})


@lru_cache(maxsize=4096)
def canonical_tag(tag: str) -> str:
    """The one spelling of a BCP-47 tag that the project uses: ``EN_us`` is ``en-US``, ``tl`` is ``fil``.

    Chinese and Serbian are given the script that their region implies: ``zh-TW`` is ``zh-Hant-TW``. Raises
    `ValueError` for what is no tag of the IANA registry.
    """
    if not langcodes.tag_is_valid(tag) or tag.lower().startswith("x-"):
        raise ValueError(f"{tag!r} is not a BCP-47 language tag")
    language = langcodes.get(tag, normalize=True)
    if language.language == "no":
        language = language.update_dict({"language": _BOKMAL})
    if language.language in _DIGRAPHIC and language.territory and not language.script:
        language = language.update_dict({"script": language.maximize().script})
    return language.to_tag()


@lru_cache(maxsize=4096)
def tag_of_label(label: str) -> str:
    """The tag of a model's label (``sw``, ``swh_Latn``, ``zh-Hant``); ``und`` for a label that names no language.

    Individual languages become the macrolanguage that texts are usually tagged with (``arb`` is ``ar``,
    ``swh`` is ``sw``), and the script is named as `with_script` does it.
    """
    try:
        language = langcodes.get(_WIKIPEDIA_CODES.get(label, label), normalize=True)
        macro = langcodes.get(langcodes.standardize_tag(language.to_tag(), macro=True))
    except LanguageTagError:
        return "und"
    name = macro.language or "und"
    if name == "no":
        name = _BOKMAL
    return with_script(name, macro.script) if macro.script else name


@lru_cache(maxsize=4096)
def with_script(language: str, script: str) -> str:
    """The tag of a language seen in a script (ISO 15924).

    The script is named for Chinese and Serbian, which have two in daily use, and wherever it is not the one
    that the language is most often written in: ``ru``, but ``ru-Latn``; ``zh-Hans``, ``sr-Cyrl``.
    """
    if language not in _DIGRAPHIC and usual_script(language) == script:
        return language
    return f"{language}-{script}"


@lru_cache(maxsize=4096)
def usual_script(language: str) -> str | None:
    """The script that a language is most often written in (CLDR's likely subtags); None for no language."""
    if language in NO_LANGUAGES:  # CLDR takes them for English
        return None
    return langcodes.get(language).maximize().script


def primary_language(tag: str) -> str:
    """The language of a tag without script, region and the rest: ``zh`` of ``zh-Hant``."""
    return tag.partition("-")[0]
