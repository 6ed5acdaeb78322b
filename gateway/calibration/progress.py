"""Telling whoever waits how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Hears of something that has many parts."""

    def begin(self, total: int) -> None:
        """There will be so many."""

    def advance(self, more: int) -> None:
        """So many more are done."""
