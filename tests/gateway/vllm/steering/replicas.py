"""Replicas of one engine without the engine: real tables, real admission, one folder. Runs in the engines' process."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from routing.steering.model_match import RoutedModel
from tests.gateway.vllm.steering.steered_profiles import random_profile
from tests.gateway.vllm.steering.tiny_models import EXPERTS, LAYERS

HASH = "a" * 64


class ScriptedClient:
    """What `Control` asks of vLLM's `EngineClient`. busy: profiles that a request still has."""

    def __init__(self, folder: Path) -> None:
        import torch

        from gateway.vllm.steering.admission import Admission
        from gateway.vllm.steering.config import SteeringConfig
        from gateway.vllm.steering.profile_table import ProfileTable

        admission = Admission(SteeringConfig(profiles=folder, max_profiles=2))
        self.input_processor = SimpleNamespace(dragoman_admission=admission)
        self.model = RoutedModel(None, None, HASH, LAYERS, tuple(range(LAYERS)), EXPERTS, 2)
        self.table = ProfileTable(self.model, 2, torch.device("cpu"))
        self.busy: set[str] = set()

    async def collective_rpc(self, method: str, args: tuple[Any, ...] = ()) -> list[Any]:
        from gateway.vllm.steering.worker import LOAD, STATUS, SteeringStatus
        from routing.steering.profile_file import parse_profile

        if method == STATUS:
            held, room = list(self.table.references), self.table.free_rows
            return [asdict(SteeringStatus("v1", asdict(self.model), held, room, self.table.digest(), {}))]
        if method == LOAD:
            self.table.load(parse_profile(args[0], "the profile"))
            return [None]
        if args[0] in self.busy:
            return [1]
        self.table.retire(args[0])
        return [0]


def scenario(play: Callable[[Any, Any, Path], Awaitable[list[Any]]], folder: Path) -> list[Any]:
    """What a scenario says of two replicas that look at their folder whenever they are asked."""
    import gateway.vllm.steering.control as control

    async def played() -> list[Any]:
        one, other = (control.Control(ScriptedClient(folder)) for _ in range(2))
        return await play(one, other, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "_LOOK_EVERY_S", 0.0)
        return asyncio.run(played())


async def look(*replicas: Any) -> list[set[str]]:
    """Which profiles can be had of each, by name."""
    for replica in replicas:
        await replica.follow()
    return [{reference.partition("@")[0] for reference in one.admission.profiles} for one in replicas]


def content(name: str, config_hash: str = HASH) -> bytes:
    """A profile's file."""
    from routing.steering.profile_file import serialise_profile

    return serialise_profile(random_profile(name, "soft", config_hash))


async def loaded_at_one_and_retired_at_the_other(one: Any, other: Any, _: Path) -> list[Any]:
    """What each has at first, once one has loaded a profile, and once the other has retired it."""
    seen = [await look(one, other)]
    reference = await one.load(content("p"))
    seen.append(await look(one, other))
    await other.retire(reference)
    return [*seen, await look(one, other)]


async def retired_while_a_request_has_it(one: Any, other: Any, _: Path) -> list[Any]:
    """Who has the profile, and whether the other's table still does, while a request there has it and afterwards."""
    reference = await one.load(content("p"))
    await look(other)
    client = other._engine
    client.busy = {reference}
    await one.retire(reference)
    seen = [await look(one, other), [reference in client.table.references]]
    client.busy = set()
    return [*seen, await look(one, other), [reference in client.table.references]]


async def files_that_do_not_fit(one: Any, other: Any, folder: Path) -> list[Any]:
    """What is taken and what is not, of one profile too many, another model's, and a text; then with room again."""
    for name in ("a", "b", "c"):
        (folder / f"{name}.safetensors").write_bytes(content(name))
    (folder / "foreign.safetensors").write_bytes(content("foreign", "b" * 64))
    (folder / "नोट.safetensors").write_text("टिप्पणी", "utf-8")
    seen = [await look(one, other), dict(one.not_taken)]
    (folder / "a.safetensors").unlink()
    return [*seen, await look(one, other), dict(one.not_taken)]


async def a_folder_that_is_gone(one: Any, other: Any, folder: Path) -> list[Any]:
    """What both still have once the folder has gone."""
    await one.load(content("p"))
    await look(one, other)
    await asyncio.to_thread(folder.rename, folder.with_name("elsewhere"))
    return [await look(one, other), list(one.not_taken)]
