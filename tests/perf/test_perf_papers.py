"""What a step charges for, held against the counts of the papers that its terms come from."""

from pathlib import Path

import numpy as np
import pytest

from chipledger.perf import step as step_module
from chipledger.perf.cluster import cluster
from chipledger.perf.constants import constants
from chipledger.perf.exchange import gather_seconds
from chipledger.perf.flop import MODEL, flop_per_token
from chipledger.perf.layer import machine, output_layer
from chipledger.perf.memory import memory
from chipledger.perf.models import model
from chipledger.perf.network import collective_seconds
from chipledger.perf.parameters import layer_parameters
from chipledger.perf.step import step_seconds
from chipledger.perf.strategy import Layouts, Method


class TestExtraLayers:
    """DeepSeek-V3 (arXiv 2412.19437), section 2.2: one more layer, output and loss, and a product of two hidden states."""

    def test_extra_layers_take_time_as_they_take_flop(self):
        shape, where = model("deepseek-v3"), cluster("h800").with_chips(256)
        one = Layouts.where(data=256, expert=64, global_batch=1024, sequence_length=4096)

        plain, more = (
            step_seconds(shape, where, one, Method(multi_token_prediction=extra)) for extra in (False, True)
        )
        flop = [
            flop_per_token(shape, 4096, convention=MODEL, multi_token_prediction=extra)
            for extra in (False, True)
        ]

        for term in ("products", "attention", "passes", "expert"):
            assert 1.01 < (getattr(more, term) / getattr(plain, term))[0] < 1.12
        assert (more.products / plain.products)[0] == pytest.approx(flop[1] / flop[0], abs=0.02)

    def test_they_stand_on_the_last_stage(self):
        shape, where = model("deepseek-v3"), cluster("h800").with_chips(256)
        full = Layouts.where(pipeline=2, data=128, expert=64, global_batch=1024, sequence_length=4096)

        plain, more = (
            step_seconds(shape, where, full, Method(multi_token_prediction=extra)).total
            for extra in (False, True)
        )

        assert (more > plain).all()

    def test_a_model_without_them_is_as_before(self):
        shape, where = model("llama-3-8b"), cluster("h100")
        one = Layouts.where(data=8, global_batch=64, sequence_length=4096)
        plain, asked = (
            output_layer(shape, one, each, machine(where, each, constants()))[0].total
            for each in (Method(), Method(multi_token_prediction=True))
        )

        assert np.array_equal(plain, asked)


class TestShardedExperts:
    """Rajbhandari et al. (arXiv 1910.02054), section 7.2.2, where experts are split among the same ranks (arXiv 2504.14960, section 3)."""

    def test_experts_that_no_other_rank_holds_are_gathered_from_nobody(self):
        shape, where = model("mixtral-8x7b"), cluster("h100").with_chips(8)
        given = {"data": 8, "global_batch": 64, "sequence_length": 4096, "sharding": 3}
        split, whole = Layouts.where(**given, expert=8), Layouts.where(**given)
        around = layer_parameters(shape).mixture - layer_parameters(shape).routed_experts_total

        found = gather_seconds(shape, split, Method(), where).gather_mixture

        assert found == pytest.approx(collective_seconds("all_gather", 2.0 * around, 8, 8, where))
        assert (found < gather_seconds(shape, whole, Method(), where).gather_mixture / 5).all()

    def test_experts_held_once_a_node_cross_one_card_each(self):
        shape, where = model("mixtral-8x7b"), cluster("h100").with_chips(64)
        one = Layouts.where(data=64, expert=8, global_batch=64, sequence_length=4096, sharding=3)
        layer = layer_parameters(shape)
        routed, around = layer.routed_experts_total / 8, layer.mixture - layer.routed_experts_total

        found = gather_seconds(shape, one, Method(), where).gather_mixture

        asked = (
            collective_seconds("all_gather", 2.0 * around, 64, 8, where),
            collective_seconds("all_gather", 2.0 * routed, 8, 1, where),
        )
        assert found == pytest.approx(sum(asked))

    def test_a_group_of_shards_holds_all_experts(self):
        shape, where = model("mixtral-8x7b"), cluster("h100").with_chips(64)
        given = {"data": 64, "global_batch": 64, "sequence_length": 4096, "sharding": 3}
        inside, across = (
            memory(shape, where, Layouts.where(**given, shard_group=group), Method()) for group in (8, 64)
        )

        assert (inside.weights / across.weights)[0] == pytest.approx(8.0)
        assert (inside.optimizer / across.optimizer)[0] == pytest.approx(8.0)

    def test_between_groups_a_stage_sums_its_own_layers_alone(self):
        shape, where = model("llama-3-70b"), cluster("h100").with_chips(128)
        given = {"global_batch": 128, "sequence_length": 4096, "sharding": 3, "shard_group": 8}
        whole, half = (
            gather_seconds(shape, Layouts.where(**given, data=data, pipeline=deep), Method(), where).replicas
            for data, deep in ((64, 1), (64, 2))
        )

        assert (half / whole)[0] == pytest.approx(0.5, abs=0.03)


class TestThirtyTwoBit:
    """Where products are of 32 bit, so is what goes between them: twice the bytes in memory and in messages (arXiv 2205.05198, section 4)."""

    @pytest.mark.parametrize(
        "layout", [{"tensor": 8, "sequence_parallel": 1}, {"pipeline": 8}, {"context": 8}]
    )
    def test_messages_between_products_are_twice_as_long(self, layout):
        shape, where = model("llama-2-7b"), cluster("h100").with_chips(8)
        one = Layouts.where(**layout, global_batch=64, sequence_length=4096)
        bare = {"overlap_pipeline": False}
        half, whole = (
            step_seconds(shape, where, one, Method(format=each, **bare)) for each in ("bf16", "tf32")
        )

        sent = {"tensor": "tensor", "pipeline": "hand_over", "context": "context"}[next(iter(layout))]
        if sent != "context":
            assert (getattr(whole, sent) / getattr(half, sent))[0] == pytest.approx(2.0, abs=0.35)
        assert (whole.passes / half.passes)[0] == pytest.approx(2.0, abs=0.35)
        assert (whole.attention / half.attention)[0] == pytest.approx(2.0, abs=0.05)

    def test_activations_take_twice_the_memory(self):
        shape, where = model("llama-2-7b"), cluster("h100")
        one = Layouts.where(data=8, global_batch=64, sequence_length=4096)
        half, whole = (
            memory(shape, where, one, Method(format=each)).activations for each in ("bf16", "tf32")
        )

        assert (whole / half)[0] == pytest.approx(2.0, abs=0.01)


def test_every_switch_of_a_method_is_read_somewhere():
    folder = Path(step_module.__file__).parent
    text = "\n".join(one.read_text(encoding="utf-8") for one in folder.glob("*.py"))

    assert [name for name in Method.model_fields if f"method.{name}" not in text] == []
