"""FLOP for each token, by convention, and the cache of keys and values."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.perf.flop import (
    EIGHT_N,
    HARDWARE_FULL,
    HARDWARE_SELECTIVE,
    MODEL,
    MODEL_FULL_ATTENTION,
    SIX_N,
    FlopConvention,
    Lora,
    Recompute,
    adapter_parameters,
    convention_named,
    flop_per_token,
    forward_flop_per_token,
    keys_seen,
    kv_cache_bytes,
    kv_cache_bytes_per_token,
)
from chipledger.perf.models import model, models
from chipledger.perf.parameters import parameters
from chipledger.perf.shape import ModelShape

MEGATRON = ["megatron-gpt-1.7b", "gpt3-175b", "megatron-gpt-529.6b", "megatron-gpt-1008b"]


@pytest.mark.parametrize("id", MEGATRON)
def test_hardware_flop_is_the_closed_form_of_megatron(id: str):
    """96·l·h²·(1 + s/6h + V/16lh), arXiv 2104.04473, equation 3."""
    shape, s = model(id), 2048
    layers, h, vocabulary = shape.num_layers, shape.hidden_size, shape.vocab_size

    expected = 96 * layers * h**2 * (1 + s / (6 * h) + vocabulary / (16 * layers * h))

    assert flop_per_token(shape, s, convention=HARDWARE_FULL) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("id", MEGATRON)
def test_selective_hardware_flop_is_the_closed_form(id: str):
    """72·l·h²·(1 + s/3h + V/12lh… with attention done four times), arXiv 2205.05198, appendix A."""
    shape, s = model(id), 2048
    layers, h, vocabulary = shape.num_layers, shape.hidden_size, shape.vocab_size

    model_flop = 72 * layers * h**2 * (1 + s / (6 * h) + vocabulary / (12 * layers * h))
    expected = model_flop + 4 * layers * h * s

    assert flop_per_token(shape, s, convention=HARDWARE_SELECTIVE) == pytest.approx(expected, rel=1e-12)


def test_diffusion_transformer_costs_what_its_paper_says():
    shape = model("dit-xl-2")

    forward = forward_flop_per_token(shape, 256)

    assert 256 * forward.total / 2 == pytest.approx(
        118.6e9, rel=0.005
    )  # the paper counts a product and a sum as one


def test_llama_3_took_as_many_flop_as_its_paper_says():
    assert flop_per_token(model("llama-3.1-405b"), 8192, convention=SIX_N) * 15.6e12 == pytest.approx(
        3.8e25, rel=0.01
    )


def test_backward_is_twice_forward():
    shape = model("llama-3-70b")

    assert flop_per_token(shape, 8192) == pytest.approx(3 * forward_flop_per_token(shape, 8192).total)


def test_causal_halves_the_core_and_nothing_else():
    shape = model("qwen3-8b")
    full, causal = (forward_flop_per_token(shape, 4096, causal=one) for one in (False, True))

    assert full.attention_core == 2 * causal.attention_core
    assert full.matrices == causal.matrices


def test_an_encoder_sees_all():
    shape = model("bert-large")

    assert flop_per_token(shape, 512, causal=True) == flop_per_token(shape, 512, causal=False)


def test_full_recompute_without_output_is_four_thirds():
    shape = model("llama-2-7b")
    bare = FlopConvention(vocabulary=False)
    again = FlopConvention(vocabulary=False, recompute=Recompute.FULL)

    ratio = flop_per_token(shape, 4096, convention=again) / flop_per_token(shape, 4096, convention=bare)

    assert ratio == pytest.approx(4 / 3)


def test_eight_n_is_a_little_low():
    shape = model("bloom-176b")

    ratio = flop_per_token(shape, 2048, convention=EIGHT_N) / flop_per_token(
        shape, 2048, convention=HARDWARE_FULL
    )

    assert 0.96 < ratio < 1.0


def test_long_sequences_outgrow_six_n():
    shape = model("mpt-3b")

    growth = flop_per_token(shape, np.array([2048, 65536]), convention=MODEL_FULL_ATTENTION)

    assert growth[1] / flop_per_token(shape, 65536, convention=SIX_N) > 4
    assert growth[0] < growth[1]


@pytest.mark.parametrize("shape", list(models().values()), ids=lambda one: one.id)
def test_a_token_costs_two_flop_for_each_active_parameter_in_the_layers(shape: ModelShape):
    whole = parameters(shape)
    if shape.cross_attention:
        pytest.skip("keys and values of the second attention are not for each token")
    active_layers = whole.active - whole.embedding - whole.output - whole.other - whole.norms

    matrices = float(forward_flop_per_token(shape, shape.sequence_length).matrices)

    assert matrices == pytest.approx(2 * active_layers, rel=0.002)  # biases: 13/(12·768) at the narrowest


def test_arrays_and_scalars_agree():
    shape = model("gemma-2-27b")
    lengths = np.array([[1, 512], [4096, 131072]])

    together = flop_per_token(shape, lengths)

    assert together.shape == (2, 2)
    for place, length in np.ndenumerate(lengths):
        assert together[place] == flop_per_token(shape, length)


def test_lora_spares_the_weight_gradients():
    shape = model("llama-2-70b")
    base, lora = flop_per_token(shape, 8192), flop_per_token(shape, 8192, lora=Lora(rank=16))

    assert 0.66 < lora / base < 0.70
    assert adapter_parameters(shape, Lora(rank=16)) == 65_536_000
    assert adapter_parameters(shape, Lora(rank=16, feed_forward=True)) == 65_536_000 + 16 * 80 * 3 * (
        8192 + 28672
    )


def test_the_predicting_layer_adds_four_percent():
    shape = model("deepseek-v3")

    more = flop_per_token(shape, 4096, multi_token_prediction=True) / flop_per_token(shape, 4096)

    assert more == pytest.approx(1.041, abs=0.001)
    assert flop_per_token(model("llama-3-8b"), 4096, multi_token_prediction=True) == flop_per_token(
        model("llama-3-8b"), 4096
    )


def test_the_mean_token_of_a_window_is_charged_with_the_keys_it_sees():
    length, window = 1000, 300
    counted = np.minimum(
        np.arange(length) + 0.5, window
    ).mean()  # half of itself, as half of the sequence says

    assert keys_seen(length, causal=True, window=window) == pytest.approx(counted, rel=1e-12)
    assert keys_seen(length, causal=True, window=5000) == keys_seen(length, causal=True)


@pytest.mark.parametrize(
    ("id", "bytes_per_token"),
    [
        ("gpt3-175b", 2 * 2 * 96 * 12288),
        ("llama-3-70b", 2 * 2 * 80 * 8 * 128),
        ("gemma-2b", 2 * 2 * 18 * 256),
        ("deepseek-v3", 2 * 61 * 576),
        ("hunyuan-large", 2 * 2 * 32 * 8 * 80),
        ("minimax-01", 2 * 2 * 10 * 8 * 128),
    ],
)
def test_what_a_token_leaves_in_the_cache(id: str, bytes_per_token: int):
    assert kv_cache_bytes_per_token(model(id)) == bytes_per_token


def test_windows_and_states_do_not_grow():
    windowed, stateful = model("mistral-7b"), model("minimax-01")

    assert kv_cache_bytes(windowed, 32768) == kv_cache_bytes(windowed, 4096)
    assert kv_cache_bytes(stateful, 1) - kv_cache_bytes_per_token(stateful) == 2 * 70 * 64 * 128**2
    assert kv_cache_bytes(model("llama-3-8b"), 1000, 1.0) == 500 * kv_cache_bytes_per_token(
        model("llama-3-8b")
    )


@pytest.mark.parametrize("length", [0, -5, np.nan, np.inf])
def test_a_length_that_is_none_is_refused(length: float):
    with pytest.raises(InputError, match="a length that is not positive"):
        flop_per_token(model("llama-3-8b"), length)
    with pytest.raises(InputError, match="a length that is not positive"):
        kv_cache_bytes(model("llama-3-8b"), [1, length])


def test_an_unknown_kind_and_a_rank_of_nought_are_refused():
    with pytest.raises(InputError, match="unknown kind of TFLOP/s: 'peak'; expected model or"):
        convention_named("peak")
    with pytest.raises(InputError, match="rank 0"):
        flop_per_token(model("llama-3-8b"), 4096, lora=Lora(rank=0))


def test_rows_with_tokens_and_flop_follow_their_convention():
    """The published TFLOP/s over tokens/s is our FLOP for a token, where the row's shape is whole and its counting is known."""
    path = os.environ.get("CHIPLEDGER_TRAINING_RUNS")
    if not path:
        pytest.skip("set CHIPLEDGER_TRAINING_RUNS to a table of training runs")
    apart = []
    with Path(path).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            known = (
                row["tflops_kind"] and row["tflops_per_chip"] and row["tokens_per_s_per_chip"] and row["seq"]
            )
            if row["kind"] != "train" or not known or row["model"].startswith(("GPT-OSS", "GPT 1")):
                continue
            try:
                shape = model(row["model"])
            except InputError:
                continue
            if shape.learned_positions:
                shape = shape.model_copy(update={"learned_positions": int(row["seq"])})
            convention = convention_named(row["tflops_kind"], row["framework"])
            stated = float(row["tflops_per_chip"]) * 1e12 / float(row["tokens_per_s_per_chip"])
            with_and_without = [
                float(
                    flop_per_token(shape, int(row["seq"]), convention=convention, multi_token_prediction=one)
                )
                for one in (False, True)
            ]
            apart.append(min(abs(one / stated - 1) for one in with_and_without))

    assert len(apart) > 100
    assert np.median(apart) < 0.005
    assert np.quantile(apart, 0.95) < 0.02


def test_model_flop_is_the_default():
    assert flop_per_token(model("llama-3-8b"), 4096) == flop_per_token(
        model("llama-3-8b"), 4096, convention=MODEL
    )
