"""No label lies on another, on a point, or outside."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as draw

from chipledger.apps.report.labels import Anchor, Box, around, placed

INSIDE = Box(0, 0, 600, 400)
POINTS = draw.lists(
    draw.builds(
        Anchor, draw.floats(0, 600), draw.floats(0, 400), draw.text("ABCDE 100", min_size=1, max_size=14)
    ),
    max_size=25,
)


@given(POINTS)
def test_labels_never_overlap_nor_leave_nor_hide_a_point(anchors: list[Anchor]) -> None:
    labels = [label for label in placed(anchors, INSIDE) if label]
    assert all(INSIDE.holds(label.box) for label in labels)
    assert not any(one.box.meets(other.box) for one, other in combinations(labels, 2))
    assert not any(label.box.meets(around(point.x, point.y, 5.0)) for label in labels for point in anchors)


def test_a_lone_point_has_its_words_beside_it_without_a_leader() -> None:
    (label,) = placed([Anchor(300, 200, "H20")], INSIDE)
    assert label and not label.has_leader and not label.is_before
    assert label.x > 300


def test_words_at_the_right_edge_stand_before_their_point() -> None:
    (label,) = placed([Anchor(590, 200, "RTX 4090 D")], INSIDE)
    assert label and label.is_before
    assert label.x < 590


def test_the_first_point_gets_its_words_where_there_is_room_for_one() -> None:
    narrow = Box(0, 0, 60, 20)
    first, second = placed([Anchor(10, 10, "A100"), Anchor(10, 10, "A800")], narrow)
    assert first and second is None


def test_what_is_taken_stays_free() -> None:
    taken = Box(305, 190, 400, 210)
    (label,) = placed([Anchor(300, 200, "H20")], INSIDE, [taken])
    assert label and not label.box.meets(taken)
