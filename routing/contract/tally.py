"""Adds up what the lines of an answer say, and draws the verdict."""

from dataclasses import dataclass
from typing import Literal

from routing.contract.line import LineFinding, judge_line
from routing.contract.stray_words import stray_words
from routing.detection.words import words_of
from routing.language import UNDETERMINED, Detector

_LONGEST_POOL = 400  # characters
_MOST_STRAY_WORDS = 50
_LONGEST_REQUEST = 2000  # characters

# A preface or an example in another language does not make an answer wrong; a quarter of it does, and so does an end
# that has changed over.
_WRONG_SHARE = 0.25
_DRIFT_LINES, _DRIFT_SHARE = 2, 0.1
_REPEATED_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer kept to its language.

    outcome: ``unjudged`` where it holds too little text to tell. When in doubt an answer is not ``broken``.
    judged_lines, wrong_lines: lines (a long one counts several times) that told a language, and another than owed.
    wrong_words: words in Latin letters in a text of another script, or in a script that does not belong there; they
        alone never break a contract. At most 50.
    instead: BCP-47 tag of the language of most of the wrong text; ``und`` where there is none.
    """

    outcome: Literal["kept", "broken", "unjudged"]
    judged_lines: int = 0
    wrong_lines: int = 0
    wrong_words: tuple[str, ...] = ()
    instead: str = UNDETERMINED


class Tally:
    """The findings of the lines of one answer so far. ``request``: what repeats it does not count."""

    def __init__(self, owed: str, detector: Detector, request: str = "") -> None:
        self._owed = owed
        self._detector = detector
        self._asked = frozenset(request[:_LONGEST_REQUEST].lower().split())
        self._findings: list[LineFinding] = []
        self._pool = ""
        self._stray: list[str] = []

    def add(self, prose: str) -> None:
        """Takes a line of prose. Cost: that of `judge_line`."""
        if self._repeats_request(prose):
            return
        finding = judge_line(prose, self._owed, self._detector)
        if finding.is_open:
            self._pool = f"{self._pool} {prose}"[:_LONGEST_POOL]
        else:
            self._findings.append(finding)
        if len(self._stray) < _MOST_STRAY_WORDS:
            words = stray_words(prose, self._owed)
            self._stray += [word for word in words if word not in self._asked]

    def letters(self, unfinished: str = "") -> tuple[float, float]:
        """How many letters are right and wrong, with the beginning of a next line. Cost: that of `judge_line`."""
        findings = self._with(unfinished)
        return sum(one.right for one in findings), sum(one.wrong for one in findings)

    def verdict(self, unfinished: str = "") -> Verdict:
        """The verdict on the lines so far and the beginning of a next. Cost: twice that of `judge_line`."""
        findings = self._with(unfinished) or self._of_pool(unfinished)
        return _verdict(findings, tuple(self._stray[:_MOST_STRAY_WORDS]))

    def _with(self, unfinished: str) -> list[LineFinding]:
        if not unfinished or self._repeats_request(unfinished):
            return self._findings
        finding = judge_line(unfinished, self._owed, self._detector)
        return self._findings if finding.is_open else [*self._findings, finding]

    def _of_pool(self, unfinished: str) -> list[LineFinding]:
        """Lines too short to tell, together: bullets of three words each."""
        finding = judge_line(f"{self._pool} {unfinished}".strip(), self._owed, self._detector)
        return [] if finding.is_open else [finding]

    def _repeats_request(self, prose: str) -> bool:
        if not self._asked:
            return False
        words = words_of(prose)
        return len(words) > 1 and sum(word in self._asked for word in words) >= _REPEATED_SHARE * len(words)


def _verdict(findings: list[LineFinding], stray: tuple[str, ...]) -> Verdict:
    if not findings:
        return Verdict("unjudged", wrong_words=stray)
    wrong_lines = sum(one.is_wrong for one in findings)
    outcome: Literal["kept", "broken"] = "broken" if _is_broken(findings) else "kept"
    return Verdict(outcome, len(findings), wrong_lines, stray, _most_seen(findings))


def _is_broken(findings: list[LineFinding]) -> bool:
    wrong = sum(one.wrong for one in findings)
    total = wrong + sum(one.right for one in findings)
    if wrong >= _WRONG_SHARE * total:
        return True
    has_drifted = all(one.is_wrong for one in findings[-_DRIFT_LINES:])
    return has_drifted and wrong >= _DRIFT_SHARE * total


def _most_seen(findings: list[LineFinding]) -> str:
    letters: dict[str, float] = {}
    for one in findings:
        if one.wrong:
            letters[one.instead] = letters.get(one.instead, 0.0) + one.wrong
    return max(letters, key=letters.__getitem__, default=UNDETERMINED)
