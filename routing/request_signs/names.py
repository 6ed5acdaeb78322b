"""What the languages that an answer may be asked for in are called, in the languages that requests come in."""

import re
from collections.abc import Iterator
from functools import cache

from language_data.names import code_to_names

from routing.request_signs.tables import ANY, rows_of

# What users name. A longer list would bring names that are other words too (Even, Ewe, Mon).
TARGETS = (
    "af", "am", "ar", "as", "az", "be", "bg", "bn", "bo", "br", "bs", "ca", "ceb", "cs", "cy", "da", "de", "el",
    "en", "eo", "es", "et", "eu", "fa", "fi", "fil", "fo", "fr", "fy", "ga", "gd", "gl", "gn", "gu", "ha", "haw",
    "he", "hi", "hr", "ht", "hu", "hy", "id", "ig", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko", "ku",
    "ky", "la", "lb", "lg", "ln", "lo", "lt", "lv", "mai", "mg", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my",
    "nb", "ne", "nl", "ny", "oc", "om", "or", "pa", "pl", "ps", "pt", "qu", "ro", "ru", "rw", "sa", "sc", "sd",
    "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk",
    "tn", "tr", "tt", "ug", "uk", "ur", "uz", "vi", "wo", "xh", "yi", "yo", "yue", "zh", "zu",
)  # fmt: skip
# Where CLDR has the names of a language that it writes in more ways than one.
_CLDR = {"zh": ("zh", "zh-Hant"), "sr": ("sr", "sr-Latn", "hr"), "nb": ("no",)}
# Requests in these also name languages in English, within their own grammar: "English में".
_WITH_ENGLISH_NAMES = frozenset((
    "am", "ar", "bn", "fa", "fil", "gu", "ha", "hi", "hi-Latn", "id", "ja", "ko", "mr", "ms", "pa", "sw", "ta",
    "te", "th", "ur", "vi", "yo", "zh",
))  # fmt: skip
_NOTE = re.compile(r"\s*\(.*\)")


@cache
def names_in(language: str) -> tuple[tuple[str, str], ...]:
    """The names of languages in a language, with the tags that they stand for. English ones include autonyms."""
    return tuple(dict.fromkeys(_names_in(language)))


def _names_in(language: str) -> Iterator[tuple[str, str]]:
    for of, tag, names in rows_of("aliases.tsv"):
        if of in {language, ANY}:
            yield from ((name, tag) for name in names.split("|"))
    sources = _CLDR.get(language, (language,))
    if language in _WITH_ENGLISH_NAMES:
        sources = (*sources, "en")
    for tag in TARGETS:
        named = code_to_names("no" if tag == "nb" else tag)
        also = (tag,) if language == "en" else ()
        for source in (*sources, *also):
            if source in named:
                yield _NOTE.sub("", named[source]), tag
