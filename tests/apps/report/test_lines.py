"""A line says of every day what the rules said of every variant; points gather, and none is lost."""

from datetime import date, timedelta

import pytest

from chipledger.apps.report.lines import MOST_LINES, ChipLine, Shape, lines, shape_of, stretches
from chipledger.apps.report.summary import Answer, answer_to
from chipledger.catalogue.chip import chips
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.findings.claim import claims
from chipledger.findings.finding import joined
from chipledger.rules.item import item_of
from chipledger.rules.status import status

ON = date(2026, 11, 1)


def drawn(*said: tuple[str, Purpose, date | None], days_apart: int = 50) -> list[ChipLine]:
    documents = []
    for place, (chip, purpose, day) in enumerate(said):
        mention = Mention(document=f"{place}.md", document_id=str(place), start=0, end=4, quote="the chip", chip=chip,
                          chips=(chip,), purpose=purpose, first_seen=day)  # fmt: skip
        documents.append((DocumentFacts(document=f"{place}.md", document_id=str(place)), [mention]))
    return lines(joined(claims(documents)), "CN", ON, days_apart)


def test_every_use_has_one_shape() -> None:
    assert {shape_of(purpose) for purpose in Purpose if purpose.is_use} == {Shape.USE}
    assert {shape_of(purpose) for purpose in Purpose if not purpose.is_use} == {
        Shape.REQUIREMENT,
        Shape.MENTION,
    }


@pytest.mark.parametrize(
    "name", ["nvidia-a100-sxm-80", "nvidia-h20", "nvidia-l20", "huawei-910b1", "amd-mi250"]
)
def test_on_every_day_a_line_says_what_the_status_of_that_day_says(name: str) -> None:
    item = item_of(chips()[name])
    for stretch in stretches([name], "CN", ON):
        for day in (stretch.effective_from, stretch.effective_until - timedelta(days=1)):
            if day:
                verdict = status(item, "CN", on=day).license_required.value
                assert answer_to([verdict]) is stretch.answer, (name, day)


def test_where_variants_of_one_name_disagree_the_line_says_that_they_differ() -> None:
    answers = {
        stretch.answer for stretch in stretches(["nvidia-h20", "nvidia-h100-sxm"], "CN", date(2024, 6, 1))
    }
    assert Answer.DEPENDS in answers


def test_a_line_begins_with_the_first_release_and_ends_with_the_day() -> None:
    found = stretches(["nvidia-a100-sxm-80", "nvidia-a100-sxm-40"], "CN", ON)
    assert found[0].effective_from == date(2020, 5, 14)
    assert found[-1].effective_until == ON + timedelta(days=1)


def test_a_chip_released_after_the_day_and_a_name_not_in_the_catalogue_have_no_stretches() -> None:
    assert stretches(["nvidia-h20"], "CN", date(2020, 1, 1)) == ()
    assert stretches([], "CN", ON) == ()


def test_points_close_together_are_one_with_their_number() -> None:
    days = [date(2024, 1, 1), date(2024, 1, 20), date(2024, 6, 1)]
    (line,) = drawn(*(("nvidia-h20", Purpose.INFERENCE, day) for day in days))
    assert [(point.day, point.count) for point in line.points] == [(days[0], 2), (days[2], 1)]


def test_points_of_different_shapes_stay_apart() -> None:
    (line,) = drawn(*(("nvidia-h20", purpose, date(2024, 1, 1)) for purpose in Purpose))
    assert {point.shape: point.count for point in line.points} == {
        Shape.USE: 5,
        Shape.REQUIREMENT: 1,
        Shape.MENTION: 1,
    }


def test_a_point_of_many_findings_names_some_and_counts_the_rest() -> None:
    (line,) = drawn(*(("nvidia-h20", Purpose.INFERENCE, date(2024, 1, 1)) for _ in range(40)))
    assert line.points[0].count == 40
    assert line.points[0].title.endswith("and 34 more")


def test_a_finding_without_a_day_has_a_line_and_no_point() -> None:
    (line,) = drawn(("nvidia-h20", Purpose.INFERENCE, None))
    assert line.points == ()
    assert line.stretches


def test_lines_stand_in_the_order_of_release() -> None:
    names = ["nvidia-h20", "nvidia-v100-sxm2-16", "nvidia-a100-sxm-80"]
    assert [line.chip for line in drawn(*((name, Purpose.INFERENCE, ON) for name in names))] == [
        "nvidia-v100-sxm2-16", "nvidia-a100-sxm-80", "nvidia-h20",
    ]  # fmt: skip


def test_of_very_many_chips_those_named_most_are_drawn() -> None:
    said = [(name, Purpose.INFERENCE, date(2024, 1, 1)) for name in sorted(chips())]
    said += [("nvidia-vr200", Purpose.REQUIREMENT, date(2024, 1, 1))]
    found = drawn(*said)
    assert len(found) == MOST_LINES
    assert "nvidia-vr200" in {line.chip for line in found}
