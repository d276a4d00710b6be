"""The progress of long work in counted steps on standard error: only on a terminal, and gone when the work is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chipledger.apps.cli.output import stderr


@contextmanager
def counted(name: str, count: int, unit: str) -> Iterator[Callable[[], None]]:
    """A bar that fills by one each time it is called.

    Args:
        name: of the work.
        count: of its steps.
        unit: what a step is.
    """
    console = stderr()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=10), MofNCompleteColumn(), TextColumn(unit),
        TimeRemainingColumn(), console=console, auto_refresh=False, transient=True,
        disable=not console.is_terminal or console.is_dumb_terminal,
    )  # fmt: skip
    task = bar.add_task(name, total=count)

    def advance() -> None:
        bar.advance(task)
        bar.refresh()

    with bar:
        bar.refresh()
        yield advance
