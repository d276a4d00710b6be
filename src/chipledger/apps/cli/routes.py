"""`chipledger routes`: how a documented chip may have got there; which routes were open when, rivals side by side, and all by year."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.output import Format, as_csv, as_table, emit, emit_json, show, stdout
from chipledger.apps.identifying import attribution_of
from chipledger.catalogue.resolve import resolve
from chipledger.core.errors import InputError
from chipledger.core.files import written_whole
from chipledger.core.records import Purpose
from chipledger.core.sources import Cite, Source
from chipledger.findings.choose import chosen
from chipledger.findings.claim import Claim, claims
from chipledger.findings.cost import throughput_of
from chipledger.findings.routes import Summary, assessed, bundled, party_named, sighting, summary
from chipledger.routes.assess import assess
from chipledger.routes.dated import Capability
from chipledger.routes.feasible import USUAL_CHIPS, Throughput
from chipledger.routes.frontier import AXES, Frontier, frontier
from chipledger.routes.kind import Between, Route
from chipledger.routes.register import routes
from chipledger.routes.rival import Rival
from chipledger.routes.study import NOTICE, Study, of_party, study
from chipledger.routes.subject import Subject
from chipledger.routes.view import Assessment, RouteView, Sighting, Standing

_ROUTE_COLUMNS = ("route", "standing", "open", "probability", "for", "against")
_ROW_COLUMNS = ("sighting", "chip", "purpose", "seen_on", *_ROUTE_COLUMNS)
_SUMMARY_COLUMNS = ("route", "year", "uses", *(one.value for one in Standing), "expected")
_FRONTIER_COLUMNS = ("axis", "from", "domestic", "exportable", "ratio")
_MIN_CONFIDENCE = 0.5
_SINCE = date(2020, 1, 1)


def command(
    subject: Annotated[str | None, typer.Argument(help="A subject of study, a party, a chip, or a name in the ledger; none lists the subjects.")] = None,
    ledger: Annotated[str | None, typer.Option(help="Ask this ledger: a file or postgresql://…; without, the bundled subjects.")] = None,
    on: Annotated[str | None, typer.Option(help="Only what could be seen by this day (YYYY-MM-DD).")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Documented uses by route, year and standing, and the best domestic chip beside the best exportable one.")] = False,
    chart: Annotated[Path | None, typer.Option(help="Write the timeline of the subject to this file: .svg, or .html with its windows as a table; with --summary the best domestic and exportable chips, .svg.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Reckon how many chips a run takes with a stated share of the peak, not with the performance model.")] = False,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TABLE,
) -> None:  # fmt: skip
    """How a documented chip may have got there: which routes were open on which days, what is for and against each, odds as ranges.

    A route is a way things may have gone; none says that anybody broke a rule. Use of a chip is no breach of any rule.

    Example: chipledger routes "Hunyuan-Large" --chart routes.html
    """
    day = _day(on) if on else None
    if summary:
        _print_summary(ledger, day, chart, format)
    elif subject is None:
        emit(
            [_listed(one) for one in routes().subjects.values()],
            None,
            format,
            "Subjects of study; `chipledger routes TITLE` shows one",
        )
    elif ledger is not None:
        _print_ledger(subject, ledger, day, chart, format)
    else:
        _print_bundled(subject, day, chart, format, plain)


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise InputError(f"not a day: {on!r}", where="--on", expected="YYYY-MM-DD") from None


def _listed(one: Any) -> dict[str, Any]:
    return {"title": one.title, "kind": one.kind, "about": one.about}


def _print_bundled(name: str, on: date | None, chart: Path | None, format: Format, plain: bool) -> None:
    subject = _bundled(name)
    if subject is None:
        _print_chip(name, on, chart, format)
        return
    throughput = None if plain else _modelled(subject)
    found = study(subject, on, throughput)
    drawn = [assessment for _, assessment in found.sightings]
    if chart:
        _write_chart(chart, found.subject.title, drawn, on, _lines(found))
    if format is Format.JSON:
        emit_json(found.as_dict())
    elif format is Format.TABLE:
        _print_study(found, is_modelled=throughput is not None)
    else:
        _emit_rows(drawn, format)


def _modelled(subject: Subject) -> Throughput | None:
    """The performance model's rates, where it knows the model and numpy is there."""
    try:
        return throughput_of(subject)
    except ModuleNotFoundError:
        return None


def _bundled(name: str) -> Subject | None:
    """A subject of study, or a party of the register as one; None where the name is a chip's.

    Raises:
        InputError: it is none of these.
    """
    try:
        return routes().subject(name)
    except InputError:
        if party := party_named(name):
            return of_party(party)
        if not resolve(name).chips:
            raise
        return None


def _print_chip(name: str, on: date | None, chart: Path | None, format: Format) -> None:
    """The windows of a chip with no user: context, no odds."""
    day = on or date.today()
    seen = Sighting(
        id=name, chip=name, chips=resolve(name, day).chips, purpose=Purpose.MENTION_ONLY, seen_on=day
    )
    found = assess(seen)
    if chart:
        _write_chart(chart, f"{name} until {day}", [found], day, [NOTICE])
    if format is Format.JSON:
        emit_json({"subject": name, "on": day.isoformat(), "sightings": [found.as_dict()], "notice": NOTICE})
    elif format is Format.TABLE:
        _print_routes(
            found,
            f"{name} until {day}: the windows for a user that no list names; context, no use is documented",
        )
    else:
        _emit_rows([found], format)


def _print_ledger(name: str, ledger: str, on: date | None, chart: Path | None, format: Format) -> None:
    fitting = _fitting(_claims(ledger, on), name)
    if not fitting:
        raise InputError(
            f"nothing in the ledger fits {name[:80]!r}",
            where=ledger,
            remedy="`chipledger findings` shows what it holds",
        )
    found = [assess(sighting(claim)) for claim in fitting]
    if chart:
        _write_chart(chart, name, found, on, [NOTICE])
    if format is Format.JSON:
        emit_json(
            {
                "subject": name,
                "on": on.isoformat() if on else None,
                "sightings": [one.as_dict() for one in found],
                "notice": NOTICE,
            }
        )
    elif format is Format.TABLE:
        for claim, one in zip(fitting, found, strict=True):
            _print_routes(one, f"{claim.organisation or 'unnamed'}, {claim.project}: {_about(one)}")
        _print_notice([])
    else:
        _emit_rows(found, format)


def _claims(ledger: str, on: date | None) -> list[Claim]:
    # The ledger brings a database with it; the bundled subjects need none.
    from chipledger.store import read
    from chipledger.store.ledger import Ledger

    with Ledger.open(ledger, create=False) as opened:
        every = claims(read.documents(opened, seen_by=on), attribution=attribution_of(opened, on))
    return [claim for claim in every if claim.confidence >= _MIN_CONFIDENCE]


def _fitting(every: Sequence[Claim], name: str) -> list[Claim]:
    by_name = chosen(every, organisation=name)
    by_subject = [
        claim for claim in every if any(name.casefold() in one.casefold() for one in claim.subjects)
    ]
    return list(dict.fromkeys([*by_name, *by_subject])) or (
        chosen(every, chip=name) if resolve(name).chips else []
    )


def _print_study(found: Study, *, is_modelled: bool) -> None:
    one = found.subject
    stdout().print(f"{one.title}: {one.about}", markup=False)
    for seen, assessment in found.sightings:
        if assessment.sighting.asks_a_route:
            _print_routes(assessment, f"{_about(assessment)}; {seen.says} {_cited(seen.cites)}")
        else:
            why = "no route is asked for" if seen.purpose.is_use else "no use, so no route is asked for"
            stdout().print(f"{_about(assessment)}: {seen.says} {_cited(seen.cites)}; {why}", markup=False)
    if found.rivals:
        rows = [_rival_row(rival) for rival in found.rivals]
        columns = ("hypothesis", "stands", "probability", "evidence", "arithmetic")
        show(as_table(rows, columns, one.question or ""), rows, columns, one.question or "")
        stdout().print(_reckoned(is_modelled), markup=False)
    _print_lines(
        "What would tell them apart",
        [f"{tell.observation}: excludes {tell.excludes}" for tell in found.tells],
    )
    _print_notice(_lines(found))


def _reckoned(is_modelled: bool) -> str:
    if is_modelled:
        return f"Arithmetic: the performance model's best layout on {USUAL_CHIPS:,} chips, 80 % interval (`chipledger perf compare`)"
    span = routes().settings.model_flop_utilization
    return f"Arithmetic: 6 N D at {span.low:.0%} to {span.high:.0%} of the dense 16-bit peak"


def _lines(found: Study) -> list[str]:
    lines = [f"{one.said_on}, {one.standing}: {one.says} {_cited(one.cites)}" for one in found.reports]
    lines += [
        f"{record.said_on}: {record.says} {_cited(record.cites)}. {timed.sentence}"
        for record, timed in found.stock
    ]
    lines += [f"{one.seen_on}: {one.provider or 'providers that are not named'} offered {one.chip} at {one.price:g} {one.currency} an hour; "
              f"to whom is not known {_cited(one.cites)}" for one in found.offers]  # fmt: skip
    lines += [_capability(one) for one in found.capabilities]
    if found.utilization:
        lines.append(f"the hours stated imply {found.utilization:.0%} of the dense 16-bit peak")
    return [
        *lines,
        *(f"not said: {one}" for one in found.subject.not_said),
        *(f"source {_source(one)}" for one in found.sources),
    ]


def _cited(cites: Iterable[Cite]) -> str:
    """The sources of a statement by their ids, with the place where one is known."""
    return "[" + "; ".join(f"{one.source} {one.at}" if one.at else one.source for one in cites) + "]"


def _source(one: Source) -> str:
    parts = (one.title, one.publisher, str(one.published_on) if one.published_on else None, one.url)
    return f"{one.id}: {', '.join(part for part in parts if part)}"


def _capability(one: Capability) -> str:
    measured = "; ".join(
        f"{figure.value:g} {figure.unit} {figure.metric.replace('_', ' ')} ({figure.how})"
        for figure in one.measured
    )
    return f"since {one.dated_on}: {one.title} (maker: {one.maker}, {one.maker_country or 'country not known'}); measured: {measured}; not shown: {one.not_shown} {_cited(one.cites)}"


def _print_notice(lines: Iterable[str]) -> None:
    for line in [*lines, NOTICE]:
        stdout().print(line, markup=False)


def _print_lines(title: str, lines: Sequence[str]) -> None:
    if lines:
        stdout().print(f"{title}:", *(f"  {line}" for line in lines), sep="\n", markup=False)


def _rival_row(rival: Rival) -> dict[str, Any]:
    counted = [
        f"{'+' if one.counts else 'shown'} {one.says} [{one.grade.value}: {', '.join(dict.fromkeys(cite.source for cite in one.cites))}]"
        for one in rival.evidence
    ]
    could = rival.feasibility.truth.reasons[0] if rival.feasibility else ""
    return {
        "hypothesis": rival.hypothesis.says,
        "stands": "yes" if rival.stands else "no",
        "probability": _share(rival.probability),
        "evidence": "; ".join(counted),
        "arithmetic": "; ".join(part for part in (could, rival.supply_says or "") if part),
    }


def _about(one: Assessment) -> str:
    seen = one.sighting
    count = f"{seen.count:,} x " if seen.count else ""
    return f"{count}{seen.chip}, {seen.purpose.value.replace('_', ' ')}, seen {seen.seen_on or 'on no known day'}"


def _print_routes(one: Assessment, title: str) -> None:
    rows = [
        _route_row(view) for view in one.views if view.standing is not Standing.CLOSED or view.conflicting
    ]
    show(as_table(rows, _ROUTE_COLUMNS, title), rows, _ROUTE_COLUMNS, title)
    closed = [
        view.kind.title for view in one.views if view.standing is Standing.CLOSED and not view.conflicting
    ]
    stdout().print(f"{one.says}. Closed on every day: {', '.join(closed) or 'none'}", markup=False)


def _route_row(view: RouteView) -> dict[str, Any]:
    against = [*view.said_against, *(f"conflicting: {one}" for one in view.conflicting)]
    return {
        "route": view.kind.title,
        "standing": view.standing.value,
        "open": "; ".join(
            f"{period.effective_from or 'before'} until {period.effective_until}"
            for period in view.open_periods
        ),
        "probability": _share(view.probability),
        "for": "; ".join(view.said_for),
        "against": "; ".join(against),
    }


def _share(found: Between | None) -> str:
    return f"{found.low:.0%} to {found.high:.0%}" if found else ""


def _emit_rows(found: Iterable[Assessment], format: Format) -> None:
    rows = [
        {"sighting": one.sighting.id, "chip": one.sighting.chip, "purpose": one.sighting.purpose.value,
         "seen_on": str(one.sighting.seen_on or ""), **_route_row(view)}
        for one in found
        for view in one.views
    ]  # fmt: skip
    emit(rows, _ROW_COLUMNS, format)


def _write_chart(
    out: Path, title: str, found: Sequence[Assessment], on: date | None, lines: Sequence[str]
) -> None:
    # The report brings templates with it; the tables need none.
    from chipledger.apps.report.routes_chart import routes_chart, routes_page

    is_page = out.suffix.casefold() in (".html", ".htm")
    if not is_page and out.suffix.casefold() != ".svg":
        raise InputError(
            f"cannot tell what to write from {out.name!r}",
            where="--chart",
            expected="a name that ends in .svg or .html",
        )
    if not any(one.sighting.seen_on for one in found):
        raise InputError(f"{title} has no statement with a day to draw", where="--chart")
    last = on or max(one.sighting.seen_on for one in found if one.sighting.seen_on)
    made = routes_chart(title, found, last, alone=not is_page)
    with written_whole(out) as partial:
        partial.write_text(
            routes_page(made, lines) if is_page else f"{made.svg}\n", encoding="utf-8", newline="\n"
        )
    print(f"chipledger: wrote {out}", file=sys.stderr)


def _print_summary(ledger: str | None, on: date | None, chart: Path | None, format: Format) -> None:
    found, left_out = assessed(_claims(ledger, on)) if ledger else bundled()
    counted = [one for one in found if on is None or (one.sighting.seen_on and one.sighting.seen_on <= on)]
    last = on or date.today()
    rows = [row for axis in AXES for row in frontier(axis[0], _SINCE, last)]
    if chart:
        _write_frontier(chart, rows, last)
    table = summary(counted, Counter(left_out))
    if format is Format.JSON:
        emit_json({**table.as_dict(), "frontier": [row.as_dict() for row in rows], "notice": NOTICE})
    elif format is Format.JSONL:
        emit(
            [{"kind": "routes", **row.as_dict()} for row in table.rows]
            + [{"kind": "frontier", **row.as_dict()} for row in rows],
            None,
            format,
        )
    elif format is Format.CSV:
        sys.stdout.write(as_csv([_summary_row(row) for row in table.rows], _SUMMARY_COLUMNS))
    elif format is Format.TABLE:
        _print_table(table, rows, ledger)


def _write_frontier(out: Path, rows: Sequence[Frontier], on: date) -> None:
    # The report brings templates with it; the tables need none.
    from chipledger.apps.report.frontier_chart import frontier_chart

    if out.suffix.casefold() != ".svg":
        raise InputError(
            f"the summary is drawn as SVG, not {out.name!r}",
            where="--chart",
            expected="a name that ends in .svg",
        )
    with written_whole(out) as partial:
        partial.write_text(f"{frontier_chart(rows, on)}\n", encoding="utf-8", newline="\n")
    print(f"chipledger: wrote {out}", file=sys.stderr)


def _print_table(table: Summary, rows: Sequence[Frontier], ledger: str | None) -> None:
    said = f"Documented uses by route and year ({table.uses} uses, {ledger or 'the bundled subjects'})"
    listed = [_summary_row(row) for row in table.rows if row.route is not Route.UNKNOWN]
    show(as_table(listed, _SUMMARY_COLUMNS, said), listed, _SUMMARY_COLUMNS, said)
    _print_lines("Left out", [f"{count} x {reason}" for reason, count in table.left_out.items()])
    _print_lines("Limits", table.limits)
    best = [_frontier_row(row) for row in rows]
    title = "The best domestic chip beside the best for which no license was required (China, data centre; ? only recalled)"
    show(as_table(best, _FRONTIER_COLUMNS, title), best, _FRONTIER_COLUMNS, title)
    _print_notice([])


def _summary_row(row: Any) -> dict[str, Any]:
    fields: Mapping[str, Any] = row.as_dict()
    return {**fields, "expected": f"{fields['expected'][0]:.1f} to {fields['expected'][1]:.1f}"}


def _frontier_row(row: Frontier) -> dict[str, Any]:
    def told(best: Any) -> str:
        return (
            f"{best.name} ({best.value:,.0f} {best.unit}){'?' if best.recalled else ''}" if best else "none"
        )

    return {"axis": row.axis.replace("_", " "), "from": str(row.effective_from), "domestic": told(row.domestic),
            "exportable": told(row.exportable), "ratio": round(row.ratio, 2) if row.ratio else None}  # fmt: skip
