"""The witnesses held against a real repository, at the commits that matter; needs a folder of clones."""

import os
import subprocess
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from chipledger.core.records import DocumentFacts, Mention
from chipledger.documents.document import Document
from chipledger.documents.formats import format_of
from chipledger.evidence.extract import extract
from chipledger.findings.fabric import ties
from chipledger.findings.model_size import ModelSizes
from chipledger.findings.sum import Verdict
from chipledger.findings.twins import differences
from chipledger.findings.witness import sums, verdict_of

CLONES = os.environ.get("CHIPLEDGER_CLONES")
REPOSITORY = Path(CLONES or "") / "Tencent+Tencent-Hunyuan-Large" / "repo"
NAMES = (
    "README.md",
    "README_CN.md",
    "train/train.sh",
    "inference/run_server.sh",
    "examples/build_env.sh",
    "examples/train_demo.sh",
)

pytestmark = pytest.mark.skipif(
    not REPOSITORY.is_dir() or not CLONES, reason="CHIPLEDGER_CLONES names no folder with this clone"
)


def at(commit: str) -> list[tuple[DocumentFacts, Sequence[Mention]]]:
    read = []
    for name in NAMES:
        shown = subprocess.run(
            ["git", "--git-dir", str(REPOSITORY), "show", f"{commit}:{name}"], capture_output=True, check=True
        )
        said = extract(
            Document(
                document=name, document_id=name, text=shown.stdout.decode(), format=format_of(name),
                project="hunyuan-large", published_on=date(2024, 12, 6),
            )
        )  # fmt: skip
        read.append((said.facts, said.mentions))
    return read


def test_the_stated_numbers_of_cards_agree_with_the_sums() -> None:
    documents = at("cdc3735")
    sizes = ModelSizes(facts for facts, _ in documents)
    counted = [one for _, mentions in documents for one in mentions if one.count]
    assert sorted(one.count or 0 for one in counted) == [8] * 6 + [16] * 4 + [32] * 2
    assert {verdict_of(sums([one], sizes)) for one in counted} == {Verdict.AGREE}


def test_the_ambiguous_chinese_sentence_is_read_by_arithmetic() -> None:
    documents = at("cdc3735")
    full = next(
        one
        for _, mentions in documents
        for one in mentions
        if one.document == "README_CN.md" and one.count == 32
    )
    (one,) = sums([full], ModelSizes([]))
    assert one.reason.endswith("'without offload' cannot mean that")


def test_the_versions_differ_for_the_minute_in_which_one_was_edited_and_the_other_not() -> None:
    def h800(commit: str) -> list[tuple[str, bool]]:
        return [
            (one.stands_in, one.chip_is_missing)
            for one in differences(at(commit))
            if one.chip == "NVIDIA H800"
        ]

    assert h800("b7c512b") == [("README_CN.md", True)]
    assert h800("cdc3735") == [] and differences(at("cdc3735")) == []


def test_the_fabric_is_tied_until_the_settings_were_cut_and_then_by_the_platform_alone() -> None:
    def signs(commit: str) -> set[tuple[str, str | None, str]]:
        return {(one.sign, one.operator, one.strength) for one in ties(facts for facts, _ in at(commit))}

    assert signs("4566617") == {("adapters", "Tencent", "moderate"), ("platform", "Tencent", "moderate")}
    assert signs("ba70fab") == {("platform", "Tencent", "weak")}
