"""Loading, listing and retiring an engine's profiles while it serves."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from gateway.vllm.steering.admission import Admission
from gateway.vllm.steering.profile_folder import FolderContent, ProfileFolder
from gateway.vllm.steering.profile_table import check_layers
from gateway.vllm.steering.worker import LOAD, RETIRE, STATUS, SteeringStatus
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel, check_match
from routing.steering.profile_file import parse_profile

_LOOK_EVERY_S = 1.0


class NoRoom(ConfigError):
    """As many profiles are loaded as the engine was started for."""


class StillInUse(ConfigError):
    """A profile is retired as soon as the requests that have it are done; it takes no new ones."""


class Control:
    """One engine's profiles, as its front end changes them. One call at a time.

    Where the engine has a folder of profiles, that says which are loaded: a profile is loaded by being written there
    and retired by being taken out, whoever does it, and every replica with the same folder follows.

    admission: says which profiles requests may ask for; a profile is there only while every worker holds it.
    tokens_steered: by profile, as `refresh` last found it.
    not_taken: why files of the folder are not loaded, by name.
    engine: vLLM's `EngineClient`.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._one_at_a_time = asyncio.Lock()
        self.admission: Admission = self._engine.input_processor.dragoman_admission
        self.tokens_steered: Mapping[str, int] = {}
        self.not_taken: Mapping[str, str] = {}
        self._folder = ProfileFolder(self.admission.folder) if self.admission.folder else None
        self._followed: FolderContent | None = None
        self._looked_at = -_LOOK_EVERY_S

    async def statuses(self) -> list[SteeringStatus]:
        """What each worker says of itself. Raises `ConfigError` in an engine that does not steer."""
        if not self.admission.is_active:
            raise ConfigError("this engine does not steer")
        return [SteeringStatus(**status) for status in await self._engine.collective_rpc(STATUS)]

    async def refresh(self) -> None:
        """Brings `tokens_steered` up to date. Every worker counts the same batches, so one is asked for all."""
        if self.admission.is_active:
            self.tokens_steered = (await self.statuses())[0].tokens_steered

    async def follow(self) -> None:
        """Loads what the folder has come to hold and retires what it lacks. Looks at it at most once a second."""
        if self._folder is not None and monotonic() - self._looked_at >= _LOOK_EVERY_S:
            async with self._one_at_a_time:
                self._looked_at = monotonic()
                await self._follow(self._folder)

    async def load(self, content: bytes) -> str:
        """Loads the profile in a file's content on every worker and gives its reference.

        Raises `ConfigError` where it is no profile, does not fit or the folder cannot be changed, `NoRoom` where
        there is none. What is loaded already is taken again without a change.
        """
        async with self._one_at_a_time:
            reference = await self._check(content)
            if self._folder is not None:
                await asyncio.to_thread(self._folder.put, content)
            await self._take(reference, content)
            return reference

    async def retire(self, reference: str) -> None:
        """Frees a profile. Raises `KeyError` where it is not loaded, `StillInUse` where requests have it."""
        async with self._one_at_a_time:
            if reference not in (await self.statuses())[0].profiles:
                raise KeyError(reference)
            if self._folder is not None:
                await asyncio.to_thread(self._folder.take_out, reference)
            await self._free(reference)

    async def _check(self, content: bytes) -> str:
        status = (await self.statuses())[0]
        profile = await asyncio.to_thread(parse_profile, content, "the profile")
        model = RoutedModel(**status.model)
        check_match(profile, model)
        check_layers(profile, model.experts_per_token)
        if profile.reference not in status.profiles and not status.free_rows:
            raise NoRoom(f"{len(status.profiles)} profiles are loaded; retire one first")
        return profile.reference

    async def _take(self, reference: str, content: bytes) -> None:
        await self._engine.collective_rpc(LOAD, args=(content,))
        self.admission.profiles.add(reference)

    async def _free(self, reference: str) -> None:
        self.admission.profiles.discard(reference)
        in_use = (await self._engine.collective_rpc(RETIRE, args=(reference,)))[0]
        if in_use:
            raise StillInUse(f"{in_use} requests have profile {reference}; it takes no new ones, try again")

    async def _follow(self, folder: ProfileFolder) -> None:
        try:
            found = await asyncio.to_thread(folder.look)
        except OSError as error:  # says nothing of what is to be loaded
            self.not_taken = {str(folder.path): str(error.strerror)}
            return
        if found == self._followed:
            return
        loaded = set((await self.statuses())[0].profiles)
        in_use = [one for one in loaded - found.profiles.keys() if not await self._is_freed(one)]
        new = [path for reference, path in found.profiles.items() if reference not in loaded]
        refusals = {path.name: await self._refusal(path) for path in new}
        self.not_taken = {**found.unreadable, **{name: why for name, why in refusals.items() if why}}
        self.admission.profiles |= loaded & found.profiles.keys()
        self._followed = None if in_use else found  # None: it is gone through again at the next look

    async def _is_freed(self, reference: str) -> bool:
        try:
            await self._free(reference)
        except StillInUse:
            return False
        return True

    async def _refusal(self, path: Path) -> str | None:
        """Why the profile in a new file is not loaded; None where it is."""
        try:
            content = await asyncio.to_thread(path.read_bytes)
            await self._take(await self._check(content), content)
        except ConfigError as error:
            return error.message
        except OSError as error:
            return str(error.strerror)
        return None
