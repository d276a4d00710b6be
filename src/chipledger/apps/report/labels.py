"""Labels beside points so that none lies on another, on a point, or outside the picture.

Takes points with words, the first the most important; gives for each a place near its point, or none where there is no room:
a point without its words still has its title. Greedy, and the same for the same points.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LETTER_PX = 6.9
LINE_PX = 13.0
_CLEAR_PX = 2.0
_STEPS_PX = (9.0, 15.0, 24.0, 36.0, 52.0, 70.0, 90.0, 112.0, 136.0)
_TURNS = 24
_DIRECTIONS = sorted(
    (
        (math.cos(2 * math.pi * turn / _TURNS), math.sin(2 * math.pi * turn / _TURNS))
        for turn in range(_TURNS)
    ),
    key=lambda to: (round(abs(to[1]), 3), to[0] < 0, to[1] > 0),
)
"""Beside the point before above and below it, and right before left."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        """Whether the other lies inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


@dataclass(frozen=True, slots=True)
class Anchor:
    """A point and the words that belong to it."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words at their place: `x` is the edge next to the point, `y` their baseline; a leader goes from the point to the words."""

    anchor: Anchor
    box: Box
    has_leader: bool

    @property
    def is_before(self) -> bool:
        """Whether the words end at their point rather than begin there."""
        return self.box.right <= self.anchor.x

    @property
    def x(self) -> float:
        """Where the words begin, or end where they stand before their point."""
        return self.box.right - _CLEAR_PX if self.is_before else self.box.left + _CLEAR_PX

    @property
    def y(self) -> float:
        """Their baseline."""
        return self.box.bottom - 3.5

    @property
    def end(self) -> tuple[float, float]:
        """The point of the box nearest to the anchor, where the leader ends."""
        return (
            min(max(self.anchor.x, self.box.left), self.box.right),
            min(max(self.anchor.y, self.box.top), self.box.bottom),
        )


def around(x: float, y: float, radius: float) -> Box:
    """The square around a point."""
    return Box(x - radius, y - radius, x + radius, y + radius)


def placed(anchors: Sequence[Anchor], inside: Box, taken: Iterable[Box] = ()) -> list[Label | None]:
    """A place for the words of each point, in their order of importance, or None.

    Args:
        anchors: the points, the most important first.
        inside: no label leaves it.
        taken: what no label may lie on; the points themselves are added.

    >>> first, second = placed([Anchor(50, 50, "A100"), Anchor(52, 50, "A800")], Box(0, 0, 200, 100))
    >>> first.box.meets(second.box)
    False
    """
    points = [around(anchor.x, anchor.y, 5.0) for anchor in anchors]
    boxes, leaders = [*taken, *points], list[Box]()
    labels: list[Label | None] = []
    for anchor, point in zip(anchors, points, strict=True):
        label = next((one for one in _candidates(anchor) if _fits(one, inside, boxes, leaders, point)), None)
        if label:
            boxes.append(label.box)
            leaders += _leader(label) if label.has_leader else []
        labels.append(label)
    return labels


def _candidates(anchor: Anchor) -> Iterable[Label]:
    width, height = len(anchor.words) * LETTER_PX + 2 * _CLEAR_PX, LINE_PX
    for step in _STEPS_PX:
        for across, down in _DIRECTIONS:
            x, y = anchor.x + across * step, anchor.y + down * step
            left = x if across > 0.1 else x - width if across < -0.1 else x - width / 2
            top = y - height / 2 if abs(down) < 0.3 else y - height if down < 0 else y
            yield Label(anchor, Box(left, top, left + width, top + height), step > _STEPS_PX[0])


def _fits(label: Label, inside: Box, boxes: Iterable[Box], leaders: Iterable[Box], own: Box) -> bool:
    if not inside.holds(label.box) or any(label.box.meets(box) for box in (*boxes, *leaders)):
        return False
    path = _leader(label) if label.has_leader else []
    return not any(dot.meets(box) for dot in path for box in boxes if box is not own)


def _leader(label: Label) -> list[Box]:
    """The leader as small squares along it, from outside the point's own mark."""
    (x0, y0), (x1, y1) = (label.anchor.x, label.anchor.y), label.end
    steps = max(2, int(max(abs(x1 - x0), abs(y1 - y0)) // 4))
    return [
        around(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps, 0.8) for step in range(1, steps)
    ]
