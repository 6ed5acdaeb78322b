"""Tries a strategy within a budget, and lesser ones where it fails."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from routing.begun import begun
from routing.budget import BudgetedEngine, Purse
from routing.context import Context
from routing.errors import BudgetExceeded, EngineError, EngineTimeout
from routing.generation import Engine, Generation, Stream
from routing.notes import Degraded, Retried
from routing.strategies.direct import Direct

if TYPE_CHECKING:
    from routing.strategy import Strategy


class Attempt(BaseModel):
    """The inner strategy with bounds on what it may cost before the answer begins, and what is done instead.

    seconds: how long preparing may take, until the first piece of a streamed answer is there. The rest of a document
        may take longer; what fails in it is mended all the same, as nothing of it was sent.
    tokens: how many tokens hidden calls may draw, in all tries together.
    retries: how often a strategy that failed is tried again. One that ran out of its budget is not.
    otherwise: strategies tried in this order where the one before failed. The last has no bounds: somebody must answer.

    An answer that has begun is out of its hands: what fails then ends in an error event, never in another answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = False

    kind: Literal["attempt"] = "attempt"
    inner: "Strategy"
    seconds: Annotated[float, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(ge=1)] | None = None
    retries: Annotated[int, Field(ge=0, le=3)] = 0
    otherwise: "tuple[Strategy, ...]" = (Direct(),)

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.retries or self.otherwise):
            raise ValueError("has neither `retries` nor `otherwise`, so it would change nothing")
        return self

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The stream of the first strategy that begins to answer. Raises what the last one raised."""
        purse = None if self.tokens is None else Purse(self.tokens)
        now = asyncio.get_running_loop().time()
        deadline = None if self.seconds is None else now + self.seconds
        bounded = replace(context, deadline=self._gathered(now, context), purse=purse or context.purse)
        counted = engine if purse is None else BudgetedEngine(engine, purse)
        steps = [self.inner] * (1 + self.retries) + list(self.otherwise)
        while steps[1:] or not self.otherwise:
            strategy, *steps = steps
            try:
                async with asyncio.timeout_at(deadline):
                    stream = await strategy(generation, counted, bounded)
                    if generation.is_streamed:
                        return await begun(stream)
                return await begun(stream)  # until a document is whole, nothing of it was sent
            except (EngineError, TimeoutError) as error:
                steps = self._left(steps, error)
                if not steps:
                    raise _as_engine_error(error) from error
                self._note(strategy, error, steps[0], context)
        return await steps[0](generation, engine, context)

    def _gathered(self, now: float, context: Context) -> float | None:
        """When whoever gathers answers must stop: a little early, so that there is time to choose from what is there,
        and no later than an attempt around this one says."""
        own = [] if self.seconds is None else [now + 0.9 * self.seconds]
        around = [] if context.deadline is None else [context.deadline]
        return min(own + around, default=None)

    def _left(self, steps: "list[Strategy]", error: Exception) -> "list[Strategy]":
        """What is left to be tried: trying again helps against a failure, not against an empty purse."""
        if isinstance(error, TimeoutError | BudgetExceeded):
            return [step for step in steps if step is not self.inner]
        return steps

    def _note(self, tried: "Strategy", error: Exception, following: "Strategy", context: Context) -> None:
        reason = error.code if isinstance(error, EngineError) else "deadline"
        if following is tried:
            context.notes(Retried(tried.kind, reason))
        else:
            context.notes(Degraded(tried.kind, reason, following.kind))


def _as_engine_error(error: EngineError | TimeoutError) -> EngineError:
    if isinstance(error, EngineError):
        return error
    return EngineTimeout("Preparing the answer took longer than the policy allows.")
