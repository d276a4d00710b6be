"""A shape whose parts do not fit is refused; what it derives is what the papers say."""

import pytest
from pydantic import ValidationError

from chipledger.perf.models import model
from chipledger.perf.shape import ModelShape

BASE = {
    "id": "x", "name": "X", "num_layers": 4, "hidden_size": 64, "num_attention_heads": 8,
    "intermediate_size": 256, "vocab_size": 100, "sequence_length": 32,
}  # fmt: skip
MIXTURE = {"count": 8, "active": 2, "intermediate_size": 128}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"attention": "mla"}, "MLA has its latent ranks"),
        ({"intermediate_size": None}, "give intermediate_size or experts"),
        ({"experts": {**MIXTURE, "active": 9}}, "no more experts can be active"),
        (
            {"intermediate_size": None, "experts": {**MIXTURE, "first_dense_layers": 1}},
            "some layers are no mixture",
        ),
        ({"num_key_value_heads": 3, "attention": "gqa"}, "must divide the query heads"),
        ({"num_attention_heads": 7}, "give head_dim"),
        ({"sliding_window": 8, "windowed_layers": 5}, "more layers have a window or a state"),
        ({"num_layers": 0}, "greater than 0"),
        ({"vocab_size": -1}, "greater than or equal to 0"),
        ({"layers": 4}, "Extra inputs"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, object], words: str):
    with pytest.raises(ValidationError, match=words):
        ModelShape.model_validate({**BASE, **change})


def test_heads_and_layers_follow_from_the_sizes():
    shape = ModelShape.model_validate({**BASE, "experts": {**MIXTURE, "first_dense_layers": 1, "every": 1}})

    assert (shape.size_of_head, shape.key_value_heads, shape.mixture_layers, shape.dense_layers) == (
        8,
        8,
        3,
        1,
    )


def test_the_head_of_mla_has_its_rotated_part():
    latent = model("deepseek-v3")

    assert (latent.size_of_head, latent.size_of_value_head) == (192, 128)


def test_every_second_layer_of_maverick_is_a_mixture():
    assert model("llama-4-maverick").mixture_layers == 24


def test_a_window_without_a_count_is_on_all_layers():
    assert model("mistral-7b").layers_with_window == 32
    assert model("gemma-2-9b").layers_with_window == 21
    assert model("llama-3-8b").layers_with_window == 0
