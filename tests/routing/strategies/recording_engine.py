"""An engine that keeps what it is asked, and answers with a stream that knows whether it was closed."""

from typing import Self

from routing.generation import Generation


class AnswerInFlight:
    def __init__(self) -> None:
        self.is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.is_closed = True


class RecordingEngine:
    def __init__(self) -> None:
        self.asked: list[Generation] = []
        self.answer = AnswerInFlight()

    async def generate(self, generation: Generation) -> AnswerInFlight:
        self.asked.append(generation)
        return self.answer
