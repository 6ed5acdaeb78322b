"""The likeliest sample wins, whatever its length."""

from routing.notes import Degraded
from routing.selectors.likelihood import Likelihood
from tests.routing.selectors.selecting import SILENT, asked, context_in, samples_of


async def test_the_highest_mean_logprob_wins_and_samples_without_one_come_after() -> None:
    samples = samples_of(
        "一", "二", "三", "四", breaking=(3,), logprob=[-0.9, None, -0.2, -0.1], tokens=[1, 1, 9, 1]
    )
    ranking = await Likelihood()(samples, asked(), SILENT, context_in("zh")[0])
    assert ranking.order == (2, 0, 1, 3)


async def test_the_exponent_decides_between_short_and_long() -> None:
    samples = samples_of("短い", "とても長い", logprob=[-0.5, -0.4], tokens=[2, 10])
    context, _ = context_in("ja")
    assert (await Likelihood()(samples, asked(), SILENT, context)).order == (1, 0)
    assert (await Likelihood(length_exponent=0)(samples, asked(), SILENT, context)).order == (0, 1)


async def test_equally_likely_samples_keep_their_order() -> None:
    samples = samples_of("α", "β", "γ", logprob=[-1.0, -0.5, -0.5])
    assert (await Likelihood()(samples, asked(), SILENT, context_in("el")[0])).order == (1, 2, 0)


async def test_without_any_logprob_chrf_chooses_and_a_note_says_so() -> None:
    context, notes = context_in("el")
    ranking = await Likelihood()(samples_of("ναι", "όχι", "ναι"), asked(), SILENT, context)
    assert ranking.order == (0, 2, 1)
    assert notes == [Degraded("likelihood", "logprobs", "mbr")]


async def test_a_single_sample_is_no_failure() -> None:
    context, notes = context_in("el")
    assert (await Likelihood()(samples_of("ναι"), asked(), SILENT, context)).order == (0,)
    assert not notes


async def test_the_agreement_is_the_winners_own() -> None:
    samples = samples_of("здесь", "там", "там", logprob=[-0.1, -0.5, -0.5])
    ranking = await Likelihood()(samples, asked(), SILENT, context_in("ru")[0])
    assert ranking.order[0] == 0
    assert ranking.agreement < 0.5


def test_it_asks_for_logprobs() -> None:
    assert Likelihood().needs_logprobs
