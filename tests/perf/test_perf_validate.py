"""Errors, ratios, intervals and fits on runs that were made up, so that the answer is known."""

from datetime import date

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.perf.calibrate import calibrate, spreads_of, steps
from chipledger.perf.constants import Fitted, FittedValue, Prior, constants, unfitted, with_fit
from chipledger.perf.fit_file import errors_told, fit_text, fitted, spread_text
from chipledger.perf.pairs import pairs, ratios
from chipledger.perf.published import Row
from chipledger.perf.rows import Question, question
from chipledger.perf.runs import batches, predicted_seconds, predicted_terms
from chipledger.perf.step import TERMS, step_seconds
from chipledger.perf.strategy import Layouts
from chipledger.perf.validate import Predictions, ablate, by_model, score_errors, validate
from chipledger.perf.validate_parts import Part, validate_parts

DAY = date(2026, 11, 25)
BASE = Row(
    row_id="a", kind="train", group="g", model="Llama-3-8B", seq=8192, chip="H100", chips=64, chips_per_node=8,
    intra_link="NVLink4 900GB/s", inter_link="8x NDR400 IB", tp=2, pp=2, micro_batch=1, global_batch=128, format="bf16",
    recompute="none", framework="NeMo/Megatron-Core", step_time_s=3.2, provenance="primary_doc",
)  # fmt: skip


def row(**changes):
    return Row.model_validate({**BASE.model_dump(), **changes})


def made_up(constants_told, noise=0.0, seed=0):
    """Runs of three groups and two chips that took what the model tells with these constants."""
    rows = [
        row(row_id=f"r{place}", group=f"g{place % 3}", chip=chip, intra_link=None, inter_link=None, tp=tp, pp=pp, micro_batch=micro)
        for place, (chip, tp, pp, micro) in enumerate(
            (chip, tp, pp, micro) for chip in ("H100", "A100-80G") for tp in (1, 2, 4) for pp in (1, 2) for micro in (1, 2)
        )
    ]  # fmt: skip
    asked = [question(one) for one in rows]
    generator = np.random.default_rng(seed)
    seconds = predicted_seconds(batches(asked), len(asked), constants_told)
    seconds = seconds * np.exp(noise * generator.standard_normal(len(asked)))
    return [
        question(one.model_copy(update={"step_time_s": float(each)}))
        for one, each in zip(rows, seconds, strict=True)
    ]


def few(names):
    """The constants before any fit, of which only these are fitted."""
    return unfitted().model_copy(
        update={"priors": tuple(Prior(name=name, log_sd=0.3) for name in names), "note": None}
    )


def test_many_runs_at_once_are_told_as_one_by_one():
    asked = made_up(None)

    together = predicted_terms(batches(asked), len(asked))
    alone = [step_seconds(one.shape, one.cluster, Layouts.of(one.strategy), one.strategy.method) for one in asked]  # fmt: skip

    assert len(batches(asked)) < len(asked)
    np.testing.assert_allclose(together.sum(axis=1), [one.total[0] for one in alone], rtol=1e-12)


def test_a_perfect_predictor_has_no_error_and_every_direction():
    rows = [(2 + place, one.row) for place, one in enumerate(made_up(None))]

    def perfect(asked):
        seconds = np.array([one.measured for one in asked])
        return Predictions(seconds=seconds, low=0.9 * seconds, high=1.1 * seconds)

    found = validate(rows, perfect)

    assert found.total.mean == 0
    assert found.total.covered == 1
    assert found.total.half_width == pytest.approx(np.sqrt(1.1 / 0.9) - 1)
    assert found.total.interval_score == pytest.approx(np.log(1.1 / 0.9))
    assert all(one.right_way == 1 for one in found.ratios if one.clear)
    assert sum(one.rows for one in found.strata) == found.total.rows == len(rows)
    assert found.total.one_line > 0


def test_a_measurement_outside_an_interval_costs_ten_times_its_distance():
    def off(asked):
        seconds = 2.0 * np.array([one.measured for one in asked])
        return Predictions(seconds=seconds, low=seconds / 1.1, high=seconds * 1.1)

    found = validate([(2, row())], off)

    assert found.total.mean == pytest.approx(1.0)
    assert found.total.covered == 0
    assert found.total.interval_score == pytest.approx(2 * np.log(1.1) + 10 * (np.log(2) - np.log(1.1)))


def test_pairs_differ_in_one_factor_and_nothing_else():
    asked = [
        question(one)
        for one in (
            row(),
            row(row_id="b", format="fp8", step_time_s=2.4),
            row(row_id="c", chips=128, global_batch=256, step_time_s=3.3),
            row(row_id="d", tp=4, step_time_s=3.5),
            row(row_id="e", tp=4, format="fp8", step_time_s=2.9),
            row(row_id="f", group="other", chip="H200", step_time_s=3.1),
        )
    ]

    found = {(one.factor, asked[one.first].row.row_id, asked[one.second].row.row_id) for one in pairs(asked)}

    assert found == {
        ("format", "a", "b"), ("format", "d", "e"), ("chips", "a", "c"), ("layout", "a", "d"), ("layout", "b", "e"),
        ("chip", "a", "f"),
    }  # fmt: skip
    (chips,) = (one for one in ratios(asked, [3.2] * 6) if one.pair.factor == "chips")
    assert chips.measured == pytest.approx(3.2 / 3.3)
    assert chips.predicted == pytest.approx(1.0)


def test_leaving_a_term_out_tells_its_worth():
    asked = made_up(None)
    found = {one.term: one for one in ablate(asked)}

    assert set(found) == set(TERMS)
    assert found["products"].mean > found["optimizer"].mean > 0
    assert sum(one.share for one in found.values()) == pytest.approx(1.0)


def test_a_fit_finds_the_constants_that_made_the_runs():
    start = few(["hopper.ceiling_16", "ampere.ceiling_16", "software.hidden_passes"])
    truth = start.with_vector([0.66, 0.74, 14.0])
    asked = made_up(truth)

    found = calibrate(asked, start, resamples=20)

    np.testing.assert_allclose(found.values[:2], [0.66, 0.74], rtol=0.02)
    measured = np.array([one.measured for one in asked])
    assert np.abs(found.fitted / measured - 1).mean() < 0.01
    assert np.abs(found.left_out / measured - 1).mean() < 0.02
    assert (found.log_sd < 0.3).all()


def test_a_few_wild_runs_do_not_bend_the_fit():
    start = few(["hopper.ceiling_16", "ampere.ceiling_16"])
    truth = start.with_vector([0.68, 0.76])
    asked = made_up(truth, noise=0.01)
    wild = [
        question(one.row.model_copy(update={"step_time_s": 2 * one.measured})) if place < 2 else one
        for place, one in enumerate(asked)
    ]

    found = calibrate(wild, start, resamples=0, leave_out=False)

    np.testing.assert_allclose(found.values, [0.68, 0.76], rtol=0.03)


def test_a_fit_stays_within_what_a_constant_may_be():
    start = few(["software.hidden_tensor"])
    asked = made_up(start.with_vector([1.0]))
    quicker = [question(one.row.model_copy(update={"step_time_s": 0.7 * one.measured})) for one in asked]

    found = calibrate(quicker, start, resamples=0, leave_out=False)

    assert 0 < found.values[0] <= 1 + 1e-9


def test_a_fit_reads_back_as_it_was_written(tmp_path):
    from chipledger.core.load import load_yaml, load_yaml_list
    from chipledger.perf.spread import Spread

    start = few(["hopper.ceiling_16"])
    found = calibrate(made_up(None), start, resamples=5)
    (tmp_path / "fit.yaml").write_text(fit_text(fitted(found, DAY)), encoding="utf-8")
    (tmp_path / "spread.yaml").write_text(spread_text(spreads_of(found), DAY), encoding="utf-8")

    read = load_yaml(tmp_path / "fit.yaml", Fitted)

    assert read.values[0].value == pytest.approx(found.values[0], rel=1e-3)
    assert with_fit(start, read).chips[1].ceiling_16 == read.values[0].value
    assert all(one.low <= 1 <= one.high for one in load_yaml_list(tmp_path / "spread.yaml", Spread))
    assert "each group left out" in errors_told(found)
    assert steps(found.asked) > 3


def test_too_few_runs_are_refused():
    with pytest.raises(InputError, match="1 runs with known layout"):
        calibrate([question(row())], unfitted())


def test_a_fitted_constant_is_one_that_is_fitted():
    assert {one.split(".")[1] for one in unfitted().names()} >= {"ceiling_16", "hidden_passes"}
    ignored = with_fit(unfitted(), Fitted(values=(FittedValue(name="nobody.else", value=1, log_sd=0),), rows=1, groups=1))  # fmt: skip

    assert ignored.chips == unfitted().chips


def test_the_bundled_fit_names_constants_that_exist():
    from chipledger.catalogue.chip import DATA
    from chipledger.core.load import load_yaml

    path = DATA / "perf" / "fit.yaml"
    if path.exists():
        assert {one.name for one in load_yaml(path, Fitted).values} <= set(unfitted().names())
    assert constants().chips


def test_scores_are_told_by_stratum():
    asked = made_up(None)
    found = score_errors("as told", asked, 1.1 * np.array([one.measured for one in asked]))

    assert found[0].rows == sum(one.rows for one in found[1:]) == len(asked)
    assert all(one.mean == pytest.approx(0.1) and one.bias == pytest.approx(0.1) for one in found)


def test_the_model_predicts_with_terms_and_intervals():
    asked = [question(row())]
    assert isinstance(asked[0], Question)
    found = by_model()(asked)

    assert found.low[0] < found.seconds[0] < found.high[0]
    assert found.terms.sum() == pytest.approx(found.seconds[0])


def test_parts_are_asked_of_their_own_files():
    rows = [
        row(row_id="m", mem_gib=60.0, global_batch=64),
        Row(row_id="c", kind="collective", chip="H100", chips=8, op="all_reduce", msg_bytes=2048, latency_ms=0.0155),
        Row(row_id="s", kind="infer", model="Llama-2-70B", chip="H100", chips=4, tp=4, format="fp8", framework="TensorRT-LLM 0.5",
            input_len=128, output_len=1, batch=1, latency_ms=26),
        row(row_id="p", kind="power", step_time_s=None, avg_node_power_w=6849.0, energy_kwh=10.0, time_to_train_min=10.0),
        Row(row_id="x", kind="weather"),
        Row(row_id="y", kind="infer", model="Llama-2-70B", chip="H100", chips=8, framework="in-house"),
    ]  # fmt: skip
    found = validate_parts(enumerate(rows, start=2))

    assert {one.part for one in found.checked} == set(Part)
    assert [one.row.row_id for one in found.refused] == ["x", "y"]
    units = {(one.row.row_id, one.unit) for one in found.checked}
    assert units == {("m", "GiB"), ("c", "s"), ("s", "s"), ("p", "W"), ("p", "kWh")}
