"""How many tokens a language needs for what takes one in English, and what a request is charged for that reason.

Tokenizers cut most scripts finer than Latin (Petrov et al. 2023, arXiv 2305.15425; Ahia et al. 2023, arXiv
2305.13707). Without this a limit in tokens is a limit on languages: it lets a Burmese user say a sixth.
"""

from collections.abc import Callable, Iterable, Mapping

from routing.language import Detection
from routing.language_ranges import ranges_of

ENGLISH = "en"

Fertility = Mapping[str, float]
"""By BCP-47 tag; a tag stands for all that it begins, unless that has a value of its own. 1 for what is missing."""


def english_tokens(tokens: int, detection: Detection, fertility: Fertility) -> float:
    """What a request is charged for tokens of a text in the language detected.

    Romanised text is cut as Latin is, so only a value of its own counts (``hi-Latn``), not that of ``hi``.
    """
    language = detection.language
    tags = (language,) if detection.romanised else ranges_of(language)
    return tokens / next((fertility[tag] for tag in tags if tag in fertility), 1.0)


def measured_fertility(
    sentences: Iterable[Mapping[str, str]], count_tokens: Callable[[str], int]
) -> dict[str, float]:
    """From sentences by language, each of which has an English one beside it: tokens by tokens, over all of them.

    Languages are rounded to two places, and sorted.
    """
    tokens: dict[str, int] = {}
    english: dict[str, int] = {}
    for sentence in sentences:
        beside = count_tokens(sentence[ENGLISH])
        for language, text in sentence.items():
            tokens[language] = tokens.get(language, 0) + count_tokens(text)
            english[language] = english.get(language, 0) + beside
    return {language: round(tokens[language] / english[language], 2) for language in sorted(tokens)}
