"""The progress of a long scan on standard error: documents and megabytes a second, and the time left; before that, of listing.

Only on a terminal, and only once a scan has lasted a moment; drawn from the scan's own loop, so that no thread runs
beside it.
"""

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from chipledger.apps.cli.output import stderr

_FIRST_SECONDS = 0.5
_BETWEEN_SECONDS = 0.1
_BYTES_OF_A_DOCUMENT = 4096  # what opening one costs, so that a folder of empty files has a time left too


class _Rate(ProgressColumn):
    """Documents and megabytes a second since the start."""

    def render(self, task: Task) -> Text:
        """The two rates as text."""
        seconds = max(task.elapsed or 0.0, 1e-9)
        documents = task.fields["documents"]
        return Text(
            f"{documents / seconds:,.0f} documents/s, {task.fields['bytes'] / seconds / 1e6:.1f} MB/s"
        )


class Drawn:
    """What is drawn on a terminal while work goes on, from the work's own loop, and is gone when the block is left.

    Args:
        columns: of the line.
        is_wanted: whether to show it, where standard error is a terminal.
    """

    def __init__(self, *columns: ProgressColumn, is_wanted: bool) -> None:
        console = stderr()
        self.began = self._drawn = time.monotonic()
        self.is_shown = is_wanted and console.is_terminal and not console.is_dumb_terminal
        self.line = Progress(*columns, console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.line.live.is_started:
            self.line.stop()

    def is_due(self) -> bool:
        """Whether it is to be drawn now: once work has lasted a moment, and a few times a second."""
        now = time.monotonic()
        if not self.is_shown or now - self.began < _FIRST_SECONDS or now - self._drawn < _BETWEEN_SECONDS:
            return False
        self._drawn = now
        return True

    def draw(self) -> None:
        """Draw it as it stands."""
        self.line.start()
        self.line.refresh()


class ScanProgress(Drawn):
    """A bar that fills with the documents read, by their size and a little for each.

    Args:
        name: what is scanned.
        count: how many documents.
        total_bytes: how large they are together.
        is_wanted: whether to show it, where standard error is a terminal.
    """

    def __init__(self, name: str, count: int, total_bytes: int, *, is_wanted: bool) -> None:
        super().__init__(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=10), TextColumn("{task.fields[done]}"),
            _Rate(), TimeRemainingColumn(), is_wanted=is_wanted,
        )  # fmt: skip
        self._count, self._documents, self._bytes = count, 0, 0
        total = total_bytes + count * _BYTES_OF_A_DOCUMENT
        self._task = self.line.add_task(name[-12:], total=max(total, 1), documents=0, bytes=0, done="")

    def advance(self, size_bytes: int) -> None:
        """Count one more document.

        Args:
            size_bytes: how large it is.
        """
        if not self.is_shown:
            return
        self._documents += 1
        self._bytes += size_bytes
        self.line.update(
            self._task, advance=size_bytes + _BYTES_OF_A_DOCUMENT, documents=self._documents, bytes=self._bytes,
            done=f"{self._documents:,} of {self._count:,}",
        )  # fmt: skip
        if self.is_due():
            self.draw()


class ListingProgress(Drawn):
    """A line that says how much of a history is listed so far.

    Args:
        name: what is listed.
        is_wanted: whether to show it, where standard error is a terminal.
    """

    def __init__(self, name: str, *, is_wanted: bool) -> None:
        super().__init__(TextColumn("{task.description}", markup=False), is_wanted=is_wanted)
        self._name = name[-40:]
        self._task = self.line.add_task("", total=None)

    def told(self, refs: int, commits: int, changes: int) -> None:
        """Show how far listing has come.

        Args:
            refs: how many there are.
            commits: listed so far.
            changes: of files, listed so far.
        """
        if self.is_due():
            told = f"{self._name}: {refs:,} refs, {commits:,} commits, {changes:,} changes so far"
            self.line.update(self._task, description=told)
            self.draw()
