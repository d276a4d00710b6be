"""The progress of a long batch on standard error: how many of how many, how many a second, and the time left.

Only on a terminal, and only once it has lasted a moment; drawn from the batch's own loop.
"""

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from chipledger.apps.cli.progress import Drawn


class Counting(Drawn):
    """A bar that fills with what is done.

    Args:
        name: what is counted.
        count: how many there are.
        done: how many were done before.
    """

    def __init__(self, name: str, count: int, done: int = 0) -> None:
        super().__init__(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), MofNCompleteColumn(),
            TimeRemainingColumn(), is_wanted=True,
        )  # fmt: skip
        self._done = done
        self._task = self.line.add_task(name, total=max(count, 1), completed=done)

    def advance(self) -> None:
        """Count one more."""
        self._done += 1
        if self.is_due():
            self.line.update(self._task, completed=self._done)
            self.draw()
