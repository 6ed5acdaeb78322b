"""Judges whether an answer is in the language that it owes."""

from routing.contract.answer_lines import AnswerLines
from routing.contract.tally import Tally, Verdict
from routing.language import UNDETERMINED, Detector
from routing.reasoning import without_reasoning

_MOST_LINES = 100


def judge(text: str, owed: str, detector: Detector, request: str = "") -> Verdict:
    """The verdict on a whole answer; of a long one the first and the last 50 lines are judged. Never raises.

    owed: BCP-47 tag; for ``und`` everything is ``unjudged``.
    request: what was asked, where it is at hand: repeating it is no breach.

    As in the Language Confusion Benchmark (arXiv 2406.20052) lines are judged, and words where the language has a
    script of its own. Unlike there code, quotations and names do not count, a line that tells no language is left
    out instead of wrong, and one wrong line among many right ones breaks nothing. Cost: 10 to 300 µs a line.
    """
    if owed.partition("-")[0] == UNDETERMINED:
        return Verdict("unjudged")
    tally = Tally(owed, detector, request)
    for prose in _some(_proses(text)):
        tally.add(prose)
    return tally.verdict()


def _proses(text: str) -> list[str]:
    lines = AnswerLines()
    return lines.feed(without_reasoning(text)) + lines.end()


def _some(proses: list[str]) -> list[str]:
    half = _MOST_LINES // 2
    return proses if len(proses) <= _MOST_LINES else proses[:half] + proses[-half:]
