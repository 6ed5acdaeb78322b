"""The Markdown shape that a translation has to keep."""

import pytest

from routing.errors import StructureLost
from routing.translation.shape import check_shape

ORIGINAL = "## Kichwa\n\n- moja\n- mbili\n  1. tatu\n\n> nukuu\n\n| a | b |\n|---|---|\n| c | d |\n"


def test_other_words_in_the_same_shape_are_fine() -> None:
    check_shape(
        ORIGINAL,
        "## शीर्षक\n\n* एक, **ज़ोर से**\n* दो\n  1) तीन\n\n> उद्धरण\n> जारी\n\n| क | ख |\n|---|---|\n| ग | घ |\n",
    )


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (ORIGINAL.replace("## ", "# "), "headings"),
        (ORIGINAL.replace("- mbili\n", ""), "items"),
        (ORIGINAL.replace("  1. ", "1. "), "items"),
        (ORIGINAL.replace("| c | d |", "| c |"), "columns"),
        (ORIGINAL.replace("| c | d |\n", ""), "columns"),
        (ORIGINAL.replace("> ", ""), "quotations"),
    ],
)
def test_another_shape_is_refused_and_named(wrong: str, named: str) -> None:
    with pytest.raises(StructureLost, match=named):
        check_shape(ORIGINAL, wrong)
