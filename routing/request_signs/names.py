"""What the languages that an answer may be asked for in are called, in the languages that requests come in."""

from collections.abc import Mapping
from functools import lru_cache

import langcodes

# What users name. A longer list would bring names that are other words too (Even, Ewe, Mon).
TARGETS = (
    "af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa",
    "fi", "fil", "fr", "ga", "gl", "gu", "ha", "he", "hi", "hr", "hu", "hy", "id", "ig", "is", "it", "ja", "ka", "kk",
    "km", "kn", "ko", "ku", "ky", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "mt", "my", "nb", "ne", "nl", "or",
    "pa", "pl", "ps", "pt", "ro", "ru", "rw", "si", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr",
    "uk", "ur", "uz", "vi", "xh", "yo", "zh", "zu",
)  # fmt: skip
_ALSO = {
    "zh": {"英文": "en", "中文": "zh", "汉语": "zh", "漢語": "zh", "法文": "fr", "德文": "de", "日文": "ja",
           "韩文": "ko", "韓文": "ko", "西班牙文": "es", "俄文": "ru", "英語": "en", "法語": "fr", "德語": "de",
           "日語": "ja"},
    "en": {"mandarin": "zh", "farsi": "fa", "brazilian portuguese": "pt-BR", "traditional chinese": "zh-Hant",
           "simplified chinese": "zh-Hans", "tagalog": "fil", "norwegian": "nb"},
    "es": {"castellano": "es", "mandarín": "zh", "noruego": "nb"},
    "fi": {"englanni": "en"},
    "hi": {"इंग्लिश": "en", "अंग्रेजी": "en"},
    "mr": {"इंग्लिश": "en"},
    "te": {"ఆంగ్ల": "en"},
    "ko": {"영문": "en"},
    "ja": {"英文": "en"},
    "tr": {"ingilizce": "en", "ispanyolca": "es", "italyanca": "it", "svahili": "sw"},
    "sw": {"kiswahili": "sw", "kingereza": "en"},
}  # fmt: skip
_EVERYWHERE = {
    "swahili": "sw",
    "hindi": "hi",
    "urdu": "ur",
}  # written so by most in Latin letters, whatever CLDR says
_ENDINGS_CUT = {
    "bg": 2, "bn": 1, "cs": 2, "de": 1, "fi": 1, "hu": 0, "mr": 1, "pl": 2, "ro": 1, "ru": 2, "ta": 2, "te": 1, "tr": 1,
    "uk": 2,
}  # fmt: skip
_SHORTEST_CUT = 6


@lru_cache(maxsize=64)
def names_in(language: str) -> Mapping[str, str]:
    """The names of languages in a language, casefolded, with the tags that they stand for.

    Languages that inflect names give them without endings: ``английск``. Blocks for some 20 ms the first time.
    """
    cut = _ENDINGS_CUT.get(language, 0)
    found: dict[str, str] = {}
    for tag in TARGETS:
        name = _plain(langcodes.get(tag).display_name(language).casefold())
        found.setdefault(name[:-cut] if cut and len(name) >= _SHORTEST_CUT else name, tag)
    return found | _ALSO.get(language, {}) | _EVERYWHERE


def ending_of(language: str) -> str:
    """The pattern of what may follow a name of `names_in`."""
    return r"[^\s,.;:!?।。]{0,10}" if language in _ENDINGS_CUT else ""


def _plain(name: str) -> str:
    """Without the dot that casefolding leaves on a Turkish i, which nobody types."""
    return name.replace("i\u0307", "i").removeprefix("bahasa ")
