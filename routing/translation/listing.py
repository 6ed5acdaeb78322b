"""Several texts in one, so that they are read and translated together, and told apart again."""

import re
from collections.abc import Sequence
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
        """The texts of a listing that went through a model. Raises `StructureLost` where one is not there once."""
        found = [self._found(number, text) for number in range(1, self.count + 1)]
        lost = sum(len(texts) != 1 for texts in found)
        if lost:
            raise StructureLost(f"{lost} of {self.count} texts did not come back.")
        return [texts[0] for texts in found]

    def _found(self, number: int, text: str) -> list[str]:
        opening, closing = re.escape(f"<{self.tag}-{number}>"), re.escape(f"</{self.tag}-{number}>")
        return re.findall(rf"{opening}\n?(.*?)\n?{closing}", text, flags=re.DOTALL)


def listed(texts: Sequence[str]) -> Listing:
    """A listing of the texts, numbered from 1."""
    tag = free_tag("\n".join(texts), "part")
    items = (f"<{tag}-{number}>\n{text}\n</{tag}-{number}>" for number, text in enumerate(texts, 1))
    return Listing("\n".join(items), tag, len(texts))
