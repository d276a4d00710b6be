"""The progress of a long batch on standard error: how many of how many, how many a second, and the time left.

Only on a terminal, and only once it has lasted a moment; drawn from the batch's own loop.
"""

import time
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chipledger.apps.cli.output import stderr

_FIRST_SECONDS = 0.5
_BETWEEN_SECONDS = 0.1


class Counting:
    """A bar that fills with what is done.

    Args:
        name: what is counted.
        count: how many there are.
        done: how many were done before.
    """

    def __init__(self, name: str, count: int, done: int = 0) -> None:
        console = stderr()
        self._began = self._drawn = time.monotonic()
        self._done = done
        self._is_shown = console.is_terminal and not console.is_dumb_terminal
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), MofNCompleteColumn(),
            TimeRemainingColumn(), console=console, auto_refresh=False, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task(name, total=max(count, 1), completed=done)

    def __enter__(self) -> "Counting":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def advance(self) -> None:
        """Count one more."""
        self._done += 1
        now = time.monotonic()
        if self._is_shown and now - self._began > _FIRST_SECONDS and now - self._drawn > _BETWEEN_SECONDS:
            self._drawn = now
            self._bar.update(self._task, completed=self._done)
            self._bar.start()
            self._bar.refresh()
