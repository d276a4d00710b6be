"""Supply, arithmetic, timing and the two frontiers: figures with their bounds, and unknown where one is missing."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.catalogue.chip import chip
from chipledger.core.truth import Verdict
from chipledger.routes.dated import Stock
from chipledger.routes.feasible import feasible, implied_utilization
from chipledger.routes.frontier import AXES, frontier
from chipledger.routes.kind import Between
from chipledger.routes.supply import supply, within
from chipledger.routes.timing import When, timing
from chipledger.rules.item import item_of
from chipledger.rules.status import status

HUNYUAN = 6 * 52e9 * 7e12
RELEASE = date(2024, 11, 5)


@pytest.mark.parametrize(
    ("chips", "on", "units"),
    [
        (["nvidia-h20"], date(2024, 9, 30), 634_031),
        (["nvidia-h20"], date(2024, 9, 29), 361_784),  # the quarter before
        (["nvidia-a800-sxm-80"], date(2024, 6, 1), 121_421),
        (["nvidia-a100-sxm-40", "nvidia-a100-sxm-80"], date(2022, 9, 30), 72_697),
    ],
)
def test_supply_is_the_newest_estimate_not_after_the_day(chips: list[str], on: date, units: int) -> None:
    found = supply("CN", chips, on)
    assert found and found.units == units and found.low < found.units < found.high


def test_what_is_not_counted_is_no_zero() -> None:
    assert supply("CN", ["nvidia-h20"], date(2023, 6, 1)) is None
    assert supply("CN", ["nvidia-h100-sxm"], date(2025, 6, 1)) is None  # the source counts no H100 of China
    assert within(8, None).is_unknown and within(None, supply("CN", ["nvidia-h20"], RELEASE)).is_unknown


def test_an_h200_counts_where_the_source_counts_h100_and_h200_together() -> None:
    assert supply("Microsoft", ["nvidia-h200-sxm"], date(2024, 6, 30)) is not None


def test_a_count_beyond_the_upper_bound_is_more_than_the_supply() -> None:
    assert within(2_000_000, supply("CN", ["nvidia-h20"], RELEASE)).is_no


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1_000, Verdict.NO), (3_000, Verdict.UNKNOWN), (4_324, Verdict.YES), (None, Verdict.UNKNOWN)],
)
def test_so_many_h20_could_have_done_it_could_not_or_may_have(count: int | None, expected: Verdict) -> None:
    assert feasible(HUNYUAN, chip("nvidia-h20"), released_on=RELEASE, count=count).truth.value is expected


def test_a_chip_that_came_too_late_could_not_have_done_it() -> None:
    assert feasible(HUNYUAN, chip("nvidia-h20"), released_on=date(2024, 2, 15), count=10**6).truth.is_no


def test_a_missing_rate_leaves_it_unknown() -> None:
    assert feasible(HUNYUAN, chip("kunlun-m300"), released_on=date(2027, 6, 1), count=10).truth.is_unknown


def test_a_better_model_of_throughput_takes_the_place_of_the_share_of_peak() -> None:
    slow = feasible(HUNYUAN, chip("nvidia-h20"), released_on=RELEASE, count=4_324,
                    throughput=lambda name, count: Between(low=count * 1e12, high=count * 2e12))  # fmt: skip
    assert slow.truth.is_no


def test_the_stated_hours_of_deepseek_v3_imply_a_share_inside_the_range_used() -> None:
    share = implied_utilization(6 * 37e9 * 14.8e12, 2.664e6, chip("nvidia-h800-sxm"))
    assert share == pytest.approx(0.346, abs=0.001) and 0.25 < share < 0.5


@settings(deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_chips_never_make_it_less_feasible(one: int, more: int) -> None:
    rank = {Verdict.NO: 0, Verdict.UNKNOWN: 1, Verdict.YES: 2}
    few, many = (
        feasible(HUNYUAN, chip("nvidia-h20"), released_on=RELEASE, count=count).truth
        for count in (one, one + more)
    )
    assert rank[few.value] <= rank[many.value]


def orders(since: date, until: date) -> Stock:
    return Stock.model_validate({
        "id": "x", "kind": "orders", "parties": ["tencent"], "chip": "H20", "chips": ["nvidia-h20"], "said_on": until,
        "covers_from": since, "covers_until": until, "speaks_for_itself": False, "says": "…",
        "cites": [{"source": "x", "grade": "secondary"}],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (date(2025, 1, 1), date(2025, 4, 9), When.BEFORE),
        (date(2025, 1, 1), date(2025, 4, 10), When.ACROSS),
        (date(2025, 4, 9), date(2025, 5, 1), When.AFTER),
    ],
)
def test_orders_stand_before_across_or_after_the_requirement(
    since: date, until: date, expected: When
) -> None:
    assert timing(orders(since, until)).when is expected


def test_the_best_exportable_chip_falls_from_h800_to_h20_and_the_best_domestic_one_rises() -> None:
    rows = frontier("dense_rate_16_bit", date(2023, 1, 1), date(2025, 6, 1))
    best = {str(row.effective_from): row.exportable.name for row in rows if row.exportable}
    assert best["2023-03-21"].startswith("H800") and best["2024-02-01"].startswith("H20")
    domestic = [row.domestic.value for row in rows if row.domestic]
    assert domestic == sorted(domestic)
    assert rows[-1].ratio and rows[-1].ratio > 1


@pytest.mark.parametrize("axis", [axis[0] for axis in AXES])
def test_the_best_exportable_chip_needed_no_license_on_the_day_of_its_row(axis: str) -> None:
    for row in frontier(axis, date(2022, 1, 1), date(2025, 12, 1)):
        if row.exportable:
            one = item_of(chip(row.exportable.chip))
            assert status(one, "CN", on=row.effective_from).license_required.is_no
        if row.domestic:
            assert chip(row.domestic.chip).vendor_country == "CN"


def test_chips_that_are_not_sold_or_were_not_made_top_nothing() -> None:
    named = {
        best.chip
        for axis in AXES
        for row in frontier(axis[0], date(2020, 1, 1), date(2026, 11, 1))
        for best in (row.domestic, row.exportable)
        if best
    }
    assert not any(name.startswith(("google-tpu", "aws-", "tesla-")) for name in named)
    assert "biren-br100" not in named
