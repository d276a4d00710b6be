"""The chart keeps its scales, its labels apart, and can be read without colour."""

import re
from datetime import date
from itertools import combinations
from xml.etree import ElementTree

import pytest

from chipledger.apps.report.labels import LETTER_PX, Box
from chipledger.apps.report.threshold_chart import WIDTH_PX, Axis, chart, shape, short_name, worth_showing
from chipledger.catalogue.chip import chip, chips

ON = date(2026, 2, 1)
NAMES = (
    "nvidia-h20",
    "nvidia-l40s",
    "nvidia-l20",
    "nvidia-a100-sxm-80",
    "nvidia-a800-sxm-80",
    "nvidia-rtx-4090",
    "amd-mi300x",
)


def drawn(*names: str, on: date = ON) -> ElementTree.Element:
    return ElementTree.fromstring(str(chart([chip(name) for name in names], on).svg))


def words(svg: ElementTree.Element, style: str) -> list[ElementTree.Element]:
    return [
        one for one in svg.iter() if one.tag.endswith("text") and style in (one.get("class") or "").split()
    ]


def box(text: ElementTree.Element) -> Box:
    x, y, wide = float(text.get("x", 0)), float(text.get("y", 0)), len(text.text or "") * LETTER_PX * 0.85
    left = x - wide if text.get("text-anchor") == "end" else x
    return Box(left, y - 9, left + wide, y + 1)


def test_more_performance_stands_further_right_by_equal_ratios() -> None:
    axis = Axis(100, 10_000, 0, 400)
    assert [axis.px(value) for value in (100, 1000, 10_000)] == pytest.approx([0, 200, 400])
    assert axis.px(1) == axis.px(100)
    assert axis.ticks == [100, 200, 500, 1000, 2000, 5000, 10_000]


def test_each_chip_has_a_label_and_a_title_with_its_figures() -> None:
    svg = drawn(*NAMES)
    labels = {text.text for text in words(svg, "chip")}
    assert {"H20", "L40S", "L20", "A100, A800", "RTX 4090", "MI300X"} == labels
    told = "".join(one.text or "" for one in svg.iter() if one.tag.endswith("title"))
    assert "NVIDIA H20 96GB: TPP 2,368, density 2.91; no paragraph" in told


@pytest.mark.parametrize("on", [date(2022, 9, 1), date(2023, 3, 1), date(2024, 3, 1), ON])
def test_no_two_labels_of_the_whole_catalogue_overlap(on: date) -> None:
    svg = ElementTree.fromstring(str(chart(worth_showing(on), on).svg))
    boxes = [box(text) for text in (*words(svg, "chip"), *words(svg, "area"))]
    assert len(boxes) > 40
    assert not [pair for pair in combinations(boxes, 2) if pair[0].meets(pair[1])]
    assert all(one.left > 0 and one.right < WIDTH_PX for one in boxes)


def test_areas_bear_their_names() -> None:
    assert {text.text for text in words(drawn(*NAMES), "area")} == {"3A090.a", "3A090.b"}
    (then,) = words(drawn(*NAMES, on=date(2023, 3, 1)), "area")
    assert then.text == "3A090, with aggregate bidirectional bandwidth at least 600 GB/s"


def test_the_kinds_of_chip_differ_in_shape() -> None:
    assert len({re.sub(r"[\d. -]", "", str(shape(name, 0, 0))) for name in ("china", "center", "other")}) == 3


def test_chips_of_one_place_share_a_label_and_show_each_kind() -> None:
    svg = drawn("nvidia-a100-sxm-80", "nvidia-a800-sxm-80")
    (group,) = [
        one for one in svg.iter() if one.get("class") == "point" and next(iter(one)).tag.endswith("title")
    ]
    assert [one.get("class") for one in group if one.tag.endswith("g")] == ["center", "china"]


def test_what_rests_on_recollection_is_drawn_as_unsure() -> None:
    svg = drawn("nvidia-h20-141")
    assert any(
        one.get("class") == "point unsure" and next(iter(one)).tag.endswith("title") for one in svg.iter()
    )


def test_a_chip_without_both_figures_is_named_and_not_drawn() -> None:
    made = chart([chip("kunlun-p800"), chip("nvidia-h20")], ON)
    assert [one.id for one in made.without_density] == ["kunlun-p800"]
    assert [one.chip.id for one in made.points] == ["nvidia-h20"]


def test_a_file_of_its_own_brings_its_style_and_a_part_of_a_page_does_not() -> None:
    h20 = [chip("nvidia-h20")]
    assert "<style>" in chart(h20, ON).svg
    assert "<style>" not in chart(h20, ON, alone=False).svg
    assert "http" not in re.sub(r'xmlns="[^"]+"', "", str(chart(h20, ON).svg))


def test_the_same_chips_and_day_give_the_same_bytes() -> None:
    assert chart(worth_showing(ON), ON).svg == chart(worth_showing(ON), ON).svg


def test_every_chip_has_a_short_name_without_markup() -> None:
    for one in chips().values():
        assert short_name(one)
        assert "<" not in short_name(one)
