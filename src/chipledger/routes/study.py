"""One subject as it can be told on a day: its sightings with their routes, its rivals, and every dated record that touches it.

Takes a subject of the bundled data and a day; gives a view that lasts: what documents say, which routes were open, what press
reports, stock and orders against the rules, offers of the chips, means that help them, and what nothing read says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chipledger.catalogue.chip import chip, chips
from chipledger.core.records import Record
from chipledger.core.sources import Source
from chipledger.parties.party import Party
from chipledger.parties.register import parties
from chipledger.routes.assess import assess
from chipledger.routes.dated import Capability, CloudOffer, Report, Stock
from chipledger.routes.feasible import Throughput, implied_utilization
from chipledger.routes.register import Routes, of_chips, routes, sources
from chipledger.routes.rival import Rival, Tell, compare, tells
from chipledger.routes.subject import NamedChip, Subject, Tie
from chipledger.routes.timing import Timing, timing
from chipledger.routes.view import Assessment, Sighting

NOTICE = "documented mentions and what they are consistent with; use or possession of a chip is no breach of any rule; not legal advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A subject on a day.

    Attributes:
        on: only what could be seen by then; None for all.
        party: to which documents tie it on the day of its first sighting; None where none does.
        sightings: with every route.
        rivals: hypotheses side by side; tells: what would tell their chips apart.
        reports: of how its party came by chips; conflicting ones among them.
        stock: statements of stock and orders of its party, each against the rule.
        offers: of the subject itself, where it is a provider; never beside a user, so that none is joined to any.
        capabilities: of the chips that were seen, and those its party made.
        utilization: of training, implied by stated hours; None where none are stated.
    """

    subject: Subject
    on: date | None
    party: Party | None
    sightings: tuple[tuple[NamedChip, Assessment], ...]
    rivals: tuple[Rival, ...]
    tells: tuple[Tell, ...]
    reports: tuple[Report, ...]
    stock: tuple[tuple[Stock, Timing], ...]
    offers: tuple[CloudOffer, ...]
    capabilities: tuple[Capability, ...]
    utilization: float | None

    @property
    def sources(self) -> tuple[Source, ...]:
        """What is cited for anything told here, in the order of its first use."""
        told: list[Any] = [*self.subject.ties, *(seen for seen, _ in self.sightings), *(one for rival in self.rivals for one in rival.evidence),
                *self.reports, *(record for record, _ in self.stock), *self.offers, *self.capabilities]  # fmt: skip
        return tuple(sources()[id] for id in dict.fromkeys(cite.source for one in told for cite in one.cites))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        one = self.subject
        return {
            "subject": one.id,
            "title": one.title,
            "kind": one.kind,
            "about": one.about,
            "question": one.question,
            "on": self.on.isoformat() if self.on else None,
            "party": self.party.id if self.party else None,
            "ties": _plain(one.ties),
            "sightings": [{**assessment.as_dict(), "statement": seen.says, "seen_until": seen.seen_until.isoformat() if seen.seen_until else None,
                           "cites": _plain(seen.cites)} for seen, assessment in self.sightings],
            "hypotheses": [rival.as_dict() for rival in self.rivals],
            "would_tell_apart": [tell.as_dict() for tell in self.tells],
            "reports": _plain(self.reports),
            "stock": [{**record.model_dump(mode="json"), "timing": found.as_dict()} for record, found in self.stock],
            "offers": _plain(self.offers),
            "capabilities": _plain(self.capabilities),
            "implied_utilization": self.utilization,
            "not_said": list(one.not_said),
            "sources": {source.id: source.model_dump(mode="json", exclude={"id"}, exclude_none=True) for source in self.sources},
            "notice": NOTICE,
        }  # fmt: skip


def study(subject: Subject, on: date | None = None, throughput: Throughput | None = None, data: Routes | None = None) -> Study:  # fmt: skip
    """A subject as it can be told on a day.

    Args:
        subject: of the bundled data, or a user's own.
        on: only what could be seen by that day; None for all.
        throughput: a better model of training rates than a share of peak.
        data: the bundled records, or others of the same kind.

    >>> found = study(routes().subject("HunyuanDiT"))
    >>> [assessment.decided for seen, assessment in found.sightings if seen.id == "a100-tested"]
    [()]
    """
    known = data or routes()
    seen = [one for one in subject.sightings if on is None or one.seen_from <= on]
    evidence = [one for one in subject.evidence if on is None or one.seen_from <= on]
    named = {id for one in seen for id in one.chips}
    named |= {id for rival in subject.hypotheses for use in rival.uses for id in use.chips}
    used = {id for one in seen if one.purpose.is_use for id in one.chips}
    own = _party(subject, seen, on)
    return Study(
        subject=subject,
        on=on,
        party=own,
        sightings=tuple((one, assess(sighting_of(subject, one), evidence, known)) for one in seen),
        rivals=compare(subject, on=on, throughput=throughput, data=known),
        tells=tells(subject),
        reports=tuple(one for one in known.reports if own and one.party == own.id and (on is None or one.said_on <= on)),
        stock=tuple((one, timing(one, subject.destination)) for one in _stock(subject, own, named, known) if on is None or one.said_on <= on),
        offers=tuple(one for one in _offers(subject, own, known) if on is None or one.seen_on <= on),
        capabilities=tuple(one for one in known.capabilities if (used & set(one.chips) or (own and one.maker == own.id)) and (on is None or one.dated_on <= on)),
        utilization=_utilization(subject, on),
    )  # fmt: skip


def of_party(party: Party, data: Routes | None = None) -> Subject:
    """What the bundled subjects document of one party, as a subject of its own.

    Args:
        party: of the register.
        data: the bundled records, or others of the same kind.

    >>> [one.id for one in of_party(parties()["tencent"]).sightings if one.purpose.is_use][:2]
    ['hunyuandit-a100-tested', 'hunyuandit-v100-tested']
    """
    known = data or routes()
    seen = [
        one.model_copy(update={"id": f"{subject.id}-{one.id}"})
        for subject in known.subjects.values()
        for one in subject.sightings
        if subject.party_on(one.seen_from) == party.id
    ]
    tie = Tie(party=party.id, says="the party itself", cites=party.cites or party.names[0].cites)
    return Subject(
        id=party.id, title=party.primary, kind="firm", about=party.note or "a party of the register",
        destination=_TREATED_AS.get(party.country or "", party.country) or "CN", ties=(tie,),
        sightings=tuple(sorted(seen, key=lambda one: one.seen_from)),
    )  # fmt: skip


_TREATED_AS = {"HK": "CN", "MO": "CN"}


def sighting_of(subject: Subject, seen: NamedChip) -> Sighting:
    """A statement on a chip as the routes ask it; the user is the party to which documents of that day tie the subject.

    Args:
        subject: of the bundled data.
        seen: one of its sightings.
    """
    tied = subject.party_on(seen.seen_from)
    return Sighting(
        id=seen.id, chip=seen.chip, chips=seen.chips, purpose=seen.purpose, seen_on=seen.seen_from,
        party=parties()[tied] if tied else None, count=seen.count, destination=subject.destination,
        techniques=seen.techniques, grade=seen.grade,
    )  # fmt: skip


def _party(subject: Subject, seen: Sequence[NamedChip], on: date | None) -> Party | None:
    day = min((one.seen_from for one in seen), default=on or date.max)
    tied = subject.party_on(day)
    return parties()[tied] if tied else None


def _stock(subject: Subject, own: Party | None, named: set[str], known: Routes) -> list[Stock]:
    if own is None:
        return of_chips(known.stock, named) if subject.kind == "means" else []
    mine = [one for one in known.stock if own.id in one.parties]
    return mine if subject.kind == "firm" else of_chips(mine, named)


def _offers(subject: Subject, own: Party | None, known: Routes) -> list[CloudOffer]:
    if subject.kind != "provider" or own is None:
        return []
    return [one for one in known.offers if one.provider == own.id]


def _utilization(subject: Subject, on: date | None) -> float | None:
    work = subject.work if subject.work and (on is None or subject.work.released_on <= on) else None
    stated = next((seen for seen in subject.sightings if seen.purpose.value == "pretraining"), None)
    if work is None or work.gpu_hours is None or stated is None or stated.chips[0] not in chips():
        return None
    return implied_utilization(work.flop, work.gpu_hours, chip(stated.chips[0]))


def _plain(records: Sequence[Record]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude_none=False) for one in records]
