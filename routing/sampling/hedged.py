"""The samples of one request while they are gathered: drawn in stages, hedged, in as few calls as can be."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from routing.context import Context
from routing.errors import DragomanError
from routing.generation import Engine, Generation, Stream
from routing.notes import Degraded
from routing.sample import Sample
from routing.sampling.draw import Draw, Drawn, IsDecided, draw
from routing.sampling.hedge import Hedge, draws_of
from routing.strategies.route import Route

if TYPE_CHECKING:
    from routing.strategy import Strategy


@dataclass(slots=True)
class HedgedSamples:
    """Samples of a strategy for one request.

    generation: the client's own, whose ``n`` is not what is drawn.
    fields: of the body, set for every sample.
    samples: those that were drawn so far, the greedy one first.
    asked: how many were asked for, those that failed too: each has a place of its own, and by it a seed.
    """

    inner: "Strategy"
    hedge: Hedge
    generation: Generation
    engine: Engine
    context: Context
    fields: dict[str, Any] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    asked: int = 0

    async def extend(self, total: int, is_decided: IsDecided | None) -> Drawn:
        """Draws what is missing to ``total``, all of it without ``is_decided``.

        Raises why there are none only where there is not one sample at all.
        """
        one = replace(self.generation, purpose="sample").with_body(n=1, **self.fields)
        missing = range(self.asked, self.asked + total - len(self.samples))
        self.asked = missing.stop
        calls = draws_of(self.hedge, one, missing, takes_n=self.inner.takes_n, hedges=self._hedges(one))
        before = tuple(self.samples)
        draws = [Draw(self._start, each, n) for each, n in calls]
        decided = is_decided and (lambda new, left: is_decided([*before, *new], left))
        drawn = await draw(draws, self.context, decided)
        self.samples += drawn.samples
        if drawn.failed:
            self._note_failure(drawn.failed)
        return drawn

    def _hedges(self, one: Generation) -> bool:
        sent = self.inner.sent(one) if isinstance(self.inner, Route) else one
        return self.context.hedges(sent)

    async def _start(self, each: Generation) -> Stream:
        return await self.inner(each, self.engine, self.context)

    def _note_failure(self, failed: DragomanError | TimeoutError) -> None:
        if not self.samples:
            raise failed
        reason = failed.code if isinstance(failed, DragomanError) else "deadline"
        self.context.notes(Degraded("samples", reason, "fewer"))
