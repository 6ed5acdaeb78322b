"""Compiled code that is kept from one start to the next, where there is a folder for it."""

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

_log = logging.getLogger("dragoman")


def kept(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` whose machine code numba keeps: beside the source, in ``NUMBA_CACHE_DIR`` or ``XDG_CACHE_HOME``.

    Where none of them can be written, it is compiled at each start and a warning says so; numba's own ``cache=True``
    would be an error at import, and the engine would not start.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        try:
            dispatcher.enable_caching()
        except RuntimeError as error:
            _log.warning("%s is compiled at each start: %s", function.__name__, error)
        return dispatcher

    return compiled
