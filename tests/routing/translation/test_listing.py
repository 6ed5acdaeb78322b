"""Several texts in one, and apart again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import StructureLost
from routing.translation.listing import listed
from routing.translation.protected import protect, restore
from tests.routing.translation.texts import MIXED

_DOUBLED = "<part-1-1>a</part-1-1><part-1-2>b</part-1-2><part-1-2>c</part-1-2>"


@settings(max_examples=200)
@given(st.lists(MIXED, min_size=1, max_size=5))
def test_texts_come_apart_as_they_were(texts: list[str]) -> None:
    listing = listed(texts)
    assert listing.split(listing.text) == texts


@settings(max_examples=100)
@given(st.lists(MIXED, min_size=1, max_size=4))
def test_a_listing_survives_the_marks_that_protect_it(texts: list[str]) -> None:
    listing = listed(texts)
    protected = protect(listing.text)
    assert listing.split(restore(protected.text, protected)) == texts


@pytest.mark.parametrize(
    "answer",
    ["<part-1-1>\na</part-1-1>", "<part-1-1>\na\n<part-1-2>\nb", "", _DOUBLED],
)  # fmt: skip
def test_a_text_that_did_not_come_back_once_is_noticed(answer: str) -> None:
    with pytest.raises(StructureLost):
        listed(["ሀ", "ለ"]).split(answer)


def test_order_and_talk_between_the_texts_do_not_matter() -> None:
    assert listed(["ሀ", "ለ"]).split("Sure:\n<part-1-2>b</part-1-2>\n\n<part-1-1>\na\n</part-1-1>") == [
        "a",
        "b",
    ]
