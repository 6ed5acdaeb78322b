"""Several texts in one, so that they are read and translated together, and told apart again."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from routing.errors import StructureLost
from routing.translation.fence import free_tag


@dataclass(frozen=True, slots=True)
class Listing:
    """Texts one after another, each between numbered tags that are in none of them."""

    text: str
    tag: str
    count: int

    def split(self, text: str) -> list[str]:
        """The texts of a listing that went through a model, in their order.

        Order, blanks, case, the script of digits and talk between the texts are the model's. Raises `StructureLost`
        where a text is not there exactly once.
        """
        found: dict[int, list[str]] = {number: [] for number in range(1, self.count + 1)}
        for number, item in _items(text, self.tag):
            found.setdefault(number, []).append(item)
        lost = sum(len(texts) != 1 for texts in found.values())
        if lost or len(found) != self.count:
            raise StructureLost(f"{max(lost, 1)} of {self.count} texts did not come back, or not once.")
        return [texts[0] for texts in found.values()]


def listed(texts: Sequence[str]) -> Listing:
    """A listing of the texts, numbered from 1."""
    tag = free_tag("\n".join(texts), "part")
    items = (f"<{tag}-{number}>\n{text}\n</{tag}-{number}>" for number, text in enumerate(texts, 1))
    return Listing("\n".join(items), tag, len(texts))


def _items(text: str, tag: str) -> Iterator[tuple[int, str]]:
    """Number and text of each item whose closing follows its opening; another tag between the two spoils it."""
    word, own = tag.split("-")
    tags = re.finditer(rf"<\s*+(/?)\s*+{word}-(\d{{1,9}})-(\d{{1,9}})\s*+>", text, re.IGNORECASE)
    opened, start = 0, 0
    for found in (match for match in tags if int(match[2]) == int(own)):
        number = int(found[3])
        if found[1] and number == opened:
            yield number, text[start : found.start()].removeprefix("\n").removesuffix("\n")
        opened, start = (0 if found[1] else number), found.end()
