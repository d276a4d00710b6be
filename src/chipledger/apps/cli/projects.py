"""`chipledger projects`: the projects of a ledger under all their names, who owned them, who wrote them, and what was turned away."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.output import Format, emit, emit_json, harmless
from chipledger.apps.identifying import identity_of
from chipledger.apps.report.identity_chart import picture_of
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole
from chipledger.findings.known_project import Project, Rejection, Turned
from chipledger.findings.organisations import party_of_domain
from chipledger.store.ledger import Ledger

_COLUMNS = ("project", "former_names", "owners", "affiliations", "turned_away")
_TITLE = "Projects; affiliations are those of authors on the days shown, other days unknown"
_SHOWN = 3

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_projects(
    ledger: Annotated[str, typer.Option(help="The ledger: a file or postgresql://…")] = "chipledger.sqlite",
    organisation: Annotated[
        str | None, typer.Option(help="Part of an owner's or an author's organisation.")
    ] = None,
    on: Annotated[str | None, typer.Option(help="Only what had been seen by this day (YYYY-MM-DD).")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also projects of one name and place, without authors.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TABLE,
) -> None:
    """The projects of a ledger: former names, owners and authors' organisations by date, and what was turned away.

    Example: chipledger projects list --ledger chips.sqlite --organisation tencent
    """
    found = [one for one in _projects(ledger, on) if (every or _tells(one)) and _is_of(one, organisation)]
    if not found:
        print(
            "chipledger: no project in the ledger tells more than its name (`projects list --all` shows all)",
            file=sys.stderr,
        )
    if format in (Format.JSON, Format.JSONL):
        emit([one.as_dict() for one in found], None, format)
    else:
        emit([_row(one) for one in found], _COLUMNS, format, _TITLE)


@app.command("show")
def show_project(
    name: Annotated[str, typer.Argument(help="A present or former name, or where it stands (owner/name).")],
    ledger: Annotated[str, typer.Option(help="The ledger: a file or postgresql://…")] = "chipledger.sqlite",
    on: Annotated[str | None, typer.Option(help="Only what had been seen by this day (YYYY-MM-DD).")] = None,
    chart: Annotated[
        Path | None,
        typer.Option(help="Draw its names, owners and affiliations over time into this file: .svg."),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TABLE,
) -> None:
    """One project: its snapshots, why they are one project, affiliations by date, and what was turned away and why.

    Example: chipledger projects show GameGen-X --ledger chips.sqlite
    """
    found = _named(_projects(ledger, on), name)
    if chart is not None:
        _draw(found[0], chart)
    if format is Format.JSON:
        emit_json([one.as_dict() for one in found])
    elif format in (Format.JSONL, Format.CSV):
        rows = [
            {"project": one.label, "kind": kind, "what": what} for one in found for kind, what in _lines(one)
        ]
        emit([one.as_dict() for one in found] if format is Format.JSONL else rows, None, format)
    elif format is Format.TABLE:
        for one in found:
            print(harmless(_head(one)))
            for kind, what in _lines(one):
                print(f"  {kind:<12} {harmless(what)}")


def _draw(project: Project, path: Path) -> None:
    if path.suffix != ".svg":
        raise InputError(
            f"not a kind of picture: {path.name!r}", where="--chart", expected="a name that ends in .svg"
        )
    if not path.parent.is_dir():
        raise InputError(f"no such folder: {path.parent}", where="--chart", expected="a folder that is there")
    drawn = picture_of(project)
    if drawn is None:
        raise InputError(f"{project.label} has no day to draw", where="--chart")
    with written_whole(path) as partial:
        partial.write_text(f"{drawn}\n", encoding="utf-8", newline="\n")


def _projects(ledger: str, on: str | None) -> tuple[Project, ...]:
    with Ledger.open(ledger, create=False) as opened:
        return identity_of(opened, _day(on) if on else None).projects


def _named(every: Sequence[Project], name: str) -> list[Project]:
    wanted = name.casefold().strip("/")
    found = [
        one for one in every
        if wanted in (one.label.casefold(), one.name.casefold(), *(former.casefold() for former in one.former_names))
        or any(wanted in (snap.place, snap.address, snap.name.casefold()) for snap in one.snapshots)
    ]  # fmt: skip
    if not found:
        raise InputError(
            f"no project of the ledger is or was called {name!r}",
            where="NAME",
            remedy="see `chipledger projects list --all`",
        )
    return found


def _tells(project: Project) -> bool:
    return len(project.snapshots) > 1 or bool(project.affiliations or project.rejections)


def _is_of(project: Project, organisation: str | None) -> bool:
    if organisation is None:
        return True
    wanted = organisation.casefold()
    owners = (name for one in project.owners for name in (one.owner, one.party or ""))
    authors = (name for one in project.affiliations for name in (one.organisation, *one.printed))
    return any(wanted in name.casefold() for name in (*owners, *authors))


def _row(project: Project) -> dict[str, Any]:
    return {
        "project": project.label,
        "former_names": ", ".join(project.former_names) or None,
        "owners": _some([_owner(one) for one in project.owners]),
        "affiliations": _some(
            [_short(one.organisation, one.first_on, one.last_on) for one in project.affiliations]
        ),
        "turned_away": _some([f"{one.snapshot.place}: {one.verdict.value}" for one in project.rejections]),
    }


def _lines(project: Project) -> Iterator[tuple[str, str]]:
    """What there is to say of a project, a line each, by kind."""
    for snap in project.snapshots:
        authors = f"; {len(snap.authors)} authors" if snap.authors else ""
        commits = f"; {snap.line.commits} commits" if snap.line else ""
        yield (
            "seen",
            f"{_days(snap.first_on, snap.last_on)}  {snap.kind} {snap.place}, called {snap.name}{authors}{commits}",
        )
    for owner in project.owners:
        yield "owner", _owner(owner)
    yield from (("committers", said) for said in _committers(project))
    for tie in project.affiliations:
        yield "affiliation", tie.in_words
    for join in project.joins:
        yield (
            "one project",
            f"{join.older.place} and {join.newer.place} ({join.how}, {join.strength.value}): {_because(join.reasons)}",
        )
    for turned in project.rejections:
        yield _WORDS[turned.verdict], f"{turned.snapshot.place}{_trust(turned)}: {_because(turned.reasons)}"


def _committers(project: Project) -> Iterator[str]:
    """The parties whose domains committers' addresses name, with their commits: what commits say, which nobody checked."""
    for snap in project.snapshots:
        counts: dict[str, int] = {}
        for domain, commits in snap.line.domains if snap.line else ():
            if party := party_of_domain(domain):
                counts[party.primary] = counts.get(party.primary, 0) + commits
        if counts:
            in_order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
            told = ", ".join(f"{party} ({commits})" for party, commits in in_order)
            yield f"{snap.place}: commits by addresses of {told}"


_WORDS = {
    Turned.SQUAT: "squatter",
    Turned.FORK: "fork",
    Turned.NAMESAKE: "namesake",
    Turned.UNDECIDED: "undecided",
}


def _trust(turned: Rejection) -> str:
    return f" (trust {turned.trust})" if turned.trust is not None else ""


def _because(reasons: Sequence[Any]) -> str:
    return "; ".join(f"{one.in_words} [{one.weight:+d}]" for one in reasons)


def _head(project: Project) -> str:
    return (
        f"{project.label}, formerly {', '.join(project.former_names)}"
        if project.former_names
        else project.label
    )


def _owner(owner: Any) -> str:
    party = f" = {owner.party}" if owner.party and owner.party.casefold() != owner.owner.casefold() else ""
    return f"{owner.owner}/{owner.name}{party} ({_days(owner.first_on, owner.last_on)})"


def _short(name: str, first: date | None, last: date | None) -> str:
    return f"{name} ({_days(first, last)})"


def _days(first: date | None, last: date | None) -> str:
    if first is None and last is None:
        return "day unknown"
    if first == last:
        return str(first)
    return f"{first or 'since an unknown day'} to {last or 'an unknown day'}"


def _some(said: Sequence[str]) -> str | None:
    more = f" and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
    return ("; ".join(said[:_SHOWN]) + more) or None


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise InputError(f"not a day: {on!r}", where="--on", expected="YYYY-MM-DD") from None
