"""Judges one line of an answer: how much of it is in the language owed, and how much surely is in another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from routing.contract.kinship import kinship
from routing.contract.owed_scripts import named_script, owed_scripts
from routing.detection.scripts import LANGUAGE_OF_SCRIPT, ScriptTable, is_written_in
from routing.detection.scripts import letters as letters_of
from routing.detection.tags import primary_language
from routing.detection.words import WordTable, words_of
from routing.language import UNDETERMINED, Detection, Detector

# Found by trying, on the first half of the lines of NTREX and on the first 50 lines of each language of Tatoeba; the
# benchmark measures on the others (docs/contract.md).
_JAPANESE = ("Hani", "Hira", "Kana")
_SHARED_SCRIPTS = frozenset({"Latn", "Cyrl", "Arab"})
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]{2}")
_CHINESE = ("Hans", "Hant")
_OWN_SHARE, _ALL = 0.3, 0.95
_FOREIGN_SHARE = 0.7
_LEAST_LETTERS = 10
_LEAST_FOREIGN_LETTERS = 8
_LEAST_HAN = 25.0  # letters: ten characters
_LEAST_WORDS = 5
_LEAST_CONFIDENCE = 0.95
_LEAST_WORDS_OF_COUSINS = 14
_LEAST_CONFIDENCE_OF_COUSINS = 0.985
_LEAST_FUNCTION_WORDS = 1.0
_MANY_FUNCTION_WORDS, _FAR_AHEAD = 1.2, 1.5
_NAMES_SHARE = 0.6
_RUNNING_WORDS = 6
_LONG_IN_LATIN, _LEAST_CONFIDENCE_IN_LATIN = (
    6,
    0.5,
)  # of English, which terms are in, small words are asked for


@dataclass(frozen=True, slots=True)
class LineFinding:
    """What a line says: letters that are surely in the language owed or surely not; both 0 where it is open.

    instead: BCP-47 tag of the language of the wrong letters; ``und`` where there are none.
    """

    right: float = 0.0
    wrong: float = 0.0
    instead: str = UNDETERMINED

    @property
    def is_open(self) -> bool:
        """Whether it says nothing."""
        return not self.right and not self.wrong

    @property
    def is_wrong(self) -> bool:
        """Whether more of it is wrong than right."""
        return self.wrong > self.right


_OPEN = LineFinding()


@dataclass(frozen=True, slots=True)
class _Tables:
    scripts: ScriptTable
    words: WordTable


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    return _Tables(ScriptTable(), WordTable())


def judge_line(prose: str, owed: str, detector: Detector) -> LineFinding:
    """The finding of a line of prose, as `AnswerLines` yields it.

    Cost: 5 µs where the script decides, else a detection.
    """
    if not prose.isascii():
        prose = normalize(
            "NFC", prose
        )  # small words are known in this form; Yoruba is often typed in another
    letters = _letters(prose)
    total = sum(letters.values())
    if total < 2:
        return _OPEN
    own = sum(letters.get(script, 0.0) for script in owed_scripts(owed))
    if own < _OWN_SHARE * total:
        return _foreign(prose, letters, owed, detector)
    if "Latn" in owed_scripts(owed):
        return _by_language(prose, own, owed, detector)
    return _in_own_script(prose, letters, owed, detector)


def may_be_prose(text: str, language: str) -> bool:
    """Whether small words of a language are in a text, as in all but names; of some languages none are known."""
    weights, name = _function_words(text), _spelled(language)
    return weights.get(name, 0.0) > 0 or name not in _tables().words.languages


def _letters(prose: str) -> Mapping[str, float]:
    """How many letters of an alphabet the characters of each script are worth."""
    if prose.isascii():
        return {"Latn": float(sum(map(str.isalpha, prose)))}
    return letters_of(_tables().scripts.count(prose))


def _in_own_script(prose: str, letters: Mapping[str, float], owed: str, detector: Detector) -> LineFinding:
    """Of a line in the script owed; Latin words in it are terms and names unless they are running text."""
    own = sum(letters.get(script, 0.0) for script in owed_scripts(owed))
    latin = letters.get("Latn", 0.0)
    running = _running_latin(prose) if latin >= 0.25 * (own + latin) else ""
    if running:
        return LineFinding(own, latin, _instead(detector.detect(running), owed))
    script = max(owed_scripts(owed), key=lambda one: letters.get(one, 0.0))
    # Of its two scripts Punjabi has Gurmukhi alone, and shares Arabic.
    if LANGUAGE_OF_SCRIPT.get(script) == primary_language(owed):
        return LineFinding(own)
    return _by_language(prose, own, owed, detector)


def _running_latin(prose: str) -> str:
    """The words in Latin letters where they make sentences, else nothing."""
    words = [word for word in prose.split() if word[:1].isascii() and word[:1].isalpha()]
    text = " ".join(words)
    if sum(word[0].islower() for word in words) < _RUNNING_WORDS:
        return ""
    weights = _tables().words.native(words_of(text))
    return text if max(weights.values(), default=0.0) >= 2 * _LEAST_FUNCTION_WORDS else ""


def _foreign(prose: str, letters: Mapping[str, float], owed: str, detector: Detector) -> LineFinding:
    """Of a line that is hardly in the script owed: wrong if it is text and not a name or a term."""
    script = max(letters, key=letters.__getitem__)
    total = sum(letters.values())
    foremost = sum(letters.get(one, 0.0) for one in _JAPANESE) if script in _JAPANESE else letters[script]
    if foremost < _FOREIGN_SHARE * total or total < _LEAST_FOREIGN_LETTERS:
        return _OPEN
    if script == "Latn":
        found = detector.detect(prose)
        is_all_latin = foremost >= _ALL * total
        if not (is_all_latin and _is_latin_text(found, prose)) and not _is_text_in(found, prose, owed):
            return _OPEN
        return LineFinding(0.0, total, _instead(found, owed))
    if not _is_known(owed) or (foremost < _LEAST_HAN and len(prose.split()) < 3):
        return _OPEN
    return LineFinding(0.0, total, LANGUAGE_OF_SCRIPT.get(script) or _instead(detector.detect(prose), owed))


def _by_language(prose: str, letters: float, owed: str, detector: Detector) -> LineFinding:
    """Of a line in the script owed, which other languages are written in too."""
    if _sounds_like(owed, prose):
        return LineFinding(letters)
    found = detector.detect(prose)
    kin = kinship(primary_language(found.language), primary_language(owed))
    if kin in ("same", "twins"):
        return _of_writing(found, letters, owed)
    if letters < _LEAST_LETTERS or not _is_other_language(found, prose, letters, owed):
        return _OPEN
    return LineFinding(0.0, letters, found.language)


def _sounds_like(owed: str, prose: str) -> bool:
    """Whether the small words alone tell that a line is in the language owed: a fifth of a detection's cost."""
    if named_script(owed) in _CHINESE:
        return False
    own = other = 0.0
    for language, weight in _function_words(prose).items():
        if kinship(primary_language(language), primary_language(owed)) in ("same", "twins"):
            own += weight
        else:
            other = max(other, weight)
    return own >= _MANY_FUNCTION_WORDS and own > _FAR_AHEAD * other


def _of_writing(found: Detection, letters: float, owed: str) -> LineFinding:
    """Of a line in the language owed: traditional characters are wrong where simplified ones are owed."""
    named, seen = named_script(owed), named_script(found.language)
    if named in _CHINESE and seen in _CHINESE and named != seen:
        is_long = letters >= _LEAST_HAN and found.confidence >= _LEAST_CONFIDENCE
        return LineFinding(0.0, letters, found.language) if is_long else _OPEN
    return LineFinding(letters)


def _is_other_language(found: Detection, prose: str, letters: float, owed: str) -> bool:
    """Whether a line is surely not in the language owed, though in its script."""
    if found.source == "script":  # Han and kana: nothing else decides among Japanese and Chinese
        is_told = found.language != "ja" or _KANA.search(prose) is not None
        return is_told and letters >= _LEAST_HAN and found.confidence >= _LEAST_CONFIDENCE
    return _is_text_in(found, prose, owed)


def _is_text_in(found: Detection, prose: str, owed: str) -> bool:
    """Whether a line is running text in the language found: enough words, small ones among them, not names alone."""
    words = prose.split()
    if _is_romanised(found.language) and "Latn" in owed_scripts(owed) and not _is_romanised(owed):
        return False  # short words of many languages look like Hinglish
    if _instead(found, owed) == UNDETERMINED:
        return False
    if not _is_known(owed) and found.language != "en":  # it may be a dialect of whatever it is taken for
        return False
    is_kin = kinship(primary_language(found.language), primary_language(owed)) == "cousins" or _is_romanised(
        owed
    )
    if len(words) < (_LEAST_WORDS_OF_COUSINS if is_kin else _LEAST_WORDS):
        return False
    if found.confidence < (_LEAST_CONFIDENCE_OF_COUSINS if is_kin else _LEAST_CONFIDENCE):
        return False
    weights = _function_words(prose)
    seen = weights.get(_spelled(found.language), 0.0)
    if seen < _LEAST_FUNCTION_WORDS or seen <= weights.get(_spelled(owed), 0.0):
        return False
    return sum(word[:1].isupper() for word in words) < _NAMES_SHARE * len(words)


def _is_latin_text(found: Detection, prose: str) -> bool:
    """Whether a line in Latin letters, which the language owed is not written in, is more than names and terms."""
    words = prose.split()
    is_long = len(words) >= _LONG_IN_LATIN and sum(word[:1].islower() for word in words) >= 0.5 * len(words)
    return is_long and found.language != "en" and found.confidence >= _LEAST_CONFIDENCE_IN_LATIN


def _function_words(prose: str) -> Mapping[str, float]:
    words = words_of(prose)
    return {**_tables().words.native(words), **_tables().words.romanised(words)}


def _is_known(owed: str) -> bool:
    """Whether a language is one that the models know, or has a script that few share."""
    return _spelled(owed) in _tables().words.languages or not owed_scripts(owed) <= _SHARED_SCRIPTS


def _is_romanised(tag: str) -> bool:
    return named_script(tag) == "Latn" and not is_written_in(primary_language(tag), "Latn")


def _spelled(tag: str) -> str:
    """The name of a language in the table of function words: ``hi-Latn`` of ``hi-Latn-IN``, ``pt`` of ``pt-BR``."""
    language = primary_language(tag)
    return f"{language}-Latn" if _is_romanised(tag) else language


def _instead(found: Detection, owed: str) -> str:
    """What is told of wrong text: a language that is not the one owed, and never a script alone."""
    language = primary_language(found.language)
    is_in_latin = named_script(found.language) == "Latn" and "Latn" not in owed_scripts(owed)
    is_own = language == primary_language(owed) and not is_in_latin
    return UNDETERMINED if is_own or language == UNDETERMINED else found.language
