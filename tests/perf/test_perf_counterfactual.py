"""What compare, waterfall and policy answer: what must hold whatever the constants are."""

from datetime import date
from itertools import permutations
from math import isclose, prod

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.perf.best import Job, best, formats_of
from chipledger.perf.cluster import cluster
from chipledger.perf.compare import compare, price_of, prices
from chipledger.perf.constants import by_id, constants, drawn_constants
from chipledger.perf.link import LinkKind
from chipledger.perf.models import model
from chipledger.perf.policy import Axis, cut, policy, threshold_told, value_of
from chipledger.perf.serving import engine
from chipledger.perf.serving_waterfall import serving_sets, serving_waterfall
from chipledger.perf.shapley import coalitions, reachable, shapley
from chipledger.perf.technique import Technique, applicable, dense_equivalent, without
from chipledger.perf.waterfall import Step, Verdict, sets, waterfall

SMALL = Job(shape=model("llama-2-7b"), tokens=2e12)
MIXTRAL = Job(shape=model("mixtral-8x7b"), tokens=1e12)
CHIPS = 64


@pytest.fixture(scope="module")
def fallen():
    return waterfall(SMALL, cluster("h20"), cluster("h100"), CHIPS)


class TestCompare:
    def test_each_chip_is_met_at_its_own_best_layout(self):
        cases = compare(SMALL, [cluster("h20"), cluster("h100")], count=CHIPS)

        for one in cases:
            alone = best(SMALL, cluster(one.cluster), CHIPS)
            assert one.best.strategy == alone.strategy
            assert one.best.run.low_chip_hours < one.best.run.chip_hours < one.best.run.high_chip_hours

    def test_an_h20_costs_more_chip_hours_and_less_than_its_peak_says(self):
        h20, h100 = compare(SMALL, [cluster("h20"), cluster("h100")], count=CHIPS)
        peaks = cluster("h100").rates.flop_per_second("bf16") / cluster("h20").rates.flop_per_second("bf16")

        assert 1 < h20.best.run.chip_hours / h100.best.run.chip_hours < peaks

    def test_a_deadline_is_met_and_by_no_more_than_the_chips_that_it_needs(self):
        (loose,) = compare(SMALL, [cluster("h100")], days=60)
        (tight,) = compare(SMALL, [cluster("h100")], days=15)

        assert loose.best.run.days <= 60
        assert tight.best.run.days <= 15
        assert tight.chips > loose.chips
        assert tight.best.run.days > 15 / 2

    def test_a_deadline_is_met_by_a_model_that_few_chips_cannot_hold(self):
        job = Job(shape=model("deepseek-v3"), tokens=1e12)
        (one,) = compare(job, [cluster("rtx-4090")], days=400)

        assert one.reason is None
        assert one.chips >= 1024
        assert one.best.run.days <= 400

    def test_a_budget_is_kept_and_reckoned_at_the_sourced_price(self):
        (one,) = compare(SMALL, [cluster("h800")], usd=200_000)

        assert one.usd <= 200_000
        assert one.usd == pytest.approx(one.price.usd_per_chip_hour * one.best.run.chip_hours)

    def test_a_budget_without_a_price_is_unknown_and_not_free(self):
        (one,) = compare(SMALL, [cluster("h20")], usd=1e9)

        assert one.best is None
        assert one.usd is None
        assert "money is unknown, not zero" in one.reason

    def test_a_budget_too_small_says_what_the_run_costs_at_least(self):
        (one,) = compare(SMALL, [cluster("h800")], usd=10)

        assert "dollars at least" in one.reason

    def test_money_is_there_only_where_a_price_has_a_source_and_a_day(self):
        h20, h800 = compare(SMALL, [cluster("h20"), cluster("h800")], count=CHIPS)

        assert (h20.price, h20.usd) == (None, None)
        assert h800.price.cite.source
        assert h800.price.on <= date(2024, 12, 27)

    def test_no_price_is_used_before_its_day(self):
        (one,) = compare(SMALL, [cluster("h800")], count=CHIPS, on=date(2024, 12, 26))

        assert one.usd is None
        assert price_of("nvidia-h800-sxm", date(2024, 12, 27)).usd_per_chip_hour == 2.0

    def test_every_price_is_of_a_chip_that_is_known_and_says_what_kind_it_is(self):
        from chipledger.catalogue.chip import chips

        for one in prices():
            assert one.chip in chips()
            assert one.kind in ("offer", "assumption")
            assert one.cite.at

    def test_a_chip_that_cannot_hold_the_model_says_why_and_the_others_are_answered(self):
        none, some = compare(MIXTRAL, [cluster("rtx-3090"), cluster("h20")], count=16)

        assert none.best is None
        assert "fits" in none.reason
        assert some.best is not None

    @pytest.mark.parametrize(
        "asked", [{}, {"count": 8, "days": 3.0}, {"days": -1.0}, {"usd": float("inf")}, {"count": 0}]
    )
    def test_not_one_of_count_deadline_and_budget_is_refused(self, asked):
        with pytest.raises(InputError):
            compare(SMALL, [cluster("h100")], **asked)

    def test_a_format_that_a_chip_lacks_is_told_and_not_replaced(self):
        eight = SMALL.model_copy(update={"formats": ("fp8",)})
        (one,) = compare(eight, [cluster("a100-sxm")], count=8)

        assert "unknown, not zero" in one.reason

    def test_of_formats_that_may_be_used_the_quickest_that_a_chip_has_is_taken(self):
        both = SMALL.model_copy(update={"formats": ("bf16", "fp8")})
        h100, a100 = compare(both, [cluster("h100"), cluster("a100-sxm")], count=8)

        assert h100.best.strategy.method.format == "fp8"
        assert a100.best.strategy.method.format == "bf16"
        assert formats_of(cluster("a100-sxm"), both.formats) == ("bf16",)

    def test_a_step_is_of_the_power_of_two_of_sequences_nearest_to_the_tokens_told(self):
        tokens = [Job(shape=SMALL.shape, tokens=1e12, tokens_of_a_step=told).global_batch(CHIPS) * SMALL.length for told in (4e6, 8e6, 16e6)]  # fmt: skip

        assert all(0.7 < got / told < 1.42 for got, told in zip(tokens, (4e6, 8e6, 16e6), strict=True))

    def test_a_step_is_as_large_on_an_odd_number_of_nodes_and_replicas_divide_it(self):
        for chips in (96, 1664, 5000, 6144, 28_672):
            batch = SMALL.global_batch(chips)

            assert 0.7 < batch * SMALL.length / SMALL.tokens_of_a_step < 1.42
            assert batch % (chips // (chips & -chips)) == 0


class TestShapley:
    def test_worths_add_up_to_all_less_none(self):
        values = np.random.default_rng(4).normal(size=2**5)

        assert shapley(values).sum() == pytest.approx(values[-1] - values[0])

    def test_a_technique_that_never_changes_anything_is_worth_nothing(self):
        rows = coalitions(3)
        values = rows[:, 0] * 2.0 + rows[:, 1] * 1.0 + rows[:, 0] * rows[:, 1] * 4.0

        assert shapley(values).tolist() == pytest.approx([4.0, 3.0, 0.0])

    def test_one_that_must_come_after_another_gets_only_what_it_adds_to_it(self):
        # alone 2, alone 3 (never asked), both 5: in the one order that is left the first gets 2 and the second 3
        assert shapley(np.array([0.0, 2.0, np.nan, 5.0]), [(0, 1)]).tolist() == [2.0, 3.0]

    def test_worths_add_up_with_an_order_among_them_too_and_the_mean_is_over_the_orders_that_are_left(self):
        values = np.random.default_rng(5).normal(size=2**4)
        before = [(0, 2), (1, 2)]
        orders = [
            one for one in permutations(range(4)) if all(one.index(a) < one.index(b) for a, b in before)
        ]
        mean = np.zeros(4)
        for order in orders:
            held = 0
            for technique in order:
                mean[technique] += (values[held | 1 << technique] - values[held]) / len(orders)
                held |= 1 << technique

        assert shapley(values, before) == pytest.approx(mean)
        assert shapley(values, before).sum() == pytest.approx(values[-1] - values[0])
        assert reachable(4, before).sum() == 10

    def test_an_order_that_cannot_be_is_refused(self):
        with pytest.raises(InputError):
            shapley(np.zeros(4), [(0, 1), (1, 0)])

    def test_more_techniques_than_can_be_asked_are_refused(self):
        with pytest.raises(InputError):
            coalitions(17)


class TestWaterfall:
    def test_16_bit_formats_win_nothing_back(self, fallen):
        wide = next(one for one in fallen.steps if one.technique is Technique.SIXTEEN_BIT)

        assert wide.factor > 1.5
        assert wide.relative == pytest.approx(1.0, abs=0.1)
        assert wide.verdict is not Verdict.WINS_BACK
        assert any("relative gain of bf16" in note for note in fallen.notes)

    def test_factors_multiply_to_what_all_save_together(self, fallen):
        assert isclose(prod(one.relative for one in fallen.steps), fallen.bare_ratio / fallen.full_ratio)
        assert fallen.full_ratio == pytest.approx(fallen.chip_hours / fallen.other_chip_hours)

    def test_what_a_chip_lacks_is_worth_nothing_on_it(self):
        found = waterfall(SMALL, cluster("a800-sxm"), cluster("h100"), CHIPS)
        eight = next(one for one in found.steps if one.technique is Technique.EIGHT_BIT)

        assert eight.factor == pytest.approx(1.0)
        assert eight.other_factor > 1.05
        assert eight.verdict is Verdict.HELPS_OTHER

    def test_without_drawn_constants_there_is_no_interval_rather_than_one_of_no_width(self, fallen):
        assert {(one.low, one.high, one.low_relative, one.high_relative) for one in fallen.steps} == {
            (None,) * 4
        }
        assert any("no interval" in note for note in fallen.notes)

    def test_drawn_constants_give_an_interval_with_the_estimate_inside(self):
        start = constants()
        draws = [
            start.with_vector(
                start.vector() * np.exp(np.random.default_rng(seed).normal(0, 0.05, len(start.names())))
            )
            for seed in range(8)
        ]
        found = waterfall(SMALL, cluster("h20"), cluster("h100"), CHIPS, draws=draws)

        for one in found.steps:
            assert one.low <= one.factor <= one.high
            assert one.low_relative <= one.relative <= one.high_relative
        assert any(one.high > one.low for one in found.steps)
        for ratio, (low, high) in (
            (found.bare_ratio, found.bare_interval),
            (found.full_ratio, found.full_interval),
        ):
            assert low <= ratio <= high
        assert not any("no interval" in note for note in found.notes)

    def test_a_class_that_no_run_was_fitted_on_is_drawn_from_its_priors(self):
        drawn = drawn_constants(8)
        of_h20 = {by_id(one)["hopper_cut"].ceiling_16 for one in drawn}

        assert not by_id(constants())["hopper_cut"].fitted
        assert len(of_h20) == len(drawn)
        assert all(
            0 < one.ceiling_16 <= 1 and 0 < one.memory_fraction <= 1 for each in drawn for one in each.chips
        )
        assert drawn_constants(8) == drawn

    def test_as_many_sets_are_asked_as_are_told_beforehand(self):
        seen = []
        waterfall(SMALL, cluster("h20"), cluster("h100"), CHIPS, advance=lambda: seen.append(1))

        assert len(seen) == sets(SMALL, cluster("h20"), cluster("h100"))

    @pytest.mark.parametrize(
        ("relative", "low", "high", "verdict"),
        [
            (1.2, 1.05, 1.3, Verdict.WINS_BACK),
            (1.2, 0.98, 1.3, Verdict.UNSURE),
            (1.08, 1.05, 1.3, Verdict.ALIKE),
            (0.8, 0.7, 0.95, Verdict.HELPS_OTHER),
            (0.8, 0.7, 1.01, Verdict.UNSURE),
            (1.2, None, None, Verdict.WINS_BACK),
            (0.95, None, None, Verdict.ALIKE),
        ],
    )
    def test_a_gain_is_called_one_only_where_it_and_its_interval_allow(self, relative, low, high, verdict):
        one = Step(technique=Technique.EXPERTS, factor=1.2, low=low, high=high, other_factor=1.0, relative=relative, low_relative=low, high_relative=high)  # fmt: skip

        assert one.verdict is verdict


class TestServingWaterfall:
    def test_an_h20_costs_less_beside_an_h100_where_answers_are_decoded_than_where_a_model_is_trained(
        self, fallen
    ):
        found = serving_waterfall(SMALL.shape, cluster("h20"), cluster("h100"), engine("vllm-2025"))

        assert found.bare_ratio < fallen.bare_ratio
        assert isclose(prod(one.relative for one in found.steps), found.bare_ratio / found.full_ratio)
        assert {one.low for one in found.steps} == {None}

    def test_fewer_bytes_and_more_memory_never_cost(self):
        found = serving_waterfall(model("llama-3-70b"), cluster("h20"), cluster("h100"), engine("vllm-2025"))

        assert all(one.factor >= 1.0 - 1e-9 and one.other_factor >= 1.0 - 1e-9 for one in found.steps)

    def test_memory_is_none_where_neither_chip_has_more(self):
        found = serving_waterfall(SMALL.shape, cluster("a800-sxm"), cluster("h100"), engine("vllm-2025"))

        assert [one.technique for one in found.steps] == [Technique.WEIGHTS, Technique.CACHE]
        assert serving_sets(cluster("a800-sxm"), cluster("h100")) == 8

    def test_a_delay_that_no_replica_keeps_is_refused(self):
        with pytest.raises(InputError):
            serving_waterfall(
                SMALL.shape, cluster("h20"), cluster("h100"), engine("vllm-2025"), seconds_per_token=1e-5
            )


class TestTechniques:
    def test_peer_access_is_one_only_where_cards_sit_in_slots_and_reach_each_other(self):
        assert Technique.PEER_ACCESS in applicable(SMALL, cluster("rtx-4090-p2p"))
        assert Technique.PEER_ACCESS not in applicable(SMALL, cluster("rtx-4090"))
        assert Technique.PEER_ACCESS not in applicable(SMALL, cluster("h20"))

    def test_memory_is_one_only_beyond_80_gb(self):
        having = {name: Technique.MEMORY in applicable(SMALL, cluster(name)) for name in ("h20", "h200", "h100", "a100-sxm", "rtx-4090")}  # fmt: skip

        assert having == {"h20": True, "h200": True, "h100": False, "a100-sxm": False, "rtx-4090": False}

    def test_experts_and_8_bit_are_ones_only_where_they_are_there(self):
        assert Technique.EXPERTS in applicable(MIXTRAL, cluster("h20"))
        assert Technique.EXPERTS not in applicable(SMALL, cluster("h20"))
        assert Technique.EIGHT_BIT in applicable(SMALL, cluster("h20"))
        assert Technique.EIGHT_BIT not in applicable(SMALL, cluster("a800-sxm"))

    def test_gpu_direct_away_takes_the_link_class_that_goes_through_the_host(self):
        _, where = without(SMALL, cluster("h20"), {Technique.GPU_DIRECT})

        assert where.inter.efficiency_class.endswith("_host_staged")
        assert where.inter.bandwidth_bytes_per_second == cluster("h20").inter.bandwidth_bytes_per_second

    def test_peer_access_away_goes_through_the_host_over_the_same_slot(self):
        _, where = without(SMALL, cluster("rtx-4090-p2p"), {Technique.PEER_ACCESS})

        assert where.intra.kind is LinkKind.PCIE
        assert where.intra.efficiency_class == "pcie_host_staged"

    def test_nothing_away_changes_nothing(self):
        job, where = without(MIXTRAL, cluster("h20"), set())

        assert where == cluster("h20")
        assert job.shape == MIXTRAL.shape

    def test_a_dense_model_in_place_of_experts_lies_between_all_and_active_parameters(self):
        from chipledger.perf.parameters import parameters

        before, after = parameters(MIXTRAL.shape), parameters(dense_equivalent(MIXTRAL.shape))

        assert before.active < after.total < before.total
        assert after.total == pytest.approx((before.total * before.active) ** 0.5, rel=0.01)
        assert dense_equivalent(SMALL.shape) == SMALL.shape


class TestPolicy:
    @pytest.mark.parametrize("axis", list(Axis))
    def test_a_higher_threshold_never_costs_more_and_above_the_chip_it_costs_nothing(self, axis):
        own = value_of(cluster("h100"), axis)
        found = policy(
            SMALL, cluster("h100"), axis, [own * share for share in (0.1, 0.3, 0.6, 1.0, 3.0)], CHIPS
        )
        ratios = [one.ratio for one in found.points]

        assert ratios == sorted(ratios, reverse=True)
        assert ratios[-2:] == [1.0, 1.0]
        assert all(one.low <= one.ratio <= one.high for one in found.points)
        assert (found.points[-1].low, found.points[-1].high) == (1.0, 1.0)
        assert found.points[-1].chip_hours == found.chip_hours

    def test_an_h100_cut_to_the_tpp_of_an_h20_computes_as_fast_as_one(self):
        assert round(value_of(cluster("h20"), Axis.TPP)) == 2368
        rates = cut(cluster("h100"), Axis.TPP, 2368).rates.dense_flop_per_second

        assert rates["bf16"] == pytest.approx(148e12)
        assert rates["fp8"] == pytest.approx(296e12)

    def test_density_cuts_as_much_as_its_own_area_makes_of_it(self):
        half = value_of(cluster("h100"), Axis.DENSITY) / 2

        assert cut(cluster("h100"), Axis.DENSITY, half).rates.dense_flop_per_second["bf16"] == pytest.approx(
            989.4e12 / 2, rel=1e-3
        )

    def test_a_link_at_the_h800s_bandwidth_costs_less_than_a_tenth_of_its_performance(self):
        link = policy(SMALL, cluster("h100"), Axis.LINK, [400], CHIPS).points[0].ratio
        tenth = policy(SMALL, cluster("h100"), Axis.TPP, [1583], CHIPS).points[0].ratio

        assert 1 <= link < tenth

    def test_a_chip_whose_figure_is_unknown_is_refused(self):
        bare = cluster("h100").model_copy(
            update={
                "rates": cluster("h100").rates.model_copy(update={"memory_bandwidth_bytes_per_second": None})
            }
        )

        with pytest.raises(InputError, match="unknown, not zero"):
            value_of(bare, Axis.MEMORY_BANDWIDTH)

    @pytest.mark.parametrize("thresholds", [[], [0], [-4800], [float("nan")], [1e12]])
    def test_thresholds_that_are_none_are_refused(self, thresholds):
        with pytest.raises(InputError):
            policy(SMALL, cluster("h100"), Axis.TPP, thresholds, 8)

    def test_a_threshold_is_told_in_figures_and_not_in_powers(self):
        assert [threshold_told(one) for one in (2.9088, 42.5, 15831.2)] == ["2.909", "42.5", "15,831"]
