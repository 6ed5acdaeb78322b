"""The strategy that sends a generation to another model, or to an engine by name."""

from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.labels import Line


class Route(BaseModel):
    """Sends the generation to another model, a named engine, or both. One engine call.

    model: replaces the model of the request. A LoRA adapter is a model of its own to vLLM.
    engine: the engine of the policy to call; None for whichever serves the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = True

    kind: Literal["route"] = "route"
    model: Line | None = None
    engine: Line | None = None

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.model is None and self.engine is None:
            raise ValueError("names neither a model nor an engine")
        return self

    async def __call__(self, generation: Generation, engine: Engine, _context: Context) -> Stream:
        """The stream of the model routed to; raises what the engine raises."""
        return await engine.generate(self.sent(generation))

    def sent(self, generation: Generation) -> Generation:
        """The generation as it is asked of where it goes."""
        if self.model is not None:
            generation = generation.with_body(model=self.model)
        return replace(generation, engine=self.engine)
