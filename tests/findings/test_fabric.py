"""Fingerprints of fabrics: what ties projects, how weakly, and what ties nothing."""

import pytest

from chipledger.core.records import DocumentFacts, LaunchSetting
from chipledger.documents.document import Document
from chipledger.evidence.launch import settings_in
from chipledger.evidence.launch_table import fabrics
from chipledger.findings.fabric import adapters, ties

KNOWN = fabrics().adapters[0].value or ""
ODD = "mlx5_bond_4,mlx5_bond_1,mlx5_bond_3,mlx5_bond_2"


def script(project: str, text: str, name: str = "train.sh") -> DocumentFacts:
    settings = settings_in(Document(document=name, document_id="", text=text, format="shell"))
    return DocumentFacts(document=name, document_id=project + name, project=project, settings=settings)


def test_a_known_order_of_adapters_is_weak_evidence_of_its_operator_and_none_of_a_chip() -> None:
    (tie,) = ties([script("lab/kite", f"export NCCL_IB_HCA={KNOWN}\nexport NCCL_IB_TC=160\n")])
    assert (tie.operator, tie.strength, tie.projects) == ("Tencent", "weak", ("lab/kite",))
    assert any("copied" in one for one in tie.alternatives) and len(tie.alternatives) >= 3
    assert (
        "consistent with machines of Tencent" in tie.statement
        and "of the chip it says nothing" in tie.statement
    )


def test_signs_of_two_kinds_in_one_project_are_a_step_stronger_and_never_more() -> None:
    both = script(
        "lab/kite", f"source /etc/taiji/environ\nexport NCCL_IB_HCA={KNOWN}\nd=/apdcephfs/share_123456/x\n"
    )
    assert {tie.strength for tie in ties([both])} == {"moderate"}
    apart = ties(
        [script("a/one", "source /etc/taiji/environ\n"), script("b/two", f"export NCCL_IB_HCA={KNOWN}\n")]
    )
    assert {tie.strength for tie in apart} == {"weak"}


def test_an_order_that_nobody_is_known_by_ties_only_projects_that_share_it() -> None:
    def with_gid(project: str, index: int) -> DocumentFacts:
        return script(
            project, f"export NCCL_IB_HCA={ODD}\nexport NCCL_IB_GID_INDEX={index}\nexport NCCL_IB_TC=106\n"
        )

    assert ties([with_gid("a/one", 3)]) == []
    (tie,) = ties([with_gid("a/one", 3), with_gid("b/two", 0)])
    assert (tie.operator, tie.strength, tie.projects) == (None, "very weak", ("a/one", "b/two"))
    assert tie.settings_alike == ("NCCL_IB_TC=106",)


@pytest.mark.parametrize(
    "printed",
    [
        "mlx5",
        "mlx5_0",
        "mlx5_0,mlx5_1,mlx5_2,mlx5_3",
        "mlx5_2:1,mlx5_2:1",
        "$HCAS",
        "^mlx5_4,mlx5_5,mlx5_6,mlx5_7",
        "",
    ],
)
def test_what_every_machine_has_is_no_fingerprint(printed: str) -> None:
    assert adapters(printed) is None


def test_a_setting_of_the_other_branch_does_not_stand_beside() -> None:
    text = f'if [ "$N" = low ]; then\n  export NCCL_IB_TC=1\nelse\n  export NCCL_IB_HCA={ODD}\n  export NCCL_IB_TC=2\nfi\n'
    (tie,) = ties([script("a/one", text), script("b/two", text)])
    assert tie.settings_alike == ("NCCL_IB_TC=2",)


def test_settings_that_were_stored_by_hand_are_read_too() -> None:
    one = LaunchSetting(name="mount", value="/mnt/petrelfs", kind="mount", start=0, end=1, quote="/")
    (tie,) = ties([DocumentFacts(document="a.sh", document_id="", project="p", settings=(one,))])
    assert tie.operator == "Shanghai AI Laboratory" and tie.as_dict()["places"][0]["project"] == "p"
