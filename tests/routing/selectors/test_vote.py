"""Votes over final answers: who wins, who leads in a tie, and when no sample can change it any more."""

from collections.abc import Callable, Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.final_answer.extract import final_answer
from routing.sample import Ranking, Sample
from routing.selectors.vote import Vote
from tests.routing.selectors.selecting import SILENT, asked, context_in, samples_of


async def _rank(samples: Sequence[Sample], vote: Vote | None = None) -> Ranking:
    return await (vote or Vote())(samples, asked(), SILENT, context_in("sw")[0])


@pytest.mark.parametrize(
    ("texts", "best", "agreement"),
    [
        (("الجواب: ١١", "الجواب: ١٢", "الجواب: 12"), 1, 2 / 3),
        (("उत्तर: ७०,०००", "जवाब: 70000", "उत्तर: 7"), 0, 2 / 3),
        (("答え：３", "答えは三個です。", "答え：4"), 0, 2 / 3),
        (("คำตอบคือข้อ ข", "คำตอบ: ค", "คำตอบ: ข"), 0, 2 / 3),
        (("Ndiyo, kwa sababu ni kweli.", "Hapana.", "Hapana, si hivyo."), 1, 2 / 3),
        (('{"a": 1}', '{"a": 2, "b": 1}', '{"b": 1.0, "a": 2}'), 1, 2 / 3),
        (("ปารีส", "ลอนดอน", "«ลอนดอน»"), 1, 2 / 3),
    ],
)
async def test_the_answer_that_most_samples_come_to_wins(
    texts: tuple[str, ...], best: int, agreement: float
) -> None:
    ranking = await _rank(samples_of(*texts))
    assert ranking.order[0] == best
    assert ranking.agreement == pytest.approx(agreement)


async def test_the_greedy_sample_wins_ties_and_then_the_lower_place() -> None:
    assert (await _rank(samples_of("٧", "٨", "٨", "٧"))).order == (0, 3, 1, 2)
    assert (await _rank(samples_of("٧", "٨", "٩", "٩", "٨"))).order == (1, 4, 2, 3, 0)


async def test_a_sample_without_an_answer_wins_only_where_none_has_one() -> None:
    number = Vote(answer="number")
    assert (await _rank(samples_of("сто", "тысяча", "42"), number)).order == (2, 0, 1)
    nobody = await _rank(samples_of("сто", "тысяча"), number)
    assert (nobody.order, nobody.agreement) == ((0, 1), 0)


async def test_samples_that_break_the_contract_have_no_vote_unless_all_do() -> None:
    ranking = await _rank(samples_of("5", "6", "6", breaking=(1, 2)))
    assert (ranking.order, ranking.agreement) == ((0, 1, 2), 1)
    assert (await _rank(samples_of("5", "6", "6", breaking=(0, 1, 2)))).order == (1, 2, 0)


@given(st.lists(st.sampled_from(["৭", "7", "৮", "nichts"]), min_size=2, max_size=6), st.randoms())
async def test_hot_samples_may_come_in_any_order(texts: list[str], random: Random) -> None:
    hot = texts[1:]
    random.shuffle(hot)
    one, other = (samples_of(texts[0], *rest) for rest in (texts[1:], hot))
    counts = [
        _votes(each).get(final_answer(each[(await _rank(each)).order[0]].text)) for each in (one, other)
    ]
    assert counts[0] == counts[1]
    if _votes(one)[final_answer(texts[0])] == max(_votes(one).values()):
        assert (await _rank(one)).order[0] == (await _rank(other)).order[0] == 0


def _votes(samples: Sequence[Sample]) -> dict[str | None, int]:
    answers = [final_answer(sample.text) for sample in samples]
    return {answer: answers.count(answer) for answer in answers}


_KINDS = [
    Sample({"message": {"content": text}}, keeps_contract=keeps)
    for text in ("1", "2", "…")
    for keeps in (True, False)
]


def _completions(known: Sequence[Sample], outstanding: int) -> list[list[Sample]]:
    """Everything that the samples may be once all are there: others may stand before and between those known."""
    if not outstanding:
        return [list(known)]
    return [
        completed
        for place, new in product(range(len(known) + 1), _KINDS)
        for completed in _completions([*known[:place], new, *known[place:]], outstanding - 1)
    ]


async def _winners(known: Sequence[Sample], outstanding: int) -> set[str | None]:
    found = set()
    for samples in _completions(known, outstanding):
        found.add(final_answer(samples[(await _rank(samples)).order[0]].text))
    return found


_SMALL_CASES = [
    (known, outstanding)
    for size, outstanding in ((1, 1), (2, 1), (3, 1), (3, 2))
    for known in product(_KINDS[:3] if outstanding == 2 else _KINDS, repeat=size)
]


async def _is_sound(decided: Callable[[Sequence[Sample], int], bool]) -> bool:
    for known, outstanding in _SMALL_CASES:
        if decided(known, outstanding) and len(await _winners(known, outstanding)) > 1:
            return False
    return True


async def test_a_decided_vote_is_changed_by_no_outstanding_sample_wherever_it_stands() -> None:
    assert await _is_sound(Vote().is_decided)
    assert sum(Vote().is_decided(known, outstanding) for known, outstanding in _SMALL_CASES) > 20


def _leads(samples: Sequence[Sample], outstanding: int) -> bool:
    votes = sorted(_votes([sample for sample in samples if sample.keeps_contract]).values())
    return bool(votes) and votes[-1] >= sum(votes[-2:-1]) + outstanding


def _forgets_the_contract(samples: Sequence[Sample], outstanding: int) -> bool:
    votes = sorted(_votes(samples).values())
    return votes[-1] > sum(votes[-2:-1]) + outstanding


async def test_the_check_finds_rules_that_decide_too_early() -> None:
    assert not await _is_sound(_leads)
    assert not await _is_sound(_forgets_the_contract)


def test_a_vote_is_decided_as_soon_as_it_can_be() -> None:
    assert Vote().is_decided(samples_of("১২", "12", "১২"), 2)
    assert not Vote().is_decided(samples_of("১২", "12"), 3)
    assert not Vote().is_decided(samples_of("১২", "12", breaking=(0, 1)), 1)
    assert not Vote().is_decided(samples_of("", "১২", "12", "১২", breaking=(1, 2, 3)), 1)
    assert Vote().is_decided(samples_of("১২", "13"), 0)
