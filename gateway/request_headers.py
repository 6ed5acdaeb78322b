"""The headers of a request, looked up by name."""

from collections.abc import Mapping

from starlette.types import Scope

Headers = Mapping[bytes, bytes]
"""By name in lower case."""


def request_headers(scope: Scope) -> Headers:
    """All headers of a request; of one that came several times, the first."""
    return dict(reversed(scope["headers"]))


def text_of(headers: Headers, name: bytes) -> str | None:
    """A header's value; None where there is none. Any bytes are read, as Latin-1."""
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")
