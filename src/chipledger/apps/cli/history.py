"""`chipledger scan --history`: every blob of every ref, once; what each statement's first and last days were, what was removed.

Lists a repository's history, reads the blobs that no earlier scan into the same ledger read, follows every statement
through the commits, and prints or keeps what became of each. Stopped midway, it goes on where it was.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from datetime import date
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipledger.apps.cli.history_lineage import proposed_links
from chipledger.apps.cli.history_reading import BlobReader, Version
from chipledger.apps.cli.progress import ScanProgress
from chipledger.apps.cli.reading import prepare
from chipledger.apps.cli.scanning import STORE_SECONDS, Settings, Tally, keep_lines
from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument, Mention, Purpose, content_id
from chipledger.documents.decode import decode
from chipledger.documents.descent import OWNED, Descent
from chipledger.documents.entry import Blob, Entry, Origin
from chipledger.documents.history import NONE, History, history_of, sizes_in_pack_order
from chipledger.documents.limits import Limits
from chipledger.documents.repository import cloned, git_dir_of, is_url, label_of, origin_of, read_blob
from chipledger.engine.outcome import Outcome
from chipledger.engine.run import run
from chipledger.evidence.author import domain_of
from chipledger.evidence.lifeline import Key, Lifeline, Standing, lifelines
from chipledger.evidence.statement import VERSION, Statement
from chipledger.findings.removal import Removal, removals

if TYPE_CHECKING:  # a scan that keeps nothing starts without the database's library
    from chipledger.store.ledger import Ledger

_PART_BLOBS = 5_000
_scans = count(1)
_DATES = ("first_seen", "last_seen")
_TUPLES = ("chips", "techniques")


class HistoryLines:
    """What a history tells, as lines ready for any format.

    Attributes:
        statements: a line for every statement that ever stood.
        removals: the statements that the owner's line makes no longer.
        restarts: a line for every history begun anew.
    """

    def __init__(
        self, statements: list[dict[str, Any]], gone: list[Removal], restarts: list[dict[str, Any]]
    ) -> None:
        self.statements, self.removals, self.restarts = statements, gone, restarts

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield from self.statements
        yield from (removal.as_dict() for removal in self.removals)
        yield from self.restarts


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
    history = history_of(str(git_dir), limits)
    descent = Descent(history)
    for failure in history.failures:
        tally.count_failure(failure)
        failed(failure)
    for reason, changes in history.skipped.items():
        tally.passed_over += 0 if reason == "binary" else changes
    read = _Read(history, content_id(organisation or "", owner.project or ""), ledger)
    entries = _entries(history, descent, replace(owner, organisation=organisation), read, tally, failed)
    try:
        _read_all(entries, name, settings, limits, read, tally, failed)
    finally:
        read.flush()
    stated = read.stated()
    texts = _texts(history)
    lives, losses = lifelines(history, descent, stated, texts)
    links = proposed_links(history, descent, stated, lives, texts)
    said = HistoryLines(
        [
            _line(one, history, read, owner.project, organisation) | {"carried": links.get(one.id)}
            for one in lives
        ],
        removals(losses, owner.project, organisation),
        [_restart_line(history, restart, owner.project, organisation) for restart in descent.restarts],
    )
    tally.mentions += sum(line["kind"] == "mention" for line in said.statements)
    if ledger:
        _keep(ledger, read.repository, history, said)
        keep_lines(ledger, [str(git_dir)], settings)
    return said


class _Read:
    """The blobs that were read, in this scan or an earlier one, and what they state."""

    def __init__(self, history: History, repository: str, ledger: "Ledger | None") -> None:
        self.history, self.repository, self._ledger = history, repository, ledger
        self.numbers = {blob: number for number, blob in enumerate(history.blobs)}
        self.telling: dict[bytes, bytes] = {}
        self.statements: dict[bytes, tuple[Statement, ...]] = {}
        self.closely: dict[bytes, bytes] = {}  # the blob that was read closely, by its telling lines
        self._fresh: list[tuple[bytes, bytes]] = []
        self._fresh_tellings: dict[bytes, tuple[str, list[dict[str, Any]]]] = {}
        self._stored = time.monotonic()
        self.may_fork = ledger is None
        self.newest: dict[int, tuple[int, int]] = {}  # (path, commit) of each blob
        if ledger:
            self._recall(ledger)

    def _recall(self, ledger: "Ledger") -> None:
        from chipledger.store import read_history

        known = read_history.tellings(ledger, self.repository, VERSION)
        blobs = read_history.blobs_read(ledger, self.repository, VERSION)
        here = {name for name, one in known.items() if bytes.fromhex(one.blob) in self.numbers}
        self.telling = {blob: telling for blob, telling in blobs.items() if not telling or telling in here}
        for name in here:
            self.statements[name] = tuple(_statement(one) for one in known[name].statements)
            self.closely[name] = bytes.fromhex(known[name].blob)

    def take(self, blob: bytes, version: Version) -> None:
        """Note a blob that was read; one whose telling lines nobody read closely (a lost process) waits for the next scan."""
        if version.statements is None and version.telling not in self.statements:
            return
        self.telling[blob] = version.telling
        self._fresh.append((blob, version.telling))
        if version.telling and version.statements is not None and version.telling not in self.statements:
            self.statements[version.telling] = version.statements
            self.closely[version.telling] = blob
            self._fresh_tellings[version.telling] = (blob.hex(), [_fields(one) for one in version.statements])
        if len(self._fresh) >= _PART_BLOBS or time.monotonic() - self._stored > STORE_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Store what was read since the last time."""
        if self._ledger:
            from chipledger.store import write_history

            write_history.add_part(self._ledger, self.repository, VERSION, self._fresh, self._fresh_tellings)
        self._fresh, self._fresh_tellings, self._stored = [], {}, time.monotonic()

    def stated(self) -> dict[int, Mapping[Key, Statement]]:
        """What each blob of the history states, by its number."""
        by_telling = {
            name: {one.key: one for one in reversed(found)}
            for name, found in self.statements.items()
            if found
        }
        return {
            self.numbers[blob]: by_telling[telling]
            for blob, telling in self.telling.items()
            if telling in by_telling and blob in self.numbers
        }


def _entries(
    history: History,
    descent: Descent,
    owner: Origin,
    read: _Read,
    tally: Tally,
    failed: Callable[[FailedDocument], None],
) -> list[Entry]:
    """The blobs to read, by path and the newest version of each file first."""
    changes = history.changes
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
    return [
        _entry(history, owner, blob, first[blob], sizes[blob], is_owned=bool(owned[blob])) for blob in wanted
    ]


def _entry(
    history: History, owner: Origin, blob: int, at: tuple[int, int], size_bytes: int, *, is_owned: bool
) -> Entry:
    path, name = history.path(at[0]), history.blobs[blob].hex()
    origin = replace(
        owner, commit=history.commits.hex(at[1]), seen_on=history.commits.day(at[1]),
        organisation=owner.organisation if is_owned else None, web=None,
    )  # fmt: skip
    return Entry(
        name=path,
        key=name,
        size_bytes=size_bytes,
        place=Blob(history.git_dir, name),
        path=path,
        origin=origin,
    )


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
    entries: list[Entry], name: str, settings: Settings, limits: Limits, read: _Read, tally: Tally,
    failed: Callable[[FailedDocument], None],
) -> None:  # fmt: skip
    outcomes = run(
        BlobReader(limits, next(_scans)), entries, jobs=settings.jobs, engine=settings.engine, weight=_weight, prepare=prepare,
        seconds=limits.document_seconds, may_fork=read.may_fork,
    )  # fmt: skip
    total = sum(entry.size_bytes for entry in entries)
    with (
        ScanProgress(name, len(entries), total, is_wanted=not settings.is_quiet) as progress,
        closing(outcomes),  # type: ignore[type-var]
    ):
        for outcome in outcomes:
            _settle(outcome, read, tally, failed)
            progress.advance(outcome.item.size_bytes)


def _settle(
    outcome: Outcome[Entry, Version | FailedDocument],
    read: _Read,
    tally: Tally,
    failed: Callable[[FailedDocument], None],
) -> None:
    entry, value = outcome.item, outcome.value
    if value is None:
        value = FailedDocument(
            document=entry.name,
            stage="extract",
            reason=outcome.trouble or "no reason given",
            commit=entry.origin.commit,
        )
    if isinstance(value, FailedDocument):
        tally.count_failure(value)
        if value.stage != "skip":
            failed(value)
            return
        value = Version(b"", ())
    else:
        tally.documents += 1
    read.take(bytes.fromhex(entry.key), value)


def _weight(entry: Entry) -> int:
    return entry.size_bytes


def _texts(history: History) -> Callable[[int], str]:
    """The text of a blob, read again where something was lost, for the lines around it."""

    @lru_cache(maxsize=8)
    def text_of(number: int) -> str:
        content = read_blob(Blob(history.git_dir, history.blobs[number].hex())) or b""
        decoded = decode(content)
        return decoded.text if decoded else ""

    return text_of


def _line(
    life: Lifeline, history: History, read: _Read, project: str | None, organisation: str | None
) -> dict[str, Any]:
    """A statement as JSON-ready fields: a mention as `scan` prints it, a setting by name and value, and both their days."""
    told = life.statement
    is_own = life.standing is not Standing.PROPOSED
    days = {"first_seen": _iso(life.first.day), "last_seen": _iso(life.last.day)}
    seen = {
        "standing": life.standing.value, "first_commit": life.first.commit, "first_path": life.first.path,
        "last_commit": life.last.commit, "refs": list(life.refs), "wordings": life.wordings, "is_cut": life.is_cut,
        "first_author_organisation": domain_of(life.first.author), "last_author_organisation": domain_of(life.last.author),
        "project": project, "owner": organisation if is_own else None, "words": told.words, "lifeline": life.id,
    }  # fmt: skip
    closely = read.closely[read.telling[history.blobs[life.blob]]]
    path, commit = read.newest[read.numbers[closely]]
    seen |= {
        "last_path": life.last.path,
        "blob": closely.hex(),
        "commit": history.commits.hex(commit),
        "path": history.path(path),
    }
    if told.mention is not None:
        return {**told.mention.as_dict(), **days, **seen}
    return {"kind": "setting", "name": told.name, "value": told.value, "line": told.line, **days, **seen}


def _restart_line(
    history: History, restart: Any, project: str | None, organisation: str | None
) -> dict[str, Any]:
    commits = history.commits
    return {
        "kind": "restart", "project": project, "organisation": organisation, "begun_anew_on": _iso(commits.day(restart.root)),
        "commit": commits.hex(restart.root), "earlier_until": _iso(commits.day(restart.last)), "earlier_commit": commits.hex(restart.last),
        "earlier_commits": restart.commits, "refs": list(restart.refs[:20]), "reasons": list(restart.reasons),
    }  # fmt: skip


def _keep(ledger: "Ledger", repository: str, history: History, said: HistoryLines) -> None:
    """Store the lines; what an earlier scan saw in commits that are gone from the repository is carried over."""
    from chipledger.store import read_history, write_history

    here = {commit.hex() for commit in history.commits.ids}
    standing = {
        (line["kind"], line.get("chip") or line.get("name"), line["words"], line["path"])
        for line in said.statements
    }
    lost = []
    for line in read_history.lines(ledger, repository):
        if line["kind"] not in ("mention", "setting") or line["last_commit"] in here:
            continue
        if (line["kind"], line.get("chip") or line.get("name"), line["words"], line["path"]) not in standing:
            lost.append({**line, "standing": "rewritten"})
    write_history.put_lines(ledger, repository, [*said, *lost])


def _fields(one: Statement) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": one.kind,
        "name": one.name,
        "words": one.words,
        "line": one.line,
        "value": one.value,
    }
    return body | {"mention": one.mention.as_dict() if one.mention else None}


def _statement(body: dict[str, Any]) -> Statement:
    mention = body.pop("mention")
    return Statement(**body, mention=_mention(mention) if mention else None)


def _mention(body: dict[str, Any]) -> Mention:
    given = {field.name: body[field.name] for field in fields(Mention)}
    given |= {name: tuple(given[name]) for name in _TUPLES} | {"purpose": Purpose(given["purpose"])}
    given |= {name: date.fromisoformat(given[name]) if given[name] else None for name in _DATES}
    return Mention(**given)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
