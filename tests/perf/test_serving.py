"""Serving, held to what was published of it."""

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.perf.cluster import cluster
from chipledger.perf.models import model
from chipledger.perf.serving import (
    ServingLayout,
    batch_seconds,
    burst_seconds,
    decode_seconds,
    engine,
    engines,
    key_value_capacity_tokens,
    largest_batch,
    prefill_seconds,
    throughput_within,
)

HUNYUAN = model("hunyuan-large")


@pytest.mark.parametrize(("batch", "published_tokens_per_second"), [(1, 20.2), (4, 75.5)])
def test_hunyuan_large_on_16_h20_is_as_slow_as_its_owner_says(batch, published_tokens_per_second):
    where, layout = cluster("h20").with_chips(16), ServingLayout(tensor_parallel=16)
    seconds = decode_seconds(HUNYUAN, where, layout, engine("vllm-2024"), 2048, batch)

    assert batch / seconds.total == pytest.approx(published_tokens_per_second, rel=0.05)


@pytest.mark.parametrize(("batch", "published_tokens_per_second"), [(1, 19.8), (4, 74.9)])
def test_in_fp8_it_is_as_fast_on_half_the_cards_because_the_floor_decides(batch, published_tokens_per_second):
    layout = ServingLayout(tensor_parallel=8, weight_bytes=1.0, format="fp8")
    seconds = decode_seconds(HUNYUAN, cluster("h20"), layout, engine("vllm-2024"), 2048, batch)

    assert batch / seconds.total == pytest.approx(published_tokens_per_second, rel=0.15)
    assert seconds.floor > 4 * seconds.weights


def test_its_weights_ask_for_16_cards_in_16_bit_and_8_in_8_bit():
    with pytest.raises(InputError, match=r"expected \d+ chips or more"):
        key_value_capacity_tokens(
            HUNYUAN, cluster("h20"), ServingLayout(tensor_parallel=8), engine("vllm-2024")
        )
    in_16_bit = ServingLayout(tensor_parallel=16)
    in_8_bit = ServingLayout(tensor_parallel=8, weight_bytes=1.0, format="fp8")
    where = cluster("h20").with_chips(16)

    assert key_value_capacity_tokens(HUNYUAN, where, in_16_bit, engine("vllm-2024")) > 1e6
    assert key_value_capacity_tokens(HUNYUAN, cluster("h20"), in_8_bit, engine("vllm-2024")) > 1e6


@pytest.mark.parametrize(("tokens", "published_seconds"), [(128, 0.047), (2048, 0.377)])
def test_the_first_token_of_llama_2_70b_on_four_a100_comes_when_it_was_measured(tokens, published_seconds):
    layout = ServingLayout(tensor_parallel=4, format="fp16")
    given = (model("llama-2-70b"), cluster("a100-sxm"), layout, engine("tensorrt-llm-2023"))

    assert prefill_seconds(*given, tokens).total == pytest.approx(published_seconds, rel=0.15)


def test_a_dense_model_decodes_at_the_speed_of_its_memory():
    given = (model("qwen2.5-72b"), cluster("h100"), ServingLayout(tensor_parallel=2), engine("vllm-2024"))
    seconds = decode_seconds(*given, 1088)

    assert seconds.total == pytest.approx(0.031, rel=0.05)
    assert seconds.weights > 0.8 * seconds.total


@pytest.mark.parametrize("id", list(engines()))
def test_more_work_never_takes_less_time(id):
    layout, one = ServingLayout(tensor_parallel=8), engine(id)
    batches, lengths = np.array([1, 2, 8, 64, 256]), np.array([16, 128, 2048, 32768])

    for shape in (model("llama-3-70b"), HUNYUAN, model("deepseek-v3")):
        given = (shape, cluster("h100"), layout, one)
        assert (np.diff(decode_seconds(*given, 2048, batches).total) > 0).all()
        assert (np.diff(prefill_seconds(*given, lengths).total) > 0).all()


def test_a_scalar_is_an_array_of_one():
    given = (model("llama-3-8b"), cluster("a100-sxm"), ServingLayout(), engine("vllm-2025"))
    many = decode_seconds(*given, [512, 4096], [[1], [32]]).total

    assert many.shape == (2, 2)
    assert decode_seconds(*given, 4096, 32).total == many[1, 1]


def test_a_burst_takes_no_less_than_its_products_on_a_perfect_chip():
    given = (model("qwen3-14b"), cluster("h100"), ServingLayout(), engine("vllm-2025"))

    assert burst_seconds(*given, 500, 3996, 200).total > 500 * 4196 * 2 * 13.2e9 / 989e12


def test_a_bigger_memory_holds_more_sequences():
    layout, one = ServingLayout(), engine("vllm-2025")

    small = largest_batch(model("qwen2.5-32b"), cluster("h100"), layout, one, 8192)
    large = largest_batch(model("qwen2.5-32b"), cluster("h200"), layout, one, 8192)

    assert large > 5 * small


def test_two_groups_of_a_pipeline_hold_twice_and_answer_no_sooner():
    alone, piped = ServingLayout(tensor_parallel=4), ServingLayout(tensor_parallel=4, pipeline_parallel=2)
    given, one = (model("llama-3-70b"), cluster("h100")), engine("vllm-2025")

    sooner = decode_seconds(*given, alone, one, 2048).total
    held = key_value_capacity_tokens(*given, alone, one)

    assert decode_seconds(*given, piped, one, 2048).total >= sooner
    assert key_value_capacity_tokens(*given, piped, one) > 2 * held


def test_a_target_nobody_meets_is_refused_with_what_it_takes():
    where, layout = cluster("h20").with_chips(16), ServingLayout(tensor_parallel=16)

    with pytest.raises(InputError, match=r"one sequence of 2048 tokens takes .* ms a token"):
        throughput_within(HUNYUAN, where, layout, engine("vllm-2024"), 2048, 0.01)


def test_a_looser_target_serves_no_fewer_tokens():
    given = (
        model("llama-3-70b"),
        cluster("h100"),
        ServingLayout(tensor_parallel=8),
        engine("vllm-2025"),
        2048,
    )

    assert throughput_within(*given, 0.1)[1] >= throughput_within(*given, 0.03)[1]


def test_a_sequence_that_does_not_fit_is_refused():
    given = (model("qwen2.5-32b"), cluster("h100"), ServingLayout(), engine("vllm-2025"))

    with pytest.raises(InputError, match="no sequence of 131072 tokens fits"):
        burst_seconds(*given, 10, 131000, 72)


def test_a_format_that_the_chip_lacks_is_refused():
    layout = ServingLayout(format="fp8")

    with pytest.raises(InputError, match="no dense fp8 rate is known"):
        prefill_seconds(model("llama-3-8b"), cluster("a100-sxm"), layout, engine("vllm-2025"), 128)


def test_no_tokens_and_no_such_engine_are_refused():
    with pytest.raises(InputError, match="no tokens"):
        decode_seconds(model("llama-3-8b"), cluster("h100"), ServingLayout(), engine("vllm-2025"), 0)
    with pytest.raises(InputError, match="expected one of"):
        engine("vllm-1999")


def test_a_batch_that_does_not_fit_runs_in_turns():
    given = (model("llama-2-7b"), cluster("l40s"), ServingLayout(), engine("tensorrt-llm-2023"))

    assert batch_seconds(*given, 128, 2048, 128) > 2 * batch_seconds(*given, 16, 2048, 128)
