"""Tables that lie beside the code, as rows of columns."""

from collections.abc import Iterator
from importlib import resources

ANY = "mul"
"""In the column of languages: requests in any."""


def rows_of(name: str) -> Iterator[list[str]]:
    """The columns of each line of a file; empty lines and those that begin with # are left out. Reads the file."""
    for line in resources.files("routing.request_signs").joinpath(name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")
