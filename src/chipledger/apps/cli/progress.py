"""The progress of a long scan on standard error: documents and megabytes a second, and the time left; before that, of listing.

Only on a terminal, and only once a scan has lasted a moment; drawn from the scan's own loop, so that no thread runs
beside it.
"""

import time
from types import TracebackType

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


class ScanProgress:
    """A bar that fills with the documents read, by their size and a little for each.

    Args:
        name: what is scanned.
        count: how many documents.
        total_bytes: how large they are together.
        is_wanted: whether to show it, where standard error is a terminal.
    """

    def __init__(self, name: str, count: int, total_bytes: int, *, is_wanted: bool) -> None:
        console = stderr()
        self._count, self._documents, self._bytes = count, 0, 0
        self._began = self._drawn = time.monotonic()
        self._is_shown = is_wanted and console.is_terminal and not console.is_dumb_terminal
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=10), TextColumn("{task.fields[done]}"),
            _Rate(), TimeRemainingColumn(), console=console, auto_refresh=False, transient=True,
        )  # fmt: skip
        total = total_bytes + count * _BYTES_OF_A_DOCUMENT
        self._task = self._bar.add_task(name[-12:], total=max(total, 1), documents=0, bytes=0, done="")

    def __enter__(self) -> "ScanProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def advance(self, size_bytes: int) -> None:
        """Count one more document.

        Args:
            size_bytes: how large it is.
        """
        if not self._is_shown:
            return
        self._documents += 1
        done = f"{self._documents:,} of {self._count:,}"
        self._bytes += size_bytes
        self._bar.update(
            self._task,
            advance=size_bytes + _BYTES_OF_A_DOCUMENT,
            documents=self._documents,
            bytes=self._bytes,
            done=done,
        )
        now = time.monotonic()
        if now - self._began > _FIRST_SECONDS and now - self._drawn > _BETWEEN_SECONDS:
            self._drawn = now
            self._bar.start()
            self._bar.refresh()


class ListingProgress:
    """A line that says how much of a history is listed so far.

    Args:
        name: what is listed.
        is_wanted: whether to show it, where standard error is a terminal.
    """

    def __init__(self, name: str, *, is_wanted: bool) -> None:
        console = stderr()
        self._name, self._began = name[-40:], time.monotonic()
        self._is_shown = is_wanted and console.is_terminal and not console.is_dumb_terminal
        self._line = Progress(
            TextColumn("{task.description}", markup=False),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._line.add_task("", total=None)

    def __enter__(self) -> "ListingProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line.live.is_started:
            self._line.stop()

    def told(self, refs: int, commits: int, changes: int) -> None:
        """Show how far listing has come.

        Args:
            refs: how many there are.
            commits: listed so far.
            changes: of files, listed so far.
        """
        if not self._is_shown or time.monotonic() - self._began < _FIRST_SECONDS:
            return
        told = f"{self._name}: {refs:,} refs, {commits:,} commits, {changes:,} changes so far"
        self._line.update(self._task, description=told)
        self._line.start()
        self._line.refresh()
