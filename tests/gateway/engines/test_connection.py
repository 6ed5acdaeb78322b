"""One connection to an engine: whatever pieces an answer comes in, and whatever comes instead of one."""

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.engines.connection import Answer, BrokenAnswer, Connection

TEXT = "سلام، नमस्ते 你好 สวัสดี 👩‍👩‍👧 e\u0301\n".encode()
CUTS = st.lists(st.integers(0, 400), max_size=12)
HEAD = b"HTTP/1.1 200 OK\r\n"


class Wire(asyncio.Transport):
    """A transport that goes nowhere and remembers what was done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_aborted = False
        self.is_paused = False

    def write(self, data: Any) -> None:
        self.sent += data

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_aborted

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Ask:
    """A connection over such a wire, with a request that waits for its answer."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.released: list[Connection] = []
        self.connection = Connection(self.released.append)
        self.connection.connection_made(self.wire)
        self.answer = self.connection.send(b"GET / HTTP/1.1\r\n\r\n")

    def comes(self, data: bytes, cuts: list[int] | None = None) -> None:
        """The engine sends this, in pieces."""
        edges = sorted({0, len(data), *(cut for cut in cuts or () if cut < len(data))})
        for start, end in itertools.pairwise(edges):
            self.connection.data_received(data[start:end])


def framed(framing: str) -> bytes:
    """A whole answer with `TEXT` as its body."""
    if framing == "length":
        return HEAD + b"Content-Length: %d\r\n\r\n" % len(TEXT) + TEXT
    if framing == "chunked":
        pieces = b"".join(
            b"%x\r\n%s\r\n" % (len(TEXT[at : at + 5]), TEXT[at : at + 5]) for at in range(0, len(TEXT), 5)
        )
        return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
    return HEAD + b"\r\n" + TEXT


async def body_of(answer: Answer) -> bytes:
    async with asyncio.timeout(30):
        await answer.begin()
        return await answer.read()


@given(framing=st.sampled_from(["length", "chunked", "close"]), interim=st.booleans(), cuts=CUTS)
def test_an_answer_is_the_same_whatever_pieces_it_comes_in(
    framing: str, interim: bool, cuts: list[int]
) -> None:
    async def read() -> None:
        ask = Ask()
        ask.comes(
            (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" if interim else b"") + framed(framing), cuts
        )
        if framing == "close":
            ask.connection.connection_lost(None)
        assert (ask.answer.status, await body_of(ask.answer)) == (200, TEXT)
        assert bool(ask.released) == (framing != "close")

    asyncio.run(read())


@given(framing=st.sampled_from(["length", "chunked"]), data=st.data())
def test_an_answer_that_is_cut_off_is_never_taken_for_a_whole_one(framing: str, data: st.DataObject) -> None:
    whole = framed(framing)
    kept = data.draw(st.integers(0, len(whole) - 1))

    async def read() -> None:
        ask = Ask()
        ask.comes(whole[:kept])
        ask.connection.connection_lost(None)
        with pytest.raises(BrokenAnswer):
            await body_of(ask.answer)
        assert not ask.released

    asyncio.run(read())


@given(st.binary(max_size=200))
def test_whatever_comes_instead_of_an_answer_is_an_answer_or_broken(garbage: bytes) -> None:
    async def read() -> None:
        ask = Ask()
        ask.comes(garbage)
        ask.connection.connection_lost(None)
        try:
            await body_of(ask.answer)
        except BrokenAnswer:
            return
        assert ask.answer.status

    asyncio.run(read())


async def test_the_next_request_has_its_own_answer() -> None:
    ask = Ask()
    ask.comes(framed("length"))
    second = ask.released[0].send(b"GET /2 HTTP/1.1\r\n\r\n")
    ask.comes(HEAD.replace(b"200", b"404") + b"Content-Length: 2\r\n\r\nab")
    assert (await body_of(ask.answer), await body_of(second)) == (TEXT, b"ab")
    assert (ask.answer.status, second.status) == (200, 404)


async def test_an_answer_that_nobody_asked_for_ends_the_connection() -> None:
    ask = Ask()
    ask.comes(framed("length") + framed("length"))
    assert await body_of(ask.answer) == TEXT
    assert ask.wire.is_aborted
    assert not ask.connection.is_open


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n", b"HTTP/1.0 200 OK\r\n"])
async def test_a_connection_that_the_engine_will_close_is_not_used_again(head: bytes) -> None:
    ask = Ask()
    ask.comes(head + b"Content-Length: 2\r\n\r\nab")
    assert await body_of(ask.answer) == b"ab"
    assert ask.wire.is_aborted
    assert not ask.released


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"X: " + b"x" * 100_000,
        b"SSH-2.0-OpenSSH\r\n",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab",
    ],
    ids=["compressed", "a head without an end", "another protocol", "two lengths"],
)
async def test_what_cannot_be_read_as_an_answer_is_broken(sent: bytes) -> None:
    ask = Ask()
    ask.comes(sent, [50_000, 90_000])
    with pytest.raises(BrokenAnswer):
        await body_of(ask.answer)
    assert ask.wire.is_aborted
    assert not ask.released


async def test_an_engine_that_is_too_fast_is_made_to_wait() -> None:
    ask = Ask()
    ask.comes(HEAD + b"Content-Length: 600002\r\n\r\n" + b"x" * 300_000)
    assert ask.wire.is_paused
    assert len(await ask.answer.read_some()) == 300_000
    assert not ask.wire.is_paused
    ask.comes(b"x" * 300_002)
    assert not ask.wire.is_paused, "the next request's answer would never be read"
    assert ask.released


async def test_closing_wakes_the_reader_and_aborts() -> None:
    ask = Ask()
    ask.comes(HEAD + b"\r\nhalf")
    assert await ask.answer.read_some() == b"half"
    reading = asyncio.create_task(ask.answer.read_some())
    await asyncio.sleep(0)
    ask.answer.close()
    ask.connection.connection_lost(None)  # as a transport does after an abort, before the reader runs
    with pytest.raises(BrokenAnswer):
        await reading
    assert ask.wire.is_aborted


async def test_closing_an_answer_that_was_read_leaves_the_connection_alone() -> None:
    ask = Ask()
    ask.comes(framed("chunked"))
    await body_of(ask.answer)
    ask.answer.close()
    assert ask.connection.is_open
