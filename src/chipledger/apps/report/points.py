"""Findings as points on the lines of their chips: what kind, on which day, linked to the quote.

Takes findings; gives points, and clusters of points too near one another to be told apart. A use, a requirement and a
bare mention are three kinds, drawn by three shapes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chipledger.apps.report.quotes import visible
from chipledger.apps.report.svg import Axis
from chipledger.core.records import Purpose
from chipledger.findings.finding import Finding, Quote

_NEAR_PX = 9.0
_TOLD = 8
_TITLE_CHARS = 90


class Kind(StrEnum):
    """What a document does with a chip; the value is the name of its style."""

    USE = "use"
    REQUIREMENT = "requirement"
    MENTION = "mention"


def kind_of(purpose: Purpose) -> Kind:
    """The kind of a purpose.

    >>> kind_of(Purpose.INFERENCE).value, kind_of(Purpose.MENTION_ONLY).value
    ('use', 'mention')
    """
    if purpose.is_use:
        return Kind.USE
    return Kind.REQUIREMENT if purpose is Purpose.REQUIREMENT else Kind.MENTION


@dataclass(frozen=True, slots=True)
class Point:
    """One quote on its day, with the words of its tooltip and the anchor that it leads to."""

    kind: Kind
    day: date
    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Points of one kind, so near that they are drawn as one at `x`."""

    x: float
    points: tuple[Point, ...]

    @property
    def title(self) -> str:
        """The tooltips of the first few, and how many more there are."""
        more = len(self.points) - _TOLD
        lines = [point.title for point in self.points[:_TOLD]]
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


def points_of(findings: Iterable[Finding], quotes_a_finding: int) -> Iterator[Point]:
    """A point for each dated quote.

    Args:
        findings: of one chip.
        quotes_a_finding: how many quotes of a finding the page shows; the others lead to the finding itself.
    """
    for finding in findings:
        for index, quote in enumerate(finding.quotes):
            if quote.first_seen:
                anchor = f"q-{quote.mention_id}" if index < quotes_a_finding else f"f-{finding.id}"
                yield Point(
                    kind_of(finding.claim.purpose), quote.first_seen, _title(finding, quote), anchor
                )


def _title(finding: Finding, quote: Quote) -> str:
    who = finding.claim.organisation or "unnamed"
    count = f" ×{quote.count}" if quote.count else ""
    purpose = finding.claim.purpose.value.replace("_", " ")
    words = visible(quote.quote[: 2 * _TITLE_CHARS])
    cut = words if len(words) <= _TITLE_CHARS else words[:_TITLE_CHARS] + "…"
    told = f"{quote.first_seen} {who}, {purpose}, {finding.claim.chip}{count}: “{cut}”"
    return visible(f"{told} ({quote.document})")


def clusters(points: Sequence[Point], axis: Axis) -> Iterator[tuple[Kind, Cluster]]:
    """The points by kind and place, those of one kind within a few pixels together.

    Args:
        points: of one chip.
        axis: the axis of time.
    """
    for kind in reversed(Kind):
        own = sorted((point for point in points if point.kind is kind), key=lambda point: point.day)
        near: list[Point] = []
        for point in own:
            if near and axis.x(point.day) - axis.x(near[0].day) > _NEAR_PX:
                yield kind, Cluster(axis.x(near[0].day), tuple(near))
                near = []
            near.append(point)
        if near:
            yield kind, Cluster(axis.x(near[0].day), tuple(near))
