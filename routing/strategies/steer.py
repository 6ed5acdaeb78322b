"""Biases the router of a mixture-of-experts model with a steering profile (arXiv 2510.04694; docs/steering.md)."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.language_ranges import EachLanguageOnce, LanguageTag, ranges_of
from routing.notes import Skipped
from routing.steering.profile import ReferenceText
from routing.steering.request import MAX_STRENGTH, Steering
from routing.strategies.direct import Direct

if TYPE_CHECKING:
    from routing.strategy import Strategy


class SteeringChoice(BaseModel):
    """A profile that an engine has, and how strongly it acts; 1 is as it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: ReferenceText
    strength: Annotated[float, Field(gt=0, le=MAX_STRENGTH)] = 1.0


class Steer(BaseModel):
    """Attaches the profile of the request's language to what the inner strategy asks of the engine.

    profiles: by language; a tag stands for all that it begins. List only languages for which calibration showed a gain:
        others, and English unless it is listed, are left as they are. In the paper English lost a little.

    No engine calls of its own. The engine must have the plugin and the profile; it refuses what it does not have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = False

    kind: Literal["steer"] = "steer"
    inner: "Strategy" = Direct()
    profiles: Annotated[dict[LanguageTag, SteeringChoice], Field(min_length=1), EachLanguageOnce]

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The inner strategy's stream; raises what it raises."""
        tags = ranges_of(context.detection.language)
        chosen = next((self.profiles[tag] for tag in tags if tag in self.profiles), None)
        if chosen is None:
            context.notes(Skipped(self.kind, "no_profile"))
            return await self.inner(generation, engine, context)
        return await self.inner(self._steered(generation, chosen), engine, context)

    def _steered(self, generation: Generation, chosen: SteeringChoice) -> Generation:
        steering = Steering(chosen.profile, chosen.strength)
        others = generation.body.get("vllm_xargs") or {}
        return generation.with_body(vllm_xargs={**others, **steering.arguments})
