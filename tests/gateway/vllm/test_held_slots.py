"""Masks under vLLM's second model runner: what they do is what they do under the first, and no step waits for it."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from vllm import SamplingParams

from gateway.vllm import held_slots, masked_slots
from gateway.vllm.held_slots import SlotHolder
from gateway.vllm.masked_slots import MaskedSlots
from kernels.token_mask import DeviceMasks
from tests.gateway.vllm.both_runners import (
    KINDS,
    SLOTS,
    agree,
    random_logits,
    random_request,
    second_runner,
    width,
)
from tests.gateway.vllm.second_runner import SecondRunner

SEEDS = range(40)
KIND = KINDS[0]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)
@given(seed=st.integers(0, 1 << 30))
def test_both_runners_give_the_same_logits_to_the_bit_as_requests_come_and_go(kind: str, seed: int) -> None:
    assert agree(kind, seed)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU is here")
@pytest.mark.parametrize("kind", KINDS)
def test_the_second_on_a_gpu_gives_what_the_first_gives_on_the_cpu(kind: str) -> None:
    assert all(agree(kind, seed, device="cuda") for seed in SEEDS)


def _send_once(slots: MaskedSlots) -> None:
    if slots.there is None:
        SEND(slots)


def _last_token_alone(holder: SlotHolder, slots: Tensor, positions: Tensor, no_token: int) -> Tensor:
    tokens = LAST_TOKENS(holder, slots, positions, no_token)
    return torch.where(torch.arange(tokens.shape[1]) < 2, no_token, tokens)


def _prompt_too(holder: SlotHolder, slots: Tensor, positions: Tensor, no_token: int) -> Tensor:
    prompts = holder._requests.prompt_len.gpu
    kept = prompts.clone()
    prompts.zero_()
    tokens = LAST_TOKENS(holder, slots, positions, no_token)
    prompts.copy_(kept)
    return tokens


def _as_in_the_first_step(holder: SlotHolder, batch: Any) -> Any:
    return holder._groups or GROUPS_OF(holder, batch)


def _one_mode(slots: MaskedSlots, slot: int) -> Any:
    return MODE(slots, slot) and "hard"


SEND, LAST_TOKENS, GROUPS_OF = MaskedSlots.send, SlotHolder._last_tokens, SlotHolder._groups_of
MODE = MaskedSlots.mode
WRONG: dict[str, tuple[type, str, Callable[..., Any]]] = {
    "later slots are not sent": (MaskedSlots, "send", _send_once),
    "slots that are left stay held": (MaskedSlots, "leave", lambda _slots, _slot: None),
    "all are held hard": (MaskedSlots, "mode", _one_mode),
    "the last token alone counts": (SlotHolder, "_last_tokens", _last_token_alone),
    "the prompt counts": (SlotHolder, "_last_tokens", _prompt_too),
    "rows are those of another batch": (SlotHolder, "_groups_of", _as_in_the_first_step),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_second_runners_mask_that_is_wrong_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WRONG[name])
    assert not all(agree(KIND, seed) for seed in SEEDS)


def test_it_makes_no_difference_how_many_rows_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_slots, "_ROWS_AT_ONCE", 2)
    assert all(agree(KIND, seed) for seed in SEEDS[:8])


def test_tables_that_nobody_uses_are_let_go_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masked_slots, "_MOST_TABLES", 1)
    assert all(agree(KIND, seed) for seed in SEEDS[:8])


def _running(device: str = "cpu") -> SecondRunner:
    runner, random = second_runner(KIND, device), Random(0)
    for slot in range(SLOTS):
        request = random_request(KIND, random)
        runner.take(slot, request.parameters, request.prompt, request.said)
    return runner


def test_a_step_sends_nothing_while_slots_and_batch_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, logits = _running(), random_logits(KIND, 3, 0)
    runner.step([2, 0, 5], logits.clone())
    for module in (held_slots, masked_slots):
        monkeypatch.setattr(module, "async_tensor_h2d", None)
    monkeypatch.setattr(DeviceMasks, "of", None)
    runner.say(0, 1)
    runner.step([2, 0, 5], logits.clone())
    with pytest.raises(TypeError):
        runner.step([2, 0], logits[:2].clone())


def test_a_batch_without_masks_costs_no_operation() -> None:
    runner, logits = second_runner(KIND), random_logits(KIND, 2, 0)
    for slot in (0, 1):
        runner.take(slot, SamplingParams())
    context = runner.context([1, 0])
    operations: list[Any] = []
    with _watching(operations.append):
        runner.processor.apply_staged_writes()
        runner.processor.apply(logits, context)
    assert operations == []


class _Seeing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Shows every operation of torch, with the tensors that it is given."""

    def __init__(self, see: Callable[[Any], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._see = see

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._see((func, args, kwargs))
        return func(*args, **(kwargs or {}))


def _watching(see: Callable[[Any], None]) -> Any:
    made: Any = _Seeing
    return made(see)


def _refuse_mixed(seen: Any) -> None:
    """An index on the host, say, would be copied to the device while the host waits."""
    operation, args, _ = seen
    flat = [each for arg in args for each in (arg if isinstance(arg, list | tuple) else [arg])]
    there = {each.device.type for each in flat if isinstance(each, Tensor) and each.dim()}
    assert len(there) < 2, f"{operation} has tensors of the host and of the device"


def test_a_step_asks_the_device_for_nothing_and_gives_it_nothing_of_the_hosts() -> None:
    """On torch's device without data, where whatever is read back raises."""
    runner, logits = _running("meta"), torch.empty(SLOTS, width(KIND), device="meta")
    runner.processor.apply_staged_writes()
    for batch in ([4, 1, 0, 2, 3, 5], [4, 1, 0, 2, 3, 5], [1, 2]):
        context = runner.context(batch)
        with _watching(_refuse_mixed):
            runner.processor.apply(logits[: len(batch)], context)
    with pytest.raises(RuntimeError, match="meta"):
        _ = runner.processor.gate_acted


@pytest.mark.parametrize(
    "waiting",
    [
        lambda there: there.tolist(),
        lambda there: there.sum().item(),
        lambda there: there.cpu(),
        lambda there: there.nonzero(),
        lambda there: there[there > 0],
        lambda there: bool(there.any()),
        lambda there: there[torch.tensor([0])],
        lambda there: there.index_put_((torch.tensor([0]),), there[0]),
    ],
)
def test_what_waits_is_seen(waiting: Callable[[Tensor], Any]) -> None:
    there = torch.empty(3, 4, device="meta")
    with pytest.raises((RuntimeError, NotImplementedError, AssertionError)), _watching(_refuse_mixed):
        waiting(there)
