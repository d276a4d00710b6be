"""Git repositories over the network for `scan` and `fetch`: kept in the snapshot's folder and brought up to date.

A scan that names a folder for snapshots reads the copy kept there, and next time fetches only what is new; without one
a clone lives as long as the scan. `github:OWNER` stands for every repository that the host lists.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from chipledger.apps.cli.connecting import FetchTally, Wires, fetched
from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.fetching import Became, Step, Terms
from chipledger.documents.connect.registry import Settings as ConnectorSettings
from chipledger.documents.entry import shown
from chipledger.documents.limits import Limits
from chipledger.documents.mirror import Mirror, clone_address, is_mirror, mirrored, place_of
from chipledger.documents.repository import is_url, public
from chipledger.documents.snapshot import Snapshot, SnapshotWriter, is_snapshot, writing
from chipledger.documents.sources import Plan, planned

OWNER = "github:"
"""How a target begins that stands for repositories listed by their host."""


def in_words(mirror: Mirror) -> str:
    """What became of a copy, on one line.

    >>> in_words(Mirror(git_dir=Path("x"), refs=4, new=1, moved=2, size_bytes=1_500_000))
    '1 new ref, 2 moved, 1.5 MB'
    >>> in_words(Mirror(git_dir=Path("x"), refs=4, gone=1))
    'nothing new, 1 gone there and kept here'
    """
    told = [
        f"{mirror.new:,} new ref" + ("" if mirror.new == 1 else "s") if mirror.new else "",
        f"{mirror.moved:,} moved" if mirror.moved else "",
        "nothing new" if mirror.is_unchanged else "",
        f"{mirror.kept:,} written anew, the old kept" if mirror.kept else "",
        f"{mirror.gone:,} gone there and kept here" if mirror.gone else "",
        f"{mirror.size_bytes / 1e6:.1f} MB" if mirror.size_bytes else "",
    ]
    return ", ".join(filter(None, told))


def brought(target: str, limits: Limits, on: date, wires: Wires, *, every_ref: bool) -> Path:
    """The copy of a repository, brought up to date unless offline.

    Args:
        target: the repository's address.
        limits: how long it may take.
        on: the day.
        wires: where it is kept.
        every_ref: all branches, tags and proposals.

    Raises:
        InputError: it cannot be fetched; or offline, and it was not fetched before.
    """
    git_dir = place_of(wires.folder, target)
    if wires.is_offline:
        if not is_mirror(git_dir):
            raise InputError(
                "nothing was fetched for this before", where=public(target), remedy="leave out --offline once"
            )
        return git_dir
    with writing(wires.folder) as snapshot:
        mirror = mirrored(target, snapshot, limits, on, every_ref=every_ref)
    wires.tell(f"{public(target)}: {in_words(mirror)}")
    return mirror.git_dir


@contextmanager
def planned_mirror(
    target: str, limits: Limits, on: date, wires: Wires, *, is_one_of_many: bool = False
) -> Iterator[Plan]:
    """A plan of the HEAD of a repository that is kept.

    Args:
        target: the repository's address.
        limits: the bounds of reading.
        on: the day.
        wires: where it is kept.
        is_one_of_many: what cannot be fetched is a failure of the run and does not end it.

    Yields:
        The plan.
    """
    try:
        git_dir = brought(target, limits, on, wires, every_ref=False)
    except InputError as error:
        if not is_one_of_many:
            raise
        yield _failed(target, error, limits)
        return
    with planned(str(git_dir), limits) as plan:
        yield replace(plan, target=public(target))


def _failed(target: str, error: InputError, limits: Limits) -> Plan:
    failure = FailedDocument(document=public(target), stage="fetch", reason=error.what)
    return Plan(public(target), 0, 0, {}, limits, lambda: iter((failure,)))


@contextmanager
def history_of(target: str, limits: Limits, on: date, wires: Wires) -> Iterator[Path]:
    """The git directory of a target with every ref: kept where snapshots are, else a clone that is gone afterwards.

    Args:
        target: a repository's folder or address.
        limits: how long it may take.
        on: the day.
        wires: where it is kept.
    """
    from chipledger.apps.cli.history import repository_of

    kept = is_url(target) and (wires.keeps_git or wires.is_offline)
    with (
        nullcontext(brought(target, limits, on, wires, every_ref=True))
        if kept
        else repository_of(target, limits)
    ) as git_dir:
        yield git_dir


def repositories(target: str, limits: Limits, on: date, wires: Wires) -> list[str]:
    """The addresses of the repositories that `github:OWNER` stands for; what the host says of each is kept.

    Args:
        target: github:OWNER or github:OWNER/NAME.
        limits: the bounds of fetching.
        on: the day.
        wires: where it is kept.

    Raises:
        InputError: the target is malformed, nothing is listed, or offline and nothing was fetched before.
    """
    if not wires.is_offline:
        tally = FetchTally()
        terms = Terms(on=on, refresh=wires.refresh, most_bytes=limits.document_bytes)
        with writing(wires.folder) as snapshot:
            for _ in fetched(target, snapshot, wires.settings, terms, tally, wires.is_quiet):
                pass
        for reason in tally.reasons:
            wires.tell(reason)
    if not is_snapshot(wires.folder):
        raise _nothing_listed(target, wires)
    with Snapshot(wires.folder) as held:
        found = addresses(target, held, None if wires.is_offline else wires.settings)
    if not found:
        raise _nothing_listed(target, wires)
    return found


def _nothing_listed(target: str, wires: Wires) -> InputError:
    remedy = "leave out --offline once" if wires.is_offline else "check the name"
    return InputError("no repository is listed for this", where=shown(target), remedy=remedy)


def addresses(target: str, snapshot: Snapshot, settings: ConnectorSettings | None) -> list[str]:
    """The addresses in what a host says of the repositories of a target, the newest word on each.

    Args:
        target: github:OWNER or github:OWNER/NAME.
        snapshot: which keeps what the host says.
        settings: by which an address that leads somewhere private is left; None where none is asked.
    """
    newest: dict[str, str] = {}
    for row in snapshot.fetches(target):
        try:
            address = clone_address(snapshot.content(row))
        except OSError:
            continue
        if address:
            newest[row.item] = address
    found = dict.fromkeys(newest[item] for item in sorted(newest))
    return [address for address in found if settings is None or _may_be_asked(address, settings)]


def _may_be_asked(address: str, settings: ConnectorSettings) -> bool:
    """Whether an address that a host gave leads nowhere private; a name that nobody knows is left to git to tell."""
    from chipledger.documents.connect.guard import RefusedError, UnknownHostError

    parts = urlsplit(address)
    try:
        port = parts.port or {"http": 80, "git": 9418}.get(parts.scheme, 443)
        settings.client().guard.checked(parts.hostname or "", port)
    except UnknownHostError:
        return True
    except RefusedError as error:
        settings.tell(f"{address}: refused: {error}")
        return False
    return True


def step_of(target: str, snapshot: SnapshotWriter, limits: Limits, on: date) -> Step:
    """Bring the copy of a repository up to date, every ref, as one step of a fetch.

    Args:
        target: the repository's address.
        snapshot: in whose folder it lies.
        limits: how long it may take.
        on: the day.
    """
    try:
        mirror = mirrored(target, snapshot, limits, on)
    except InputError as error:
        failure = FailedDocument(document=public(target), stage="fetch", reason=error.what)
        return Step(name=public(target), became="failed", failure=failure)
    became: Became = "unchanged" if mirror.is_unchanged else "fetched"
    return Step(name=public(target), became=became, size_bytes=mirror.size_bytes)
