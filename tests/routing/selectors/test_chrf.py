"""Likeness by character n-grams."""

import asyncio

import pytest
from sacrebleu.metrics.chrf import CHRF

from routing.selectors.chrf import COMPARED_CHARS, chrf_likeness, chrf_utilities
from tests.routing.selectors.selecting import samples_of

TEXTS = ["ยินดีต้อนรับสู่กรุงเทพฯ", "ยินดีต้อนรับ", "नमस्ते दुनिया", "مرحبا بالعالم", "مرحبًا بالعالم"]


async def test_utilities_are_the_mean_chrf_of_a_text_against_all_others() -> None:
    metric = CHRF()
    expected = [
        sum(metric.sentence_score(text, [other]).score for other in TEXTS if other != text) / 100 / 4
        for text in TEXTS
    ]
    assert await chrf_utilities(TEXTS) == pytest.approx(expected)


async def test_evidence_counts_and_has_no_utility_of_its_own() -> None:
    metric = CHRF()
    one, other, evidence = "capital: Nairobi", "capital: Mombasa", "The capital is Nairobi"
    utilities = await chrf_utilities([one, other], [evidence])
    assert utilities[0] == pytest.approx(
        (metric.sentence_score(one, [other]).score + metric.sentence_score(one, [evidence]).score) / 200
    )
    assert utilities[0] > utilities[1]


async def test_equal_texts_are_wholly_alike_composed_or_not_and_also_where_they_are_empty() -> None:
    assert await chrf_utilities(["é", "e\u0301"]) == [1, 1]
    assert await chrf_utilities(["", ""]) == [1, 1]
    assert await chrf_utilities(["한"]) == [1]
    assert await chrf_utilities(["", "다르다", "다르다"]) == [0, 0.5, 0.5]


async def test_only_the_beginning_of_long_texts_is_compared() -> None:
    start = "字" * COMPARED_CHARS
    assert await chrf_utilities([start + "一", start + "二"]) == [1, 1]


async def test_the_event_loop_turns_while_likeness_is_computed() -> None:
    texts = [f"{number} " + "संयुक्ताक्षर और मात्राएँ " * 60 + str(number) for number in range(5)]
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    await chrf_utilities(texts)
    turning.cancel()
    assert turns > 10


async def test_samples_that_break_the_contract_are_not_compared() -> None:
    likeness = await chrf_likeness(samples_of("ndiyo", "yes", "ndiyo", breaking=(1,)))
    assert likeness == {0: 1, 2: 1}
