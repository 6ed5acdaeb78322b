"""A short run of the fuzzer, and proof that it finds what is there to be found."""

import random

import pytest

from benchmarks.fuzz import Target, fuzz, mutated, targets
from routing.errors import InvalidRequest

TARGETS = targets()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_parser_breaks_on_what_it_does_not_expect(target: Target) -> None:
    findings: list[str] = []
    tally = fuzz(target, 0.3, random.Random(1), findings.append)
    assert findings == []
    assert tally.inputs > 20


def test_a_parser_that_breaks_is_found_and_a_refusal_is_none() -> None:
    def parse(data: bytes) -> object:
        if b"\xff" in data:
            raise ZeroDivisionError
        raise InvalidRequest("no")

    findings: list[str] = []
    tally = fuzz(Target("weak", parse, ("नमस्ते".encode(),)), 0.2, random.Random(1), findings.append)
    assert 0 < tally.findings == len(findings) < tally.inputs
    assert tally.refused == tally.inputs - tally.findings


def test_a_parser_that_is_slow_is_found() -> None:
    def parse(data: bytes) -> object:
        return sum(range(20_000_000)) if b"[[" in data else 0

    findings: list[str] = []
    assert fuzz(Target("slow", parse, (b"x",)), 1.0, random.Random(1), findings.append).findings > 0


def test_the_same_seed_makes_the_same_inputs() -> None:
    seeds = [mutated("ሰላም".encode(), b"other", random.Random(n)) for n in range(50)]
    assert seeds == [mutated("ሰላም".encode(), b"other", random.Random(n)) for n in range(50)]
    assert len(set(seeds)) > 40
