"""On which days each route to a chip was open, by the rules of the day, the chip's release and the lists, with reasons.

Takes the facts of one chip, the span of days from its release to the day on which its use was seen, and, where the party is
known, what lists said of it; gives for each route a timeline of three-valued answers. *Open* means: nothing known of the rules,
the chip and the lists excludes that route on that day. It is no word on what anybody did, and a route that passes through a
transfer that needed a license says so. Where the rules leave it unknown, so does the route.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from chipledger.catalogue.chip import Chip
from chipledger.core.timeline import Period, Timeline
from chipledger.core.truth import Truth, Verdict, any_of
from chipledger.parties.events import days_of, standing_on
from chipledger.parties.party import Party
from chipledger.routes.kind import Route
from chipledger.routes.register import Licence, routes
from chipledger.rules.history import history
from chipledger.rules.item import Item, item_of
from chipledger.rules.law import law
from chipledger.rules.status import LicenseState
from chipledger.rules.transaction import Action, Transaction

LISTED_BY = "entity_list"
"""The list on which standing asks for a license for every item subject to the EAR."""
_CARDS = ("consumer", "workstation")


@dataclass(frozen=True, slots=True)
class Day:
    """What holds of a chip, a buyer and the rules on a stretch of days, as the routes ask it.

    Args:
        on: any day of the stretch.
        direct: whether a license was needed to send the chip to the party in the destination.
        anyone: the same for a party that no list names and no listed party owns.
        abroad: the same to a party of another country; `own_site_abroad` to the destination's own party there.
        affiliate: the same to a party that listed ones own by half.
        remote: whether the enforced text asks for a license for remote access.
        listed: whether the party stood on the Entity List.
        review: how applications were reviewed, where one was needed.
        rules_since: the first day of any rule on chips of this maker.
        required_later: the first later day, not after the sighting, on which a direct sale needed a license; None for none.
    """

    on: date
    direct: LicenseState
    anyone: LicenseState
    abroad: LicenseState
    own_site_abroad: LicenseState
    affiliate: LicenseState
    remote: Verdict
    listed: Truth
    rules_since: date
    required_later: date | None


Openings = Mapping[Route, Timeline[Truth]]


def openings(chip: Chip, until: date, *, destination: str = "CN", party: Party | None = None) -> Openings:
    """When each route to the chip was open.

    Args:
        chip: of the catalogue.
        until: the day on which its use was seen; the last day that counts.
        destination: ISO country code of the user.
        party: the user, where it is known; its standing on the Entity List counts. None answers for one that is not listed.

    Returns:
        For each route a timeline from the chip's first possible day of sale to `until`; empty if it was not out yet.

    >>> from chipledger.catalogue.chip import chip
    >>> found = openings(chip("nvidia-a100-sxm-80"), date(2024, 5, 14))
    >>> [str(period.effective_until) for period, truth in found[Route.BOUGHT_BEFORE_RULE] if truth.is_yes]
    ['2022-08-26']
    >>> any(truth.is_yes for _, truth in found[Route.BELOW_THRESHOLD])
    False
    """
    window = _window(chip, until)
    if window is None:
        return {route: Timeline() for route in Route}
    days = list(_days(item_of(chip), window, destination, party))
    return {
        route: Timeline.of((period, _OPEN[route](chip, day, destination)) for period, day in days).coalesce()
        for route in Route
    }


def merged(found: Iterable[Openings]) -> Openings:
    """The openings of several variants of one name: a route is open where it is for one of them.

    Args:
        found: of each variant.
    """
    listed = list(found)
    return {route: _merged([one[route] for one in listed]) for route in Route}


def _merged(timelines: list[Timeline[Truth]]) -> Timeline[Truth]:
    whole: Timeline[Truth] = Timeline()
    for one in timelines:
        whole = whole.combine(one, _either)
    return whole.coalesce()


def _either(left: Truth | None, right: Truth | None) -> Truth:
    given = [one for one in (left, right) if one is not None]
    either = any_of(given)
    return Truth(either.value, tuple(dict.fromkeys(either.reasons)))


def _window(chip: Chip, until: date) -> Period | None:
    out = chip.released_period.effective_from if chip.released_period else None
    if out and until < out:
        return None
    return Period(out, until + timedelta(days=1))


def _days(item: Item, window: Period, destination: str, party: Party | None) -> Iterable[tuple[Period, Day]]:
    lines = _lines(item, destination)
    listed = _listed(party, window)
    since = _rules_since(item.vendor)
    changes = {day for one in lines.values() for day in one.clip(window).boundaries()}
    changes |= set(listed.clip(window).boundaries())
    changes |= {one.known_from for one in routes().licences if item.id in one.chips}
    marks = sorted(day for day in changes | {since} if window.contains(day) and day != window.effective_from)
    periods = [
        Period(start, end) for start, end in pairwise([window.effective_from, *marks, window.effective_until])
    ]
    stretches = [(period, _day(period, lines, listed, since)) for period in periods]
    for place, (period, day) in enumerate(stretches):
        later = next((one.effective_from for one, after in stretches[place + 1 :] if after.direct.license_required is Verdict.YES), None)  # fmt: skip
        yield period, replace(day, required_later=later)


def _day(period: Period, lines: Mapping[str, Timeline[LicenseState]], listed: Timeline[Truth], since: date) -> Day:  # fmt: skip
    on = period.effective_from or (period.effective_until or date.max) - timedelta(days=1)
    states = {name: state for name, line in lines.items() if (state := line.at(on))}
    on_list = listed.at(on)
    assert on_list is not None, "the timeline of the list covers the window"
    return Day(
        on=on,
        direct=_by_list(states["anyone"], states["listed"], on_list),
        anyone=states["anyone"],
        abroad=states["abroad"],
        own_site_abroad=_by_list(states["own_site_abroad"], states["listed_abroad"], on_list),
        affiliate=states["affiliate"],
        remote=states["remote"].enforced,
        listed=on_list,
        rules_since=since,
        required_later=None,
    )


def _by_list(unlisted: LicenseState, listed: LicenseState, on_list: Truth) -> LicenseState:
    """What was asked of the party, which the list may name; a list's own requirement is told by its document."""
    if on_list.is_no or unlisted.license_required is Verdict.YES:
        return listed if on_list.is_yes else unlisted
    if on_list.is_yes:
        return replace(listed, basis=on_list.reasons)
    return LicenseState(Verdict.UNKNOWN, on_list.reasons, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.UNKNOWN,
                        Verdict.UNKNOWN, None)  # fmt: skip


@lru_cache(maxsize=512)
def _lines(item: Item, destination: str) -> Mapping[str, Timeline[LicenseState]]:
    probe = routes().settings.abroad_probe
    owned, on_list = Truth.yes("listed parties hold half or more"), Truth.yes("it stands on the Entity List")
    asked: dict[str, str | Transaction] = {
        "anyone": destination,
        "listed": Transaction(destination=destination, end_user_listed=on_list),
        "abroad": probe,
        "own_site_abroad": Transaction(destination=probe, headquartered_in=destination),
        "listed_abroad": Transaction(
            destination=probe, headquartered_in=destination, end_user_listed=on_list
        ),
        "affiliate": Transaction(destination=destination, owned_half_by_listed=owned),
        "remote": Transaction(destination=destination, action=Action.REMOTE_ACCESS),
    }
    return {name: history(item, deal) for name, deal in asked.items()}


def _listed(party: Party | None, window: Period) -> Timeline[Truth]:
    """Whether the party stood on the Entity List, over the window."""
    if party is None:
        return Timeline.of([(window, Truth.no("the user is not known; taken as one that is not listed"))])
    events = [event for event in party.events if event.list == LISTED_BY]
    spans = [days_of(event) for event in events]
    days = {day for span in spans for day in (span.earliest, span.latest) if day and window.contains(day)}
    starts = [window.effective_from, *sorted(day for day in days if day != window.effective_from)]
    first = window.effective_from or min([*days, window.effective_until or date.max]) - timedelta(days=1)
    return Timeline.of(
        (Period(start, end), _on_list(party, start or first))
        for start, end in pairwise([*starts, window.effective_until])
    )


def _on_list(party: Party, on: date) -> Truth:
    for listing in standing_on((event for event in party.events if event.list == LISTED_BY), on):
        said = "; ".join(listing.documents) or "the list"
        if listing.holds is Verdict.YES:
            return Truth.yes(f"{party.primary} stood on the Entity List ({said})")
        return Truth.unknown(f"whether {party.primary} stood on the Entity List: {listing.why}")
    return Truth.no(f"{party.primary} did not stand on the Entity List, as far as is recorded")


@lru_cache(maxsize=64)
def _rules_since(vendor: str) -> date:
    """The first day on which any rule on chips, a letter to this maker among them, had effect."""
    rules = law()
    letters = [
        day
        for letter in rules.letters.values()
        if letter.addressee.casefold() == vendor.casefold() and letter.decides
        for reach in letter.reaches
        for day in reach.days
    ]
    return min([rules.on(rules.boundaries[-1]).first_control, *letters])


def _free(state: LicenseState) -> Truth:
    """Whether no license was required."""
    why = "; ".join(state.basis)
    if state.license_required is Verdict.NO:
        return Truth.yes("no license was required")
    said = (
        "a license was required"
        if state.license_required is Verdict.YES
        else "whether a license was required is unknown"
    )
    return Truth(_NOT[state.license_required], (f"{said} ({why})" if why else said,))


_NOT = {Verdict.YES: Verdict.NO, Verdict.NO: Verdict.YES, Verdict.UNKNOWN: Verdict.UNKNOWN}


def _bought_before_rule(chip: Chip, day: Day, destination: str) -> Truth:
    free = _free(day.direct)
    if not free.is_yes:
        return free
    if day.on < day.rules_since:
        return Truth.yes(f"no rule on chips had effect before {day.rules_since}")
    if day.required_later:
        return Truth.yes(f"no license was required; one was from {day.required_later}")
    return Truth.no("no requirement came between this day and the sighting")


def _below_threshold(chip: Chip, day: Day, destination: str) -> Truth:
    free = _free(day.direct)
    if not free.is_yes:
        return free
    if day.on < day.rules_since:
        return Truth.no(f"no rule on chips had effect yet (from {day.rules_since})")
    return Truth.yes("rules on chips had effect, and none of their tests reached this one")


def _needless(day: Day) -> Truth | None:
    """A detour has no reason on a day on which a direct sale needed no license."""
    if day.direct.license_required is Verdict.NO:
        return Truth.no("a direct sale needed no license on these days")
    return None


def _reseller_abroad(chip: Chip, day: Day, destination: str) -> Truth:
    if (needless := _needless(day)) is not None:
        return needless
    free = _free(day.abroad)
    if free.is_yes and day.direct.license_required is Verdict.YES:
        return Truth.yes("a buyer elsewhere needed no license; passing the chip on to the destination did")
    return _free(day.direct) if free.is_yes else free


def _inside(chip: Chip, day: Day, destination: str) -> Truth:
    if (needless := _needless(day)) is not None:
        return needless
    if day.direct.license_required is not Verdict.YES:
        return _free(day.direct)
    return Truth.yes(
        "stock inside the destination may change hands whatever an exporter needs; the rules date nothing"
    )


def _affiliate_off_list(chip: Chip, day: Day, destination: str) -> Truth:
    if day.listed.is_no:
        return Truth.no(f"the list asked nothing of it: {day.listed.reasons[0]}")
    free = _free(day.affiliate)
    if free.is_yes and day.listed.is_yes:
        return Truth.yes(
            "the list did not reach an affiliate that was not itself listed, and the chip needed no license for others"
        )
    return Truth.unknown(*day.listed.reasons) if free.is_yes else free


def _cloud_rental(chip: Chip, day: Day, destination: str) -> Truth:
    if day.remote is Verdict.NO:
        return Truth.yes(
            "remote access is no export: the enforced text asked for no license for it by itself"
        )
    return Truth.unknown("whether a license was required for remote access")


def _consumer_card_diverted(chip: Chip, day: Day, destination: str) -> Truth:
    if chip.market not in _CARDS:
        return Truth.no(f"{chip.name} is sold for the {chip.market}")
    if day.direct.license_required is Verdict.NO:
        return Truth.yes(f"a {chip.market} card, and no license was required")
    return Truth.yes(
        f"a {chip.market} card on the general market elsewhere; here a license was required or may have been"
    )


def _domestic_chip(chip: Chip, day: Day, destination: str) -> Truth:
    made = f"{chip.vendor} is a maker of {chip.vendor_country}"
    if chip.vendor_country == destination:
        return Truth.yes(f"{made}; how the chip was made is not decided here")
    return Truth.no(made)


def _software_on_weaker_chip(chip: Chip, day: Day, destination: str) -> Truth:
    if chip.vendor_country == destination:
        return Truth.no("a domestic chip is a route of its own")
    return _below_threshold(chip, day, destination)


def _licensed(chip: Chip, day: Day, destination: str) -> Truth:
    if day.direct.license_required is Verdict.NO:
        return Truth.no("no license was required")
    known = [one for one in routes().licences if _covers(one, chip.id, day.on, destination)]
    if known:
        return Truth.yes(*(one.says for one in known))
    policy = day.direct.review_policy
    reviewed = f"; applications were under {policy.replace('_', ' ')}" if policy else ""
    return Truth.unknown(f"single licenses are not published{reviewed}")


def _covers(one: Licence, chip: str, on: date, destination: str) -> bool:
    return chip in one.chips and one.destination == destination and one.known_from <= on


def _exempt_or_abroad(chip: Chip, day: Day, destination: str) -> Truth:
    free = _free(day.own_site_abroad)
    if free.is_yes:
        return Truth.yes("a site abroad of a firm of the destination needed no license")
    return free


def _unknown(chip: Chip, day: Day, destination: str) -> Truth:
    return Truth.unknown("what was not thought of cannot be excluded")


_OPEN: Mapping[Route, Callable[[Chip, Day, str], Truth]] = {
    Route.BOUGHT_BEFORE_RULE: _bought_before_rule,
    Route.BELOW_THRESHOLD: _below_threshold,
    Route.RESELLER_ABROAD: _reseller_abroad,
    Route.SURPLUS_OR_BLACK_MARKET: _inside,
    Route.INDIVIDUAL_SELLER: _inside,
    Route.AFFILIATE_OFF_LIST: _affiliate_off_list,
    Route.CLOUD_RENTAL: _cloud_rental,
    Route.CONSUMER_CARD_DIVERTED: _consumer_card_diverted,
    Route.DOMESTIC_CHIP: _domestic_chip,
    Route.SOFTWARE_ON_WEAKER_CHIP: _software_on_weaker_chip,
    Route.LICENSED: _licensed,
    Route.EXEMPT_OR_ABROAD: _exempt_or_abroad,
    Route.UNKNOWN: _unknown,
}
