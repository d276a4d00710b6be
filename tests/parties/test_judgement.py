"""What people decided of names: withdrawable, never deleted, and noticed when changed."""

import json
from datetime import date

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from chipledger.core.errors import InputError, LedgerError
from chipledger.parties.judgement import (
    Decision,
    Judgement,
    Withdrawal,
    broken_links,
    following,
    judged,
    linked,
    pair_of,
    stood,
)
from chipledger.store.judge import acts, judge, links_in, withdraw
from chipledger.store.ledger import Ledger, _file_engine
from chipledger.store.migrations import upgrade
from chipledger.store.read import counts
from chipledger.store.verify import problems

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)


def said(
    decision="same", left="科大讯飞", right="iflytek", by="first reviewer", on=MONDAY, why="its own site"
):
    return Judgement(left=left, right=right, decision=decision, by=by, on=on, why=why)


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "chips.sqlite") as opened:
        yield opened


def tamper(ledger, statement, **values):
    """As somebody would who takes away the triggers first."""
    with ledger.transaction() as connection:
        for act in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS party_judgements_no_{act}"))
        connection.execute(text(statement), values)


def kept(ledger):
    with ledger.reading() as connection:
        return links_in(connection)


def test_a_judgement_says_who_when_and_why(ledger):
    assert judge(ledger, said())
    (one,) = stood(acts(ledger))
    assert one.as_dict() == {
        "id": said().id, "left": "科大讯飞", "right": "iflytek", "decision": "same", "by": "first reviewer",
        "on": "2026-11-02", "why": "its own site", "state": "stands",
        "withdrawn_by": None, "withdrawn_on": None, "withdrawn_why": None,
    }  # fmt: skip


def test_the_same_again_adds_nothing(ledger):
    assert [judge(ledger, said()) for _ in range(3)] == [True, False, False]
    assert judge(ledger, said(left="IFLYTEK ", right="科大讯飞")) is False


def test_the_order_width_and_case_of_the_names_do_not_matter():
    found = judged([said(left="ＳＭＩＣ", right="smic-north")])
    assert found[pair_of("SMIC-North", " smic ")].decision is Decision.SAME


def test_a_withdrawn_judgement_no_longer_counts_and_can_still_be_read(ledger):
    judge(ledger, said())
    withdraw(ledger, said().id[:8], by="second reviewer", on=TUESDAY, why="another firm of that name")
    assert judged(acts(ledger)) == {}
    (one,) = stood(acts(ledger))
    assert (one.judgement, one.withdrawn.by, one.withdrawn.why) == (said(), "second reviewer", "another firm of that name")  # fmt: skip
    assert counts(ledger)["party_judgements"] == 2
    assert judged(acts(ledger), on=MONDAY)[said().pair].decision is Decision.SAME


def test_what_was_withdrawn_may_be_judged_again(ledger):
    judge(ledger, said())
    withdraw(ledger, said().id, by="r", on=TUESDAY, why="a slip")
    assert judge(ledger, said())
    assert judged(acts(ledger))[said().pair].decision is Decision.SAME


def test_of_one_person_the_last_word_counts():
    found = judged([said("unsure"), said("different", on=TUESDAY)])
    assert found[said().pair].decision is Decision.DIFFERENT


def test_people_who_contradict_each_other_leave_it_unsure_with_both_words():
    found = judged([said("same"), said("different", by="second reviewer", why="other registration number")])
    one = found[said().pair]
    assert one.decision is Decision.UNSURE
    assert one.reason == (
        "people judge it otherwise: same by first reviewer on 2026-11-02: its own site; "
        "different by second reviewer on 2026-11-02: other registration number"
    )


def test_what_was_judged_later_is_not_known_earlier():
    assert judged([said(on=WEDNESDAY)], on=TUESDAY) == {}


@pytest.mark.parametrize("begin", ["", "0000", "no such"])
def test_only_a_judgement_that_is_there_is_withdrawn(ledger, begin):
    judge(ledger, said())
    with pytest.raises(InputError, match="no judgement has the id"):
        withdraw(ledger, begin, by="r", on=TUESDAY, why="w")


def test_a_judgement_is_withdrawn_once(ledger):
    judge(ledger, said())
    withdraw(ledger, said().id, by="r", on=TUESDAY, why="w")
    with pytest.raises(InputError, match="was withdrawn on 2026-11-03 by r"):
        withdraw(ledger, said().id, by="r", on=WEDNESDAY, why="w")


@pytest.mark.parametrize(
    "bad",
    [{"left": ""}, {"left": "  "}, {"right": "科大讯飞 "}, {"by": ""}, {"why": " \n "}, {"decision": "maybe"}, {"left": "x" * 3000}],
)  # fmt: skip
def test_a_judgement_that_says_nothing_is_refused(bad):
    with pytest.raises(ValidationError):
        said(**bad)


def test_several_lines_of_why_become_one():
    assert said(why="first\nsecond").why == "first second"


@pytest.mark.parametrize(
    "statement", ["UPDATE party_judgements SET body = '{}'", "DELETE FROM party_judgements"]
)
def test_the_ledger_refuses_to_change_or_drop_a_judgement(ledger, statement):
    judge(ledger, said())
    with pytest.raises(LedgerError, match="only ever added"), ledger.transaction() as connection:
        connection.execute(text(statement))


def test_a_body_gives_the_link_that_made_it():
    first = following(None, said())
    second = following(first, Withdrawal(withdraws=said().id, by="r", on=TUESDAY, why="w"))
    for one in (first, second):
        assert linked(one.body) == one
    assert broken_links([(first, first.hash), (second, second.hash)]) == []


def test_a_changed_word_is_found(ledger):
    judge(ledger, said())
    body = json.loads(kept(ledger)[0][0].body)
    body["act"]["decision"] = "different"
    tamper(ledger, "UPDATE party_judgements SET body = :body", body=json.dumps(body))
    assert [(one.where, one.what) for one in problems(ledger)] == [
        ("judgement 1", "its words were changed after it was kept")
    ]


def test_a_judgement_taken_out_is_found(ledger):
    for one in (said(), said("different", right="other"), said("unsure", right="third")):
        judge(ledger, one)
    tamper(ledger, "DELETE FROM party_judgements WHERE sequence = 2")
    assert {one.where for one in problems(ledger)} == {"judgement 3"}


@pytest.mark.parametrize(
    "body", ["{garbage", "[]", '{"sequence": 1}', '{"sequence": 1, "previous": "", "act": []}', "[" * 100_000]
)
def test_a_judgement_made_unreadable_is_told_in_words(ledger, body):
    judge(ledger, said())
    tamper(ledger, "UPDATE party_judgements SET body = :body", body=body)
    with pytest.raises(LedgerError, match="judgement 1 is none any more"):
        acts(ledger)


def test_a_ledger_from_before_judgements_is_brought_up_to_date(tmp_path):
    path = tmp_path / "old.sqlite"
    with Ledger(_file_engine(path)) as old, old.transaction() as connection:
        upgrade(connection, "0003")
    with Ledger.open(path) as ledger:
        assert judge(ledger, said())
