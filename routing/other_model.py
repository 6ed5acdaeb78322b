"""A model other than the request's own, for a hidden call: to translate, to judge, to write the last answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from routing.generation import Generation
from routing.labels import Line


class OtherModel(BaseModel):
    """Where a call goes. What is left out is as in the request.

    model: the model to ask for.
    engine: the engine of the policy to call; None for whichever serves the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Line | None = None
    engine: Line | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.model is None and self.engine is None:
            raise ValueError("names neither a model nor an engine")
        return self


def hidden_chat(
    generation: Generation,
    purpose: str,
    messages: Sequence[dict[str, Any]],
    elsewhere: OtherModel | None = None,
    **fields: Any,
) -> Generation:
    """A chat call made for ``generation``, greedy unless ``fields`` say otherwise.

    Of the client's body it takes the model and the user alone: sampling parameters, tools and formats are the
    answer's. A mask is the answer's too.
    """
    kept = {name: generation.body[name] for name in ("model", "user", "priority") if name in generation.body}
    body = {**kept, "messages": list(messages), "temperature": 0, **fields}
    engine = generation.engine
    if elsewhere is not None:
        body["model"] = elsewhere.model or generation.model
        engine = elsewhere.engine if elsewhere.engine or elsewhere.model else engine
    return replace(generation, body=body, purpose=purpose, engine=engine)
