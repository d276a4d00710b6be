"""What a history tells, as lines: each statement with its days, removals, restarts; and what earlier scans saw that is gone.

A repository may be rewritten: then commits that an earlier scan saw are gone from every ref. Their lines are kept with
the day on which a scan first missed them, and what still stands keeps the older of its days.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from chipledger.apps.cli.history_memory import BlobsRead
from chipledger.documents.descent import Restart
from chipledger.documents.history import History
from chipledger.evidence.author import domain_of
from chipledger.evidence.lifeline import Lifeline, Standing
from chipledger.findings.removal import gone_from_refs

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HistoryLines:
    """What a history tells, as lines ready for any format.

    Args:
        statements: a line for every statement that ever stood.
        removals: a line for every statement that the owner's line makes no longer.
        restarts: a line for every history begun anew.
    """

    statements: list[Line]
    removals: list[Line]
    restarts: list[Line]

    def __iter__(self) -> Iterator[Line]:
        yield from self.statements
        yield from self.removals
        yield from self.restarts


def with_earlier(said: HistoryLines, earlier: Iterable[Line], history: History, on: date) -> HistoryLines:
    """The lines of a scan, with those of earlier scans whose commits are gone from the repository.

    Args:
        said: what this scan says.
        earlier: the lines that the ledger holds.
        history: what there is now.
        on: the day of this scan.
    """
    here = {commit.hex() for commit in history.commits.ids}
    now = {_what(line): line for line in said.statements}
    statements, removals, restarts = list(said.statements), list(said.removals), list(said.restarts)
    known = {line["id"] for line in removals}
    for line in earlier:
        commit = line["last_commit"] if line["kind"] in ("mention", "setting") else line["commit"]
        if line["kind"] in ("mention", "setting") and _what(line) in now:
            _keep_older_day(now[_what(line)], line, here)
        elif commit in here:
            continue
        elif line["kind"] in ("mention", "setting"):
            gone = line if "gone_since" in line else _gone(line, on)
            statements.append(gone)
            if gone["stood_until_rewritten"] and (lost := gone_from_refs(gone))["id"] not in known:
                known.add(lost["id"])
                removals.append(lost)
        elif line["kind"] == "removal" and line["id"] not in known:
            known.add(line["id"])
            removals.append(line)
        elif line["kind"] == "restart":
            restarts.append(line)
    removals.sort(key=lambda line: (line["removed_on"] or "", line["path"], line["line"] or 0, line["id"]))
    return HistoryLines(statements, removals, restarts)


def _what(line: Line) -> tuple[object, ...]:
    return (
        line["kind"],
        line.get("chip") or line.get("name"),
        line["words"],
        line["last_path"],
        line["standing"] == "proposed",
    )


def _gone(line: Line, on: date) -> Line:
    stood = line["standing"] in ("stands", "elsewhere")
    standing = "proposed" if line["standing"] == "proposed" else "rewritten"
    return {**line, "standing": standing, "gone_since": on.isoformat(), "stood_until_rewritten": stood}


def _keep_older_day(line: Line, earlier: Line, here: set[str]) -> None:
    """Words that stand in the present history and stood in one that is gone are as old as there."""
    if earlier["first_commit"] in here or not earlier["first_seen"]:
        return
    if line["first_seen"] is None or earlier["first_seen"] < line["first_seen"]:
        for name in ("first_seen", "first_commit", "first_path", "first_author_organisation"):
            line[name] = earlier[name]


def statement_line(
    life: Lifeline, history: History, read: BlobsRead, project: str | None, organisation: str | None
) -> dict[str, Any]:
    """A statement as JSON-ready fields: a mention as `scan` prints it, a setting by name and value, and both their days.

    Args:
        life: the statement.
        history: where it stood.
        read: what was read of it.
        project: the repository's name.
        organisation: its owner.
    """
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


def restart_line(
    history: History, restart: Restart, project: str | None, organisation: str | None
) -> dict[str, Any]:
    """A history begun anew, as JSON-ready fields.

    Args:
        history: the history.
        restart: where it began anew.
        project: the repository's name.
        organisation: its owner.
    """
    commits = history.commits
    return {
        "kind": "restart", "project": project, "organisation": organisation, "begun_anew_on": _iso(commits.day(restart.root)),
        "commit": commits.hex(restart.root), "earlier_until": _iso(commits.day(restart.last)), "earlier_commit": commits.hex(restart.last),
        "earlier_commits": restart.commits, "refs": list(restart.refs[:20]), "reasons": list(restart.reasons),
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
