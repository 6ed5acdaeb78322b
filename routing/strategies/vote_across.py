"""The inner strategy in several pivots, and the answer that most of them come to (CLSP, Qin et al., EMNLP 2023)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.language_ranges import WritableLanguage
from routing.notes import Degraded, Selected, Skipped
from routing.replay import replayed
from routing.sample import Sample
from routing.sampling.draw import Draw, Start, draw
from routing.selectors.vote import Vote
from routing.strategies.pivot_reason import PivotReason
from routing.strategies.self_translate import SelfTranslate


class VoteAcross(BaseModel):
    """Answers in as many ways as there are pivots; what the client gets is the first answer that agrees with most.

    inner: a strategy that has a pivot; its own is replaced by each of ``pivots``.
    selector: how final answers are found and counted.

    One call of the inner strategy for each pivot; a client that asks for several answers gets the best of them, as many
    as there are. The paper's chain takes two turns for each pivot and votes on the last number; here it is what `Vote`
    extracts, and the rest is cancelled once the vote is decided and one answer is asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = False

    kind: Literal["vote_across"] = "vote_across"
    inner: Annotated[PivotReason | SelfTranslate, Field(discriminator="kind")] = PivotReason()
    pivots: Annotated[tuple[WritableLanguage, ...], Field(min_length=2, max_length=16)] = (
        "en", "de", "es", "fr", "ja", "ru", "zh",
    )  # fmt: skip
    selector: Vote = Vote()

    @model_validator(mode="after")
    def _votes_once_in_each(self) -> Self:
        if len(set(self.pivots)) < len(self.pivots):
            raise ValueError("`pivots` has a language twice, which would have two votes")
        return self

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The winning answer. Raises what the first pivot raised where none of them answered."""
        if generation.endpoint != "chat/completions":
            context.notes(Skipped(self.kind, "endpoint"))
            return await self.inner(generation, engine, context)
        one = replace(generation, purpose="sample").with_body(n=1)
        draws = [Draw(self._start(pivot, engine, context), one) for pivot in self.pivots]
        returned = generation.n
        drawn = await draw(draws, context, self.selector.is_decided if returned == 1 else None)
        if drawn.failed:
            if not drawn.samples:
                raise drawn.failed
            context.notes(Degraded(self.kind, getattr(drawn.failed, "code", "deadline"), "fewer"))
        samples = drawn.samples
        ranking = await self.selector(samples, generation, engine, context)
        context.notes(
            Selected(self.kind, len(samples), _dropped(samples), ranking.agreement, drawn.tokens_saved)
        )
        return replayed([samples[index].choice for index in ranking.order[:returned]], generation)

    def _start(self, pivot: str, engine: Engine, context: Context) -> Start:
        strategy = self.inner.model_copy(update={"pivot": pivot})

        async def start(generation: Generation) -> Stream:
            return await strategy(generation, engine, context)

        return start


def _dropped(samples: Sequence[Sample]) -> int:
    return sum(not sample.keeps_contract for sample in samples)
