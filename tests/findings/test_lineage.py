"""Copies, versions and translations are one voice; other documents are voices of their own."""

import pytest

from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.claim import claims, confidence
from chipledger.findings.project import project_of, untranslated


def said(document: str, quote: str = "A100", sure: float = 0.8, document_id: str | None = None) -> Mention:
    return Mention(
        document=document,
        document_id=document_id or document,
        start=0,
        end=len(quote),
        quote=quote,
        chip="NVIDIA A100",
        confidence=sure,
    )


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("README_zh.md", "readme.md"),
        ("README-CN.md", "readme.md"),
        ("README.zh_TW.md", "readme.md"),
        ("README_JA.md", "readme.md"),
        ("docs/en/guide.md", "docs/guide.md"),
        ("zh-CN/guide.md", "guide.md"),
        ("report.chinese.html", "report.html"),
        ("ocean.md", "ocean.md"),
        ("benchmark_fpn.md", "benchmark_fpn.md"),
        ("open.md", "open.md"),
        ("token.md", "token.md"),
    ],
)
def test_a_name_loses_its_language_and_nothing_else(name: str, plain: str) -> None:
    assert untranslated(name) == plain


def voices(*documents: list[Mention]) -> int:
    """How many documents of one project speak for themselves of the A100."""
    told = [(DocumentFacts(document=one[0].document, document_id=one[0].document_id, project="lab/kite"), one) for one in documents]
    (claim,) = claims(told)
    return claim.voices


def test_a_translated_pair_is_one_voice() -> None:
    assert voices([said("README.md")], [said("README_zh.md", "昇腾910B")]) == 1


def test_a_copied_sentence_is_one_voice_but_a_bare_name_is_not() -> None:
    sentence = "trained on 512 NVIDIA A100 GPUs for two weeks"
    assert voices([said("a.md", sentence)], [said("b.tex", sentence.upper())]) == 1
    assert voices([said("a.md", "A100")], [said("b.tex", "A100")]) == 2


def test_the_same_bytes_under_two_names_are_one_voice() -> None:
    assert voices([said("a.md", document_id="1")], [said("copy of a.md", document_id="1")]) == 1


def test_voices_joined_by_a_third_document_are_one() -> None:
    long = "all experiments ran on eight NVIDIA A100 cards"
    assert voices([said("a.md")], [said("b.md", long)], [said("a_zh.md", "x"), said("a_zh.md", long)]) == 1


def test_two_voices_are_surer_than_one_and_a_copy_is_not() -> None:
    alone = confidence([[said("README.md", sure=0.7)]])
    with_copy = confidence([[said("README.md", sure=0.7), said("README_zh.md", "昇腾", sure=0.6)]])
    with_paper = confidence([[said("README.md", sure=0.7)], [said("paper.tex", sure=0.6)]])
    assert alone == with_copy == 0.7
    assert with_paper == pytest.approx(1 - 0.3 * 0.4)


@pytest.mark.parametrize(
    ("document", "project", "expected"),
    [
        ("src/README.md", "tencent/hunyuan", "tencent/hunyuan"),
        ("kite/docs/README.md", None, "kite/docs"),
        ("kite/zh/README.md", None, "kite"),
        ("README_zh.md", None, "readme"),
        ("/papers/kite/main.tex", None, "papers/kite"),
    ],
)
def test_the_project_is_given_or_the_folder_or_the_document(
    document: str, project: str | None, expected: str
) -> None:
    assert project_of(DocumentFacts(document=document, document_id="", project=project)) == expected
