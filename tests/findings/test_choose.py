"""Conditions on findings: each narrows, none finds a chip by half its name."""

import pytest

from chipledger.core.errors import InputError
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.findings.choose import chosen, purpose_of
from chipledger.findings.claim import Claim, claims


@pytest.fixture
def told() -> list[Claim]:
    rows = [
        ("Tencent", "NVIDIA H20", ("nvidia-h20",), Purpose.INFERENCE, 0.9),
        ("Tencent", "NVIDIA A100", ("nvidia-a100-sxm-80",), Purpose.PRETRAINING, 0.4),
        (None, "Huawei Ascend 910B", ("huawei-910b1",), Purpose.REQUIREMENT, 0.8),
    ]
    mentions = [
        Mention(document="d", start=0, end=1, quote="q", organisation=who, chip=chip, chips=ids, purpose=purpose, confidence=sure)
        for who, chip, ids, purpose, sure in rows
    ]  # fmt: skip
    return claims([(DocumentFacts(document="d", document_id="1", project="tencent/hunyuan"), mentions)])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("H20", ["NVIDIA H20"]),
        ("nvidia h20", ["NVIDIA H20"]),
        ("nvidia-h20", ["NVIDIA H20"]),
        ("昇腾910B", ["Huawei Ascend 910B"]),
        ("ascend", ["Huawei Ascend 910B"]),
        ("A10", []),
        ("H2", []),
    ],
)
def test_a_chip_is_found_by_name_id_or_script_but_not_by_half_its_name(
    told: list[Claim], asked: str, found: list[str]
) -> None:
    assert [claim.chip for claim in chosen(told, chip=asked)] == found


def test_conditions_narrow_together(told: list[Claim]) -> None:
    assert len(chosen(told)) == 3
    assert len(chosen(told, organisation="tencent")) == 3  # its project names it
    assert [claim.chip for claim in chosen(told, purpose=Purpose.INFERENCE, min_confidence=0.5)] == [
        "NVIDIA H20"
    ]
    assert chosen(told, chip="A100", min_confidence=0.5) == []


def test_an_unknown_purpose_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean pretraining"):
        purpose_of("pretrain")
