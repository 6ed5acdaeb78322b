"""What an engine's front end can ask its workers about our sampler."""

from typing import Any

COUNTED_AT = "dragoman_rows"
"""Attribute of vLLM's sampler, where ours is in its place or in it: a counter of rows by who drew them."""


def sampled_rows(worker: Any) -> dict[str, int]:
    """How many rows each sampler has drawn on this worker; empty where ours is not there."""
    sampler = getattr(worker.model_runner, "sampler", None)
    return dict(getattr(sampler, COUNTED_AT, {}))
