"""Layouts that can be: each once, all of them, in blocks; and why another cannot."""

from dataclasses import fields
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.perf.cluster import cluster
from chipledger.perf.models import model
from chipledger.perf.strategy import Layouts, Method, Offload, Schedule, Sharding, Strategy
from chipledger.perf.validity import Choices, how_many, layouts_of, why_not


def every(name, chips, global_batch, chip="h100", **more):
    blocks = list(layouts_of(model(name), cluster(chip), chips=chips, global_batch=global_batch, **more))
    return Layouts(
        **{one.name: np.concatenate([getattr(each, one.name) for each in blocks]) for one in fields(Layouts)}
    )


def rows(layouts):
    return set(zip(*(getattr(layouts, one.name) for one in fields(Layouts)), strict=True))


@pytest.mark.parametrize("name", ["llama-2-7b", "mixtral-8x7b", "deepseek-v3", "gpt3-175b"])
def test_each_layout_is_given_once_uses_all_chips_and_divides(name):
    shape, found = model(name), every(name, 64, 256)

    assert len(rows(found)) == len(found)
    assert (found.chips == 64).all()
    assert (found.global_batch % (found.micro_batch * found.data) == 0).all()
    assert (shape.num_attention_heads % found.tensor == 0).all()
    assert (found.pipeline * found.virtual_stages <= shape.num_layers).all()
    assert ((found.data * found.context * found.tensor) % (found.expert * found.expert_tensor) == 0).all()


def test_what_is_streamed_is_what_a_plain_product_gives():
    """The second way is slow, and so plain that it is seen to be right."""
    shape, chips, batch = model("llama-2-7b"), 16, 32
    choices = Choices(recompute=(0, 2), sharding=(Sharding.NONE, Sharding.PARAMETERS), shard_in_node=False)
    plain = set()
    for tensor, pipeline, data, micro in product(range(1, 17), range(1, 17), range(1, 17), range(1, 33)):
        if tensor * pipeline * data != chips or batch % (data * micro) or 32 % tensor or 11008 % tensor:
            continue
        passes = batch // (data * micro)
        for chunks in range(1, 33):
            spare = -(-32 // (pipeline * chunks)) * pipeline * chunks - 32
            if pipeline * chunks > 32 or spare > 3 or (chunks > 1 and (pipeline == 1 or passes % pipeline)):
                continue
            for again, shard, both in product((0, 2), (0, 3), (0, 1)):
                if (shard and data == 1) or (both and tensor == 1):
                    continue
                plain.add((tensor, pipeline, chunks, data, micro, again, shard, both))
    found = every("llama-2-7b", chips, batch, choices=choices)
    names = (
        "tensor",
        "pipeline",
        "virtual_stages",
        "data",
        "micro_batch",
        "recompute",
        "sharding",
        "sequence_parallel",
    )

    assert set(zip(*(getattr(found, name) for name in names), strict=True)) == plain
    assert (
        len(found)
        == len(plain)
        == how_many(shape, cluster("h100"), chips=chips, global_batch=batch, choices=choices)
    )


def test_blocks_stay_small_and_give_the_same_whatever_their_size():
    small = [
        len(one)
        for one in layouts_of(model("gpt3-175b"), cluster("h100"), chips=64, global_batch=64, block=500)
    ]

    assert max(small) <= 500
    assert rows(every("gpt3-175b", 64, 64, block=500)) == rows(every("gpt3-175b", 64, 64))


def test_a_large_space_is_counted_without_being_made():
    wide = Choices(context=None, offload=tuple(Offload), recompute_share=(0.25, 0.5, 0.75, 1.0))

    assert (
        how_many(model("gpt3-175b"), cluster("a100-sxm"), chips=4096, global_batch=4096, choices=wide)
        > 4_000_000
    )


def test_schedules_bound_pipelines():
    two_ways = every("deepseek-v3", 64, 256, method=Method(schedule=Schedule.DUALPIPE))
    passes = two_ways.micro_batches

    assert (two_ways.virtual_stages == 1).all()
    assert (
        (two_ways.pipeline == 1) | ((two_ways.pipeline % 2 == 0) & (passes >= 2 * two_ways.pipeline))
    ).all()


def asked(**more):
    return Strategy(**({"global_batch": 64, "sequence_length": 4096} | more))


@pytest.mark.parametrize(
    ("name", "strategy", "words"),
    [
        ("llama-2-7b", asked(tensor=3, data=2), "32 heads do not divide among tensor 3"),
        ("llama-2-7b", asked(pipeline=64), "32 layers are fewer than pipeline 64"),
        ("llama-2-7b", asked(data=8, micro_batch=3), "does not divide into data 8 x micro_batch 3"),
        (
            "llama-2-7b",
            asked(pipeline=8, virtual_stages=2, micro_batch=16),
            "4 micro-batches are no multiple of pipeline 8",
        ),
        ("mixtral-8x7b", asked(data=8, expert=3), "8 experts do not divide among expert 3"),
        ("mixtral-8x7b", asked(data=4, expert=8), "does not divide data x context x tensor 4"),
        ("llama-2-7b", asked(data=8, expert=2), "has no experts"),
        ("llama-2-7b", asked(context=3, data=2), "do not divide into 6 pieces"),
        ("llama-2-7b", asked(data=8, shard_group=3), "groups of 3 do not divide 8 ranks"),
        (
            "deepseek-v3",
            asked(pipeline=16, global_batch=16, method=Method(schedule=Schedule.DUALPIPE)),
            "at least 32 micro-batches, not 16",
        ),
    ],
)
def test_what_does_not_divide_is_named(name, strategy, words):
    found = why_not(model(name), cluster("h100"), strategy)

    assert found is not None
    assert any(words in reason for reason in found.reasons), found.reasons


def test_what_does_not_fit_is_named_with_the_nearest_that_does():
    made = cluster("h100").with_chips(64)
    found = why_not(model("llama-2-70b"), made, asked(tensor=8, data=8))

    assert "GiB on a chip of 79.2 GiB" in found.reasons[0]
    assert found.nearest.chips == 64
    assert why_not(model("llama-2-70b"), made, found.nearest) is None
    assert "the nearest that fits: tensor" in found.remedy


def test_where_no_layout_fits_more_chips_are_named():
    found = why_not(model("gpt3-175b"), cluster("h100"), asked(tensor=8))

    assert found.nearest.chips > 8
    assert "no layout on 8 chips fits" in found.remedy


def test_a_host_too_small_is_named():
    away = asked(data=8, sharding=3, offload=Offload.ALL_CPU, recompute="full")
    found = why_not(model("deepseek-v3"), cluster("h20"), away)

    assert "of host memory for each chip" in found.reasons[0] or "GiB on a chip" in found.reasons[0]


def test_what_runs_is_not_refused():
    good = asked(tensor=8, pipeline=8, data=8, sharding=1, sequence_parallel=True, recompute="selective")

    assert why_not(model("gpt3-175b"), cluster("a100-sxm").with_chips(512), good) is None


def test_numbers_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="numbers of 1 or more"):
        next(layouts_of(model("llama-2-7b"), cluster("h100"), chips=0, global_batch=64))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["llama-2-13b", "mixtral-8x22b", "qwen3-235b-a22b", "gpt3-13b"]),
    st.integers(1, 96),
    st.integers(1, 96),
)
def test_no_layout_that_is_streamed_is_refused_for_what_does_not_divide(name, chips, batch):
    for block in layouts_of(model(name), cluster("h100"), chips=chips, global_batch=batch):
        for place in range(0, len(block), max(1, len(block) // 5)):
            found = why_not(model(name), cluster("h100"), block.strategy(place))
            assert found is None or "GiB" in found.reasons[0], (block.strategy(place), found)
