"""Masks looked up on a device are those of the tables, whatever stands before and whichever tables are mixed."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.token_mask import TAIL_TOKENS, DeviceMasks, MaskTable, token_tails
from tests.kernels.token_mask.vocabularies import RANGES, VOCABULARIES, tables

PADDING = 5
KINDS = list(VOCABULARIES)
TABLES = {kind: list(tables(kind).values()) for kind in KINDS}
MASKS = {
    kind: DeviceMasks.of(TABLES[kind], torch.from_numpy(token_tails(tokens)), len(tokens) + PADDING)
    for kind, tokens in VOCABULARIES.items()
}


def _allowed(masks: DeviceMasks, rows: list[tuple[MaskTable, list[int]]]) -> list[list[bool]]:
    """What may come next in each row, by the device."""
    none = masks.no_token
    tails = [([none] * TAIL_TOKENS + tokens)[-TAIL_TOKENS:] for _, tokens in rows]
    starts = torch.tensor([masks.starts[table] for table, _ in rows])
    penalties = masks.penalties(masks.states_after(starts, torch.tensor(tails)))
    assert ((penalties == 0) | (penalties == -torch.inf)).all()
    flags: list[list[bool]] = (penalties == 0).tolist()
    return flags


def _by_tables(rows: list[tuple[MaskTable, list[int]]]) -> list[list[bool]]:
    return [
        [*table.allowed(table.state_after(tokens)).tolist(), *[False] * PADDING] for table, tokens in rows
    ]


def _rows(kind: str) -> st.SearchStrategy[list[tuple[MaskTable, list[int]]]]:
    tokens = st.lists(st.integers(0, len(VOCABULARIES[kind]) - 1), max_size=TAIL_TOKENS + 1)
    return st.lists(st.tuples(st.sampled_from(TABLES[kind]), tokens), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(data=st.data())
def test_any_rows_are_held_as_their_own_tables_say(kind: str, data: st.DataObject) -> None:
    rows = data.draw(_rows(kind))
    assert _allowed(MASKS[kind], rows) == _by_tables(rows)


def _texts_cut_everywhere(kind: str) -> list[tuple[MaskTable, list[int]]]:
    """Each table after each way to open one of its characters, byte by byte, and after the whole character."""
    rows = []
    for table, ranges in zip(TABLES[kind], RANGES.values(), strict=True):
        for first, last in ranges:
            for point in range(first, last + 1, max(1, (last - first) // 16)):
                encoded = [table.tokens.index(bytes([byte])) for byte in chr(point).encode()]
                rows += [(table, [*encoded[:-1], *encoded[:size]]) for size in range(1, len(encoded) + 1)]
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_every_place_within_a_character_is_known(kind: str) -> None:
    rows = _texts_cut_everywhere(kind)
    assert _allowed(MASKS[kind], rows) == _by_tables(rows)


def test_every_state_fits_the_tokens_that_its_table_lists() -> None:
    for table in (each for kind in KINDS for each in TABLES[kind]):
        characters = table._characters
        for row, state in zip(table.states.goes_on[1:], sorted(characters.beginnings), strict=True):
            listed = table.allowed_ids(state).tolist()
            assert [table.continuing[place] for place in np.flatnonzero(row)] == listed


MUTANTS: dict[str, Callable[[DeviceMasks], DeviceMasks]] = {
    "no byte opens a character": lambda masks: replace(masks, steps=torch.zeros_like(masks.steps)),
    "an open character allows what no open one does": lambda masks: replace(
        masks, place=masks.place.clamp(min=1)
    ),
    "any byte goes on": lambda masks: replace(masks, goes_on=torch.ones_like(masks.goes_on)),
    "nothing goes on": lambda masks: replace(masks, goes_on=torch.zeros_like(masks.goes_on)),
    "all rows have the first table": lambda masks: replace(masks, starts=dict.fromkeys(masks.starts, 0)),
    "tokens are known by their first bytes": lambda masks: replace(masks, tails=masks.tails.flip(1)),
    "one byte too many is forgotten": lambda masks: replace(
        masks, tails=masks.tails.index_fill(1, torch.tensor([0]), 0x20)
    ),
}


@cache
def _rows_for_mutants() -> tuple[list[tuple[MaskTable, list[int]]], list[list[bool]]]:
    """Texts cut everywhere, and each piece of several bytes alone."""
    pieces = [token for token, piece in enumerate(VOCABULARIES[KINDS[0]]) if len(piece or b"") > 1]
    longer = [(table, [token]) for table in TABLES[KINDS[0]] for token in pieces]
    rows = _texts_cut_everywhere(KINDS[0]) + longer
    return rows, _by_tables(rows)


@pytest.mark.parametrize("name", MUTANTS)
def test_masks_that_are_wrong_do_not_pass(name: str) -> None:
    rows, expected = _rows_for_mutants()
    assert _allowed(MUTANTS[name](MASKS[KINDS[0]]), rows) != expected


def test_a_vocabulary_without_pieces_of_characters_has_masks_too() -> None:
    table = MaskTable([b"a", "안".encode(), None], TABLES[KINDS[0]][-1]._characters, [2])
    masks = DeviceMasks.of([table], torch.from_numpy(token_tails(table.tokens)), 3)
    assert _allowed(masks, [(table, []), (table, [0, 1, 2])]) == [[False, True, True]] * 2
