"""The drawings of cost: readable at 720 pixels, nothing over anything else, nothing that rests on colour, nobody's markup let in."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chipledger.apps.report import write_report
from chipledger.apps.report.cost_chart import WIDTH_PX, compared, fallen, swept
from chipledger.apps.report.cost_section import CostSection
from chipledger.perf.best import Job, best
from chipledger.perf.cluster import cluster
from chipledger.perf.compare import Case, compare
from chipledger.perf.models import model
from chipledger.perf.policy import Axis, Point, Sweep, policy
from chipledger.perf.technique import Technique
from chipledger.perf.waterfall import Step, Waterfall
from chipledger.store.ledger import Ledger

JOB = Job(shape=model("llama-2-7b"), tokens=2e12)
NASTY = '<script>alert(1)</script> & "x"\u202e'
SVG = "{http://www.w3.org/2000/svg}"
CHAR_PX = 6.6
"""Of 12 pixels' letters, on the generous side."""


@pytest.fixture(scope="module")
def cases():
    done = compare(JOB, [cluster("h20"), cluster("h800"), cluster("h100")], count=16)
    lacking = Case(cluster="rtx-3090", chip="nvidia-rtx-3090", reason="not one of 312 layouts fits " * 12)
    return (*done, lacking)


@pytest.fixture(scope="module")
def sweep():
    return policy(JOB, cluster("h100"), Axis.TPP, [790, 1600, 1601, 2400, 4800, 9600, 15831.2], 16)


def waterfall_of(*, drawn=True, relative=1.2):
    steps = tuple(
        Step(technique=one, factor=factor, low=factor / 1.1 if drawn else None, high=factor * 1.15 if drawn else None, other_factor=other,
             relative=relative, low_relative=relative / 1.1 if drawn else None, high_relative=relative * 1.1 if drawn else None)
        for one, factor, other in zip(Technique, (1.9, 1.8, 2.4, 1.0, 1.2, 0.93, 1.1, 1.3, 4.2, 1.5, 1.1), (1.4, 1.8, 1.6, 1.0, 1.1, 1.0, 1.2, 1.3, 1.0, 1.4, 1.1), strict=True)
    )  # fmt: skip
    return Waterfall(chip="h20", other="h100", chips=64, bare_ratio=4.6, full_ratio=2.6, chip_hours=1e6, other_chip_hours=4e5, steps=steps, notes=())  # fmt: skip


def every(cases, sweep):
    return compared("Kite", cases), fallen("Kite", waterfall_of()), swept("Kite", sweep)


def boxes(svg):
    """Where each text stands, by its letters' number: left, top, right, bottom and the words."""
    for one in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        kind, words = one.get("class") or "", one.text or ""
        wide = (
            len(words) * CHAR_PX * (15 / 12 if "title" in kind else 11 / 12 if "tick" in kind else 1.0) * 0.93
        )
        x, y = float(one.get("x")), float(one.get("y"))
        left = x - wide * {"end": 1.0, "middle": 0.5}.get(one.get("text-anchor"), 0.0)
        yield left, y - 9, left + wide, y + 2, words


class TestDrawings:
    def test_they_are_720_wide_and_nothing_leaves_them(self, cases, sweep):
        for drawing in every(cases, sweep):
            root = ElementTree.fromstring(drawing)
            _, _, width, height = map(float, root.get("viewBox").split())

            assert width == WIDTH_PX == 720
            for left, top, right, bottom, words in boxes(drawing):
                assert left >= 0, words
                assert right <= width + 2, words
                assert top >= 0, words
                assert bottom <= height, words

    def test_no_words_stand_on_other_words(self, cases, sweep):
        for drawing in every(cases, sweep):
            shown = list(boxes(drawing))
            for place, one in enumerate(shown):
                for other in shown[place + 1 :]:
                    apart = (
                        one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                    )
                    assert apart, (one, other)

    def test_each_bar_has_its_number_and_the_other_chips_are_hatched(self):
        drawing = fallen("Kite", waterfall_of())

        assert drawing.count('class="bar"') == drawing.count('class="bar other"') == len(Technique) + 1
        assert {f"{one.factor:.2f}" for one in waterfall_of().steps} <= set(
            re.findall(r">([\d.]+)<", drawing)
        )
        assert "url(#cost-hatch)" in drawing
        assert 'id="cost-hatch"' in drawing

    def test_an_interval_that_is_not_there_is_not_drawn(self):
        assert "whisker" in re.sub(
            r"<style>.*?</style>", "", fallen("Kite", waterfall_of()), flags=re.S
        ).replace("whiskers:", "")
        bare = fallen("Kite", waterfall_of(drawn=False))

        assert 'class="whisker"' not in bare
        assert "No intervals" in bare

    def test_a_chip_that_cannot_do_it_says_so_in_words(self, cases):
        drawing = compared("Kite", cases)

        assert "not one of 312 layouts fits" in drawing
        assert drawing.count('class="bar"') == 3

    def test_all_chips_unable_still_make_a_drawing(self):
        lacking = Case(cluster="rtx-3090", chip="nvidia-rtx-3090", reason="nothing fits")

        assert ElementTree.fromstring(compared("Kite", [lacking, lacking])) is not None

    @pytest.mark.parametrize("alone", [True, False])
    def test_names_of_strangers_stay_words(self, cases, sweep, alone):
        strange = [Case(cluster=NASTY, chip="x", reason=NASTY)]
        for drawing in (compared(NASTY, [*cases, *strange], alone=alone), fallen(NASTY, waterfall_of(), alone=alone), swept(NASTY, sweep, alone=alone)):  # fmt: skip
            assert "<script" not in drawing
            assert "\u202e" not in drawing
            assert ElementTree.fromstring(drawing) is not None

    def test_values_go_down_to_the_uncut_chip_and_ticks_have_room(self, sweep):
        root = ElementTree.fromstring(swept("Kite", sweep))
        points = next(root.iter(f"{SVG}polyline")).get("points").split()
        heights = [float(one.split(",")[1]) for one in points]

        assert heights == sorted(heights)
        assert len(list(root.iter(f"{SVG}circle"))) == len(sweep.points)

    def test_one_threshold_alone_is_drawn(self):
        one = best(JOB, cluster("h100"), 16)
        point = Point(threshold=15831.2, ratio=1.0, low=0.9, high=1.2, chip_hours=1e4, days=3.0, best=one)
        alone = Sweep(axis=Axis.TPP, cluster="h100", chips=16, uncut=15831.2, chip_hours=1e4, points=(point,))

        assert ElementTree.fromstring(swept("Kite", alone)) is not None

    def test_grid_lines_stand_apart(self, cases):
        root = ElementTree.fromstring(compared("Kite", cases))
        places = [float(one.get("x1")) for one in root.iter(f"{SVG}line") if one.get("class") == "grid"]

        assert len(places) >= 2
        assert all(after - before > 40 for before, after in pairwise(places))


class TestSection:
    def page(self, tmp_path: Path, cost):
        with Ledger.open(tmp_path / "chips.sqlite") as ledger:
            out = write_report(ledger, tmp_path / "report.html", on=date(2026, 11, 1), cost=cost)
        return out.read_text(encoding="utf-8")

    def test_the_page_has_it_only_where_it_was_asked(self, tmp_path, cases, sweep):
        section = CostSection(
            about="Kite.", drawings=(("Chips", compared("Kite", cases, alone=False)), ("Line", swept("Kite", sweep, alone=False))),
            notes=(NASTY,),
        )  # fmt: skip
        with_it, without = self.page(tmp_path, section), self.page(tmp_path, None)

        assert with_it.count('<figure class="chart cost"') == 2
        assert "<script>alert" not in with_it
        assert "What a restriction costs" in with_it
        assert "What a restriction costs" not in without
        assert ".cost" not in without

    def test_its_style_is_one_that_the_pages_policy_allows(self, tmp_path, cases):
        section = CostSection(
            about="Kite.", drawings=(("Chips", compared("Kite", cases, alone=False)),), notes=()
        )
        page = self.page(tmp_path, section)

        assert page.count("<style>") == 1
        assert ' style="' not in page[page.index('id="cost"') :]

    def test_ids_stand_once(self, tmp_path, cases, sweep):
        drawings = (
            compared("Kite", cases, alone=False),
            fallen("Kite", waterfall_of(), alone=False),
            swept("Kite", sweep, alone=False),
        )
        page = self.page(
            tmp_path, CostSection(about="", drawings=tuple(("", one) for one in drawings), notes=())
        )
        ids = re.findall(r'\bid="([^"]+)"', page)

        assert len(ids) == len(set(ids))
