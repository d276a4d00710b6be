"""Writing: everything comes back as it was given, the same again changes nothing, changes keep their dates."""

import json
from dataclasses import replace
from datetime import date

import pytest
from made_up import DAY, SCAN, VERSION, document, mention, numbered

from chipledger.core.records import DocumentFacts, FailedDocument, LaunchSetting, Mention, Purpose
from chipledger.store import read, search
from chipledger.store.export import dump
from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems
from chipledger.store.write import Scan

LATER = date(2026, 12, 24)


def store(
    ledger: Ledger, *told: tuple[DocumentFacts, list[Mention]], on: date = DAY, version: str = VERSION
) -> None:
    with ledger.writing(Scan(target="papers", started=on, extractor_version=version)) as writer:
        for facts, found in told:
            writer.add(facts, found)


def test_every_field_comes_back_as_it_was_given(ledger: Ledger) -> None:
    facts = DocumentFacts(
        document="kite/报告.pdf", document_id="e" * 64, techniques=("FP8", "MoE"), language="zh", format="pdf",
        encoding="utf-8", organisation="Lab", project="lab/kite", commit="c" * 40, path="报告.pdf",
        url="https://example.org/kite", published_on=date(2024, 3, 1), chars=12345, pages=7,
    )  # fmt: skip
    one = Mention(
        document=facts.document, document_id=facts.document_id, start=10, end=20, quote="使用512张昇腾910",
        chip="Huawei Ascend 910", chips=("huawei-910a", "huawei-910b1"), count=512, memory_gb=32.5,
        purpose=Purpose.FINETUNING, subject="Kite", organisation="Lab", gpu_hours=1234.5, duration="三周",
        cloud="Example Cloud", techniques=("FP8",), confidence=0.875, rule_id="zh-7", commit="c" * 40,
        path="报告.pdf", line=3, page=2, first_seen=date(2024, 2, 1), last_seen=DAY, prefix="本模型", suffix="训练，\n历时三周",
    )  # fmt: skip
    store(ledger, (facts, [one]))
    assert list(read.documents(ledger)) == [(facts, (one,))]


def test_the_words_around_a_quote_are_in_what_is_exported(ledger: Ledger) -> None:
    facts = document("a.md")
    store(
        ledger, (facts, [mention(facts, "64 A100", start=14, prefix="We trained on ", suffix=" for a week.")])
    )
    _, told = map(json.loads, dump(ledger).splitlines())
    assert (told["prefix"], told["quote"], told["suffix"]) == ("We trained on ", "64 A100", " for a week.")


def test_two_statements_in_one_span_are_both_kept(ledger: Ledger) -> None:
    facts = document("a.md")
    trained = mention(facts, "trained and served on A100")
    store(ledger, (facts, [trained, replace(trained, purpose=Purpose.INFERENCE), trained]))
    assert {one.purpose for one in read.mentions(ledger)} == {Purpose.PRETRAINING, Purpose.INFERENCE}


def test_the_same_again_changes_nothing(ledger: Ledger) -> None:
    told = [numbered(number) for number in range(30)]
    store(ledger, *told)
    before = dump(ledger)
    store(ledger, *told)
    store(ledger, *reversed(told))
    assert dump(ledger) == before and problems(ledger) == []


def test_seeing_it_again_on_a_later_day_moves_last_seen_alone(ledger: Ledger) -> None:
    facts, found = numbered(3)
    store(ledger, (facts, found))
    before = dump(ledger)
    store(ledger, (facts, found), on=LATER)
    assert dump(ledger) == before.replace(f'"last_seen": "{DAY}"', f'"last_seen": "{LATER}"')
    store(ledger, (facts, found), on=DAY)
    assert {one.last_seen for one in read.mentions(ledger)} == {LATER}


def test_a_document_that_stands_is_noted_without_being_read(ledger: Ledger) -> None:
    facts, found = numbered(3)
    store(ledger, (facts, found))
    with ledger.writing(Scan(target="papers", started=LATER, extractor_version=VERSION)) as writer:
        assert writer.saw(facts.document, facts.document_id, project=facts.project, commit="d" * 40)
        assert not writer.saw(facts.document, facts.document_id, project="a/fork")
        assert not writer.saw(facts.document, "0" * 64, project=facts.project)
    (stored,) = read.stored_documents(ledger)
    assert (stored.last_seen, stored.last_commit, stored.facts) == (LATER, "d" * 40, facts)


def test_files_of_two_owners_repositories_of_one_name_are_no_versions_of_each_other(ledger: Ledger) -> None:
    given = {"project": "kite", "published_on": date(2023, 5, 1)}
    ours = document("a.md", **given, organisation="Lab", commit="a" * 40)
    theirs = replace(ours, organisation="Other", commit="b" * 40, published_on=date(2024, 2, 1))
    newer = document("a.md", "new", project="kite", organisation="Other", commit="c" * 40)
    store(ledger, (ours, [mention(ours, "64 A100", first_seen=date(2023, 5, 1))]), (theirs, [mention(theirs, "64 A100", first_seen=date(2024, 2, 1))]))  # fmt: skip
    store(ledger, (newer, [mention(newer, "64 A100", first_seen=date(2024, 6, 1))]), on=LATER)
    days = {(one.organisation, one.document_id): said[0].first_seen for one, said in read.documents(ledger)}
    assert days == {
        ("Lab", ours.document_id): date(2023, 5, 1),
        ("Other", ours.document_id): date(2024, 2, 1),
        ("Other", newer.document_id): date(2024, 2, 1),
    }
    assert problems(ledger) == []
    with ledger.writing(Scan(target="papers", started=LATER, extractor_version=VERSION)) as writer:
        assert writer.saw("a.md", newer.document_id, project="kite", owner="other")
        assert not writer.saw("a.md", newer.document_id, project="kite", owner="Lab")


def test_in_a_changed_document_old_words_keep_their_first_day_and_lost_words_their_last(
    ledger: Ledger,
) -> None:
    old, new = document("a.md", "old"), document("a.md", "new")
    store(ledger, (old, [mention(old, "stays: 64 A100"), mention(old, "goes: 8 A100", start=50)]))
    store(
        ledger,
        (new, [mention(new, "stays: 64 A100", start=9), mention(new, "comes: 16 A100", start=70)]),
        on=LATER,
    )
    days = {(one.quote, one.document_id): (one.first_seen, one.last_seen) for one in read.mentions(ledger)}
    assert days == {
        ("stays: 64 A100", old.document_id): (DAY, DAY),
        ("goes: 8 A100", old.document_id): (DAY, DAY),
        ("stays: 64 A100", new.document_id): (DAY, LATER),
        ("comes: 16 A100", new.document_id): (LATER, LATER),
    }


def test_the_day_of_the_commit_is_the_day_first_seen(ledger: Ledger) -> None:
    facts = document("a.md", published_on=date(2024, 3, 1))
    store(ledger, (facts, [mention(facts, "on A100")]))
    (one,) = read.mentions(ledger)
    assert (one.first_seen, one.last_seen) == (date(2024, 3, 1), DAY)


def test_a_better_extractor_replaces_what_the_old_one_found_and_keeps_the_first_day(ledger: Ledger) -> None:
    facts = document("a.md")
    store(ledger, (facts, [mention(facts, "昇腾 and A100"), mention(facts, "falsely A100", start=30)]))
    better = replace(mention(facts, "昇腾 and A100"), count=8)
    store(ledger, (facts, [better]), on=LATER, version="rules-2")
    (one,) = read.mentions(ledger)
    assert (one.count, one.first_seen, one.last_seen) == (8, DAY, LATER)
    assert (search.count(ledger, "falsely"), search.count(ledger, "昇腾")) == (0, 1)
    assert problems(ledger) == []


def test_the_same_bytes_in_two_projects_are_two_documents(ledger: Ledger) -> None:
    facts, found = numbered(3)
    store(ledger, (facts, found), (replace(facts, project="a/fork"), found))
    assert read.counts(ledger)["mentions"] == 2 * len(found)


def test_failures_are_kept_once_and_the_run_goes_on(ledger: Ledger) -> None:
    broken = FailedDocument(document="b.pdf", stage="read", reason="encrypted", document_id="b" * 64)
    for on in (DAY, LATER):
        with ledger.writing(Scan(target="papers", started=on, extractor_version=VERSION)) as writer:
            writer.fail(broken)
            writer.add(*numbered(1))
    assert read.failures(ledger) == [broken] and read.counts(ledger)["documents"] == 1


@pytest.mark.parametrize(
    "fields",
    [{"count": 10**30}, {"gpu_hours": float("inf")}, {"memory_gb": float("nan")}, {"subject": "\ud800"}],
)
def test_what_no_database_holds_fails_its_document_alone(ledger: Ledger, fields: dict[str, object]) -> None:
    hostile = document("hostile.md")
    store(ledger, (hostile, [mention(hostile, "A100", **fields)]), numbered(1))
    (failure,) = read.failures(ledger)
    assert (failure.document, failure.stage) == ("hostile.md", "store")
    assert [facts.document for facts in read.facts(ledger)] == ["doc-1.md"]


def test_batches_do_not_show_in_the_result(
    ledger: Ledger, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [numbered(number) for number in range(40)]
    store(ledger, *told)
    with Ledger.open(f"{tmp_path}/small.sqlite") as other:
        monkeypatch.setattr("chipledger.store.write.BATCH_DOCUMENTS", 3)
        store(other, *told)
        assert dump(other) == dump(ledger)


def test_what_had_been_seen_by_a_day_is_told_as_of_that_day(ledger: Ledger) -> None:
    old, new = document("a.md", "old"), document("a.md", "new")
    store(ledger, (old, [mention(old, "64 A100")]))
    store(ledger, (new, [mention(new, "16 A100")]), on=LATER)
    (one,) = read.mentions(ledger, seen_by=date(2026, 12, 1))
    assert (one.quote, one.last_seen) == ("64 A100", DAY)
    assert list(read.mentions(ledger, seen_by=date(2026, 10, 1))) == []


def test_a_scan_knows_itself_again_by_day_and_versions() -> None:
    assert replace(SCAN).id == SCAN.id
    assert len({SCAN.id, replace(SCAN, started=LATER).id, replace(SCAN, extractor_version="2").id}) == 3


def test_launch_settings_come_back_as_they_were_given(ledger: Ledger) -> None:
    asked = LaunchSetting(
        name="NCCL_NET_GDR_LEVEL", value="2", kind="variable", topic="network_gdr", techniques=("NCCL", "RDMA"),
        requested=True, number=2, condition="[ $X ]", start=7, end=27, quote="NCCL_NET_GDR_LEVEL=2", line=1,
    )  # fmt: skip
    log = LaunchSetting(
        name="log", value="v", kind="log", active=False, is_comment=True, start=30, end=31, quote="v"
    )
    facts = document("train.sh", settings=(asked, log))
    with ledger.writing(SCAN) as writer:
        writer.add(facts, [])
    assert next(iter(read.facts(ledger))).settings == (asked, log)
    assert problems(ledger) == []


def test_a_document_read_anew_keeps_only_what_it_sets_now(ledger: Ledger) -> None:
    one = LaunchSetting(name="NCCL_DEBUG", value="INFO", kind="variable", start=0, end=1, quote="N")
    with ledger.writing(SCAN) as writer:
        writer.add(document("train.sh", settings=(one,)), [])
    with ledger.writing(replace(SCAN, extractor_version="rules-2")) as writer:
        writer.add(document("train.sh", settings=()), [])
    assert next(iter(read.facts(ledger))).settings == ()
