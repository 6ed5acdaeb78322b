"""Names that people give to things, in any script."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field


def _in_one_line(text: str) -> str:
    # A line break or an escape would reach logs, tables and headers. Joiners are kept: many scripts need them.
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text):
        raise ValueError("must be in one line, without control characters")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_in_one_line)]
"""Text in one line: the name of a model, or a path."""

Label = Annotated[Line, Field(max_length=100)]
"""The name of a rule, a group or a key."""
