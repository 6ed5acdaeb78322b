"""A stream whose beginning is read before it is handed on: nothing is lost, and what fails until then can be mended."""

from collections.abc import AsyncGenerator, Sequence

from routing.errors import EngineError
from routing.generation import Stream
from routing.replay import Held


async def begun(stream: Stream) -> Stream:
    """The whole stream, once its first block is there: all of an answer that is one document.

    Closes ``stream`` where it raises: what the stream raises, and `EngineError` where it ends without a block.
    """
    try:
        async for first in stream:
            return resumed([first], stream)
        raise EngineError("The engine's answer is empty.")
    except BaseException:
        await stream.aclose()
        raise


def resumed(read: Sequence[bytes], stream: Stream) -> Stream:
    """The stream from its beginning: what was read of it, and the rest."""
    return Held(_blocks(read, stream), [stream])


async def _blocks(read: Sequence[bytes], stream: Stream) -> AsyncGenerator[bytes, None]:
    for block in read:
        yield block
    async for block in stream:
        yield block
