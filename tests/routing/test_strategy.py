from typing import Annotated, Literal, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from routing.generation import Engine, Generation, Stream
from routing.strategies.direct import Direct
from routing.strategies.route import Route
from routing.strategy import Strategy
from tests.routing.strategies.recording_engine import RecordingEngine

STRATEGIES: TypeAdapter[Strategy] = TypeAdapter(Strategy)


class Twice(BaseModel):
    """A strategy as a later one would be written: it nests another of any kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["twice"] = "twice"
    inner: "Nesting"

    async def __call__(self, generation: Generation, engine: Engine) -> Stream:
        await (await self.inner(generation, engine)).aclose()
        return await self.inner(generation, engine)


Nesting = Annotated[Direct | Route | Twice, Field(discriminator="kind")]
Twice.model_rebuild(_types_namespace={"Nesting": Nesting})


def test_the_kind_tells_strategies_apart() -> None:
    assert STRATEGIES.validate_python({"kind": "direct"}) == Direct()
    assert STRATEGIES.validate_python({"kind": "route", "model": "m"}) == Route(model="m")


@pytest.mark.parametrize("wrong", [{}, {"kind": "dirct"}, {"kind": "direct", "model": "m"}, "direct", None])
def test_what_is_no_strategy_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        STRATEGIES.validate_python(wrong)


@pytest.mark.parametrize("kind", get_args(get_args(Strategy)[0]))
def test_every_strategy_is_frozen_and_names_its_kind(kind: type[BaseModel]) -> None:
    assert kind.model_config.get("frozen") is True
    assert kind.model_config.get("extra") == "forbid"
    assert kind.model_fields["kind"].default


async def test_strategies_can_nest_to_any_depth() -> None:
    text = '{"kind": "twice", "inner": {"kind": "twice", "inner": {"kind": "route", "model": "m"}}}'
    strategy = Twice.model_validate_json(text)
    assert strategy == Twice(inner=Twice(inner=Route(model="m")))
    engine = RecordingEngine()
    await strategy(Generation("completions", {"model": "x"}), engine)
    assert [sent.model for sent in engine.asked] == ["m"] * 4
