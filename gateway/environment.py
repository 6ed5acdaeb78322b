"""Settings from environment variables, which begin with ``DRAGOMAN_``; docs/settings.md lists them all."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.settings import Settings
from routing.errors import ConfigError

PREFIX = "DRAGOMAN_"
_SEPARATOR = "__"


class _FromEnvironment(Settings, BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix=PREFIX, env_nested_delimiter=_SEPARATOR
    )


def read_settings(environment: Mapping[str, str], **fixed: object) -> Settings:
    """The settings that the process' environment has, under the ``fixed`` ones, which come from the command line.

    environment: a name that is nearly a setting's is refused, so that a misspelt limit is not taken for none.
    Raises `ConfigError` with a line for each variable that is wrong.
    """
    known = set(variable_names())
    strange = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if misspelt := [_misspelt(name, near) for name in strange if (near := _near(name, known))]:
        raise ConfigError("\n".join(misspelt))
    try:
        read = _FromEnvironment(**fixed)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigError("\n".join(map(_wrong, error.errors()))) from None
    return Settings.model_validate(read.model_dump(exclude_unset=True))


def variable_names(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[str]:
    """Every variable that is read."""
    for name, field in model.model_fields.items():
        variable = prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from variable_names(field.annotation, variable + _SEPARATOR)
        else:
            yield variable


def _near(name: str, known: set[str]) -> list[str]:
    """The settings that may have been meant. A site's own variables, such as an engine's key, have none."""
    return get_close_matches(name, known, n=1, cutoff=0.92)


def _misspelt(name: str, near: list[str]) -> str:
    return f"{name}: there is no such setting; did you mean {near[0]}?"


def _wrong(detail: Mapping[str, object]) -> str:
    loc = detail["loc"]
    steps = [str(step).upper() for step in loc] if isinstance(loc, tuple) else []
    return f"{PREFIX}{_SEPARATOR.join(steps)}: {detail['msg']}."
