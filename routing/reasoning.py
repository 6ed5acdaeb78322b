"""Tells a model's reasoning, between <think> and </think>, from its answer, while the text arrives in pieces."""

from dataclasses import dataclass

_OPENING, _CLOSING = "<think>", "</think>"


@dataclass(slots=True)
class ReasoningSplitter:
    """Feed it the text of one choice; a tag may be cut anywhere.

    A text that does not begin with the opening tag (blank space aside) is an answer from its first character on: a
    tag further in may be what the answer talks about.
    """

    _held: str = ""
    _state: str = "start"

    def feed(self, text: str) -> tuple[str, str]:
        """What is now known to be reasoning, and to be answer. Both may be empty."""
        self._held += text
        if self._state == "start":
            self._open()
        if self._state == "reasoning":
            return self._reasoning()
        return "", self._answer()

    def end(self) -> tuple[str, str]:
        """What was still held back when the text ended."""
        rest, self._held = self._held, ""
        return (rest, "") if self._state == "reasoning" else ("", rest)

    def _open(self) -> None:
        began = self._held.lstrip()
        if began.startswith(_OPENING):
            self._held, self._state = began[len(_OPENING) :], "reasoning"
        elif not _OPENING.startswith(began):
            self._state = "answer"

    def _reasoning(self) -> tuple[str, str]:
        before, tag, after = self._held.partition(_CLOSING)
        if tag:
            self._held, self._state = after, "gap"
            return before, self._answer()
        keep = _overlap(before)
        self._held = before[len(before) - keep :]
        return before[: len(before) - keep], ""

    def _answer(self) -> str:
        if self._state == "gap":  # the blank space after the tag belongs to neither
            self._held = self._held.lstrip()
            self._state = "answer" if self._held else "gap"
        if self._state != "answer":
            return ""
        text, self._held = self._held, ""
        return text


def without_reasoning(text: str) -> str:
    """The answer alone, of a text that is whole or has just begun."""
    splitter = ReasoningSplitter()
    return splitter.feed(text)[1] + splitter.end()[1]


def _overlap(text: str) -> int:
    """How many characters at the end of the text may be the beginning of the closing tag."""
    return next((size for size in range(len(_CLOSING) - 1, 0, -1) if text.endswith(_CLOSING[:size])), 0)
