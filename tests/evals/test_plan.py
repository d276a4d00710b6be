import math
from datetime import date

import pytest

from chipledger.core.errors import InputError
from chipledger.core.sources import Cite, Grade
from chipledger.evals.benchmark import Benchmark, Hazard
from chipledger.evals.plan import Load, Price, plan
from chipledger.evals.rule import Side
from chipledger.evals.statistics.power import Noise

PRICE = Price(input_per_million=2.0, output_per_million=10.0, currency="USD", source="the provider's page", priced_on=date(2026, 11, 1))  # fmt: skip
LOAD = Load(input_tokens=10_000, output_tokens=2_000, seconds=90, concurrency=8)


def benchmark(items=39, clusters=None):
    return Benchmark(id="ctf", title="CTF", domain="cyber", asks="a flag", items=items, metric="share solved",
                     clusters=clusters, hazard=Hazard.DUAL_USE, cites=(Cite(source="s", grade=Grade.PRIMARY),))  # fmt: skip


@pytest.fixture
def planned(entry):
    def made(items=39, clusters=None, rule=None, threshold=None, **more):
        use_case = entry(rule=rule or {"items": 39}, threshold=threshold)
        return plan(use_case, use_case.links[0], benchmark(items, clusters), **more)

    return made


def test_a_small_benchmark_shows_only_large_crossings(planned):
    found = planned(rule={"test": "fixed", "looks": 1, "items": 39})
    assert found.has_enough and found.answers == 39
    assert found.smallest_crossing == pytest.approx(0.69, abs=0.01)
    assert found.half_width == pytest.approx(0.157, abs=0.001)
    assert found.needed is None and found.power_at_truth < 0.4
    assert (
        "the benchmark has too few items for the margin and power asked for, however often they are asked"
        in found.reasons
    )


def test_a_large_benchmark_shows_the_margin_asked_for(planned):
    found = planned(items=500, rule={"items": 100})
    assert found.truth == pytest.approx(0.6)
    assert found.needed.items == 153 and found.needed.power >= 0.8
    assert found.best_possible < found.truth < found.smallest_crossing


def test_clusters_and_epochs_of_the_rule_count(planned):
    alone = planned(items=500, rule={"items": 100})
    clustered = planned(items=500, rule={"items": 100}, noise=Noise(cluster_size=5, correlation=0.3))
    assert clustered.clusters == 20
    assert clustered.half_width == pytest.approx(alone.half_width * math.sqrt(2.2))
    noisy = planned(items=500, rule={"items": 100, "epochs": 4}, noise=Noise(noise_share=1.0))
    assert noisy.answers == 400 and noisy.half_width == pytest.approx(alone.half_width / 2)


def test_what_is_not_known_stays_unknown_with_its_reason(planned):
    found = planned(items=None, clusters="tasks of one codebase")
    assert (found.available, found.has_enough, found.best_possible) == (None, None, None)
    assert (found.cost, found.currency, found.priced, found.seconds) == (None, None, None, None)
    told = " / ".join(found.reasons)
    for reason in ("no price was given", "seconds of an answer were not given", "owner does not say",
                   "independent items", "tasks of one codebase", "one look of fixed size"):  # fmt: skip
        assert reason in told


def test_a_benchmark_smaller_than_its_rule_is_named(planned):
    found = planned(items=20)
    assert found.has_enough is False
    assert any("has 20 items, the rule asks for 39" in reason for reason in found.reasons)


def test_cost_and_time_follow_from_what_was_given(planned):
    found = planned(rule={"items": 39, "epochs": 3}, price=PRICE, load=LOAD)
    assert found.cost == pytest.approx(117 * (10_000 * 2 + 2_000 * 10) / 1e6)
    assert found.seconds == 15 * 90  # 117 answers, 8 at once
    assert found.priced == "the provider's page, 2026-11-01" and found.currency == "USD"
    assert not any("unknown" in reason for reason in found.reasons)


def test_a_price_without_tokens_is_no_cost(planned):
    found = planned(price=PRICE, load=Load(seconds=90))
    assert found.cost is None and found.currency is None
    assert "cost unknown: the tokens of an answer were not given" in found.reasons


def test_all_the_room_of_the_threshold_is_granted_on_the_dangerous_side(planned):
    wide = {"value": 0.5, "low": 0.4, "high": 0.6}
    assert planned(threshold=wide).threshold == pytest.approx(0.6)
    below = planned(threshold=wide | {"danger": "below"})
    assert below.threshold == pytest.approx(0.6) and below.danger is Side.BELOW


def test_a_threshold_that_no_count_can_pass_is_told(planned):
    found = planned(items=5, rule={"items": 5}, threshold={"value": 0.85, "low": 0.85, "high": 0.85})
    assert found.smallest_crossing is None
    assert any("cannot show a crossing" in reason for reason in found.reasons)


def test_what_cannot_be_planned_is_refused(entry, planned):
    with pytest.raises(InputError, match="margin"):
        planned(margin=0.6)
    use_case = entry("other")
    with pytest.raises(InputError, match="not the benchmark"):
        plan(use_case, use_case.links[0], benchmark())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Price(input_per_million=-1, output_per_million=1, currency="USD", source="s", priced_on=date(2026, 1, 1)),
        lambda: Price(input_per_million=1, output_per_million=1, currency="USD", source="", priced_on=date(2026, 1, 1)),
        lambda: Load(seconds=math.nan),
        lambda: Load(concurrency=0),
    ],
)  # fmt: skip
def test_prices_and_loads_must_make_sense(wrong):
    with pytest.raises(InputError):
        wrong()
