"""The picture keeps days in order, everything inside its edges, and is told apart without colour."""

import re
from datetime import date
from xml.etree import ElementTree

import pytest

from chipledger.apps.report.instruments import bands, rule_rows
from chipledger.apps.report.lines import ChipLine, Point, Shape, stretches
from chipledger.apps.report.svg import element
from chipledger.apps.report.timeline import PLOT_PX, Axis, Picture, axis_of, mark, picture

ON = date(2026, 11, 1)
AXIS = Axis(date(2019, 1, 1), ON)


def drawn(*points: Point, chip: str = "NVIDIA A100") -> Picture:
    line = ChipLine(chip, date(2020, 5, 14), stretches(["nvidia-a100-sxm-80"], "CN", ON), points)
    return picture(bands(rule_rows("CN", ON), ON), [line], AXIS)


def test_later_days_stand_further_right_and_none_outside() -> None:
    days = [date(1900, 1, 1), date(2019, 1, 1), date(2022, 10, 7), date(2026, 11, 1), date(2100, 1, 1)]
    places = [AXIS.x(day) for day in days]
    assert places == sorted(places)
    assert places[0] > 0 and places[-1] < PLOT_PX


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1980, 1, 1), date(2017, 6, 5), date(2026, 11, 1)])
def test_a_wrong_day_in_a_document_does_not_stretch_the_axis(day: date) -> None:
    axis = axis_of([day], ON)
    assert date(2012, 1, 1) <= axis.since <= max(day, date(2012, 1, 1))


def test_the_axis_of_an_early_report_holds_a_day() -> None:
    assert axis_of([], date(1999, 1, 1)).px_per_day > 0


def test_both_drawings_are_well_formed_and_of_one_height() -> None:
    found = drawn()
    names, plot = ElementTree.fromstring(str(found.names)), ElementTree.fromstring(str(found.plot))
    assert names.get("height") == plot.get("height")


def test_everything_lies_inside_the_plot() -> None:
    for rect in re.findall(r"<rect [^>]+>", str(drawn().plot)):
        x, width = (float(re.search(rf' {name}="([^"]+)"', rect)[1]) for name in ("x", "width"))  # type: ignore[index]
        assert x >= 0 and x + width <= PLOT_PX


def test_points_are_links_to_their_quotes_with_a_title() -> None:
    plot = str(drawn(Point(date(2024, 3, 1), Shape.USE, 1, "abc", "Lab <b> & co")).plot)
    assert 'href="#q-abc"' in plot
    assert "<title>Lab &lt;b&gt; &amp; co</title>" in plot


def test_the_three_shapes_differ_in_form_and_place() -> None:
    assert len({str(mark(shape, 9, 9)) for shape in Shape}) == 3
    points = [Point(date(2024, 3, 1), shape, 1, shape.value, "") for shape in Shape]
    plot = str(drawn(*points).plot)
    heights = set(re.findall(r'cy="([\d.]+)"', plot)) | set(re.findall(r'd="M[\d.]+ ([\d.]+)L', plot))
    assert len(heights) == 3


def test_a_needed_licence_is_thicker_than_none() -> None:
    thick = dict(re.findall(r'class="days (\w+)"[^>]* height="([\d.]+)"', str(drawn().plot)))
    assert float(thick["needed"]) > 2 * float(thick["free"])


def test_several_findings_show_their_number() -> None:
    assert ">37</text>" in str(drawn(Point(date(2024, 3, 1), Shape.MENTION, 37, "abc", "")).plot)


def test_a_long_name_is_cut_and_its_title_holds_it_whole() -> None:
    names = str(drawn(chip="A" * 500).names)
    assert "A" * 23 + "…" in names
    assert "A" * 500 in names


def test_attributes_and_words_of_svg_are_escaped() -> None:
    found = element("a", "<i>", element("b", "&"), href='"><script>')
    assert found == '<a href="&#34;&gt;&lt;script&gt;">&lt;i&gt;<b>&amp;</b></a>'


def test_a_picture_without_chips_shows_the_rules() -> None:
    assert "88 FR 73458" in str(picture(bands(rule_rows("CN", ON), ON), [], AXIS).names)
