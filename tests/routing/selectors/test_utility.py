"""Utilities: what is averaged, and that ties are ties."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.other_model import OtherModel
from routing.selectors.chrf import chrf_utilities
from routing.selectors.mbr import Mbr
from routing.selectors.utility import utilities
from tests.routing.selectors.selecting import (
    SILENT,
    AnsweringEngine,
    asked,
    context_in,
    embedding,
    samples_of,
)

WORDS = ["हाँ", "नहीं, बिल्कुल", "शायद", "ใช่", "ไม่", "yes"]


def test_a_candidate_does_not_count_for_itself_and_evidence_does() -> None:
    assert utilities([[1.0, 0.5, 0.1], [0.3, 1.0, 0.4]]) == pytest.approx([0.3, 0.35])
    assert utilities([[1.0]]) == [1]


@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=8))
async def test_equal_samples_have_equal_utilities_so_that_the_first_of_them_wins(texts: list[str]) -> None:
    of = await chrf_utilities(texts)
    assert all(of[place] == of[texts.index(text)] for place, text in enumerate(texts))
    best = (await Mbr()(samples_of(*texts), asked(), SILENT, context_in("hi")[0])).order[0]
    assert texts.index(texts[best]) == best


@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=8), st.integers(0, 1000))
async def test_by_embeddings_too(texts: list[str], seed: int) -> None:
    random = Random(seed)
    vectors = {word: [random.gauss(0, 1) for _ in range(5)] for word in WORDS}
    mbr = Mbr(embedder=OtherModel(model="e5"))
    engine = AnsweringEngine(document=embedding(vectors))
    best = (await mbr(samples_of(*texts), asked(), engine, context_in("hi")[0])).order[0]
    assert texts.index(texts[best]) == best
    if len(texts) == 2:
        assert best == 0
