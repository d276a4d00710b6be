"""Every route for one documented use: open on which days, told by whom, odds as a range, what is for and against.

Takes a sighting (who, which chip, how many, for what, seen when) and the bundled records; gives a view of each route. Several may
hold at once and none is forced: a route is documented or reported only where somebody says so, else it is possible, closed by
the rules of the days, or unknown. What a document merely requires or names is no use, and its routes carry no odds.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from chipledger.catalogue.chip import chips
from chipledger.core.records import Purpose
from chipledger.core.sources import Grade
from chipledger.core.timeline import Timeline
from chipledger.core.truth import Truth, Verdict
from chipledger.routes.dated import Report
from chipledger.routes.kind import Route, RouteKind
from chipledger.routes.likelihood import NEVER, Odds, Weight, weighed
from chipledger.routes.opening import Openings, merged, openings
from chipledger.routes.register import Routes, of_chips, routes
from chipledger.routes.subject import Evidence, best_grade
from chipledger.routes.supply import supply, within
from chipledger.routes.view import Assessment, RouteView, Sighting, Standing, Strength


def assess(sighting: Sighting, evidence: Iterable[Evidence] = (), data: Routes | None = None) -> Assessment:
    """Every route for one sighting.

    Args:
        sighting: the documented statement.
        evidence: of a subject, that bears on routes.
        data: the bundled records, or others of the same kind.

    Returns:
        A view of each kind of route, in the order of the kinds.

    >>> seen = Sighting(id="a", chip="A100", chips=("nvidia-a100-sxm-80",), purpose=Purpose.INFERENCE, seen_on=date(2024, 5, 14))
    >>> found = assess(seen)
    >>> found.decided, found.view(Route.BOUGHT_BEFORE_RULE).standing.value, found.view(Route.DOMESTIC_CHIP).standing.value
    ((), 'possible', 'closed')
    """
    known = data or routes()
    opened = _openings(sighting)
    reports = _reports(sighting, known)
    found = supply(sighting.destination, sighting.chips, sighting.seen_on) if sighting.seen_on else None
    fits = within(sighting.count, found)
    given = list(evidence)
    views = tuple(_view(kind, sighting, opened, reports, given, fits, known) for kind in known.kinds.values())
    return Assessment(
        sighting=sighting, views=views, supply=found, within_supply=fits, offer_days=_offer_days(sighting, known),
        says=_says(sighting, views),
    )  # fmt: skip


def _openings(sighting: Sighting) -> Openings:
    if sighting.seen_on is None:
        return {route: Timeline() for route in Route}
    until = sighting.seen_on
    of_each = [
        openings(chips()[id], until, destination=sighting.destination, party=sighting.party)
        for id in sighting.chips
        if id in chips()
    ]
    return merged(of_each)


def _reports(sighting: Sighting, known: Routes) -> list[Report]:
    """What is said of the party and this chip, or of a chip that is not named, by the day of the sighting or later."""
    if sighting.party is None:
        return []
    mine = [one for one in known.reports if one.party == sighting.party.id]
    return [one for one in mine if not one.chips or set(one.chips) & set(sighting.chips)]


def _offer_days(sighting: Sighting, known: Routes) -> tuple[date, ...]:
    days = {
        one.seen_on
        for one in of_chips(known.offers, sighting.chips)
        if sighting.seen_on and one.seen_on <= sighting.seen_on
    }
    return tuple(sorted(days))


def _view(
    kind: RouteKind, sighting: Sighting, opened: Openings, reports: Sequence[Report], evidence: Sequence[Evidence],
    fits: Truth, known: Routes,
) -> RouteView:  # fmt: skip
    timeline = opened[kind.id]
    open_days, days = _days(timeline, Verdict.YES), _days(timeline, None)
    told = [one for one in reports if one.route is kind.id]
    counted = [one for one in told if one.standing == "reported"]
    bearing = [(one, bears.kind) for one in evidence for bears in one.bears if bears.on == kind.id]
    weights = _weights(kind, sighting, counted, bearing, fits, known)
    standing = _standing(kind, sighting, timeline, counted, bearing)
    return RouteView(
        kind=kind,
        standing=standing,
        strength=_strength(standing),
        timeline=timeline,
        open_days=open_days,
        days=days,
        odds=_odds(kind, sighting, standing, weights, known),
        said_for=tuple(_for(kind, sighting, counted, bearing, known)),
        said_against=tuple(_against(kind, sighting, timeline, counted, fits, known)),
        conflicting=tuple(f"{one.says} (conflicts with {', '.join(one.conflicts_with)})" for one in told if one.standing == "conflicting"),
        cites=tuple(dict.fromkeys([*kind.cites, *(cite for one in told for cite in one.cites),
                                   *(cite for one, _ in bearing for cite in one.cites)])),
    )  # fmt: skip


def _days(timeline: Timeline[Truth], verdict: Verdict | None) -> int:
    return sum(
        (period.effective_until - period.effective_from).days
        for period, truth in timeline
        if verdict in (None, truth.value) and period.effective_from and period.effective_until
    )


_FOR_A_ROUTE = frozenset({"user_states_route", "press_states_route", "cloud_named"})


def _standing(
    kind: RouteKind, sighting: Sighting, timeline: Timeline[Truth], counted: Sequence[Report],
    bearing: Sequence[tuple[Evidence, str]],
) -> Standing:  # fmt: skip
    is_open = any(truth.is_yes for _, truth in timeline)
    told = [best_grade(one.cites) for one in counted]
    told += [one.grade for one, row in bearing if row in _FOR_A_ROUTE]
    if is_open and kind.id in _TOLD_BY_THE_CHIP and sighting.asks_a_route:
        told.append(sighting.grade)
    if any(grade in (Grade.PRIMARY, Grade.QUOTED) for grade in told):
        return Standing.DOCUMENTED
    if Grade.SECONDARY in told:
        return Standing.REPORTED
    if is_open:
        return Standing.POSSIBLE
    if not timeline.entries or any(truth.is_unknown for _, truth in timeline):
        return Standing.UNKNOWN
    return Standing.CLOSED


_TOLD_BY_THE_CHIP = (Route.DOMESTIC_CHIP, Route.CONSUMER_CARD_DIVERTED)
"""Routes that the chip itself tells: a use of a domestic chip, or of a card, is one."""


def _strength(standing: Standing) -> Strength:
    by = {Standing.DOCUMENTED: Strength.STRONG, Standing.REPORTED: Strength.MEDIUM}
    return by.get(standing, Strength.NONE)


def _weights(
    kind: RouteKind, sighting: Sighting, counted: Sequence[Report], bearing: Sequence[tuple[Evidence, str]],
    fits: Truth, known: Routes,
) -> list[Weight]:  # fmt: skip
    rows = known.likelihoods
    weights = [Weight(one.id, rows[_report_row(one)], best_grade(one.cites), one.lineage) for one in counted]
    weights += [Weight(one.id, rows[row], one.grade, one.lineage) for one, row in bearing]
    if kind.id is Route.CLOUD_RENTAL and sighting.clouds:
        weights.append(Weight("cloud named", rows["cloud_named"], sighting.grade, sighting.id))
    if kind.id in _BY_THE_MAKER and fits.is_yes:
        weights.append(Weight("within supply", rows["within_supply"], Grade.SECONDARY, "epoch"))
    if (kind.id in _BY_THE_MAKER and fits.is_no) or _is_too_many(kind, sighting):
        weights.append(Weight("beyond supply", rows["beyond_supply"], Grade.SECONDARY, "epoch"))
    return weights


_BY_THE_MAKER = (Route.BOUGHT_BEFORE_RULE, Route.BELOW_THRESHOLD)


def _report_row(one: Report) -> str:
    return "user_states_route" if best_grade(one.cites) is Grade.PRIMARY else "press_states_route"


def _is_too_many(kind: RouteKind, sighting: Sighting) -> bool:
    return bool(kind.most_chips and sighting.count and sighting.count > kind.most_chips)


def _odds(
    kind: RouteKind, sighting: Sighting, standing: Standing, weights: Sequence[Weight], known: Routes
) -> Odds | None:  # fmt: skip
    if not sighting.asks_a_route:
        return None
    if standing is Standing.CLOSED:
        return NEVER
    found = weighed(kind.prior, weights, known.settings.press_cap.ratio)
    return (
        found
        if standing is not Standing.UNKNOWN or kind.id is Route.UNKNOWN
        else Odds(0.0, found.high, found.counted, found.set_aside)
    )


def _for(
    kind: RouteKind, sighting: Sighting, counted: Sequence[Report], bearing: Sequence[tuple[Evidence, str]], known: Routes
) -> Iterable[str]:  # fmt: skip
    for report in counted:
        provider = (
            "; the other side is not named"
            if report.provider is None
            else f"; the other side: {report.provider}"
        )
        yield f"reported: {report.says}{provider}"
    for one, _ in bearing:
        yield one.says
    if kind.id is Route.CLOUD_RENTAL and sighting.clouds:
        yield f"the document names {', '.join(sighting.clouds)}"
    if kind.id is Route.CLOUD_RENTAL and (days := _offer_days(sighting, known)):
        yield f"access to this chip was on offer by {days[0]}; no source names who took it"
    if kind.id is Route.SOFTWARE_ON_WEAKER_CHIP:
        yield from _techniques(
            sighting, known, "weaker", "named for the run, and may gain more on a weaker chip"
        )
    if kind.id is Route.CONSUMER_CARD_DIVERTED and sighting.seen_on:
        for record in of_chips(known.capabilities, sighting.chips):
            if record.dated_on <= sighting.seen_on:
                yield f"since {record.dated_on}: {record.title}"


def _against(
    kind: RouteKind, sighting: Sighting, timeline: Timeline[Truth], counted: Sequence[Report], fits: Truth,
    known: Routes,
) -> Iterable[str]:  # fmt: skip
    if kind.id is not Route.UNKNOWN and not any(truth.is_yes for _, truth in timeline):
        yield _why_not_open(sighting, timeline)
    if kind.id is Route.SOFTWARE_ON_WEAKER_CHIP:
        yield from _techniques(sighting, known, "alike", "named for the run, and helps every chip alike")
        yield from _techniques(
            sighting, known, "unknown", "named for the run; whether it gains more on a weaker chip is unknown"
        )
    if any(one.chip is None for one in counted):
        yield "the report does not name the chip"
    if _is_too_many(kind, sighting):
        yield f"{sighting.count:,} chips are many for single sellers"
    if kind.id in _BY_THE_MAKER and fits.is_no:
        yield fits.reasons[0]


def _techniques(sighting: Sighting, known: Routes, gains: str, words: str) -> Iterable[str]:
    rows = known.techniques
    named = [one for one in sighting.techniques if (rows[one].gains if one in rows else "unknown") == gains]
    if named:
        yield f"{words}: {', '.join(named)}"


def _why_not_open(sighting: Sighting, timeline: Timeline[Truth]) -> str:
    """Why a route was open on no day: the first and the last reason, those of what is unknown before those of a no."""
    if not timeline.entries:
        return _without_days(sighting)
    unclear = [truth for _, truth in timeline if truth.is_unknown] or [truth for _, truth in timeline]
    reasons = [truth.reasons[0] for truth in unclear if truth.reasons] or [
        "the rules of these days do not tell"
    ]
    return "; then ".join(dict.fromkeys([reasons[0], reasons[-1]]))


def _without_days(sighting: Sighting) -> str:
    if sighting.seen_on is None:
        return "no day is known on which the use was seen"
    if not any(id in chips() for id in sighting.chips):
        return "the chip is not in the catalogue"
    return "the chip was not out by the day of the sighting"


def _says(sighting: Sighting, views: Sequence[RouteView]) -> str:
    if not sighting.purpose.is_use:
        return f"{sighting.chip} is {_NO_USE[sighting.purpose]}: no use is documented, so no route is asked for; the windows are context"
    if not sighting.asks_a_route:
        return f"{sighting.chip} with a user in {sighting.destination}: {routes().settings.home_why}"
    told = [view for view in views if view.standing in (Standing.DOCUMENTED, Standing.REPORTED)]
    possible = sum(view.standing is Standing.POSSIBLE for view in views)
    if told:
        return (
            "; ".join(f"{view.standing.value}: {view.kind.title}" for view in told)
            + f"; {possible} other routes were open"
        )
    return f"no document read says how the chip came: {possible} routes were open on some day, and none is chosen"


_NO_USE = {Purpose.REQUIREMENT: "named as a requirement", Purpose.MENTION_ONLY: "only named"}
