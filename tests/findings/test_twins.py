"""One document in two languages: what one version says and the other does not."""

from dataclasses import replace
from datetime import date

from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.twins import differences

Told = tuple[DocumentFacts, list[Mention]]


def told(
    document: str,
    *said: tuple[str, int | None],
    project: str = "lab/kite",
    format: str = "markdown",
    version: str = "1",
) -> Told:
    facts = DocumentFacts(document=document, document_id=document + version, project=project, format=format)
    mentions = [
        Mention(
            document=document,
            document_id=facts.document_id,
            start=at,
            end=at + 1,
            quote="q",
            chip=chip,
            count=count,
        )
        for at, (chip, count) in enumerate(said)
    ]
    return facts, mentions


H20, H800 = ("NVIDIA H20", 16), ("NVIDIA H800", 16)


def test_versions_that_say_the_same_have_no_difference() -> None:
    assert differences([told("README.md", H20), told("README_CN.md", H20)]) == []


def test_a_chip_that_one_version_no_longer_names_is_told() -> None:
    (one,) = differences([told("README.md", H20), told("README_CN.md", H20, H800)])
    assert (one.chip, one.stands_in, one.missing_from, one.chip_is_missing) == (
        "NVIDIA H800", "README_CN.md", "README.md", True,
    )  # fmt: skip
    assert one.as_dict()["quotes"][0]["document"] == "README_CN.md"


def test_a_count_that_differs_is_told_on_both_sides() -> None:
    found = differences([told("README.md", ("NVIDIA H20", 32)), told("README_zh.md", ("NVIDIA H20", 64))])
    assert [(one.count, one.stands_in) for one in found] == [(32, "README.md"), (64, "README_zh.md")]


def test_documents_of_other_projects_names_or_forms_are_not_compared() -> None:
    assert differences([told("README.md", H20), told("README_CN.md", project="lab/other")]) == []
    assert differences([told("README.md", H20), told("GUIDE_CN.md")]) == []
    assert (
        differences([told("data/zh/a.jsonl", H20, format="jsonl"), told("data/en/a.jsonl", format="jsonl")])
        == []
    )


def test_only_the_newest_version_of_a_document_speaks() -> None:
    facts, mentions = told("README.md", H20, H800, version="old")
    old = facts, [replace(one, last_seen=date(2024, 11, 5)) for one in mentions]
    facts, mentions = told("README.md", H20, version="new")
    new = facts, [replace(one, last_seen=date(2024, 12, 6)) for one in mentions]
    assert differences([new, old, told("README_CN.md", H20)]) == []
