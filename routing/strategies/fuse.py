"""One answer written from several samples (FusioN, arXiv 2510.00931)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.answer_form import has_form
from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.language import UNDETERMINED
from routing.language_names import full_name
from routing.messages import with_instruction, with_line
from routing.notes import Selected, Skipped
from routing.other_model import OtherModel
from routing.replay import replayed
from routing.sample import Sample
from routing.sampling.hedge import Hedge
from routing.sampling.hedged import HedgedSamples
from routing.selectors.considered import considered, ranked
from routing.strategies.direct import Direct
from routing.strategies.route import Route
from routing.translation.fence import Fenced, fence
from routing.translation.listing import listed

if TYPE_CHECKING:
    from routing.strategy import Strategy


class Fuse(BaseModel):
    """Draws hedged samples and lets a model write the answer from them. For open questions: the paper found it worse
    than choosing where there is one exact answer, and in want of a large ``fuser``.

    n: how many samples. Those that break the contract are left out; where one is left, it is the answer, before the
        others where the client asks for several.

    Engine calls: those of the samples, and one that writes; what it writes is streamed. Left to the inner strategy
    where the answer has a form to keep: tools or a response format.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = False

    kind: Literal["fuse"] = "fuse"
    inner: "Strategy" = Direct()
    n: Annotated[int, Field(ge=2, le=16)] = 5
    hedge: Hedge = Hedge()
    fuser: OtherModel | None = None

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The stream of the call that writes; raises what a call raises."""
        if reason := _reason_to_skip(generation, context):
            context.notes(Skipped(self.kind, reason))
            return await self.inner(generation, engine, context)
        drawing = HedgedSamples(self.inner, self.hedge, generation, engine, context)
        drawn = await drawing.extend(self.n, None)
        kept = [sample for sample in drawn.samples if sample.keeps_contract and sample.says_something]
        dropped = len(drawn.samples) - len(kept)
        context.notes(Selected(self.kind, len(drawn.samples), dropped, agreement=None))
        if len(kept) < 2:
            best = ranked(drawn.samples, considered(drawn.samples), 0.0).order[: generation.n]
            return replayed([drawn.samples[place].choice for place in best], generation)
        return await self._write(kept, generation, engine, context)

    async def _write(
        self, samples: Sequence[Sample], generation: Generation, engine: Engine, context: Context
    ) -> Stream:
        material = fence(listed([sample.text for sample in samples]).text)
        prompt = context.prompts.text(self.kind, context.owed, **_fields(material, samples, context))
        written = with_line(with_instruction(generation, prompt), material.text)
        to = Route(model=self.fuser.model, engine=self.fuser.engine) if self.fuser else Direct()
        return await to(written, engine, context)


def _reason_to_skip(generation: Generation, context: Context) -> str | None:
    if generation.endpoint != "chat/completions":
        return "endpoint"
    if generation.body.get("tools") or has_form(generation.body):
        return "form"
    return "undetermined" if context.owed == UNDETERMINED else None


def _fields(material: Fenced, samples: Sequence[Sample], context: Context) -> dict[str, str]:
    return {
        "count": str(len(samples)),
        "opening": material.opening,
        "closing": material.closing,
        "language": full_name(context.owed),
    }
