"""What a step charges for, held against the counts of the papers that its terms come from."""

import numpy as np
import pytest

from chipledger.perf.cluster import cluster
from chipledger.perf.constants import constants
from chipledger.perf.flop import MODEL, flop_per_token
from chipledger.perf.layer import machine, output_layer
from chipledger.perf.models import model
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
