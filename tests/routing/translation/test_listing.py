"""Several texts in one, and apart again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import StructureLost
from routing.translation.listing import listed
from routing.translation.protected import protect_each, restore
from tests.routing.translation.texts import MIXED

_DOUBLED = "<part-1-1>a</part-1-1><part-1-2>b</part-1-2><part-1-2>c</part-1-2>"


@settings(max_examples=200)
@given(st.lists(MIXED, min_size=1, max_size=5))
def test_texts_come_apart_as_they_were(texts: list[str]) -> None:
    listing = listed(texts)
    assert listing.split(listing.text) == texts


@settings(max_examples=100)
@given(st.lists(MIXED, min_size=1, max_size=4))
def test_texts_that_are_protected_each_by_itself_come_back_from_a_listing(texts: list[str]) -> None:
    protected = protect_each(texts)
    listing = listed([one.text for one in protected])
    pieces = listing.split(listing.text)
    assert [restore(piece, one) for piece, one in zip(pieces, protected, strict=True)] == texts


def test_code_left_open_in_one_text_does_not_go_on_in_the_next() -> None:
    protected = protect_each(["```py\nprint(1)", "नमस्ते 5", "`a", "b` ሰላም"])
    assert [one.text for one in protected] == ["[[1]]", "नमस्ते [[2]]", "`a", "b` ሰላም"]


def test_a_mark_in_the_wrong_text_is_noticed() -> None:
    _, second = protect_each(["`x`", "`y` на"])
    with pytest.raises(StructureLost):
        restore("[[1]] [[2]]", second)


@pytest.mark.parametrize(
    "answer",
    [
        "<part-1-1>a</part-1-1><part-1-2>b</part-1-2><part-1-3>c</part-1-3>",
        "<part-1-1>a<part-1-2>b</part-1-2></part-1-1>",
        "<part-1-1>\na</part-1-1>", "<part-1-1>\na\n<part-1-2>\nb", "", _DOUBLED],
)  # fmt: skip
def test_a_text_that_did_not_come_back_once_is_noticed(answer: str) -> None:
    with pytest.raises(StructureLost):
        listed(["ሀ", "ለ"]).split(answer)


def test_order_and_talk_between_the_texts_do_not_matter() -> None:
    assert listed(["ሀ", "ለ"]).split("Sure:\n<part-1-2>b</part-1-2>\n\n<part-1-1>\na\n</part-1-1>") == [
        "a",
        "b",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "<PART-1-1>a</PART-1-1> <part-1-2>b</part-1-2>",
        "< part-1-1 >\na\n< / part-1-1 >\n<part-1-2>\nb\n</part-1-2 >",
        "<part-1-१>a</part-1-१><part-١-٢>b</part-1-2>",
    ],
)
def test_small_deviations_of_the_tags_are_understood(answer: str) -> None:
    assert listed(["ሀ", "ለ"]).split(answer) == ["a", "b"]
