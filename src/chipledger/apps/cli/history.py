"""`chipledger scan --history`: every blob of every ref, once; what each statement's first and last days were, what was removed.

Lists a repository's history, reads the blobs that no earlier scan into the same ledger read, follows every statement
through the commits, and prints or keeps what became of each. Stopped midway, it goes on where it was.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from chipledger.apps.cli.history_lineage import proposed_links
from chipledger.apps.cli.history_memory import BlobsRead
from chipledger.apps.cli.history_reading import BlobReader, Handful, Version, Wanted, handfuls
from chipledger.apps.cli.history_said import HistoryLines, restart_line, statement_line, with_earlier
from chipledger.apps.cli.progress import ListingProgress, ScanProgress
from chipledger.apps.cli.reading import prepare
from chipledger.apps.cli.scanning import PASSED_OVER, Settings, Tally, bounds_of, keep_lines
from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument, content_id
from chipledger.documents.blobs import read_blob
from chipledger.documents.decode import decode
from chipledger.documents.descent import OWNED, Descent
from chipledger.documents.entry import Blob, Origin
from chipledger.documents.history import NONE, History
from chipledger.documents.history_listing import history_of, sizes_in_pack_order
from chipledger.documents.limits import Limits
from chipledger.documents.parse import LIES_ELSEWHERE
from chipledger.documents.repository import cloned, git_dir_of, is_url, label_of, origin_of
from chipledger.engine.run import run
from chipledger.evidence.lifelines import lifelines
from chipledger.findings.removal import removals

if TYPE_CHECKING:  # a scan that keeps nothing starts without the database's library
    from chipledger.store.ledger import Ledger

_scans = count(1)


@contextmanager
def repository_of(target: str, limits: Limits) -> Iterator[Path]:
    """The git directory of a target; a clone with every ref made for it is gone afterwards.

    Args:
        target: a repository's folder or address.
        limits: how long cloning may take.

    Raises:
        InputError: the target is no git repository.
    """
    if is_url(target):
        with cloned(target, limits, every_ref=True) as git_dir:
            yield git_dir
        return
    found = git_dir_of(Path(target))
    if found is None:
        raise InputError("not a git repository", where=label_of(target), expected="a repository's folder or address with --history",
                         remedy="name each repository, or leave --history out")  # fmt: skip
    yield found


def scan_history(
    git_dir: Path, name: str, settings: Settings, limits: Limits, tally: Tally,
    failed: Callable[[FailedDocument], None], ledger: "Ledger | None" = None,
) -> HistoryLines:  # fmt: skip
    """Scan one repository's history.

    Args:
        git_dir: its git directory.
        name: what to call it while it is read.
        settings: how to scan.
        limits: what a blob may ask for.
        tally: counts what was read.
        failed: told of each blob that could not be read.
        ledger: knows what was read before and keeps what is new.

    Returns:
        What became of every statement.
    """
    owner = origin_of(git_dir)
    organisation = settings.organisation or owner.organisation
    history = _listed(git_dir, name, settings, limits, tally, failed)
    descent = Descent(history)
    read = BlobsRead(history, _repository_id(owner, name, git_dir), organisation, ledger)
    wanted = _wanted(history, descent, read, tally, failed)
    reader = BlobReader(str(git_dir), replace(owner, organisation=organisation), limits, next(_scans))
    try:
        _read_all(wanted, name, reader, settings, read, tally, failed)
    finally:
        read.flush()
    stated = read.stated()
    texts = _texts(history)
    lives, losses = lifelines(history, descent, stated, texts, read.unread())
    links = proposed_links(history, descent, stated, lives, texts)
    said = HistoryLines(
        [
            statement_line(one, history, read, owner.project, organisation) | {"carried": links.get(one.id)}
            for one in lives
        ],
        [removal.as_dict() for removal in removals(losses, owner.project, organisation)],
        [restart_line(history, restart, owner.project, organisation) for restart in descent.restarts],
    )
    tally.mentions += sum(line["kind"] == "mention" for line in said.statements)
    if ledger:
        said = _kept(said, ledger, read.repository, history, settings.on)
        keep_lines(ledger, [str(git_dir)], settings)
    return said


def _listed(
    git_dir: Path, name: str, settings: Settings, limits: Limits, tally: Tally, failed: Callable[[FailedDocument], None]
) -> History:  # fmt: skip
    """The history, with what of it could not be listed told."""
    with ListingProgress(name, is_wanted=not settings.is_quiet) as listing:
        history = history_of(str(git_dir), limits, listing.told)
    for failure in history.failures:
        tally.count_failure(failure)
        failed(failure)
    for reason, changes in history.skipped.items():
        tally.passed_over += 0 if reason == "binary" else changes
    return history


def _repository_id(owner: Origin, name: str, git_dir: Path) -> str:
    """Owner and name; where no owner is known the place too, so that two folders of one name are not taken for one."""
    if owner.organisation:
        return content_id(owner.organisation, owner.project or "")
    return content_id(owner.project or "", name if is_url(name) else str(git_dir.resolve()))


def _kept(said: HistoryLines, ledger: "Ledger", repository: str, history: History, on: date) -> HistoryLines:
    """Store the lines, with what earlier scans saw and the repository has no longer."""
    from chipledger.store import read_history, write_history

    every = with_earlier(said, read_history.lines(ledger, repository), history, on)
    write_history.put_lines(ledger, repository, every)
    return every


def _wanted(
    history: History,
    descent: Descent,
    read: BlobsRead,
    tally: Tally,
    failed: Callable[[FailedDocument], None],
) -> list[Wanted]:
    """The blobs to read, by path and the newest version of each file first."""
    changes, commits = history.changes, history.commits
    first: dict[int, tuple[int, int]] = {}
    owned = bytearray(len(history.blobs))
    for commit, path, new in zip(changes.commit, changes.path, changes.new, strict=True):
        if new != NONE:
            first.setdefault(new, (path, commit))
            owned[new] |= descent.standing[commit] == OWNED
    read.newest = first
    sizes = dict(sizes_in_pack_order(history))
    _count_missing(history, [blob for blob in first if blob not in sizes], first, tally, failed)
    before = sum(history.blobs[blob] in read.telling for blob in first)
    tally.documents += before
    tally.unchanged += before
    wanted = [blob for blob in first if blob in sizes and history.blobs[blob] not in read.telling]
    wanted.sort(key=lambda blob: (history.paths[first[blob][0]], first[blob][1], blob))
    names = [history.path(number) for number in range(len(history.paths))]
    return [
        Wanted(names[path], history.blobs[blob], sizes[blob], commits.ids[commit], commits.days[commit], bool(owned[blob]))
        for blob in wanted
        for path, commit in (first[blob],)
    ]  # fmt: skip


def _count_missing(
    history: History,
    missing: list[int],
    first: Mapping[int, tuple[int, int]],
    tally: Tally,
    failed: Callable[[FailedDocument], None],
) -> None:
    if not missing:
        return
    name = history.path(first[missing[0]][0])
    failure = FailedDocument(
        document=name, stage="git",
        reason=f"{len(missing):,} of {len(first):,} blobs are missing from this copy, the first of them a version of this file",
    )  # fmt: skip
    tally.count_failure(failure)
    failed(failure)


def _read_all(
    wanted: list[Wanted], name: str, reader: BlobReader, settings: Settings, read: BlobsRead, tally: Tally,
    failed: Callable[[FailedDocument], None],
) -> None:  # fmt: skip
    """Read handful after handful; one that came to grief is read again blob by blob, so that only the culprit is lost."""
    total = sum(one.size_bytes for one in wanted)
    with ScanProgress(name, len(wanted), total, is_wanted=not settings.is_quiet) as progress:

        def settle(one: Wanted, value: Version | FailedDocument) -> None:
            _settle(one, value, read, tally, failed)
            progress.advance(one.size_bytes)

        lost: list[Wanted] = []
        for some, values in _values(handfuls(wanted), reader, settings, may_fork=read.may_fork):
            if isinstance(values, str):
                lost += some
                continue
            for one, value in zip(some, values, strict=True):
                settle(one, value)
        again = replace(reader, scan=next(_scans))  # what a lost handful had read closely told nobody
        for (one,), values in _values(((one,) for one in lost), again, settings, may_fork=read.may_fork):
            settle(one, _unread(one, values) if isinstance(values, str) else values[0])


def _values(
    some: Iterable[Handful], reader: BlobReader, settings: Settings, *, may_fork: bool
) -> Iterator[tuple[Handful, list[Version | FailedDocument] | str]]:
    """Each handful with what its blobs state, or the trouble that it came to."""
    outcomes = run(
        reader, some, jobs=settings.jobs, engine=settings.engine, weight=_weight, prepare=prepare,
        bounds=bounds_of(reader.limits), may_fork=may_fork, address=settings.address,
    )  # fmt: skip
    with closing(outcomes):  # type: ignore[type-var]
        for outcome in outcomes:
            yield (
                outcome.item,
                outcome.trouble or "no reason given" if outcome.value is None else outcome.value,
            )


def _unread(one: Wanted, trouble: str) -> FailedDocument:
    return FailedDocument(document=one.path, stage="extract", reason=trouble, commit=one.commit.hex())


def _settle(
    one: Wanted,
    value: Version | FailedDocument,
    read: BlobsRead,
    tally: Tally,
    failed: Callable[[FailedDocument], None],
) -> None:
    if isinstance(value, FailedDocument):
        tally.count_failure(value)
        if value.stage != PASSED_OVER:
            failed(value)
        if value.stage != PASSED_OVER or value.reason == LIES_ELSEWHERE:
            return  # what it states is not known
        value = Version(b"", ())
    else:
        tally.documents += 1
    read.take(one.blob, value)


def _weight(some: Handful) -> int:
    return sum(one.size_bytes for one in some)


def _texts(history: History) -> Callable[[int], str]:
    """The text of a blob, read again where something was lost, for the lines around it."""

    @lru_cache(maxsize=8)
    def text_of(number: int) -> str:
        content = read_blob(Blob(history.git_dir, history.blobs[number].hex())) or b""
        decoded = decode(content)
        return decoded.text if decoded else ""

    return text_of
