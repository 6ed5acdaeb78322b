"""The prompts that locust sends, and how a stream is read."""

from collections import Counter
from itertools import islice
from time import perf_counter

import orjson
import pytest

from benchmarks.load.stream import BadAnswer, read_stream
from benchmarks.load.workload import SHARES, requests, workload


def test_prompts_are_in_many_languages_of_all_kinds_and_none_comes_twice() -> None:
    prompts = workload()
    assert len({prompt.language for prompt in prompts}) >= 30
    assert {prompt.kind for prompt in prompts} == set(SHARES)
    assert len({prompt.text for prompt in prompts}) == len(prompts)
    for prompt in prompts:
        assert (len(prompt.text) > 300) or prompt.kind != "long" or prompt.language in {"ja", "am"}
        assert prompt.kind != "romanised" or prompt.text.isascii()


def test_kinds_come_in_their_shares_and_no_request_is_sent_twice() -> None:
    sent = list(islice(requests(workload(), seed=7), 4000))
    assert len({prompt.text for prompt in sent}) == len(sent)
    counts = Counter(prompt.kind for prompt in sent)
    for kind, share in SHARES.items():
        assert abs(counts[kind] / len(sent) - share) < 0.03  # four standard deviations


def _lines(*events: object) -> list[bytes]:
    return [line for event in events for line in (b"data: " + orjson.dumps(event), b"")]


def _piece(text: str) -> dict[str, object]:
    return {"choices": [{"delta": {"content": text}}]}


def test_a_stream_is_timed_and_its_tokens_are_counted() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}
    lines = [*_lines(_piece(""), _piece("न"), _piece("मस्"), _piece("ते"), usage), b"data: [DONE]"]
    seen = read_stream(lines, perf_counter())
    assert (seen.chars, len(seen.between_s), seen.prompt_tokens, seen.completion_tokens) == (6, 2, 7, 3)
    assert seen.first_s > 0


@pytest.mark.parametrize("end", [[], _lines({"error": {"message": "the engine broke off"}})])
def test_a_stream_that_does_not_end_well_is_a_failure(end: list[bytes]) -> None:
    with pytest.raises(BadAnswer):
        read_stream([*_lines(_piece("안녕")), *end], perf_counter())
