"""The strategy that changes nothing, or only shows the model the language that it is to answer in."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.context import Context
from routing.demonstrations import MOST, demonstrations
from routing.generation import Engine, Generation, Stream
from routing.messages import with_turns_before
from routing.notes import Skipped


class Direct(BaseModel):
    """Hands the generation to the engine as it is. One engine call.

    demonstrations: how many questions with answers in the language that is owed stand before the conversation. They
        keep a model from drifting into another (Marchisio et al. 2024: few shots raised a base model's share of
        answers in the right language from 1 to 95 in 100). Left out where there are none in the language.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = True

    kind: Literal["direct"] = "direct"
    demonstrations: Annotated[int, Field(ge=0, le=MOST)] = 0

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The engine's own stream; raises what the engine raises."""
        if self.demonstrations:
            generation = self._demonstrated(generation, context)
        return await engine.generate(generation)

    def _demonstrated(self, generation: Generation, context: Context) -> Generation:
        if generation.endpoint != "chat/completions":
            context.notes(Skipped(self.kind, "endpoint"))
            return generation
        turns = demonstrations(context.owed)[: 2 * self.demonstrations]
        if not turns:
            context.notes(Skipped(self.kind, "no_demonstrations"))
            return generation
        return with_turns_before(generation, turns)
