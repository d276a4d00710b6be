"""Where routes ask how fast chips could have trained, the performance model answers, in the operations that routes count in."""

import json

import pytest

from chipledger.apps.cli.main import main
from chipledger.findings.cost import throughput_of
from chipledger.routes.register import routes

PEAK_OF_H20, PEAK_OF_H800 = 148e12, 989e12


def test_an_h800_trains_hunyuan_large_several_times_as_fast_as_an_h20_and_not_by_the_peaks() -> None:
    rate = throughput_of(routes().subject("Hunyuan-Large"))
    assert rate is not None
    h20, h800 = rate("nvidia-h20", 2048), rate("nvidia-h800-sxm", 2048)
    assert h20 is not None and h800 is not None
    middle = (h800.low * h800.high) ** 0.5 / (h20.low * h20.high) ** 0.5
    assert 2.0 < middle < PEAK_OF_H800 / PEAK_OF_H20
    assert h20.high < 2048 * PEAK_OF_H20


def test_a_subject_whose_model_is_not_known_is_left_to_plain_arithmetic() -> None:
    assert throughput_of(routes().subject("HunyuanDiT")) is None


def test_a_chip_of_unknown_rate_has_no_throughput() -> None:
    rate = throughput_of(routes().subject("Hunyuan-Large"))
    assert rate is not None and rate("biren-br106", 2048) is None


def test_plain_arithmetic_and_the_model_differ_and_both_say_how_many_chips(
    capsys: pytest.CaptureFixture[str],
) -> None:
    needed = []
    for more in ([], ["--plain"]):
        assert main(["routes", "Hunyuan-Large", "--format", "json", *more]) == 0
        rivals = json.loads(capsys.readouterr().out)["hypotheses"]
        needed.append(next(one["feasibility"]["chips_needed"] for one in rivals if one["feasibility"]))
    assert needed[0] != needed[1] and all(low < high for low, high in needed)
