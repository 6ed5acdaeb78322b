"""The prompts that locust sends, and how a stream is read."""

from collections import Counter
from itertools import islice
from time import perf_counter

import orjson
import pytest

from benchmarks.load.stream import BadAnswer, Seen, read_stream
from benchmarks.load.tally import Tally, with_table
from benchmarks.load.workload import SHARES, Prompt, requests, workload


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


def test_the_contract_is_read_from_the_explanation_at_the_end() -> None:
    notes = [{"note": "retried", "strategy": "contract"}, {"note": "contracted", "outcome": "repaired"}]
    told = {"choices": [], "dragoman": {"language": "ko", "notes": notes}}
    lines = [*_lines(_piece("안녕하세요"), told), b"data: [DONE]"]
    assert read_stream(lines, perf_counter()).contract == "repaired"
    assert read_stream([*_lines(_piece("안녕")), b"data: [DONE]"], perf_counter()).contract == ""


def test_contracts_are_counted_by_language_and_shares_are_of_judged_answers() -> None:
    tally = Tally()
    for outcome in ("kept", "repaired", "broken", "broken", "unjudged", "exempt"):
        tally.count(Prompt("my", "plain", "မင်္ဂလာပါ"), Seen(contract=outcome, completion_tokens=12), "my")
    tally.count(Prompt("ar-Latn", "romanised", "ana"), Seen(prompt_tokens=6), "und-Latn")
    tally.count(Prompt("sw", "plain", "Habari"), Seen(), None)
    *_, arabic, burmese, swahili = tally.table().splitlines()
    assert arabic == "| ar-Latn | 1 | 0% | 0 | – | – | 2.00 | 0 |"
    assert burmese == "| my | 6 | 100% | 4 | 50% | 25% | 0.00 | 12 |"
    assert swahili == "| sw | 1 | – | 0 | – | – | 0.00 | 0 |"


def test_the_report_in_html_says_the_same_and_markup_in_a_language_is_none() -> None:
    tally = Tally()
    tally.count(Prompt("my", "plain", "မင်္ဂလာပါ"), Seen(contract="kept", completion_tokens=12), "my")
    tally.count(Prompt("<b>", "plain", "?"), Seen(), None)
    html = tally.html()
    assert "<td>my</td><td>1</td><td>100%</td><td>1</td><td>100%</td><td>0%</td>" in html
    assert "<td>&lt;b&gt;</td>" in html
    assert html.count("<tr>") == 3
    report = "<script>x = '</body>'</script><p>locust</p></body></html>"
    assert with_table(report, tally) == f"<script>x = '</body>'</script><p>locust</p>{html}</body></html>"
