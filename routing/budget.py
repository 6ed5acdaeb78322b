"""How many tokens hidden calls may still draw, and the engine that holds them to it."""

from dataclasses import dataclass
from typing import Self

from routing.errors import BudgetExceeded
from routing.generation import Engine, Generation, Stream

ANSWER = "answer"


@dataclass(slots=True)
class Purse:
    """Tokens that are left, shared by everything that draws on them."""

    left: int

    def take(self, tokens: int) -> None:
        """Raises `BudgetExceeded` where there are not so many left; then none are."""
        self.left -= tokens
        if self.left < 0:
            self.left = 0
            raise BudgetExceeded("The strategy has used up the tokens that the policy gives it.")


@dataclass(frozen=True, slots=True)
class BudgetedEngine:
    """An engine whose hidden calls draw on a purse. The call that the client sees is not counted: it asked for it."""

    engine: Engine
    purse: Purse

    async def generate(self, generation: Generation) -> Stream:
        """See `Engine`. Raises `BudgetExceeded` too, here and from the stream."""
        if generation.purpose == ANSWER:
            return await self.engine.generate(generation)
        self.purse.take(1)
        return _Counted(await self.engine.generate(generation), self.purse)


class _Counted:
    """Counts an event as a token while the answer runs: its usage would come too late to stop it."""

    def __init__(self, stream: Stream, purse: Purse) -> None:
        self._stream = stream
        self._purse = purse

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        block = await anext(self._stream)
        self._purse.take(block.count(b"data: "))
        return block

    async def aclose(self) -> None:
        await self._stream.aclose()
