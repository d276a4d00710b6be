"""Memory against what papers and runs print, and laws that hold whatever the constants."""

import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from chipledger.perf.cluster import cluster
from chipledger.perf.flop import Lora
from chipledger.perf.memory import KINDS, memory
from chipledger.perf.models import model
from chipledger.perf.serving import ServingLayout, engine, key_value_capacity_tokens
from chipledger.perf.strategy import Layouts, Method, Offload, Schedule, Strategy

GIB = 2**30
OLD = Method(flash_attention=False)


def kept(name, chip="a100-sxm", method=OLD, **layout):
    given = {"global_batch": 512, "sequence_length": 2048} | layout
    return memory(model(name), cluster(chip), Layouts.where(**given), method)


def activations_gib(name, **layout):
    found = kept(name, **layout)
    return float(found.activations[0]) / GIB


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("megatron-gpt-22b", {"tensor": 8, "micro_batch": 4}),
        ("gpt3-175b", {"tensor": 8, "pipeline": 8, "virtual_stages": 3}),
        ("mt-nlg-530b", {"tensor": 8, "pipeline": 35, "virtual_stages": 3}),
    ],
)
def test_selective_recompute_and_sequence_parallelism_save_what_the_paper_says(name, layout):
    """Korthikanti et al. (arXiv 2205.05198), figure 7: both together keep under a fifth; each alone about half to two thirds."""
    before = activations_gib(name, **layout)
    sequence = activations_gib(name, sequence_parallel=1, **layout)
    selective = activations_gib(name, recompute=1, **layout)
    both = activations_gib(name, sequence_parallel=1, recompute=1, **layout)

    assert 0.1 < both / before < 0.25
    assert 0.5 < sequence / before < 0.75
    assert 0.3 < selective / before < 0.65


def test_a_layer_keeps_what_the_paper_counts():
    """Equation 2: sbh (10 + 24/t + 5as/(ht)); equation 4: sbh (34 + 5as/h) / t; both a little more for the sums of fused softmax."""
    sequence, batch, hidden, heads, split = 2048, 1, 12288, 96, 8
    layers = 96 / 8 * (1 + 7 / (8 * 3)) * 8  # of the first stage, with those in flight (section 4.2.3)
    scores = 5 * heads * sequence / hidden
    plain = sequence * batch * hidden * (10 + 24 / split + scores / split) * layers / GIB
    parted = sequence * batch * hidden * (34 + scores) / split * layers / GIB
    layout = {"tensor": 8, "pipeline": 8, "virtual_stages": 3}

    assert activations_gib("gpt3-175b", **layout) == pytest.approx(plain, rel=0.01)
    assert activations_gib("gpt3-175b", sequence_parallel=1, **layout) == pytest.approx(parted, rel=0.01)


def test_states_are_sixteen_bytes_a_parameter_split_as_zero_says():
    """Rajbhandari et al. (arXiv 1910.02054), figure 1: 7.5 billion parameters on 64 ranks take 120, 31.4, 16.6 and 1.9 GB."""
    method = Method(gradient_bytes=2.0)
    found = kept("megatron-gpt-7.5b", method=method, data=64, sharding=[0, 1, 2, 3])
    states = (found.weights + found.gradients + found.optimizer) / 1e9

    assert states == pytest.approx([120.0, 31.4, 16.6, 1.9], rel=0.05)


def test_more_sharding_more_recompute_and_more_splits_never_take_more():
    sharded = kept("llama-2-70b", method=Method(), data=64, sharding=[0, 1, 2, 3]).weights
    again = kept("llama-2-70b", method=Method(), recompute=[0, 1, 2]).activations
    split = kept("llama-2-70b", method=Method(), tensor=[1, 2, 4, 8]).allocated
    away = kept("llama-2-70b", method=Method(), data=8, sharding=3, offload=[0, 1, 2])

    assert (np.diff(sharded) <= 0).all()
    assert (np.diff(again) < 0).all()
    assert (np.diff(split) < 0).all()
    assert (np.diff(away.allocated) < 0).all()
    assert (np.diff(away.host) > 0).all()


def test_the_first_stage_holds_most_passes_and_the_last_the_logits():
    found = kept("llama-3-70b", method=Method(), tensor=8, pipeline=8, sequence_length=8192)
    first, _, last = found.by_stage[:, 0]

    assert first > last
    alone = kept("llama-3-8b", method=Method(), pipeline=2, micro_batch=8, recompute=2, sequence_length=8192)
    assert alone.by_stage[2, 0] > alone.by_stage[0, 0]
    assert alone.logits[0] > 0


def test_two_copies_stand_in_a_pipeline_from_both_ends():
    one = kept("deepseek-v3", method=Method(), pipeline=16, expert=64, data=64, sharding=1)
    two = kept(
        "deepseek-v3", method=Method(schedule=Schedule.DUALPIPE), pipeline=16, expert=64, data=64, sharding=1
    )

    assert 1.8 < two.weights[0] / one.weights[0] < 2.05
    assert two.optimizer == pytest.approx(one.optimizer, rel=0.2)


def test_one_strategy_and_many_layouts_are_told_alike():
    strategies = [
        Strategy(
            tensor=tensor,
            data=8 // tensor,
            global_batch=64,
            sequence_length=4096,
            sequence_parallel=tensor > 1,
        )
        for tensor in (1, 2, 4, 8)
    ]
    many = memory(model("mixtral-8x7b"), cluster("h100"), Layouts.of(*strategies), Method())
    for place, one in enumerate(strategies):
        lone = memory(model("mixtral-8x7b"), cluster("h100"), Layouts.of(one), Method())
        for field in fields(lone):
            if field.name != "by_stage":
                assert getattr(lone, field.name)[0] == pytest.approx(
                    getattr(many, field.name)[place], rel=1e-12
                )


def test_the_kinds_add_up_to_the_fullest_stage():
    found = kept("deepseek-v3", method=Method(format="fp8"), pipeline=16, expert=64, data=64, sharding=1)

    assert sum(getattr(found, name) for name in KINDS) == pytest.approx(found.by_stage.max(axis=0))
    assert found.low_precision[0] > 0


def hunyuan(chips, *, lora=None, offload=Offload.NONE):
    method = Method(gradient_bytes=2.0, fused=False, lora=lora)
    asked = Strategy(
        data=chips,
        global_batch=chips,
        sequence_length=4096,
        sharding=3,
        recompute="full",
        offload=offload,
        method=method,
    )
    made = cluster("h20").with_chips(chips)
    return bool(memory(model("hunyuan-large"), made, Layouts.of(asked), method).fits(made)[0])


def test_hunyuan_large_trains_on_as_many_h20_as_its_owner_says():
    """Its README: full fine-tuning takes 32 H20 (ZeRO-3 with offload), LoRA 8."""
    away = (Offload.OPTIMIZER_CPU, Offload.ALL_CPU)

    assert not hunyuan(32)
    assert any(hunyuan(32, offload=one) for one in away)
    assert not any(hunyuan(16, offload=one) for one in away)
    assert not hunyuan(8, lora=Lora(rank=64))
    assert hunyuan(8, lora=Lora(rank=64), offload=Offload.ALL_CPU)


@pytest.mark.parametrize(("weight_bytes", "fewest"), [(2.0, 16), (1.0, 8)])
def test_hunyuan_large_is_served_on_as_many_h20_as_its_owner_says(weight_bytes, fewest):
    """Its README: bf16 on 16 H20, 8 bit on 8."""
    fitting = []
    for chips in (4, 8, 16):
        layout = ServingLayout(tensor_parallel=chips, weight_bytes=weight_bytes)
        try:
            room = key_value_capacity_tokens(
                model("hunyuan-large"), cluster("h20"), layout, engine("vllm-2024")
            )
        except Exception:
            continue
        if room > 0:
            fitting.append(chips)

    assert min(fitting) == fewest


@pytest.mark.skipif(
    not os.environ.get("CHIPLEDGER_TRAINING_RUNS"), reason="set CHIPLEDGER_TRAINING_RUNS to a table of runs"
)
def test_no_run_that_was_measured_is_refused():
    from chipledger.perf.rows import Question, questions, read_rows

    asked = [
        one
        for one in questions(read_rows(Path(os.environ["CHIPLEDGER_TRAINING_RUNS"])))
        if isinstance(one, Question) and one.row.mem_gib
    ]
    refused = [
        one.row.row_id
        for one in asked
        if not memory(one.shape, one.cluster, Layouts.of(one.strategy), one.strategy.method).fits(
            one.cluster
        )[0]
    ]

    assert not refused
