"""Model runner V2, on made-up batches: which token is steered by which row, whatever comes, goes and is padded."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from routing.steering.request import Steering
from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.steered_profiles import random_profile
from tests.gateway.vllm.steering.v2_batches import MAX_TOKENS, SLOTS, Step, copies_of_steps, run_steps

HASH = "a" * 64
PROFILES = tuple(random_profile(f"p{seed}", "soft", HASH, seed=seed) for seed in range(3))
Arguments = Mapping[str, Any] | None


def random_arguments(noise: np.random.Generator) -> Arguments:
    number = int(noise.integers(-2, len(PROFILES)))
    if number < 0:
        return None if number == -1 else {"other": 1}
    return Steering(PROFILES[number].reference, float(noise.choice([0.25, 1.0, 3.0]))).arguments


def random_steps(seed: int, count: int) -> list[Step]:
    """Slots are taken, and taken again by others; a batch is any of the taken ones in any order, padded or not."""
    noise = np.random.default_rng(seed)
    taken: set[int] = set()
    steps = []
    for _ in range(count):
        new = {
            int(slot): random_arguments(noise) for slot in noise.permutation(SLOTS)[: noise.integers(0, 3)]
        }
        taken |= new.keys()
        slots = noise.permutation(sorted(taken))[: noise.integers(0, len(taken) + 1)].tolist()
        batch = tuple((int(slot), int(noise.choice([1, 1, 7]))) for slot in slots)
        tokens = sum(count for _, count in batch)
        steps.append(Step(new, batch, int(noise.integers(tokens, MAX_TOKENS + 1))))
    return steps


def expected(arguments: Arguments) -> tuple[int, float]:
    references = [profile.reference for profile in PROFILES]
    if not arguments or "dragoman_profile" not in arguments:
        return 0, 0.0
    return references.index(arguments["dragoman_profile"]) + 1, arguments["dragoman_strength"]


def test_every_token_has_the_row_of_its_request_and_padding_has_none(run: Run) -> None:
    steps = random_steps(5, 300)
    held: dict[int, Arguments] = {}
    counted: Counter[str] = Counter()
    steered_passes = 0
    passes = run(run_steps, PROFILES, HASH, steps)
    assert len({seen.addresses for seen in passes}) == 1, "a CUDA graph would read what is not there any more"
    for step, seen in zip(steps, passes, strict=True):
        held.update(step.new)
        if not step.batch:
            continue  # no pass of real requests: nothing is written, and nothing read
        tokens = [held[slot] for slot, count in step.batch for _ in range(count)]
        rows = [expected(arguments)[0] for arguments in tokens]
        assert seen.rows.tolist() == rows + [0] * (MAX_TOKENS - len(rows))
        steered = np.flatnonzero(rows)
        assert seen.strengths[steered].tolist() == [expected(tokens[position])[1] for position in steered]
        counted.update(tokens[position]["dragoman_profile"] for position in steered)
        assert seen.counted == counted
        steered_passes += len(set(rows)) > 2
    assert steered_passes > 50


def test_a_step_waits_for_nothing_on_the_device_and_sends_only_who_is_new(run: Run) -> None:
    steps = random_steps(6, 60)
    copies = run(copies_of_steps, PROFILES, HASH, steps)
    assert copies == [2 if step.new else 0 for step in steps]
    assert set(copies) == {0, 2}
