"""What a project's documents say together: nothing lost, nothing averaged, the same whatever the order."""

import random
from dataclasses import replace
from datetime import date

from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.findings.claim import Claim, claims, sources_in_words
from chipledger.findings.finding import joined

Told = tuple[DocumentFacts, list[Mention]]


def document(name: str, *mentions: Mention, project: str | None = "lab/kite", version: str = "1") -> Told:
    return DocumentFacts(document=name, document_id=version, project=project), list(mentions)


def mention(name: str, **fields: object) -> Mention:
    given = {
        "document": name,
        "document_id": "1",
        "start": 0,
        "end": 8,
        "quote": "64x A100",
        "chip": "NVIDIA A100",
        "purpose": Purpose.PRETRAINING,
        "organisation": "Lab",
        "confidence": 0.8,
        "first_seen": date(2024, 1, 1),
        "last_seen": date(2024, 6, 1),
    }
    return Mention(**{**given, **fields})  # type: ignore[arg-type]


def only(documents: list[Told]) -> Claim:
    (claim,) = claims(documents)
    return claim


def test_a_count_stated_in_one_language_alone_is_the_claims_count() -> None:
    claim = only(
        [
            document("README.md", mention("README.md", count=512)),
            document("README_zh.md", mention("README_zh.md", quote="使用A100预训练", count=None)),
        ]
    )
    assert (claim.count, claim.counts, len(claim.mentions), claim.confidence) == (512, (512,), 2, 0.8)


def test_counts_that_disagree_stand_side_by_side_and_none_is_chosen() -> None:
    claim = only(
        [
            document("README.md", mention("README.md", count=512)),
            document("paper.tex", mention("paper.tex", count=256)),
        ]
    )
    assert (claim.count, claim.counts) == (None, (256, 512))


def test_organisation_project_chip_and_purpose_each_make_a_claim_of_their_own() -> None:
    base = mention("a.md")
    others = [
        mention("a.md", organisation="Other Lab"),
        mention("a.md", chip="NVIDIA H20"),
        mention("a.md", purpose=Purpose.INFERENCE),
    ]
    found = claims([document("a.md", base, *others), document("a.md", base, project="lab/heron")])
    assert len(found) == 5


def test_an_unnamed_user_stays_unnamed_and_comes_last() -> None:
    found = claims([document("a.md", mention("a.md", organisation=None), mention("a.md"))])
    assert [claim.organisation for claim in found] == ["Lab", None]


def test_first_and_last_seen_span_all_statements() -> None:
    claim = only(
        [
            document("a.md", mention("a.md", first_seen=date(2023, 5, 1), last_seen=date(2023, 9, 1))),
            document("b.tex", mention("b.tex", first_seen=date(2024, 1, 1), last_seen=None)),
        ]
    )
    assert (claim.first_seen, claim.last_seen) == (date(2023, 5, 1), date(2024, 1, 1))


def test_words_that_stand_in_two_versions_are_one_statement_since_the_first() -> None:
    old = mention("a.md", document_id="old", last_seen=date(2024, 2, 1))
    new = mention("a.md", document_id="new", start=7, end=15, first_seen=date(2024, 3, 1))
    claim = only([document("a.md", old, version="old"), document("a.md", new, version="new")])
    assert [(one.document_id, one.first_seen) for one in claim.mentions] == [("new", date(2024, 1, 1))]


def test_words_that_are_gone_from_the_newer_version_are_still_quoted() -> None:
    old = mention("a.md", document_id="old", quote="on 64 A100", last_seen=date(2024, 2, 1))
    new = mention("a.md", document_id="new", quote="on A100s")
    claim = only([document("a.md", old, version="old"), document("a.md", new, version="new")])
    assert {one.quote for one in claim.mentions} == {"on 64 A100", "on A100s"}


def test_a_sentence_that_stands_twice_in_one_document_is_quoted_twice() -> None:
    claim = only([document("a.md", mention("a.md"), mention("a.md", start=100, end=108))])
    assert [one.start for one in claim.mentions] == [0, 100]


def test_the_same_statements_in_any_order_make_the_same_claims() -> None:
    documents = [
        document(
            f"doc{n}.md",
            *(
                mention(f"doc{n}.md", document_id=str(n), start=9 * m, end=9 * m + 8, count=m or None)
                for m in range(3)
            ),
            version=str(n),
        )
        for n in range(5)
    ]
    told = claims(documents)
    random.Random(3).shuffle(documents)
    shuffled = [(facts, list(reversed(mentions))) for facts, mentions in documents]
    assert claims(shuffled) == told


A100S = ("nvidia-a100-pcie-40", "nvidia-a100-pcie-80", "nvidia-a100-sxm-40", "nvidia-a100-sxm-80")
OF_80_GB = ("nvidia-a100-pcie-80", "nvidia-a100-sxm-80")


def test_the_memory_stated_of_a_chip_used_leaves_the_variants_that_come_with_it() -> None:
    claim = only([document("README.md", mention("README.md", chips=A100S, memory_gb=80.0))])
    assert claim.chips == OF_80_GB


def test_a_document_and_its_translation_are_narrowed_together_and_another_voice_is_not() -> None:
    readme = document("README.md", mention("README.md", chips=A100S, memory_gb=80.0))
    twin = document("README_zh.md", mention("README_zh.md", quote="使用A100", chips=A100S))
    paper = document(
        "paper.tex", mention("paper.tex", quote="on A100", chips=A100S, document_id="2"), version="2"
    )
    assert only([readme, twin]).chips == OF_80_GB
    assert only([readme, twin, paper]).chips == A100S


def test_several_memories_are_alternatives_and_one_that_no_variant_has_narrows_nothing() -> None:
    both = [mention("a.md", chips=A100S, memory_gb=memory, start=at) for at, memory in ((0, 40.0), (9, 80.0))]
    assert only([document("a.md", *both)]).chips == A100S
    assert only([document("a.md", mention("a.md", chips=A100S, memory_gb=640.0))]).chips == A100S


def test_the_memory_that_is_required_narrows_nothing() -> None:
    asked = mention("a.md", chips=A100S, memory_gb=40.0, purpose=Purpose.REQUIREMENT)
    assert only([document("a.md", asked)]).chips == A100S


def of_owner(owner: str, text: str, *mentions: Mention) -> Told:
    facts = DocumentFacts(
        document="README.md", document_id=text, project="kite", organisation=owner, commit=f"c-{owner}"
    )
    facts = replace(facts, url=f"https://git.example/{owner}/README.md")
    return facts, [replace(one, document_id=text) for one in mentions]  # fmt: skip


def test_namesakes_of_two_owners_are_told_apart_by_owner_and_never_one_claim() -> None:
    words = mention("README.md", organisation=None, count=64)
    other = mention("README.md", organisation=None, quote="8x A100", count=8)
    found = claims([of_owner("Lab", "1", words), of_owner("Other", "2", other)])
    assert [(one.project, one.counts, one.own_voices) for one in found] == [
        ("Lab/kite", (64,), 1),
        ("Other/kite", (8,), 1),
    ]
    assert len({one.id for one in found}) == 2


def test_a_copy_in_a_repository_of_the_same_name_and_another_owner_only_repeats() -> None:
    words = mention("README.md", organisation=None, count=64)
    first, copy = claims([of_owner("Lab", "1", words), of_owner("Other", "1", words)])
    assert (first.project, first.own_voices, copy.project, copy.own_voices) == ("Lab/kite", 1, "Other/kite", 0)  # fmt: skip
    assert sources_in_words(copy) == "only repeats Lab/kite README.md"
    assert [quote.url for one in joined([first, copy]) for quote in one.quotes] == [
        "https://git.example/Lab/README.md",
        "https://git.example/Other/README.md",
    ]


def test_one_owner_alone_is_called_by_the_projects_name_however_it_is_written() -> None:
    words = mention("README.md", organisation=None)
    found = claims([of_owner("Lab", "1", words), of_owner("lab", "2", words)])
    assert [one.project for one in found] == ["kite"]
