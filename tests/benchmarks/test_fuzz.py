"""A short run of the fuzzer, and proof that it finds what is there to be found."""

import random
from collections.abc import Iterator
from itertools import islice

import pytest

from benchmarks.fuzz import Target, fuzz, inputs, mutated, targets
from routing.errors import InvalidRequest

TARGETS = targets()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_parser_breaks_on_what_it_does_not_expect(target: Target) -> None:
    findings: list[str] = []
    tally = fuzz(target, _some_of(target, 60), findings.append)
    assert findings == []
    assert tally.inputs == 60


def _some_of(target: Target, count: int) -> Iterator[bytes]:
    return islice(inputs(target, random.Random(1)), count)


def test_a_parser_that_breaks_is_found_and_a_refusal_is_none() -> None:
    def parse(data: bytes) -> object:
        if b"\xff" in data:
            raise ZeroDivisionError
        raise InvalidRequest("no")

    findings: list[str] = []
    weak = Target("weak", parse, ("नमस्ते".encode(),))
    tally = fuzz(weak, _some_of(weak, 500), findings.append)
    assert 0 < tally.findings == len(findings) < tally.inputs
    assert tally.refused == tally.inputs - tally.findings


def test_a_parser_that_is_slow_is_found() -> None:
    def parse(data: bytes) -> object:
        return sum(range(2_000_000)) if b"[[" in data else 0

    findings: list[str] = []
    slow = Target("slow", parse, (b"x",), slow_s=0.002)
    tally = fuzz(slow, _some_of(slow, 200), findings.append)
    assert tally.findings > 0
    assert any("[[" in finding for finding in findings)


def test_the_same_seed_makes_the_same_inputs() -> None:
    seeds = [mutated("ሰላም".encode(), b"other", random.Random(n)) for n in range(50)]
    assert seeds == [mutated("ሰላም".encode(), b"other", random.Random(n)) for n in range(50)]
    assert len(set(seeds)) > 40
