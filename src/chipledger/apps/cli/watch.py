"""`chipledger watch`: a list of sources, looked at again and again; only what is new, reworded or gone is told.

Each source is scanned into the ledger; its look and its news are stored together, so that a run that is stopped tells
nothing twice and forgets nothing. A source that cannot be reached is told and keeps its last look.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.atom import feed
from chipledger.apps.cli.connecting import Wires, default_folder, settings_of
from chipledger.apps.cli.output import Format, emit, harmless
from chipledger.apps.cli.scanning import Settings, Tally
from chipledger.apps.cli.watch_list import Source, sources_in
from chipledger.apps.cli.watch_look import look_at
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole
from chipledger.documents.limits import Limits
from chipledger.engine.run import check
from chipledger.findings.news import Kind, Look, News, carried, look_of, news
from chipledger.store import watching
from chipledger.store.ledger import Ledger

MOST_ENTRIES = 200
Row = Mapping[str, Any]
_COLUMNS = ("source", "kind", "happened", "what", "words", "place")
_CSV = ("source", "kind", "seen_on", "since", "happened_on", "name", "purpose", "count", "purpose_before", "count_before", "words",
        "words_before", "words_now", "document", "line", "page", "url", "commit", "first_seen", "standing", "in_words", "id")  # fmt: skip
_WORDS_SHOWN = 160
_MOST_REASONS = 5
_TITLE = "New, changed or removed since the last look (a change is an order of days, not a reason)"


class Told(StrEnum):
    """How news is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    ATOM = "atom"


class FailOn(StrEnum):
    """What makes the exit status 1."""

    NOTHING = "nothing"
    NEWS = "news"
    ERRORS = "errors"
    ANY = "any"


def command(
    sources: Annotated[Path, typer.Argument(metavar="SOURCES.yaml", help="The list: `- name: …`, `target: …` for each source.")],
    ledger: Annotated[str, typer.Option(help="Where looks and findings are kept: a file or postgresql://…")] = "chipledger.sqlite",
    format: Annotated[Told, typer.Option(help="How to print; atom is a feed of the last 200.")] = Told.TABLE,
    feed_file: Annotated[Path | None, typer.Option("--feed", help="Write the feed to this file too, whole or not at all.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Look at the source of this name only; may be given again.")] = None,
    since: Annotated[str | None, typer.Option(help="Look at nothing; tell again what was seen since a day (YYYY-MM-DD).")] = None,
    snapshots: Annotated[Path | None, typer.Option(help="The folder that keeps what is fetched; the cache folder if not given.")] = None,
    allow_private: Annotated[list[str] | None, typer.Option(metavar="HOST", help="A host of yours that may have a private address; again for more.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="How many processes work at once.")] = 1,
    fail_on: Annotated[FailOn, typer.Option(help="Exit status 1 on news, on what could not be read (errors), or any.")] = FailOn.NOTHING,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no totals; errors are told.")] = False,
) -> None:  # fmt: skip
    """Look at a list of sources again and tell only what is new, changed or removed since the last time.

    The first look at a source tells nothing: there is nothing to compare it with. A table without news prints nothing, so that
    cron sends no mail.

    Example: chipledger watch sources.yaml --ledger chips.sqlite --feed news.atom --fail-on news
    """
    check(jobs, "local")
    listed = sources_in(sources, only or ())
    day = _day(since) if since else None
    errors = 0
    names = [one.name for one in listed]
    with Ledger.open(ledger, create=day is None) as opened:
        found: list[Row]
        if day is not None:
            found = [one.body for one in watching.told(opened, names, since=day)][::-1]
        else:
            wires = _wires(snapshots, allow_private, quiet)
            found, errors = _look_at_all(listed, (opened, ledger), wires, jobs)
        if feed_file is not None:
            with written_whole(feed_file) as partial:
                partial.write_text(_feed(opened, sources, names), "utf-8")
        if format is Told.ATOM:
            sys.stdout.write(_feed(opened, sources, names))
    _print(found, format)
    if (found and fail_on in (FailOn.NEWS, FailOn.ANY)) or (
        errors and fail_on in (FailOn.ERRORS, FailOn.ANY)
    ):
        raise typer.Exit(1)


def _wires(snapshots: Path | None, allow_private: list[str] | None, quiet: bool) -> Wires:
    """How what must be fetched is reached: asked again each time, repositories kept so that only what is new comes."""
    tell = (lambda line: None) if quiet else _tell
    return Wires(folder=snapshots or default_folder(), refresh=True, settings=settings_of(tell, allow_private=allow_private),
                 is_quiet=quiet, tell=tell, keeps_git=True, only_listed=True)  # fmt: skip


def _look_at_all(
    listed: Sequence[Source], ledger: tuple[Ledger, str], wires: Wires, jobs: int
) -> tuple[list[Row], int]:
    """The news of every source, and how many could not be looked at."""
    found: list[Row] = []
    errors = 0
    for source in listed:
        try:
            settings = Settings(on=date.today(), jobs=jobs, is_quiet=wires.is_quiet)
            fresh, line, unread = _look(source, ledger, wires, settings)
        except InputError as error:
            errors += 1
            _tell(f"{source.name}: not looked at: {error}")
            continue
        found += [one.as_dict() for one in fresh]
        errors += bool(unread)
        for name, reason in list(unread.items())[:_MOST_REASONS]:
            _tell(f"{source.name}: {name} could not be read: {reason}")
        if not wires.is_quiet:
            _tell(f"{source.name}: {line}")
    return found, errors


def _look(
    source: Source, ledger: tuple[Ledger, str], wires: Wires, settings: Settings
) -> tuple[list[News], str, Mapping[str, str]]:
    """Look at one source; its news, the totals in words, and what could not be read."""
    last = watching.last_look(ledger[0], source.id)
    before = look_of(last.body) if last else None
    tally = Tally()
    now = look_at(source, settings, Limits(), ledger, wires, tally)
    bar = _bar_to_comparing(before, now)
    fresh = news(source.name, before, now, last.sequence + 1) if before and last and not bar else []
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    told = [one.as_dict() for one in fresh]
    watching.put_look(ledger[0], source.id, last, carried(before, now).as_dict(), told, moment)
    left = f"; {len(now.unread)} not read and taken to stand as before" if now.unread else ""
    return fresh, f"{bar or _counted(fresh)}{left}; {tally.in_words()}", now.unread


def _bar_to_comparing(before: Look | None, now: Look) -> str | None:
    """Why two looks cannot be compared: a history has no bytes of its own that would tell a newer reader from a new text."""
    if before is None:
        return "first look, nothing to compare with"
    if now.is_history and before.version != now.version:
        return "read by another version of the reader, nothing to compare with"
    return None


def _counted(fresh: Sequence[News]) -> str:
    counts = Counter(one.kind for one in fresh)
    return ", ".join(f"{counts[kind]} {kind.value}" for kind in Kind if counts[kind]) or "no news"


def _print(found: Sequence[Row], format: Told) -> None:
    """Print the news as a table, if there is any, or for programs."""
    if format is Told.TABLE and found:
        emit([_row(one) for one in found], _COLUMNS, Format.TABLE, _TITLE)
    elif format not in (Told.TABLE, Told.ATOM):
        emit(found, _CSV if format is Told.CSV else None, format)


def _feed(opened: Ledger, sources: Path, names: Sequence[str]) -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return feed(sources.name, watching.told(opened, names, most=MOST_ENTRIES), now)


def _row(one: Row) -> Row:
    words = f"{one['words_before']} → {one['words']}" if one["words_before"] else one["words"]
    return {
        "source": one["source"], "kind": one["kind"], "happened": one["happened_on"] or f"{one['since']} to {one['seen_on']}",
        "what": one["in_words"], "words": words[:_WORDS_SHOWN] + ("…" if words[_WORDS_SHOWN:] else ""),
        "place": f"{one['document']}:{one['line']}" if one["line"] else one["document"],
    }  # fmt: skip


def _tell(line: str) -> None:
    print(f"chipledger: {harmless(line)}", file=sys.stderr)


def _day(since: str) -> date:
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise InputError(f"not a day: {since!r}", where="--since", expected="YYYY-MM-DD") from None
