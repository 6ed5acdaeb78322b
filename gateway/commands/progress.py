"""Steps on the command line: what is being done now, and how long each took."""

import contextlib
from collections.abc import Callable, Iterator
from time import monotonic

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gateway.commands.stopping import Stopping


@contextlib.contextmanager
def step(name: str, console: Console, stopping: Stopping) -> Iterator[Callable[[str], None]]:
    """Shows a step while it is done, then leaves one line with its time; the callable shows what it is at.

    Where the console is no terminal only the line appears. A step ends early where the operator asked to stop.
    """
    started_at = monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(name)

        def report(doing: str) -> None:
            stopping.check()
            progress.update(task, description=f"{name}: {doing}")

        yield report
        stopping.check()
    console.print(f"[green]✓[/] {name} [dim]{monotonic() - started_at:.1f} s[/]", highlight=False)
