"""The policy's engines as they are now: who serves which model, and which replica to call next."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from gateway.engines.abilities import check_serves, may_serve
from gateway.engines.connections import Connections
from gateway.engines.health import Health
from gateway.engines.readiness import Readiness
from gateway.engines.replica import Replica
from gateway.engines.steered import asks_for_steering
from gateway.engines.steering_proof import SteeringProof, needs_proof
from gateway.keys import check_secret
from gateway.settings import Settings
from routing.engine_settings import EngineSettings, HttpEngineSettings, LocalEngineSettings
from routing.errors import ConfigError, EngineError, EngineUnavailable, InvalidRequest, UnknownModel
from routing.generation import Generation

# An engine that does not say in the policy what it serves is asked again when an unknown model is wanted, but not
# more often than this: clients can make up names as fast as they like.
_ASK_AGAIN_S = 5.0


@dataclass(slots=True)
class Member:
    """One replica of an engine, with its health and the calls that it works on."""

    engine: str
    replica: Replica
    health: Health = field(default_factory=Health)
    steering: SteeringProof = field(default_factory=SteeringProof)
    inflight: int = 0


@dataclass(slots=True)
class PooledEngine:
    """An engine of the policy: its settings, its replicas and its models' descriptions by name.

    is_known: whether these are what it serves, and not only nothing because it has not answered yet.
    """

    name: str
    settings: EngineSettings
    members: list[Member]
    slots: asyncio.Semaphore
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_known: bool = False
    asked_at: float = -_ASK_AGAIN_S
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def asks_for_models(self) -> bool:
        """Whether the policy leaves it to the engine to say what it serves."""
        return not self.settings.models

    def ejected(self, now: float) -> int:
        """How many members are out of rotation."""
        return sum(member.health.is_ejected(now) for member in self.members)

    def in_turn(self) -> list[Member]:
        """The members that are in rotation, those with the least to do first."""
        now = monotonic()
        return sorted(
            (member for member in self.members if not member.health.is_ejected(now)),
            key=lambda member: member.inflight,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member that may be called, and the generation as it would be sent there."""

    engine: PooledEngine
    member: Member
    generation: Generation


class EnginePool:
    """All engines of a policy. Needs a running event loop.

    before: the pool of the policy before, whose engines are taken over as they are where they have the same settings:
        with their health, their slots, and what is known of their models. Raises `ConfigError`.
    """

    def __init__(
        self,
        engines: Mapping[str, EngineSettings],
        settings: Settings,
        connections: Connections,
        before: "EnginePool | None" = None,
    ) -> None:
        known = before._engines if before else {}
        self._engines: dict[str, PooledEngine] = {
            name: known[name]
            if name in known and known[name].settings == engine
            else _pooled(name, engine, settings, connections)
            for name, engine in engines.items()
        }
        self._readiness = Readiness()

    def lost_to(self, after: "EnginePool") -> list[str]:
        """The names of the engines that another pool has not taken over."""
        return [name for name, engine in self._engines.items() if after._engines.get(name) is not engine]

    async def candidates(self, generation: Generation) -> Iterator[Candidate]:
        """Whom to call, in order: each replica in rotation, as often as retries allow, then the fallbacks'.

        Each is looked for when it is asked for: most calls need one. None where all are out of rotation. Raises
        `UnknownModel`, `EngineUnavailable` where it is not known yet who serves the model or none shows that it steers,
        or `InvalidRequest` where the request asks for what the model's engine does not do. Fallbacks that do not are
        left out.
        """
        engine = await self._engine_for(generation)
        check_serves(engine.name, engine.settings, generation)
        found = self._along_fallbacks(engine, generation)
        return await _that_steer(list(found)) if asks_for_steering(generation.body) else found

    def hedges(self, generation: Generation) -> bool:
        """Whether each of its answers can have a temperature of its own, at its engine and at every fallback.

        False where it is not known yet who serves the model.
        """
        name = generation.engine
        engine = self._engines.get(name) if name is not None else self._serving(generation.model)
        while engine is not None and engine.settings.hedges:
            if engine.settings.fallback is None:
                return True
            engine = self._engines[engine.settings.fallback]
        return False

    async def models(self) -> list[dict[str, Any]]:
        """What `GET /v1/models` lists: every model once, in the engines' own words where they have any."""
        await asyncio.gather(*(self._ask(engine) for engine in self._engines.values()))
        listed: dict[str, dict[str, Any]] = {}
        for engine in self._engines.values():
            for name, model in engine.models.items():
                listed.setdefault(name, model)
        return list(listed.values())

    async def is_ready(self) -> bool:
        """Whether any engine answers now, or did within a second, and steers if the policy says so."""
        return await self._readiness.ask(self._any_answers)

    async def _any_answers(self) -> bool:
        """The first to answer decides: one that hangs must not make others wait."""
        asked = [
            asyncio.ensure_future(_answers(engine, member))
            for engine in self._engines.values()
            for member in engine.members
        ]
        try:
            for answer in asyncio.as_completed(asked):
                if await answer:
                    return True
            return False
        finally:
            for one in asked:
                one.cancel()

    def label(self, model: str) -> str:
        """The model as a metric's label: itself where an engine has it, else ``other``, since labels are bounded."""
        return model if self._serving(model) else "other"

    async def _engine_for(self, generation: Generation) -> PooledEngine:
        if generation.engine is not None:
            return self._named(generation.engine)
        model = generation.model
        if engine := self._serving(model):
            return engine
        await asyncio.gather(*(self._ask(engine) for engine in self._engines.values()))
        if engine := self._serving(model):
            return engine
        if silent := [name for name, engine in self._engines.items() if not engine.is_known]:
            raise EngineUnavailable(f"The engine `{silent[0]}` has not said yet which models it serves.")
        raise UnknownModel(f"The model `{model[:200]}` does not exist.", param="model")

    def _named(self, name: str) -> PooledEngine:
        """A policy's own names were checked when it was read; one that a request made up is its mistake."""
        if engine := self._engines.get(name):
            return engine
        raise InvalidRequest(f"There is no engine `{name[:200]}`.", param="dragoman.strategy.engine")

    def _serving(self, model: str) -> PooledEngine | None:
        for engine in self._engines.values():
            if model in engine.models:
                return engine
        return None

    def _along_fallbacks(self, engine: PooledEngine, generation: Generation) -> Iterator[Candidate]:
        while True:
            members = engine.in_turn() if may_serve(engine.settings, generation) else []
            for attempt in range(1 + engine.settings.retries if members else 0):
                member = members[attempt % len(members)]
                # It may be ejected by now, by a try before or by other calls.
                if not attempt or not member.health.is_ejected(monotonic()):
                    yield Candidate(engine, member, generation)
            fallback, model = engine.settings.fallback, engine.settings.fallback_model
            if fallback is None:
                return
            engine = self._engines[fallback]
            if model is not None:
                generation = generation.with_body(model=model)

    async def _ask(self, engine: PooledEngine) -> None:
        """Asks an engine for its models, if it is to be asked and not too soon. One that fails keeps what it had."""
        if not engine.asks_for_models:
            return
        async with engine.asking:  # whoever comes while it is being asked waits for the answer
            if monotonic() - engine.asked_at >= _ASK_AGAIN_S:
                await _learn_models(engine)
                engine.asked_at = monotonic()  # not before: who asks may be cancelled


async def _learn_models(engine: PooledEngine) -> None:
    for member in engine.in_turn():
        try:
            models = await member.replica.models()
        except EngineError:
            continue
        engine.models = {str(model["id"]): dict(model) for model in models}
        engine.is_known = True
        return


def _pooled(name: str, engine: EngineSettings, settings: Settings, connections: Connections) -> PooledEngine:
    urls, api_key = _address(name, engine, settings)
    members = [Member(name, Replica(url, connections, api_key, engine.timeouts)) for url in urls]
    models = {
        model: {"id": model, "object": "model", "created": 0, "owned_by": "dragoman"}
        for model in engine.models
    }
    slots = asyncio.Semaphore(engine.max_inflight)
    return PooledEngine(name, engine, members, slots, models, is_known=bool(models))


def check_engine_keys(engines: Mapping[str, EngineSettings]) -> None:
    """Raises `ConfigError` where the environment lacks the key of an engine, or has one that no header can carry."""
    for name, engine in engines.items():
        if not isinstance(engine, LocalEngineSettings):
            _api_key(name, engine)


def _address(name: str, engine: EngineSettings, settings: Settings) -> tuple[Iterable[str], str]:
    if isinstance(engine, LocalEngineSettings):
        return (f"{settings.engine_base_url}/engines/{name}/v1",), settings.engine_key
    return engine.urls, _api_key(name, engine)


def _api_key(name: str, engine: HttpEngineSettings) -> str:
    if engine.api_key_env is None:
        return ""
    if api_key := os.environ.get(engine.api_key_env):
        check_secret(f"engines.{name}.api_key_env: {engine.api_key_env}", api_key)
        return api_key
    raise ConfigError(
        f"engines.{name}.api_key_env: the environment variable {engine.api_key_env} is not set."
    )


async def _answers(engine: PooledEngine, member: Member) -> bool:
    try:
        await member.replica.models()
        if needs_proof(engine.settings):
            await member.replica.check_steers()
    except EngineError:
        return False
    return True


async def _that_steer(candidates: list[Candidate]) -> Iterator[Candidate]:
    """Those of which it is shown. A replica that cannot be reached now is none: nothing could be asked of it either."""
    members = {id(one.member): one.member for one in candidates if needs_proof(one.engine.settings)}
    shown = await asyncio.gather(*(one.steering.is_shown_by(one.replica) for one in members.values()))
    refused = {member for member, is_shown in zip(members, shown, strict=True) if not is_shown}
    found = [one for one in candidates if id(one.member) not in refused]
    if candidates and not found:
        raise EngineUnavailable("No engine of this model shows that it steers.")
    return iter(found)
