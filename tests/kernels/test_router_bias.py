from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from kernels.router_bias import Kind, check_profile, router_bias, steer_on
from kernels.router_bias._torch import steer_with_torch
from kernels.router_bias.cases import Case, all_cases, make_case
from kernels.router_bias.reference import reference

Steer = Callable[..., Tensor]

CASES = pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
TOLERANCE = {torch.float32: 1e-6, torch.float16: 2**-10, torch.bfloat16: 2**-7}
"""Relative to the value: one step of the dtype, for the last bit before rounding may differ from float64's."""


def steered(case: Case, steer: Steer = router_bias) -> Tensor:
    return steer(case.logits, *case.profile_arguments)


def bits(tensor: Tensor) -> Tensor:
    return tensor.contiguous().view(torch.uint8)


def agrees_with_reference(case: Case, steer: Steer) -> bool:
    got, expected = steered(case, steer).double(), reference(case.logits, *case.profile_arguments).double()
    tolerance = TOLERANCE[case.logits.dtype]
    return bool(torch.allclose(got, expected, rtol=tolerance, atol=tolerance))


def mixed_batch(dtype: torch.dtype = torch.bfloat16) -> Case:
    return make_case("mixed", 32, 64, dtype)


@CASES
@pytest.mark.parametrize("steer", [router_bias, steer_with_torch], ids=["on this device", "torch"])
def test_every_case_agrees_with_the_reference(case: Case, steer: Steer) -> None:
    assert agrees_with_reference(case, steer)


@pytest.mark.parametrize(("device", "kernel"), [("cpu", "numba"), ("cuda", "triton"), ("meta", "torch")])
def test_a_device_gets_one_kernel_where_there_is_one_for_it(device: str, kernel: str) -> None:
    assert steer_on(torch.device(device)).__name__ == f"steer_with_{kernel}"


@CASES
def test_it_can_be_compiled(case: Case) -> None:
    # Without Inductor, which takes seconds a shape: what is tested is that nothing breaks the graph.
    torch.compiler.reset()
    assert agrees_with_reference(case, torch.compile(router_bias, fullgraph=True, backend="aot_eager"))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_no_weight_leaves_the_bits(dtype: torch.dtype) -> None:
    case = mixed_batch(dtype)
    case.logits[:, 1] = -0.0
    after = steered(case)
    untouched = case.weights[case.token_profiles] == 0
    assert untouched[case.token_profiles == 0].all()
    assert torch.equal(bits(after[untouched]), bits(case.logits[untouched]))
    assert not torch.equal(after, case.logits)


def test_strength_zero_leaves_the_bits() -> None:
    case = mixed_batch()
    off = replace(case, token_strengths=torch.zeros_like(case.token_strengths))
    assert torch.equal(bits(steered(off)), bits(case.logits))


@CASES
@pytest.mark.parametrize("steer", [router_bias, steer_with_torch], ids=["on this device", "torch"])
def test_what_was_given_stays_as_it_was_and_rows_follow_each_other(case: Case, steer: Steer) -> None:
    # The caller may use them again, and what reads the steered ones may take them to be dense.
    given = case.logits.clone()
    after = steered(case, steer)
    assert torch.equal(bits(case.logits), bits(given))
    assert after.is_contiguous()
    assert after.dtype == given.dtype


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0])
def test_forced_experts_are_chosen_and_banned_ones_are_not(dtype: torch.dtype, scale: float) -> None:
    """Strictly above and below the others, after rounding, whatever the size and sign of the logits."""
    case = mixed_batch(dtype)
    logits = ((case.logits - 2) * scale).to(dtype)
    hard = replace(case, logits=logits, kinds=torch.full_like(case.kinds, Kind.HARD))
    after, w = steered(hard), case.weights[case.token_profiles]
    for row, weights, before in zip(after, w, logits, strict=True):
        assert (row[weights > 0] > before.max()).all()
        assert (row[weights < 0] < before.min()).all()


@pytest.mark.parametrize("steer", [router_bias, steer_with_torch], ids=["on this device", "torch"])
def test_forced_experts_are_above_the_others_after_a_softmax_too(steer: Steer) -> None:
    case = mixed_batch(torch.float32)
    hard = replace(case, kinds=torch.full_like(case.kinds, Kind.HARD))
    shares, w = steered(hard, steer).softmax(-1), case.weights[case.token_profiles]
    for row, weights in zip(shares, w, strict=True):
        if (weights > 0).any():
            assert row[weights > 0].min() > row[weights <= 0].max()


def test_a_batch_gives_each_token_what_it_gets_alone() -> None:
    case = mixed_batch()
    together = steered(case)
    for token in range(32):
        alone = replace(
            case,
            logits=case.logits[token : token + 1],
            token_profiles=case.token_profiles[token : token + 1],
            token_strengths=case.token_strengths[token : token + 1],
        )
        assert torch.equal(steered(alone)[0], together[token])


def _does_nothing(logits: Tensor, *_: Tensor) -> Tensor:
    return logits.clone()


def _reads_every_profile_as_additive(logits: Tensor, weights: Tensor, kinds: Tensor, *rest: Tensor) -> Tensor:
    return router_bias(logits, weights, torch.zeros_like(kinds), *rest)


def _swaps_soft_and_hard(logits: Tensor, weights: Tensor, kinds: Tensor, *rest: Tensor) -> Tensor:
    return router_bias(logits, weights, (3 - kinds) % 3, *rest)


def _forgets_the_strength(
    logits: Tensor, w: Tensor, kinds: Tensor, tokens: Tensor, strengths: Tensor
) -> Tensor:
    return router_bias(logits, w, kinds, tokens, torch.ones_like(strengths))


def _takes_the_first_tokens_profile_for_all(
    logits: Tensor, weights: Tensor, kinds: Tensor, tokens: Tensor, strengths: Tensor
) -> Tensor:
    return router_bias(logits, weights, kinds, tokens[:1].expand_as(tokens), strengths)


def _takes_the_sample_deviation(
    logits: Tensor, weights: Tensor, kinds: Tensor, tokens: Tensor, strengths: Tensor
) -> Tensor:
    n = logits.shape[-1]
    soft = (kinds == Kind.SOFT)[:, None]
    return router_bias(
        logits, torch.where(soft, weights * (n / (n - 1)) ** 0.5, weights), kinds, tokens, strengths
    )


def _never_bans(logits: Tensor, weights: Tensor, kinds: Tensor, *rest: Tensor) -> Tensor:
    hard = (kinds == Kind.HARD)[:, None]
    return router_bias(logits, torch.where(hard, weights.clamp(min=0), weights), kinds, *rest)


@pytest.mark.parametrize(
    "wrong",
    [
        _does_nothing,
        _reads_every_profile_as_additive,
        _swaps_soft_and_hard,
        _forgets_the_strength,
        _takes_the_first_tokens_profile_for_all,
        _takes_the_sample_deviation,
        _never_bans,
    ],
    ids=lambda wrong: wrong.__name__.strip("_"),
)
def test_a_wrong_implementation_is_rejected(wrong: Steer) -> None:
    assert not all(agrees_with_reference(case, wrong) for case in all_cases())


def test_a_profile_that_forces_more_experts_than_a_token_has_is_refused() -> None:
    check_profile(Kind.HARD, [1.0, 2.0, 0.0, -1.0], experts_per_token=2)
    check_profile(Kind.SOFT, [1.0, 1.0, 1.0, 1.0], experts_per_token=2)
    with pytest.raises(ValueError, match="forces 3 experts"):
        check_profile(Kind.HARD, [1.0, 1.0, 0.5, 0.0], experts_per_token=2)


def test_a_profile_that_bans_too_many_experts_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves 1 experts"):
        check_profile(Kind.HARD, [0.0, -1.0, -1.0, -1.0], experts_per_token=2)


def test_a_profile_with_a_weight_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        check_profile(Kind.ADDITIVE, [0.0, float("nan")], experts_per_token=1)
