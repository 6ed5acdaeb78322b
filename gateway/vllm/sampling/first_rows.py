"""The row of logits that all answers to one request draw their first token from."""

from collections import OrderedDict
from collections.abc import Iterable

from torch import Tensor

PARENT_ARGUMENT = "dragoman_parent"
"""Extra argument by which the children of one request know each other; ours alone to give."""

_MOST_KEPT = 64
"""Requests whose first row is kept: 39 MB of a vocabulary of 152,000."""


class FirstRows:
    """Keeps the row that the first child of a request is drawn from, for the others, in whichever step they begin.

    Each child reads the last block of the prompt again (vLLM's prefix cache gives it the rest), in another batch
    perhaps, and may come to logits that differ in the last bits. With one row for all, answers differ by how they are
    drawn alone.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Tensor] = OrderedDict()

    def share(self, logits: Tensor, beginning: Iterable[tuple[int, str]]) -> None:
        """Puts the kept row in the place of others, in ``logits`` [rows, vocabulary].

        beginning: the rows that a first token is drawn from, with what the children of their request have in common.
        """
        for row, parent in beginning:
            if parent in self._kept:
                logits[row] = self._kept[parent]
            else:
                self._kept[parent] = logits[row].clone()
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
