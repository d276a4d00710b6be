"""Search against brute force: bounds, first places, fronts, shards; and layouts played pass by pass."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.engine.bounds import Bounds
from chipledger.engine.run import run
from chipledger.perf.cluster import cluster
from chipledger.perf.front import first_places, front_places
from chipledger.perf.memory import memory
from chipledger.perf.models import model
from chipledger.perf.played import played
from chipledger.perf.search import Candidates, merged, search
from chipledger.perf.shapley import coalitions, shapley
from chipledger.perf.shards import Space, search_shard, shards_of
from chipledger.perf.step import step_seconds
from chipledger.perf.strategy import Layouts, Method, Offload, Schedule
from chipledger.perf.validity import Choices, how_many_blocks, layouts_of, why_not

SPACES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["gpt3-13b", "llama-2-7b", "mixtral-8x7b", "qwen3-30b-a3b", "llama-3-70b"]),
        "chip": st.sampled_from(["a100-sxm", "h20", "h800", "h100", "rtx-4090"]),
        "chips": st.sampled_from([8, 16, 32]),
        "batch": st.sampled_from([8, 24, 64]),
        "schedule": st.sampled_from([Schedule.ONE_F_ONE_B, Schedule.ZERO_BUBBLE]),
        "overlap": st.booleans(),
        "context": st.sampled_from([(1,), (1, 2, 4)]),
        "offload": st.sampled_from([(Offload.NONE,), (Offload.NONE, Offload.OPTIMIZER_CPU)]),
    }
)


def space(asked):
    method = Method(
        schedule=asked["schedule"], overlap_tensor=asked["overlap"], overlap_gradients=asked["overlap"]
    )
    made = cluster(asked["chip"])
    if asked["chips"] > made.chips_joined and made.inter is None:
        made = cluster("h20")
    return Space(
        shape=model(asked["name"]), cluster=made.with_chips(asked["chips"]), chips=asked["chips"], global_batch=asked["batch"],
        sequence_length=2048, method=method, choices=Choices(context=asked["context"], offload=asked["offload"]),
    )  # fmt: skip


def rows(found: Candidates) -> list[tuple[float, ...]]:
    arrays = [getattr(found.layouts, one.name) for one in fields(Layouts)]
    return list(zip(found.seconds, found.seconds_per_token, *arrays, strict=True))


def cut(asked: Space, size: int):
    """The same layouts in blocks of another size."""
    return layouts_of(
        asked.shape, asked.cluster, chips=asked.chips, global_batch=asked.global_batch, sequence_length=asked.sequence_length,
        method=asked.method, choices=asked.choices, block=size,
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(SPACES, st.sampled_from([37, 300, 4096]), st.sampled_from([1, 5]))
def test_bounds_change_nothing_and_the_first_are_those_of_brute_force(asked, size, most):
    given_space = space(asked)
    shape, where, method = given_space.shape, given_space.cluster, given_space.method
    plain = []
    for block in cut(given_space, 4096):
        kept = block.take(memory(shape, where, block, method).fits(where))
        plain += list(step_seconds(shape, where, kept, method).total / kept.tokens)
    ask = {"most": most}
    if not plain:
        with pytest.raises(InputError, match="not one of"):
            search(shape, where, cut(given_space, size), method, **ask)
        return
    bounded = search(shape, where, cut(given_space, size), method, **ask)
    whole = search(shape, where, cut(given_space, size), method, is_bounded=False, **ask)

    assert rows(bounded.best) == rows(whole.best)
    assert bounded.costed <= bounded.fitting == whole.costed == len(plain)
    assert bounded.best.seconds_per_token == pytest.approx(sorted(plain)[:most], rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(SPACES, st.integers(1, 4), st.booleans())
def test_shards_give_the_same_bytes_however_the_space_is_cut(asked, blocks, front):
    one = space(asked)
    ask = {"most": 4, "with_front": front, "price_per_chip_hour": 2.0}
    alone = [search_shard(each) for each in shards_of([one, one], **ask)]
    parts = [search_shard(each) for each in shards_of([one, one], blocks=blocks, **ask)]
    joined, other = merged(alone, 4, front), merged(parts, 4, front)

    for name in ("best", "front"):
        for field in fields(Candidates):
            mine, theirs = (
                getattr(getattr(joined, name), field.name),
                getattr(getattr(other, name), field.name),
            )
            if field.name == "layouts":
                assert rows(getattr(joined, name)) == rows(getattr(other, name))
            else:
                assert mine.tobytes() == theirs.tobytes()
    assert (joined.seen, joined.fitting) == (other.seen, other.fitting)


def test_shards_run_in_processes_as_here():
    asked = space({"name": "llama-2-7b", "chip": "h100", "chips": 16, "batch": 64, "schedule": Schedule.ONE_F_ONE_B, "overlap": True, "context": (1,), "offload": tuple(Offload)})  # fmt: skip
    shards = shards_of([asked], most=7, blocks=1)
    here = [one.value for one in run(search_shard, shards, jobs=1, bounds=Bounds(60))]
    there = [one.value for one in run(search_shard, shards, jobs=2, bounds=Bounds(60))]

    assert rows(merged(here, 7).best) == rows(merged(there, 7).best)
    assert [one.costed for one in here] == [one.costed for one in there]


def test_a_shard_passes_over_blocks_without_making_them():
    asked = {"chips": 64, "global_batch": 256, "block": 500}
    shape, where = model("gpt3-175b"), cluster("a100-sxm")
    whole = list(layouts_of(shape, where, **asked))
    count = how_many_blocks(shape, where, **asked)

    assert count == len(whole)
    for first, last in ((0, 1), (3, 7), (count - 1, count), (count, None)):
        some = list(layouts_of(shape, where, first=first, last=last, **asked))
        assert len(some) == len(whole[first:last])
        for one, other in zip(some, whole[first:last], strict=True):
            assert all(
                (getattr(one, each.name) == getattr(other, each.name)).all() for each in fields(Layouts)
            )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=40))
def test_a_front_is_what_brute_force_finds_beaten_by_nothing(points):
    measures = np.array(points, dtype=float)
    beaten = [
        any((other <= one).all() and (other < one).any() for other in measures)
        or any((measures[before] == one).all() for before in range(place))
        for place, one in enumerate(measures)
    ]

    assert sorted(front_places(measures)) == [
        place for place, is_beaten in enumerate(beaten) if not is_beaten
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([1.0, 2.0, 3.0, np.inf, np.nan, -1.0]), max_size=60), st.integers(1, 12))
def test_first_places_are_a_stable_sort_of_what_is_a_number(values, most):
    usable = [(value, place) for place, value in enumerate(values) if np.isfinite(value)]

    assert list(first_places(np.array(values, dtype=float), most)) == [
        place for _, place in sorted(usable)[:most]
    ]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_worths_of_techniques_are_even_handed_and_add(seed):
    """Shapley's axioms beside those of the counterfactuals' own tests: symmetry and additivity."""
    draw = np.random.default_rng(seed)
    one, other = draw.normal(size=16), draw.normal(size=16)
    held = coalitions(4)
    swapped = held[:, [1, 0, 2, 3]]
    mirrored = one[(swapped * 2 ** np.arange(4)).sum(axis=1)]

    assert shapley(one + 3 * other) == pytest.approx(shapley(one) + 3 * shapley(other))
    assert shapley(mirrored) == pytest.approx(shapley(one)[[1, 0, 2, 3]])
    assert shapley(one + mirrored)[0] == pytest.approx(shapley(one + mirrored)[1])


class TestPlayed:
    DEEP = Layouts.where(
        tensor=8, pipeline=[8, 8, 8, 16, 16, 4], virtual_stages=[1, 2, 3, 1, 3, 6], data=1, global_batch=[16, 16, 24, 32, 48, 8],
        sequence_length=2048, sequence_parallel=1,
    )  # fmt: skip

    @pytest.mark.parametrize("schedule", Schedule)
    def test_the_closed_form_and_the_played_schedule_agree_on_the_last_handful(self, schedule):
        few = self.DEEP if schedule is Schedule.ONE_F_ONE_B else self.DEEP.take(np.array([0, 3]))
        asked = model("gpt3-175b"), cluster("a100-sxm").with_chips(128), few, Method(schedule=schedule)
        found = played(*asked)

        assert found.is_played.all()
        assert found.seconds == pytest.approx(step_seconds(*asked).total, rel=0.02)

    def test_many_rounds_are_not_played_and_stay_as_they_are(self):
        many = Layouts.where(tensor=8, pipeline=8, global_batch=[32, 8], sequence_length=2048)
        asked = model("gpt3-175b"), cluster("a100-sxm").with_chips(64), many, Method()
        found = played(*asked)

        assert found.is_played.tolist() == [False, True]
        assert found.seconds[0] == step_seconds(*asked).total[0]
        assert found.order.tolist() == [1, 0]
        assert found.order_changes

    def test_no_more_than_a_handful_is_played(self):
        many = Layouts.where(pipeline=4, global_batch=np.full(50, 8), sequence_length=512)

        assert len(played(model("llama-2-7b"), cluster("h100"), many, Method()).seconds) == 10


def test_a_dense_model_has_no_use_for_experts_tensor_and_is_not_refused_for_it():
    one = Layouts.where(
        tensor=8, expert_tensor=8, global_batch=8, sequence_length=2048, recompute=2
    ).strategy(0)

    assert why_not(model("llama-2-7b"), cluster("h100"), one) is None
