"""Cutting a stream of bytes into whole events, whatever the pieces and the line ends."""

import itertools
import re

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.sse import EventCutter
from routing.events import DONE, event_data, event_json, events, json_event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["नमस्ते", "👩‍👩‍👧", "สวัสดี", "שלום", "\u202eabc", "a\r\nb\rc\n\nd", "data: [DONE]\n\n"]
)


@given(st.lists(TEXTS, max_size=8), st.data(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_events_survive_any_split_and_any_line_end(
    texts: list[str], data: st.DataObject, line_end: bytes
) -> None:
    sent = [json_event({"text": text}) for text in texts]
    wire = b"".join(sent).replace(b"\n", line_end)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=10)))
    cutter = EventCutter()
    edges = [0, *cuts, len(wire)]
    pieces = [wire[start:end] for start, end in itertools.pairwise(edges)]
    blocks = [cutter.feed(piece) for piece in pieces]
    got = [event for block in blocks for event in events(block)]
    assert got == sent
    assert [event_json(event) for event in got] == [{"text": text} for text in texts]
    assert cutter.rest == b""


@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(st.integers(0, 200), max_size=6), st.booleans())
def test_the_space_after_a_colon_may_be_left_out(texts: list[str], cuts: list[int], is_named: bool) -> None:
    name = b"event: response.delta\n" if is_named else b""
    sent = b"".join(name + json_event({"text": text}) for text in texts) + DONE
    tight = re.sub(rb"^(data|event): ", rb"\1:", sent, flags=re.MULTILINE)
    wire = b"\xef\xbb\xbf" + tight
    edges = [0, *sorted(cut for cut in cuts if cut < len(wire)), len(wire)]
    cutter = EventCutter()
    assert b"".join(cutter.feed(wire[start:end]) for start, end in itertools.pairwise(edges)) == sent


@given(st.lists(st.binary(max_size=30), max_size=12))
def test_no_bytes_at_all_make_the_cutter_fail_or_split_an_event(pieces: list[bytes]) -> None:
    cutter = EventCutter()
    for piece in pieces:
        block = cutter.feed(piece)
        assert block == b"" or block.endswith(b"\n\n")
        assert b"".join(events(block)) == block
        for event in events(block):
            event_json(event)


@given(TEXTS)
def test_text_is_sent_as_it_is(text: str) -> None:
    event = json_event({"text": text})
    assert orjson.loads(event_data(event)) == {"text": text}
    assert "नमस्ते".encode() in json_event({"text": "नमस्ते"})


def test_data_on_several_lines_and_comments_are_read() -> None:
    assert event_data(b": ping\n\n") == b""
    assert event_data(b"event: x\ndata: {\ndata: }\n\n") == b"{\n}"
    assert event_json(DONE) is None
    assert event_json(b"data: {broken\n\n") is None
