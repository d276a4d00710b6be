"""Parameters add up to what the owners of the models state, part by part."""

import pytest

from chipledger.perf.models import model, models
from chipledger.perf.parameters import layer_parameters, parameters
from chipledger.perf.shape import ActiveCount, ModelShape

TOTALS_OFF = {"glm-130b", "llama-4-scout"}
ACTIVE_OFF = {"deepseek-v2-lite", "qwen3-30b-a3b"}
WITH_TOTAL = [one for one in models().values() if one.published_parameters]
WITH_ACTIVE = [one for one in models().values() if one.published_active_parameters]


def within_1_percent_or_rounding(counted: float, published: float, unit: float | None) -> bool:
    return abs(counted - published) <= max(0.01 * published, (unit or 0.0) / 2)


@pytest.mark.parametrize("shape", WITH_TOTAL, ids=lambda one: one.id)
def test_total_is_the_published_one(shape: ModelShape):
    total = parameters(shape).total

    close = within_1_percent_or_rounding(total, shape.published_parameters or 0, shape.published_unit)

    assert close == (shape.id not in TOTALS_OFF), f"{total:.4g} against {shape.published_parameters:.4g}"


@pytest.mark.parametrize("shape", WITH_ACTIVE, ids=lambda one: one.id)
def test_active_is_the_published_one(shape: ModelShape):
    active = parameters(shape).counted(shape.published_active_counts)

    close = within_1_percent_or_rounding(
        active, shape.published_active_parameters or 0, shape.published_active_unit
    )

    assert close == (shape.id not in ACTIVE_OFF), (
        f"{active:.4g} against {shape.published_active_parameters:.4g}"
    )


def test_every_exception_says_why():
    assert all(models()[id].note for id in TOTALS_OFF | ACTIVE_OFF)


def test_totals_known_to_the_last_parameter_are_met_to_a_tenth_of_a_percent():
    exact = [one for one in WITH_TOTAL if one.published_unit == 1]

    assert len(exact) >= 30
    for one in exact:
        assert parameters(one).total == pytest.approx(one.published_parameters, rel=1e-3), one.id


@pytest.mark.parametrize(
    ("id", "total"),
    [
        ("llama-2-7b", 6738415616),
        ("llama-3-8b", 8030261248),
        ("llama-2-70b", 68976648192),
        ("mistral-7b", 7241732096),
        ("mixtral-8x7b", 46702792704),
        ("gemma-2-9b", 9241705984),
        ("bloom-176b", 176247271424),
        ("gpt2-124m", 124439808),
        ("mpt-30b", 29975214080),
    ],
)
def test_total_to_the_parameter(id: str, total: int):
    assert parameters(model(id)).total == total


def test_hunyuan_large_closes():
    whole = parameters(model("hunyuan-large"))

    assert round(whole.total / 1e9) == 389
    assert round(whole.counted(ActiveCount.EACH_USE) / 1e9) == 52
    assert whole.active == pytest.approx(51.3e9, rel=1e-3)


def test_deepseek_v3_closes_and_keeps_the_predicting_layer_apart():
    whole = parameters(model("deepseek-v3"))

    assert round(whole.total / 1e9) == 671
    assert round(whole.counted(ActiveCount.NO_INPUT_EMBEDDING) / 1e9) == 37
    assert whole.multi_token_prediction == pytest.approx(
        11.6e9, rel=0.01
    )  # 14B with its copies of embedding and output


@pytest.mark.parametrize("shape", list(models().values()), ids=lambda one: one.id)
def test_layers_add_up_to_the_whole(shape: ModelShape):
    whole, layer = parameters(shape), layer_parameters(shape)

    layers = layer.dense * shape.dense_layers + layer.mixture * shape.mixture_layers
    last_norm = shape.hidden_size * (1 + shape.norm_bias) if shape.norms_per_layer else 0

    outside = whole.embedding + whole.output + shape.other_parameters + last_norm
    assert layers + outside == pytest.approx(whole.total, rel=1e-12)
    assert whole.active <= whole.total


def test_sharing_keys_and_values_saves_their_projections_in_every_second_layer():
    shared = model("hunyuan-large")
    alone = shared.model_copy(update={"key_value_shared_layers": 1})

    saved = parameters(alone).total - parameters(shared).total

    assert saved == 32 * 2 * 6400 * 640


def test_cla_mla_and_gqa_have_fewer_parameters_than_mha():
    grouped = model("llama-2-70b")
    alone = grouped.model_copy(update={"num_key_value_heads": None, "attention": "mha"})

    assert parameters(alone).attention / parameters(grouped).attention == pytest.approx(4 / 2.25)
