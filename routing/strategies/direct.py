"""The strategy that changes nothing."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from routing.generation import Engine, Generation, Stream


class Direct(BaseModel):
    """Hands the generation to the engine as it is. One engine call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["direct"] = "direct"

    async def __call__(self, generation: Generation, engine: Engine) -> Stream:
        """The engine's own stream; raises what the engine raises."""
        return await engine.generate(generation)
