"""Draws several answers, one greedy and the rest at a moderate temperature, and keeps the best (arXiv 2506.20544)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.notes import Selected, Skipped
from routing.replay import replayed
from routing.sample import Ranking, Sample
from routing.sampling.hedge import Hedge
from routing.sampling.hedged import HedgedSamples
from routing.selector import Selector
from routing.selectors.mbr import Mbr
from routing.strategies.direct import Direct

if TYPE_CHECKING:
    from routing.strategy import Strategy


class Samples(BaseModel):
    """N hedged samples of the inner strategy, of which a selector picks the answer.

    n: how many at most. A client that asks for several answers gets the best of them, in order.
    first: how many to draw at first; the rest only where these agree by less than ``enough`` (0 to 1).
    hedge: how samples differ from one another.

    One engine call, or two where the engine gives all answers of a call one temperature, if the inner strategy makes
    one (samples of a call share a prompt, so the engine reads it once), else as many as there are samples; and what
    the selector needs. Where some samples fail, the others are chosen from.
    The paper draws all samples at once; stages and stopping early are ours.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = False

    kind: Literal["samples"] = "samples"
    inner: "Strategy" = Direct()
    n: Annotated[int, Field(ge=2, le=16)] = 5
    first: Annotated[int, Field(ge=2, le=16)] | None = None
    enough: Annotated[float, Field(ge=0, le=1)] = 1.0
    hedge: Hedge = Hedge()
    selector: Selector = Mbr()

    @model_validator(mode="after")
    def _stages_make_sense(self) -> Self:
        if self.first is not None and self.first >= self.n:
            raise ValueError(
                f"`first` ({self.first}) must be less than `n` ({self.n}), of which it is the beginning"
            )
        if self.first is None and self.enough < 1:
            raise ValueError("`enough` means nothing without `first`")
        return self

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The best sample, or as many of the best as the client asked for. Raises where no sample was got."""
        if generation.endpoint != "chat/completions":
            context.notes(Skipped(self.kind, "endpoint"))
            return await self.inner(generation, engine, context)
        fields = {"logprobs": True} if self.selector.needs_logprobs else {}
        drawing = HedgedSamples(self.inner, self.hedge, generation, engine, context, fields)
        returned = generation.n
        ranking = await self._choose(drawing, max(self.first or self.n, returned), returned)
        if self.first and ranking.agreement < self.enough and len(drawing.samples) < self.n:
            ranking = await self._choose(drawing, self.n, returned)
        best = [_shown(drawing.samples[index], generation) for index in ranking.order[:returned]]
        return replayed(best, generation)

    async def _choose(self, drawing: HedgedSamples, total: int, returned: int) -> Ranking:
        is_decided = self.selector.is_decided if returned == 1 else None
        drawn = await drawing.extend(total, is_decided)
        samples, context = drawing.samples, drawing.context
        ranking = await self.selector(samples, drawing.generation, drawing.engine, context)
        dropped = sum(not sample.keeps_contract for sample in samples)
        saved = drawn.tokens_saved
        if ranking.agreement >= self.enough:
            saved += round(_usual_tokens(samples) * max(0, self.n - total))
        context.notes(Selected(self.selector.kind, len(samples), dropped, ranking.agreement, saved))
        return ranking


def _usual_tokens(samples: Sequence[Sample]) -> float:
    return sum(sample.tokens for sample in samples) / len(samples)


def _shown(sample: Sample, generation: Generation) -> dict[str, Any]:
    """The sample's choice, without log-probabilities that the client did not ask for."""
    return {
        **sample.choice,
        "logprobs": sample.choice["logprobs"] if generation.body.get("logprobs") else None,
    }
