"""Watches the beginning of an answer while it arrives, and tells whether it may be sent."""

from typing import Literal

from routing.contract.answer_lines import AnswerLines
from routing.contract.tally import Tally, Verdict
from routing.language import UNDETERMINED, Detector
from routing.reasoning import ReasoningSplitter

Decision = Literal["hold", "pass", "break"]
"""What to do with an answer so far: go on holding it back, send it, or give it up."""

LONGEST_WINDOW = 600
"""Characters of the answer, reasoning left out, after which it passes unless it is broken."""

_MOST_LINES = 8
_FIRST_LOOK = (
    12  # characters; then at one and a half times as many, and so on: eleven looks within the window
)
_NEXT_LOOK = 1.5
_ENOUGH_RIGHT = 12.0  # letters; where a detection decides, it asks for more words by itself
_ENOUGH_WRONG = 30.0


class Watcher:
    """Judges one choice of an answer as it arrives.

    Feed it every delta of its text. It holds at first, decides once, and goes on judging whole lines for `verdict`.
    What is empty of prose (code first) is held until the window is full, then it passes.
    """

    def __init__(self, owed: str, detector: Detector, request: str = "") -> None:
        self._tally = Tally(owed, detector, request)
        self._reasoning = ReasoningSplitter()
        self._lines = AnswerLines()
        self._decision: Decision = "pass" if owed.partition("-")[0] == UNDETERMINED else "hold"
        self._is_watching = self._decision == "hold"
        self._length = self._line_ends = 0
        self._next_look = float(_FIRST_LOOK)

    def feed(self, delta: str) -> Decision:
        """Takes the next piece of the answer, cut anywhere; the decision so far. Never raises.

        Cost: under 1 µs for a token inside a line; at a look two detections.
        """
        if self._is_watching:
            self._take(self._reasoning.feed(delta)[1])
        return self._decision

    def end(self) -> Decision:
        """Tells that the answer is over: what was held is decided on what there is."""
        if self._is_watching:
            self._take(self._reasoning.end()[1])
            for prose in self._lines.end():
                self._tally.add(prose)
            if self._decision == "hold":
                self._decision = "break" if self.verdict.outcome == "broken" else "pass"
            self._is_watching = False
        return self._decision

    @property
    def has_passed(self) -> bool:
        """Whether the answer may be sent."""
        return self._decision == "pass"

    @property
    def verdict(self) -> Verdict:
        """The verdict on the lines so far; after `end`, on the whole answer."""
        return self._tally.verdict()

    @property
    def instead(self) -> str:
        """BCP-47 tag of the language that was seen in place of the one owed; ``und`` where none was."""
        return self._tally.verdict(self._lines.unfinished).instead

    def _take(self, text: str) -> None:
        if not text:
            return
        self._length += len(text)
        self._line_ends += text.count("\n") - text.count("\n\n")
        proses = self._lines.feed(text)
        for prose in proses:
            self._tally.add(prose)
        if self._decision == "hold" and (proses or self._length >= self._next_look):
            self._next_look = min(max(self._next_look, self._length) * _NEXT_LOOK, LONGEST_WINDOW)
            self._decide()

    def _decide(self) -> None:
        is_full = self._length >= LONGEST_WINDOW or self._line_ends >= _MOST_LINES
        right, wrong = self._tally.letters(self._lines.unfinished)
        if wrong >= _ENOUGH_WRONG and wrong > right:
            self._decision = "break"
        elif right >= _ENOUGH_RIGHT and not wrong:
            self._decision = "pass"
        elif is_full:
            is_broken = self._tally.verdict(self._lines.unfinished).outcome == "broken"
            self._decision = "break" if is_broken else "pass"
