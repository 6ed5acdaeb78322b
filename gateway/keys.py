"""Who may use the gateway, and for what: bearer keys, of which only hashes are kept."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.fertility import Fertility
from gateway.key_limits import KeyLimits
from gateway.key_usage import KeyUsage
from routing.document import Document, Problem
from routing.errors import ConfigError, Unauthorized
from routing.labels import Label, Line
from routing.language_ranges import LanguageTag
from routing.validation import report, validated
from routing.yaml_reader import read_file

ENVIRONMENT_KEY = "environment"
"""The name of the key that comes from the environment; no key in a file may have it."""

_PREFIX = "dgm-"
_RANDOM_BYTES = 32

TokensPerEnglish = Annotated[float, Field(ge=0.1, le=100, allow_inf_nan=False)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Key(_Entry):
    """One key, by the SHA-256 of its secret in hexadecimal.

    models: what it may ask for; None for every model.
    priority: of its requests, as in vLLM: lower is served earlier.
    may_choose: whether its requests may ask for a strategy themselves.
    """

    name: Label
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    models: Annotated[tuple[Line, ...], Field(min_length=1)] | None = None
    priority: int = Field(default=0, ge=-1000, le=1000)
    may_choose: bool = False
    limits: KeyLimits = KeyLimits()

    def allows(self, model: str) -> bool:
        """Whether requests with this key may ask for the model."""
        return self.models is None or model in self.models


class KeysContents(_Entry):
    """A keys file as it is written: version 1; see docs/keys.md."""

    version: Literal[1]
    fertility: Mapping[LanguageTag, TokensPerEnglish] = {}
    keys: tuple[Key, ...] = Field(min_length=1)


class Keys:
    """The keys of one process, and how much each is used. Without any, nobody gets in.

    fertility: what tokens of each language count, against limits in tokens.
    """

    def __init__(self, keys: tuple[Key, ...], fertility: Fertility = MappingProxyType({})) -> None:
        self._keys = keys
        self.fertility = fertility
        now_s = monotonic()
        self._usages = {key.name: KeyUsage(key.limits, now_s) for key in keys}

    def authenticate(self, header: str | None) -> Key:
        """The key in an ``Authorization`` header. Raises `Unauthorized`.

        Takes as long for a wrong key as for a right one: all entries are compared, each in constant time.
        """
        found: Key | None = None
        digest = _hash(_bearer(header))
        for key in self._keys:
            if compare_digest(digest, key.sha256) and found is None:
                found = key
        if found is None:
            raise Unauthorized("The API key is not known.")
        return found

    def usage(self, key: Key) -> KeyUsage:
        """How much of its limits a key has used."""
        return self._usages[key.name]

    @contextmanager
    def use(self, key: Key) -> Iterator[None]:
        """Counts one request of a key against its limits while it lasts. Raises `Overloaded`."""
        usage = self.usage(key)
        usage.begin(monotonic())
        try:
            yield
        finally:
            usage.end()


def load_keys(path: Path | None, environment_secret: str) -> Keys:
    """The keys of a file, if there is one, and the key from the environment, unless it is empty.

    The latter may do everything: it is the operator's. Raises `ConfigError` as `load_policy` does. Blocks.
    """
    own = _environment_key(environment_secret)
    if path is None:
        return Keys(own)
    contents = parse_keys(read_file(path))
    return Keys((*contents.keys, *own), contents.fertility)


def parse_keys(document: Document) -> KeysContents:
    """What a parsed file says. Raises `ConfigError` with a line for each problem; no message holds a hash."""
    contents = validated(document, KeysContents)
    wrong = tuple(_problems(contents.keys))
    if wrong:
        raise ConfigError(report(document, wrong))
    return contents


def generate_key(name: str) -> tuple[str, Key]:
    """A new secret of 256 random bits, and the entry that lets it in. The secret is nowhere else."""
    secret = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    return secret, Key(name=name, sha256=_hash(secret))


def check_secret(variable: str, secret: str) -> None:
    """Raises `ConfigError` for what no header can carry, such as the line end of a file that a secret was read from."""
    if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
        raise ConfigError(f"{variable}: must be printable ASCII without spaces around it, as a header is")


def _environment_key(secret: str) -> tuple[Key, ...]:
    if not secret:
        return ()
    check_secret("DRAGOMAN_API_KEY", secret)
    return (Key(name=ENVIRONMENT_KEY, sha256=_hash(secret), may_choose=True),)


def _bearer(header: str | None) -> str:
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthorized("Send an API key as `Authorization: Bearer KEY`.")
    return secret.strip()


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _problems(keys: tuple[Key, ...]) -> Iterator[Problem]:
    names: set[str] = {ENVIRONMENT_KEY}
    hashes: set[str] = set()
    for index, key in enumerate(keys):
        if key.name in names:
            yield Problem(("keys", index, "name"), f"`{key.name}` is the name of another key")
        if key.sha256 in hashes:
            yield Problem(("keys", index, "sha256"), "is that of another key")
        names.add(key.name)
        hashes.add(key.sha256)
