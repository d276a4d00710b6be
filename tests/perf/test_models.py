"""Models are found by id, name and alias; what is not there is answered with the nearest."""

import pytest

from chipledger.core.errors import InputError
from chipledger.perf.models import model, models


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("llama-2-70b", "llama-2-70b"),
        ("Llama-2-70B", "llama-2-70b"),
        ("LLaMA2-70B", "llama-2-70b"),
        ("GPT-3 175B", "gpt3-175b"),
        ("GPT3-175B", "gpt3-175b"),
        ("GPT 1.7B", "megatron-gpt-1.7b"),
        ("DeepSeek-R1", "deepseek-v3"),
        ("Hunyuan-Large", "hunyuan-large"),
        ("mixtral 8X7B", "mixtral-8x7b"),
    ],
)
def test_a_name_as_printed_finds_its_model(name: str, id: str):
    assert model(name).id == id


def test_a_point_tells_1_3b_from_13b():
    assert model("gpt3 1.3b").id != model("gpt3 13b").id


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("lama-2-70b", "llama-2-70b"), ("deepseek-v33", "deepseek-v3"), ("kimi k3", "kimi-k2")],
)
def test_a_slip_is_answered_with_the_nearest(name: str, nearest: str):
    with pytest.raises(InputError, match=f"did you mean .*{nearest}"):
        model(name)


@pytest.mark.parametrize("name", ["", "   ", "zzzz" * 100_000, "\x00", "🤖"])
def test_what_is_no_name_gets_one_short_line(name: str):
    with pytest.raises(InputError) as caught:
        model(name)

    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_models_come_in_the_order_of_ids():
    assert list(models()) == sorted(models())
