"""What our engines say beside the claims of a study: rules on the day, days after, sums, chip-hours, routes, axes, links.

Nothing of it is stored in the bundle: each figure is computed when it is asked for, by the rules, the witness, the
performance model, the routes and the catalogue, so that a better engine tells a better figure of the same claim.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from chipledger.catalogue.chip import chip
from chipledger.catalogue.compare import compare
from chipledger.catalogue.resolve import resolve
from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.cost import throughput_of
from chipledger.findings.study import Study
from chipledger.findings.study_claim import OnTheDay, StudyClaim
from chipledger.findings.study_cost import Figure, calibration, cost
from chipledger.findings.study_records import StudyQuote
from chipledger.findings.window import overall, sentence, window_of, windows
from chipledger.routes.frontier import AXES, frontier
from chipledger.routes.register import routes
from chipledger.routes.study import Study as RouteStudy
from chipledger.routes.study import study as route_study
from chipledger.routes.subject import Subject

_SHOWN_AXES = (
    "dense_rate_bf16",
    "memory_capacity",
    "memory_bandwidth",
    "interconnect_bidirectional_bandwidth",
)
_NO_NUMPY = "not reckoned: it needs numpy (`pip install chipledger[stats]`)"


def reckoned(found: Study, claim: StudyClaim) -> tuple[Figure, ...]:
    """Every computed figure beside a claim.

    Args:
        found: the study.
        claim: of it.

    >>> from chipledger.findings.study import study
    >>> whole = study("whack-a-chip")
    >>> [one.says for one in reckoned(whole, whole.claim("P8")) if one.kind == "link"]
    ['24.5 GB/s measured (NCCL all-reduce of 32 MB over six RTX 4090): 5% of the 450 GB/s one way of H100 SXM5 80GB']
    """
    asked = claim.reckon
    made: list[Figure] = [_rules(one) for one in asked.rules]
    made += _days(found, claim)
    made += _guarded("sum", "the quotes", lambda: [*_sums(found, asked.sums)])
    subjects = [routes().subject(name) for name in asked.subjects]
    if asked.cost and subjects:
        made += _guarded("cost", subjects[0].title, lambda: [*cost(subjects[0], asked.cost)])
    if asked.calibration:
        made += calibration(routes().subject(asked.calibration))
    for subject in subjects:
        made += _told_by_routes(subject)
    if asked.axes:
        made += _axes(asked.axes)
    if asked.capability:
        made += _link(asked.capability, asked.axes[-1])
    if asked.frontier_on:
        made += [one for axis in AXES for one in _frontier(axis[0], asked.frontier_on)]
    return tuple(made)


def _guarded(kind: str, about: str, reckon: Any) -> list[Figure]:
    """What is reckoned, or that numpy is missing for it."""
    try:
        return list(reckon())
    except ModuleNotFoundError:
        return [Figure(kind=kind, about=about, says=_NO_NUMPY)]


def _rules(asked: OnTheDay) -> Figure:
    found = windows(asked.chips, asked.on, window_of)
    return Figure(
        kind="rules", about=f"{asked.chip} for China until {asked.on}", says=sentence(found),
        values={"chip": asked.chip, "chips": list(asked.chips), "on": asked.on.isoformat(), "destination": "CN",
                "license_required": overall(found).value, "windows": [one.as_dict() for one in found]},
    )  # fmt: skip


def _days(found: Study, claim: StudyClaim) -> Iterator[Figure]:
    event = found.event
    for id in dict.fromkeys(id for one in claim.evidence for id in one.changes):
        change = found.changes[id]
        after, days = found.files[change.after], found.days_after(change)
        when = f"{days} days after {event.what}" if event and days is not None else ""
        yield Figure(
            kind="days", about=f"{change.gone} in {after.path}", says=f"gone on {after.committed_on}, {when}: an order of days, and no cause",
            values={"change": id, "on": after.committed_on.isoformat(), "commit": after.commit, "days_after": days,
                    "event": event.id if event else None},
        )  # fmt: skip


def _sums(found: Study, ids: Iterable[str]) -> Iterator[Figure]:
    from chipledger.findings.model_size import ModelSizes
    from chipledger.findings.witness import sums

    for id in ids:
        quote = found.quotes[id]
        mentions = [*_mentions(found, quote)]
        sizes = ModelSizes(
            DocumentFacts(document=one.document, document_id=one.document_id) for one in mentions
        )
        for one in sums(mentions, sizes):
            yield Figure(
                kind="sum", about=f"{found.files[quote.file].place}:{quote.line}", says=f"{one.verdict.value}: {one.reason}",
                values={"quote": id, "sum": one.kind, "verdict": one.verdict.value, "needed": one.needed, "there": one.there},
            )  # fmt: skip


def _mentions(found: Study, quote: StudyQuote) -> Iterator[Mention]:
    """The mentions of a quote that state a number, as the bundle keeps them."""
    of = found.files[quote.file]
    for one in quote.reads:
        if one.count is None:
            continue
        short = one.chip.rpartition(" ")[2]
        before, name, after = quote.quote.partition(short)
        yield Mention(
            document=of.path, document_id=of.sha256, start=quote.start, end=quote.end, quote=name or before, chip=one.chip,
            chips=resolve(one.chip, of.committed_on).chips, count=one.count, purpose=one.purpose, subject=quote.subject,
            techniques=quote.techniques, first_seen=of.committed_on, prefix=before if name else "", suffix=after,
        )  # fmt: skip


def _told_by_routes(subject: Subject) -> list[Figure]:
    try:
        found, by = route_study(subject, None, throughput_of(subject)), "by the performance model"
    except ModuleNotFoundError:
        found, by = route_study(subject), "by a share of the peak"
    return [*_sightings(found), *_rivals(found, by), *_stock(found)]


def _sightings(found: RouteStudy) -> Iterator[Figure]:
    for seen, one in found.sightings:
        if not one.sighting.asks_a_route:
            continue
        open_ones = [view.kind.title for view in one.views if view.open_days]
        told = [view.kind.title for view in one.views if view.kind.id in one.decided]
        conflicting = [view.kind.title for view in one.views if view.conflicting]
        how = f"told of: {', '.join(told)}" if told else "nobody documents or reports how it came"
        doubt = (
            f"; told of in contradiction to its own source: {', '.join(conflicting)}" if conflicting else ""
        )
        yield Figure(
            kind="routes", about=f"{found.subject.title}: {seen.chip}, {seen.purpose.value.replace('_', ' ')}, seen {seen.seen_from}",
            says=f"{how}{doubt}; open on some day: {', '.join(open_ones) or 'none'}",
            values={"subject": found.subject.id, "sighting": seen.id, "decided": [one.value for one in one.decided],
                    "open": [view.kind.id.value for view in one.views if view.open_days],
                    "conflicting": [view.kind.id.value for view in one.views if view.conflicting]},
        )  # fmt: skip


def _rivals(found: RouteStudy, by: str) -> Iterator[Figure]:
    for rival in found.rivals:
        likely = rival.probability
        could = f"{by}, {rival.feasibility.truth.reasons[0]}" if rival.feasibility else ""
        odds = f"between {likely.low:.0%} and {likely.high:.0%} likely" if likely else "excluded"
        yield Figure(
            kind="rival", about=rival.hypothesis.says, says="; ".join(one for one in (odds, could) if one),
            values={"hypothesis": rival.hypothesis.id, "probability": [likely.low, likely.high] if likely else None,
                    "stands": rival.stands},
        )  # fmt: skip


def _stock(found: RouteStudy) -> Iterator[Figure]:
    for record, timed in found.stock:
        yield Figure(kind="stock", about=f"said on {record.said_on}", says=timed.sentence,
                     values={"record": record.id, "when": timed.when.value, "required_from": timed.required_from.isoformat() if timed.required_from else None})  # fmt: skip


def _axes(ids: tuple[str, ...]) -> Iterator[Figure]:
    last, others = ids[-1], ids[:-1]
    table = [one for one in compare([last, *others]) if one.name in _SHOWN_AXES]
    for place, id in enumerate(others, 1):
        shares = {axis.name: axis.cells[place].ratio for axis in table}
        words = [
            f"{name.replace('_', ' ')} {share:.0%}" if share else f"{name.replace('_', ' ')} unknown"
            for name, share in shares.items()
        ]
        yield Figure(kind="axes", about=f"{chip(id).name} of {chip(last).name}", says=", ".join(words), values={"chip": id, "against": last, **shares})  # fmt: skip


def _link(id: str, against: str) -> Iterator[Figure]:
    means = next(one for one in routes().capabilities if one.id == id)
    both_ways = chip(against).value("interconnect_bidirectional_bandwidth")
    for one in means.measured:
        if both_ways and one.metric == "all_reduce_bus_bandwidth":
            share = one.value * 1e9 / (both_ways / 2)
            yield Figure(
                kind="link", about=means.title,
                says=f"{one.value:g} {one.unit} measured ({one.how}): {share:.0%} of the {both_ways / 2e9:g} GB/s one way of {chip(against).name}",
                values={"measured": one.value, "unit": one.unit, "share": share, "dated_on": means.dated_on.isoformat(), "maker": means.maker,
                        "maker_country": means.maker_country},
            )  # fmt: skip


def _frontier(axis: str, on: Any) -> Iterator[Figure]:
    row = frontier(axis, on, on)[-1]
    if row.domestic and row.exportable:
        grade = "; a figure that is only recalled" if row.domestic.recalled or row.exportable.recalled else ""
        yield Figure(
            kind="frontier", about=f"{axis.replace('_', ' ')} on {on}",
            says=f"{row.domestic.name} {row.domestic.value:g} {row.domestic.unit}, {row.exportable.name} {row.exportable.value:g}: {row.ratio:.1f} times{grade}",
            values=row.as_dict(),
        )  # fmt: skip
