"""The chips of the picture: a row for each chip named, its stretches of days, and its mentions as points.

Takes findings, a destination and the day of the report; gives what the timeline draws. Points that would hide one
another are one point with a number, so that five thousand findings make a picture of the same size as fifty.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import reduce
from itertools import groupby

from chipledger.apps.report.endings import Ending
from chipledger.apps.report.quotes import visible
from chipledger.apps.report.summary import Answer, answer_to
from chipledger.catalogue.chip import chips
from chipledger.core.records import Purpose
from chipledger.core.timeline import Timeline
from chipledger.core.truth import Verdict
from chipledger.findings.claim import Claim
from chipledger.findings.finding import Finding
from chipledger.rules.history import history
from chipledger.rules.item import item_of
from chipledger.rules.status import LicenseState

MOST_LINES = 48
_NAMED_IN_A_POINT = 6

Said = frozenset[tuple[Verdict, tuple[str, ...]]]


class Shape(StrEnum):
    """What a point stands for; the value is the name of its style."""

    USE = "use"
    REQUIREMENT = "requirement"
    MENTION = "mention"


_SHAPES = {Purpose.REQUIREMENT: Shape.REQUIREMENT, Purpose.MENTION_ONLY: Shape.MENTION}


def shape_of(purpose: Purpose) -> Shape:
    """The shape for a purpose: every use has the same.

    >>> shape_of(Purpose.INFERENCE).value, shape_of(Purpose.REQUIREMENT).value
    ('use', 'requirement')
    """
    return _SHAPES.get(purpose, Shape.USE)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days (the last exclusive) on which the answer for a chip was the same, and what it rests on."""

    effective_from: date | None
    effective_until: date
    answer: Answer
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """Findings of one shape first seen so close together that they are one point."""

    day: date
    shape: Shape
    count: int
    quote_id: str
    title: str


@dataclass(frozen=True, slots=True)
class ChipLine:
    """One chip of the picture: its stretches from release to the day of the report, its points, and where statements went."""

    chip: str
    released: date | None
    stretches: tuple[Stretch, ...]
    points: tuple[Point, ...]
    endings: tuple[Ending, ...] = ()


def lines(
    findings: Sequence[Finding],
    country: str,
    on: date,
    days_apart: int,
    gone: Mapping[str, tuple[Ending, ...]] | None = None,
) -> list[ChipLine]:
    """A line for each chip named in the findings, the earliest released first.

    Args:
        findings: all that the page shows.
        country: ISO code in capitals.
        on: the day of the report, on which every line ends.
        days_apart: points of one shape that are closer than this become one.
        gone: where statements of each chip went.

    Returns:
        At most `MOST_LINES`: where there are more chips, those named in most findings.
    """
    by_chip: dict[str, list[Finding]] = {}
    for finding in findings:
        by_chip.setdefault(finding.claim.chip, []).append(finding)
    most_named = sorted(by_chip, key=lambda chip: (-len(by_chip[chip]), chip))[:MOST_LINES]
    made = (
        replace(_line(chip, by_chip[chip], country, on, days_apart), endings=(gone or {}).get(chip, ()))
        for chip in most_named
    )
    return sorted(made, key=lambda line: (line.released or date.max, line.chip))


def _line(chip: str, findings: Sequence[Finding], country: str, on: date, days_apart: int) -> ChipLine:
    ids = sorted({name for finding in findings for name in finding.claim.chips if name in chips()})
    released = [period.effective_from for name in ids if (period := chips()[name].released_period)]
    return ChipLine(
        chip=chip,
        released=min((day for day in released if day), default=None),
        stretches=stretches(ids, country, on),
        points=tuple(_points(findings, days_apart)),
    )


def stretches(chip_ids: Iterable[str], country: str, on: date) -> tuple[Stretch, ...]:
    """What the rules asked of the chips that one name may stand for, from the first release to the day.

    Args:
        chip_ids: catalogue ids.
        country: ISO code in capitals.
        on: the last day.

    >>> [(str(one.effective_from), one.answer.value) for one in stretches(["nvidia-h20"], "CN", date(2025, 6, 1))][-1]
    ('2025-04-09', 'needed')
    """
    end = on + timedelta(days=1)
    told = [_told(chip_id, country, end) for chip_id in chip_ids]
    nothing: Timeline[Said] = Timeline()
    together = reduce(lambda one, other: one.combine(other, _both), told, nothing)
    return tuple(
        Stretch(
            effective_from=period.effective_from,
            effective_until=period.effective_until or end,
            answer=answer_to(verdict for verdict, _ in said),
            basis=tuple(sorted({reason for _, basis in said for reason in basis})),
        )
        for period, said in together.coalesce()
    )


def _told(chip_id: str, country: str, end: date) -> Timeline[Said]:
    item = item_of(chips()[chip_id])
    released = item.released.effective_from if item.released else None
    if released and released >= end:
        return Timeline()
    return history(item, country, released, end).map(_said)


def _said(state: LicenseState) -> Said:
    return frozenset({(state.license_required, state.basis)})


def _both(one: Said | None, other: Said | None) -> Said:
    return (one or frozenset()) | (other or frozenset())


def _points(findings: Sequence[Finding], days_apart: int) -> Iterable[Point]:
    dated = sorted(
        (shape_of(finding.claim.purpose), finding.claim.first_seen, finding.id, finding)
        for finding in findings
        if finding.claim.first_seen
    )
    for shape, same in groupby(dated, key=lambda one: one[0]):
        near: list[tuple[date, Finding]] = []
        for _, day, _, finding in same:
            if near and (day - near[0][0]).days >= days_apart:
                yield _point(shape, near)
                near = []
            near.append((day, finding))
        yield _point(shape, near)


def _point(shape: Shape, near: Sequence[tuple[date, Finding]]) -> Point:
    told = [f"{day}: {_in_words(finding.claim)}" for day, finding in near[:_NAMED_IN_A_POINT]]
    more = [f"and {len(near) - len(told)} more"] if len(near) > len(told) else []
    first_day, first = near[0]
    return Point(
        day=first_day,
        shape=shape,
        count=len(near),
        quote_id=first.quotes[0].mention_id,
        title="\n".join([*told, *more]),
    )


def _in_words(claim: Claim) -> str:
    who = claim.organisation or "unnamed"
    count = f" ({claim.count})" if claim.count else ""
    return visible(f"{who}, {claim.project}: {claim.purpose.value.replace('_', ' ')}, {claim.chip}{count}")
