"""The signs in a request that decide which language its answer owes, and when it is better not translated."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.detection.prose import prose_of
from routing.request_signs.instruction import instruction_of
from routing.request_signs.naming import languages_asked_for
from routing.request_signs.readings import Reading, languages_to_read, readings_of
from routing.request_signs.words import Sentence, sentences_of

_LONGEST_SMALL_TALK = 60
_SMALL_TALK_SHARE = 0.5
_LOOKED_AT_FOR_LETTERS = 3000  # a megabyte of digits would take 30 ms


@dataclass(frozen=True, slots=True)
class RequestSigns:
    """What a look at the words of a request tells. Lists of words see the usual cases and miss others.

    translation_request: it asks for a translation, or is about words of a language.
    target: BCP-47 tag of the one language that it names for its answer.
    several_languages: it names more than one.
    small_talk: a short text of greetings and the like.
    culture_bound: its words are of a country's customs, feasts, law or proverbs, or of "our country".
    span_extraction: it asks for pieces of a given text, word for word.
    code_only: it holds no prose.
    """

    translation_request: bool = False
    target: str | None = None
    several_languages: bool = False
    small_talk: bool = False
    culture_bound: bool = False
    span_extraction: bool = False
    code_only: bool = False


NO_SIGNS = RequestSigns()


def read_signs(text: str, language: str) -> RequestSigns:
    """The signs in a request. language: BCP-47 tag of its words, as detected; ``und`` where it is not known.

    It is read as in that language and in English, and as in those of any other script in it. Never raises. Cost: some
    100 µs for 100 characters, and bounded: the first and last 400 are read. Once for each language: 50 ms.
    """
    if _is_code_only(text):
        return RequestSigns(code_only=True)
    instruction = instruction_of(text)
    sentences = sentences_of(instruction)
    languages = languages_to_read(instruction, language)
    readings = [readings_of(sentence, languages) for sentence in sentences]
    every = [reading for group in readings for reading in group]
    known = [reading for reading in every if reading.is_own]
    named = _languages_named(readings)
    return RequestSigns(
        translation_request=any(_asks_for_translation(reading) for reading in every),
        target=next(iter(named)) if len(named) == 1 else None,
        several_languages=len(named) > 1 or any(_asks_for_several(reading) for reading in every),
        small_talk=len(text) <= _LONGEST_SMALL_TALK and _is_small_talk(sentences, known),
        culture_bound=any(reading.has("culture") for reading in known),
        span_extraction=any(_asks_for_spans(reading) for reading in known),
    )


def _is_code_only(text: str) -> bool:
    return not prose_of(text) and any(map(str.isalpha, text[:_LOOKED_AT_FOR_LETTERS]))


def _languages_named(readings: Sequence[Sequence[Reading]]) -> frozenset[str]:
    """The languages that a request names; what stands after ``Translate into French:`` is not read any more."""
    named: frozenset[str] = frozenset()
    for group in readings:
        found = next((tags for reading in group if (tags := languages_asked_for(reading))), frozenset())
        if found and any(reading.has("translate") for reading in group):
            return found
        named |= found
    return named


def _asks_for_translation(reading: Reading) -> bool:
    if reading.has("lesson"):
        return True
    mentions = reading.has("bare", "in", "into", "named", "also")
    if reading.has("word") and mentions:
        return True
    if not reading.has("translate") or reading.has("veto"):
        return False
    return mentions or (not reading.has("not_text") and _is_at_an_end(reading))


def _is_at_an_end(reading: Reading) -> bool:
    """Whether a word of translating begins or ends the sentence, as verbs that ask for something do."""
    last = len(reading.sentence.words)
    return any(hit.start <= 1 or hit.end >= last - 1 for hit in reading.of("translate"))


def _asks_for_several(reading: Reading) -> bool:
    return reading.has("several") and reading.has("ask", "translate")


def _asks_for_spans(reading: Reading) -> bool:
    if reading.has("translate"):
        return False
    has_text = reading.has("text")
    return (reading.has("verbatim") and (has_text or reading.has("copy", "ask"))) or (
        has_text and reading.has("copy")
    )


def _is_small_talk(sentences: Sequence[Sentence], known: Sequence[Reading]) -> bool:
    """Whether half of the words are greetings and the like."""
    words = sum(len([word for word in sentence.words if word != ","]) for sentence in sentences)
    said = {
        (id(reading.sentence), place)
        for reading in known
        for hit in reading.of("small_talk")
        for place in range(hit.start, hit.end)
    }
    return words > 0 and len(said) >= words * _SMALL_TALK_SHARE
