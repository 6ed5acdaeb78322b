"""Where the command ``dragoman`` begins."""

import sys

from gateway.commands.stopping import Stopping

_INTERRUPTED = 130  # as shells call it


def main() -> None:
    """Listens for the signals before anything else is imported.

    Python's import system, too, swallows an exception that a signal raises within it: one start in fifty that was
    interrupted in its first second went on.
    """
    stopping = Stopping()
    try:
        from gateway.command_line import main as commands
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    commands(obj=stopping)
