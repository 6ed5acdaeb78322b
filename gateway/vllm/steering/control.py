"""Loading, listing and retiring an engine's profiles while it serves."""

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.vllm.steering.admission import Admission
from gateway.vllm.steering.profile_table import check_layers
from gateway.vllm.steering.worker import LOAD, RETIRE, STATUS, SteeringStatus
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel, check_match
from routing.steering.profile_file import parse_profile


class NoRoom(ConfigError):
    """As many profiles are loaded as the engine was started for."""


class StillInUse(ConfigError):
    """A profile is retired as soon as the requests that have it are done; it takes no new ones."""


class Control:
    """One engine's profiles, as its front end changes them. One call at a time.

    admission: says which profiles requests may ask for; a profile is there only while every worker holds it.
    tokens_steered: by profile, as `refresh` last found it.
    engine: vLLM's `EngineClient`.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._one_at_a_time = asyncio.Lock()
        self.admission: Admission = self._engine.input_processor.dragoman_admission
        self.tokens_steered: Mapping[str, int] = {}

    async def statuses(self) -> list[SteeringStatus]:
        """What each worker says of itself. Raises `ConfigError` in an engine that does not steer."""
        if not self.admission.is_active:
            raise ConfigError("this engine does not steer")
        return [SteeringStatus(**status) for status in await self._engine.collective_rpc(STATUS)]

    async def refresh(self) -> None:
        """Brings `tokens_steered` up to date. Every worker counts the same batches, so one is asked for all."""
        if self.admission.is_active:
            self.tokens_steered = (await self.statuses())[0].tokens_steered

    async def load(self, content: bytes) -> str:
        """Loads the profile in a file's content on every worker and gives its reference.

        Raises `ConfigError` where it is no profile or does not fit, `NoRoom` where there is none. What is loaded
        already is taken again without a change.
        """
        async with self._one_at_a_time:
            status = (await self.statuses())[0]
            profile = await asyncio.to_thread(parse_profile, content, "the profile")
            model = RoutedModel(**status.model)
            check_match(profile, model)
            check_layers(profile, model.experts_per_token)
            if profile.reference not in status.profiles and not status.free_rows:
                raise NoRoom(f"{len(status.profiles)} profiles are loaded; retire one first")
            await self._engine.collective_rpc(LOAD, args=(content,))
            self.admission.profiles.add(profile.reference)
            return profile.reference

    async def retire(self, reference: str) -> None:
        """Frees a profile. Raises `KeyError` where it is not loaded, `StillInUse` where requests have it."""
        async with self._one_at_a_time:
            if reference not in (await self.statuses())[0].profiles:
                raise KeyError(reference)
            self.admission.profiles.discard(reference)
            in_use = (await self._engine.collective_rpc(RETIRE, args=(reference,)))[0]
            if in_use:
                raise StillInUse(
                    f"{in_use} requests have profile {reference}; it takes no new ones, try again"
                )
