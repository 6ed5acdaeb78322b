"""A model other than the request's own, for a hidden call: to translate, to judge, to write the last answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from routing.generation import Generation
from routing.labels import Line

_CALLERS = ("user", "priority")
_REASONING = ("chat_template_kwargs", "reasoning_effort")


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

    Of the client's body it takes the model, the user and, for the same model, whether it is to reason: a translation
    would come to its length before the reasoning came to its end. Sampling parameters, tools and formats are the
    answer's. A mask is the answer's too.
    """
    model = elsewhere.model if elsewhere and elsewhere.model else generation.model
    taken = _CALLERS if model != generation.model else _CALLERS + _REASONING
    kept = {name: generation.body[name] for name in taken if name in generation.body}
    body = {**kept, "model": model, "messages": list(messages), "temperature": 0, **fields}
    engine = elsewhere.engine if elsewhere else generation.engine
    return replace(generation, body=body, purpose=purpose, engine=engine)
