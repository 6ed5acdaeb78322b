"""Profiles as files: safetensors with one tensor and, in its metadata, where it comes from.

Tensor ``weights`` is float32 [layers, experts]. Metadata ``dragoman_profile`` is a JSON document with ``format``
(1), ``name``, ``kind``, ``content_hash`` and ``origin``; every tool that reads safetensors shows it.
"""

import json
from pathlib import Path
from typing import Literal

import safetensors.numpy
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError

from routing.errors import ConfigError
from routing.steering.profile import Origin, Profile, make_profile

SUFFIX = ".safetensors"
MAX_BYTES = 16 * 1024 * 1024
"""A hundred times the largest model's profile of today (61 layers of 384 experts)."""

_METADATA_KEY = "dragoman_profile"
_LENGTH_BYTES = 8


class _Metadata(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    format: Literal[1]
    name: str
    kind: str
    content_hash: str
    origin: Origin


def serialise_profile(profile: Profile) -> bytes:
    """The profile as a file's content: the same bytes for the same profile."""
    metadata = _Metadata(
        format=1,
        name=profile.name,
        kind=profile.kind,
        content_hash=profile.content_hash,
        origin=profile.origin,
    )
    document = metadata.model_dump_json(exclude_none=True)
    return safetensors.numpy.save({"weights": profile.weights}, metadata={_METADATA_KEY: document})


def parse_profile(content: bytes, source: str) -> Profile:
    """The profile in a file's content; `source` names it in messages.

    Raises `ConfigError` where it is too long, is no profile, or is not what its own hash says.
    """
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{source}: longer than {MAX_BYTES} bytes, which no profile is")
    try:
        tensors = safetensors.numpy.load(content)
        metadata = _Metadata.model_validate_json(_metadata_document(content))
    except SafetensorError as error:
        raise ConfigError(f"{source}: not a safetensors file ({error})") from None
    except (KeyError, ValidationError) as error:
        raise ConfigError(f"{source}: not a steering profile ({_one_line(error)})") from None
    if tensors.keys() != {"weights"}:
        raise ConfigError(f"{source}: a profile holds one tensor, `weights`, not {sorted(tensors)}")
    profile = make_profile(metadata.name, metadata.kind, tensors["weights"], metadata.origin)
    if profile.content_hash != metadata.content_hash:
        raise ConfigError(f"{source}: its weights are not those that its hash was made of")
    return profile


def read_profile(path: Path) -> Profile:
    """The profile in a file. Raises `ConfigError`. Reads the disk: not for the event loop."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: longer than {MAX_BYTES} bytes, which no profile is")
        return parse_profile(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def read_profiles(folder: Path) -> tuple[Profile, ...]:
    """All profiles of a folder, by file name. Raises `ConfigError` for a folder that is none, and for any bad file."""
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder")
    profiles = tuple(read_profile(path) for path in sorted(folder.glob(f"*{SUFFIX}")))
    references = [profile.reference for profile in profiles]
    if len(set(references)) < len(references):
        raise ConfigError(f"{folder}: holds a profile twice")
    return profiles


def write_profile(profile: Profile, path: Path) -> None:
    """Writes the file whole or not at all."""
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_bytes(serialise_profile(profile))
    unfinished.replace(path)


def _metadata_document(content: bytes) -> str:
    # safetensors tells the metadata of files only; the header is a length and JSON, and has been checked above.
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length])
    return str(header["__metadata__"][_METADATA_KEY])


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"no {error}"
