"""Where the command ``dragoman`` begins."""

from gateway.commands.stopping import Stopping


def main() -> None:
    """Listens for the signals before anything else is imported.

    Python's import system, too, swallows an exception that a signal raises within it: one start in fifty that was
    interrupted in its first second went on.
    """
    stopping = Stopping()
    from gateway.command_line import main as commands

    commands(obj=stopping)
