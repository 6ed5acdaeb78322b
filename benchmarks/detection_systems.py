"""The detectors that are measured side by side, each as a function from a text to what it says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routing.detection.cld2_scores import Cld2Scores
from routing.detection.cld3_scores import Cld3Scores
from routing.detection.detector import load_detector
from routing.detection.fasttext_scores import FastTextScores, bundled_model_path
from routing.detection.jury import Opinion
from routing.detection.labels import language_of_label
from routing.detection.langid_scores import LangidScores
from routing.detection.tags import primary_language
from routing.language import UNDETERMINED, Detection

_ROMANISED = "-Latn"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system says of a text.

    language: without a script, unless it is romanised, so that systems that tell no scripts compare.
    tag: with the script, where the system tells it.
    """

    language: str
    confidence: float = 0.0
    mixed: bool = False
    romanised: bool = False
    tag: str = ""


System = Callable[[str], Answer]


def load_systems() -> Mapping[str, System]:
    """Ours first. Lingua alone takes 10 s and 1.2 GB."""
    detector = load_detector()
    return {
        "dragoman": lambda text: _ours(detector.detect(text)),
        "lid.176": _alone(FastTextScores(bundled_model_path())),
        "py3langid": _alone(LangidScores()),
        "cld2": _alone(Cld2Scores()),
        "cld3": _alone(Cld3Scores()),
        "lingua": _lingua(),
    }


def compared(tag: str) -> str:
    """A tag as answers are compared: ``zh`` of ``zh-Hant``, ``sr`` of ``sr-Latn``, ``hi-Latn`` as it is."""
    return language_of_label(tag)


def _ours(detection: Detection) -> Answer:
    language = detection.language if detection.romanised else primary_language(detection.language)
    return Answer(language, detection.confidence, detection.mixed, detection.romanised, detection.language)


def _alone(model: Opinion) -> System:
    def answer(text: str) -> Answer:
        scores = model.score(" ".join(text.split()))
        language = max(scores, key=scores.__getitem__, default=UNDETERMINED)
        return Answer(language, scores.get(language, 0.0), len(scores) > 1, language.endswith(_ROMANISED))

    return answer


def _lingua() -> System:
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()

    def answer(text: str) -> Answer:
        found = detector.detect_language_of(text)
        return Answer(language_of_label(found.iso_code_639_1.name.lower()) if found else UNDETERMINED)

    return answer
