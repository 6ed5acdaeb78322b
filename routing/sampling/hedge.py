"""How samples of one request differ: the first is greedy, the others are hot (arXiv 2506.20544)."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from routing.generation import Generation
from routing.hedge_request import hedge_arguments


class Hedge(BaseModel):
    """Sampling parameters of the hot samples; the first sample is always greedy.

    temperature, min_p: the paper's sweep found a moderate temperature with min-p best; its value of min-p is not
    known to us. Engines that do not know min-p can be spared it with 0, which is not sent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Annotated[float, Field(gt=0, le=2)] = 0.7
    min_p: Annotated[float, Field(ge=0, lt=1)] = 0.1


def draws_of(
    hedge: Hedge, generation: Generation, indices: Sequence[int], *, takes_n: bool, hedges: bool
) -> list[tuple[Generation, int]]:
    """The calls that yield the samples with these indices, each with how many it yields.

    Sample 0 is greedy. The hot ones come out of one call where ``takes_n``, and the greedy one with them where the
    engine hedges too. A seed of the client's makes each sample repeatable: sample i has the seed plus i.
    """
    if takes_n and hedges and len(indices) > 1 and indices[0] == 0:
        return [(_all(hedge, generation, len(indices)), len(indices))]
    calls = [(_greedy(generation), 1) for index in indices if index == 0]
    hot = [index for index in indices if index > 0]
    if takes_n and hot:
        return [*calls, (_hot(hedge, generation, hot[0]).with_body(n=len(hot)), len(hot))]
    return [*calls, *((_hot(hedge, generation, index), 1) for index in hot)]


def _greedy(generation: Generation) -> Generation:
    return generation.with_body(temperature=0)


def _all(hedge: Hedge, generation: Generation, count: int) -> Generation:
    others = generation.body.get("vllm_xargs") or {}
    temperatures = hedge_arguments([0.0] + [hedge.temperature] * (count - 1))
    return _hot(hedge, generation, 0).with_body(n=count, vllm_xargs={**others, **temperatures})


def _hot(hedge: Hedge, generation: Generation, index: int) -> Generation:
    fields: dict[str, Any] = {"temperature": hedge.temperature}
    if hedge.min_p:
        fields["min_p"] = hedge.min_p
    if (seed := generation.body.get("seed")) is not None:
        fields["seed"] = seed + index
    return generation.with_body(**fields)
