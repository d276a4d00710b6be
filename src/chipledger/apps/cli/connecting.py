"""What the edge decides for connectors: the snapshot's folder, keys and proxies of the environment, progress, totals.

`fetched` runs one target into a snapshot and is shared by `fetch` and `scan`.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from chipledger.apps.cli.progress import Drawn
from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.registry import Settings, canonical, connector_for
from chipledger.documents.limits import Limits
from chipledger.documents.repository import public
from chipledger.documents.snapshot import Snapshot, SnapshotWriter, is_snapshot, writing
from chipledger.documents.sources import Plan, planned_snapshot

_REASONS_SHOWN = 5
ENDPOINTS = ("arxiv", "cc-data", "cc-index", "github", "hub", "openalex", "s3")
_KEYS = {"hub": ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"), "openalex": ("OPENALEX_API_KEY",),
         "github": ("GITHUB_TOKEN", "GH_TOKEN")}  # fmt: skip
_S3_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI")  # fmt: skip


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where snapshots lie unless the user names a folder: the cache folder of the XDG rules.

    >>> str(default_folder({"XDG_CACHE_HOME": "/x/cache"}))
    '/x/cache/chipledger/snapshots'
    """
    stated = environment.get("XDG_CACHE_HOME", "")
    base = Path(stated) if stated.startswith("/") else Path.home() / ".cache"
    return base / "chipledger" / "snapshots"


def settings_of(
    tell: Callable[[str], None],
    *,
    allow_private: list[str] | None = None,
    endpoint: list[str] | None = None,
    contact: str | None = None,
    options: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """The settings of connectors from a command's options and the user's environment.

    Args:
        tell: told of waits.
        allow_private: hosts that may have a private address.
        endpoint: NAME=URL, another server for a connector.
        contact: an address for the servers' owners.
        options: what single connectors take.
        environment: HF_TOKEN, HF_ENDPOINT, OPENALEX_API_KEY, GITHUB_TOKEN, AWS_…, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE.

    Raises:
        InputError: one of them is malformed.
    """

    def said(*names: str) -> str | None:
        return next((environment[name] for name in names if environment.get(name)), None)

    secrets = {name: _sendable(said(*given), given[0]) for name, given in _KEYS.items()}
    endpoints = dict([_endpoint(f"hub={hub}")]) if (hub := said("HF_ENDPOINT")) else {}
    direct = (said("NO_PROXY", "no_proxy") or "").split(",")
    return Settings(
        allow_private=frozenset(allow_private or ()),
        contact=_sendable(contact, "--contact"),
        endpoints=endpoints | dict(_endpoint(one) for one in endpoint or ()),
        secrets={name: value for name, value in secrets.items() if value},
        options={
            "s3.signed": "yes" if any(environment.get(name) for name in _S3_CREDENTIALS) else "no",
            **(options or {}),
        },
        proxy=_proxy(said("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")),
        direct=tuple(host.strip() for host in direct if host.strip()),
        ca_file=said("SSL_CERT_FILE"),
        tell=tell,
    )


def _endpoint(written: str) -> tuple[str, str]:
    name, is_given, url = written.partition("=")
    if not is_given or not url.startswith(("http://", "https://")):
        raise InputError(
            "not an endpoint",
            where=public(written),
            expected="NAME=https://HOST, such as hub=https://hub.corp",
        )
    if name.strip() not in ENDPOINTS:
        raise InputError("no such endpoint", where=public(written), expected=f"one of {', '.join(ENDPOINTS)}")
    return name.strip(), url.rstrip("/")


def _sendable(value: str | None, where: str) -> str | None:
    """A value that a header of HTTP can hold; it may be a key, so that it is not told."""
    value = value.strip() if value else None
    if value and not (value.isascii() and value.isprintable()):
        raise InputError("this cannot be sent to servers", where=where, expected="plain ASCII on one line")
    return value


def _proxy(written: str | None) -> str | None:
    """The address of a proxy; one without a scheme is of http, as other programs take it.

    >>> _proxy("proxy.corp:3128")
    'http://proxy.corp:3128'
    """
    if written is None:
        return None
    url = written if "://" in written else f"http://{written}"
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise InputError(
            "not a proxy that is understood", where=public(url), expected="http://HOST:PORT in HTTPS_PROXY"
        )
    return url


@dataclass(slots=True)
class FetchTally:
    """What fetching has come to."""

    counts: dict[str, int] = field(default_factory=dict)
    size_bytes: int = 0
    reasons: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def failures(self) -> int:
        """How many things could not be fetched."""
        return self.counts.get("failed", 0)

    def add(self, step: Step) -> None:
        """Count one step."""
        self.counts[step.became] = self.counts.get(step.became, 0) + 1
        self.size_bytes += step.size_bytes
        if step.failure and len(self.reasons) < _REASONS_SHOWN:
            self.reasons.append(f"{step.failure.document}: {step.failure.reason} ({step.failure.stage})")

    def in_words(self) -> str:
        """The totals on one line.

        >>> tally = FetchTally()
        >>> tally.add(Step(name="a.md", became="fetched", size_bytes=2_500_000)); tally.add(Step(name="b", became="held"))
        >>> tally.in_words().rsplit(",", 1)[0]
        '1 fetched, 1 held already, 0 failures, 2.5 MB'
        """
        named = {"fetched": "fetched", "unchanged": "unchanged", "held": "held already"}
        told = [f"{self.counts[name]:,} {words}" for name, words in named.items() if self.counts.get(name)]
        failures = f"{self.failures:,} failure" + ("" if self.failures == 1 else "s")
        return ", ".join(
            [*told, failures, f"{self.size_bytes / 1e6:.1f} MB", f"{time.monotonic() - self.began:.1f} s"]
        )


def fetched(
    target: str, snapshot: SnapshotWriter, settings: Settings, terms: Terms, tally: FetchTally, is_quiet: bool
) -> Iterator[Step]:
    """Fetch a target into a snapshot, with progress on a terminal.

    Args:
        target: as the user wrote it.
        snapshot: where to keep it.
        settings: of the connectors.
        terms: how to fetch.
        tally: counts.
        is_quiet: whether to show no progress.

    Yields:
        What became of each thing.
    """
    named = canonical(target)
    with FetchProgress(named, is_wanted=not is_quiet) as progress:
        for step in fetch(connector_for(named, settings), named, snapshot, terms):
            tally.add(step)
            progress.advance(step)
            yield step


@dataclass(frozen=True, slots=True, kw_only=True)
class Wires:
    """How a scan reaches what must be fetched first.

    Args:
        folder: the snapshot's.
        is_offline: read what was fetched before.
        refresh: ask again for what came on this day.
        settings: of the connectors.
        is_quiet: whether to show no progress.
        tell: told of waits and totals.
        keeps_git: whether git repositories are kept there too, not only cloned for the time of the scan.
        only_listed: read nothing that the source's list no longer has, where it could be listed.
    """

    folder: Path
    is_offline: bool = False
    refresh: bool = False
    settings: Settings = field(default_factory=Settings)
    is_quiet: bool = False
    tell: Callable[[str], None] = lambda line: None
    keeps_git: bool = False
    only_listed: bool = False


@contextmanager
def planned_fetch(target: str, limits: Limits, on: date, wires: Wires) -> Iterator[Plan]:
    """A plan of what a target of a connector stands for, fetched first.

    Args:
        target: in its canonical form.
        limits: the bounds of reading.
        on: the day.
        wires: how it is reached.

    Yields:
        The plan, with what could not be fetched among its items.

    Raises:
        InputError: offline, and nothing was fetched for this target before.
    """
    failures: list[FailedDocument] = []
    if not wires.is_offline:
        tally = FetchTally()
        terms = Terms(on=on, refresh=wires.refresh, most_bytes=limits.pdf_bytes)
        with writing(wires.folder) as snapshot:
            for step in fetched(target, snapshot, wires.settings, terms, tally, wires.is_quiet):
                if step.failure:
                    failures.append(step.failure)
        wires.tell(f"{target}: {tally.in_words()}")
    elif not _was_fetched(wires.folder, target):
        raise InputError(
            "nothing was fetched for this before", where=target, remedy="leave out --offline once"
        )
    is_listed = not wires.is_offline and not any(one.stage == "list" for one in failures)
    since = on if wires.only_listed and is_listed else None
    with planned_snapshot(wires.folder, target, limits, failures, since) as plan:
        yield plan


def _was_fetched(folder: Path, target: str) -> bool:
    if not is_snapshot(folder):
        return False
    with Snapshot(folder) as snapshot:
        return target in snapshot.targets()


class FetchProgress(Drawn):
    """A bar that fills with the things fetched.

    Args:
        name: what is fetched.
        is_wanted: whether to show it, where standard error is a terminal.
    """

    def __init__(self, name: str, *, is_wanted: bool) -> None:
        super().__init__(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=10), TextColumn("{task.fields[done]}"),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), is_wanted=is_wanted,
        )  # fmt: skip
        self._count, self._bytes = 0, 0
        self._task = self.line.add_task(name[-24:], total=None, done="", rate="")

    def advance(self, step: Step) -> None:
        """Count one step.

        Args:
            step: what became of one thing.
        """
        self._count, self._bytes = self._count + 1, self._bytes + step.size_bytes
        if not self.is_due():
            return
        seconds = max(time.monotonic() - self.began, 1e-9)
        of = f"{step.listed:,}" + ("" if step.is_all else "+")
        rate = f"{self._count / seconds:.1f} things/s, {self._bytes / seconds / 1e6:.2f} MB/s"
        self.line.update(
            self._task, completed=self._count, total=step.listed if step.is_all else None,
            done=f"{self._count:,} of {of}", rate=rate,
        )  # fmt: skip
        self.draw()
