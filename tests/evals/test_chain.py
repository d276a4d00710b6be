import json
from dataclasses import replace
from datetime import date

import pytest
from made_runs import figure, run_of
from sqlalchemy import text

from chipledger.core.errors import LedgerError
from chipledger.evals.chain import BEGINNING, broken_links, rules_so_far
from chipledger.evals.decide import decide
from chipledger.evals.replay import replay
from chipledger.evals.verdict import canonical
from chipledger.store.read_evals import chain, measurements, measurements_by_id, said_otherwise
from chipledger.store.verify import problems
from chipledger.store.write_evals import Decided, append_decisions, keep_measurements

DAY = date(2026, 3, 1)


def decided(settled, runs, on=DAY, **fields):
    return Decided(settled, decide(settled, runs, on=on, **fields), tuple(runs))


@pytest.fixture
def kept(ledger, settled):
    """A ledger with three decisions: indeterminate, then crossed, and a second model below."""
    first, second, other = (
        run_of(0.6),
        run_of(0.9, week=1),
        [run_of(0.1, model="brook-1", week=week) for week in (0, 1)],
    )
    keep_measurements(ledger, [first, second, *other])
    append_decisions(ledger, [decided(settled(), [first])], "0.1.0")
    append_decisions(ledger, [decided(settled(), [first, second]), decided(settled(), other)], "0.1.0")
    return ledger


def replayed(ledger):
    whole = [decision for decision, _ in chain(ledger)]
    return [fault for _, fault in replay(whole, lambda ids: measurements_by_id(ledger, ids))]


def tamper(ledger, statement, **values):
    """Change a decision as somebody with the file could: the triggers are taken off first."""
    with ledger.transaction() as connection:
        for act in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS eval_decisions_no_{act}"))
        connection.execute(text(statement), values)


def test_each_decision_holds_the_hash_of_the_one_before(kept):
    whole = chain(kept)

    assert [decision.sequence for decision, _ in whole] == [1, 2, 3]
    assert whole[0][0].previous == BEGINNING
    assert [decision.previous for decision, _ in whole[1:]] == [hash for _, hash in whole[:-1]]
    assert broken_links(whole) == []
    assert problems(kept) == []


def test_everything_comes_out_the_same_byte_for_byte(kept):
    assert replayed(kept) == [None, None, None]


def test_what_a_measurement_says_survives_the_ledger(kept):
    (back,) = measurements(kept, model="kite-7b", measured_by=date(2026, 2, 1))

    assert back == run_of(0.6)


def test_a_published_figure_survives_the_ledger(ledger):
    told = figure(0.7, low=0.62, high=0.78)
    keep_measurements(ledger, [told])

    assert measurements(ledger) == [told]


def test_a_run_is_kept_once_however_often_it_is_read(kept):
    assert keep_measurements(kept, [run_of(0.6), run_of(0.6)]) == 0


def test_a_figure_that_was_corrected_is_told_and_not_taken_over(ledger):
    told, corrected = figure(0.7, low=0.62, high=0.78), figure(0.6, low=0.52, high=0.68)
    keep_measurements(ledger, [told])

    assert said_otherwise(ledger, [corrected]) == [corrected]
    assert said_otherwise(ledger, [replace(told, source="copy")]) == []
    assert keep_measurements(ledger, [corrected]) == 0
    assert measurements(ledger) == [told]


def test_deciding_the_same_again_adds_nothing(kept, settled):
    runs = measurements(kept, model="kite-7b")
    (standing,) = append_decisions(kept, [decided(settled(), runs, on=date(2026, 4, 1))], "0.1.0")

    assert standing.sequence == 2
    assert len(chain(kept)) == 3


@pytest.mark.parametrize("statement", ["UPDATE eval_decisions SET body = '{}'", "DELETE FROM eval_decisions"])
def test_the_ledger_refuses_to_change_or_drop_a_decision(kept, statement):
    with pytest.raises(LedgerError, match="only ever added"), kept.transaction() as connection:
        connection.execute(text(statement))


def test_a_changed_word_is_found(kept):
    body = json.loads(chain(kept)[0][0].body)
    body["verdict"]["outcome"] = "below"
    tamper(kept, "UPDATE eval_decisions SET body = :body WHERE sequence = 1", body=canonical(body))

    assert [(fault.sequence, fault.what) for fault in broken_links(chain(kept))] == [
        (1, "its words were changed after it was kept")
    ]
    assert replayed(kept)[0].what == "comes out otherwise today in outcome"


def test_a_decision_made_unreadable_is_told_in_words(kept):
    whole = json.loads(chain(kept)[0][0].body)
    bodies = [
        "{garbage",
        "[" * 100_000,
        "[]",
        '{"sequence": 1}',
        *(json.dumps(whole | {name: [None]}) for name in whole),
        *(
            json.dumps(whole | {"verdict": whole["verdict"] | {name: {"a": 7}}})
            for name in ("on", "model", "looks", "rule_hash", "task_version")
        ),
        json.dumps(whole | {"verdict": whole["verdict"] | {"on": "soon"}}),
        json.dumps(whole | {"verdict": whole["verdict"] | {"rate": float("nan")}}),
    ]
    for body in bodies:
        tamper(kept, "UPDATE eval_decisions SET body = :body WHERE sequence = 1", body=body)

        with pytest.raises(LedgerError, match="decision 1 is no decision any more"):
            chain(kept)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"rule": {}}, "its rule is none any more, or of another benchmark"),
        ({"verdict": {"praise": "well done"}}, "comes out otherwise today in praise"),
    ],
)
def test_a_body_written_anew_with_its_hash_is_found(kept, changed, what):
    last = chain(kept)[-1][0]
    verdict = last.verdict | changed.get("verdict", {})
    forged = replace(last, rule=changed.get("rule", last.rule), verdict=verdict)
    put = "UPDATE eval_decisions SET body = :body, hash = :hash WHERE sequence = 3"
    tamper(kept, put, body=forged.body, hash=forged.hash)

    assert broken_links(chain(kept)) == []
    assert replayed(kept)[-1].what == what


@pytest.mark.parametrize("column", ["items", "published", "elicitation", "state", "grade", "measured_on"])
def test_a_measurement_made_unreadable_is_told_in_words(kept, column):
    tamper(kept, f"UPDATE eval_measurements SET {column} = '[[1]]'")

    with pytest.raises(LedgerError, match="a measurement is none any more"):
        measurements(kept)


def test_a_change_with_a_new_hash_breaks_the_next_link(kept):
    first = chain(kept)[0][0]
    forged = replace(first, verdict={**first.verdict, "outcome": "below"})
    tamper(
        kept,
        "UPDATE eval_decisions SET body = :body, hash = :hash WHERE sequence = 1",
        body=forged.body,
        hash=forged.hash,
    )

    assert [(fault.sequence, fault.what) for fault in broken_links(chain(kept))] == [
        (2, "does not follow from the decision before it")
    ]


def test_a_decision_taken_out_is_found(kept):
    tamper(kept, "DELETE FROM eval_decisions WHERE sequence = 2")

    assert {fault.sequence for fault in broken_links(chain(kept))} == {3}


def test_the_newest_cut_off_is_found_with_a_hash_noted_elsewhere(kept):
    head = chain(kept)[-1][1]
    tamper(kept, "DELETE FROM eval_decisions WHERE sequence = 3")

    assert broken_links(chain(kept)) == []
    assert "the newest were cut off" in broken_links(chain(kept), head)[0].what


def test_a_score_changed_after_the_decision_is_found(kept):
    tamper(kept, "UPDATE eval_measurements SET items = replace(items, '1.0', '0.0')")

    assert "2 of its measurements are gone or not what they were" in replayed(kept)[1].what


def test_a_rule_hash_written_into_a_run_after_the_decision_is_found(kept):
    tamper(kept, "UPDATE eval_measurements SET rule_hash = 'beef'")

    assert replayed(kept)[0].what == "its measurements are not the ones it was decided from"


def test_a_measurement_that_is_gone_is_found(kept):
    tamper(kept, "DELETE FROM eval_measurements")

    assert "measurements are gone" in replayed(kept)[0].what


def test_a_replay_knows_the_rules_under_which_a_series_was_decided_before(ledger, settled):
    run, old, new = run_of(0.6), settled(), settled(rule={"alpha": 0.1})
    keep_measurements(ledger, [run])
    append_decisions(ledger, [decided(old, [run])], "0.1.0")
    earlier = rules_so_far(decision for decision, _ in chain(ledger))
    append_decisions(ledger, [decided(new, [run], earlier_rules=set().union(*earlier.values()))], "0.1.0")

    assert any("decided under another rule" in flag for flag in chain(ledger)[1][0].verdict["flags"])
    assert replayed(ledger) == [None, None]


def test_a_decision_replays_by_its_own_rule_whatever_the_register_says_now(ledger, settled):
    run = run_of(0.62)
    keep_measurements(ledger, [run])
    append_decisions(ledger, [decided(settled(rule={"test": "fixed", "looks": 1}), [run])], "0.1.0")

    ((decision, _),) = chain(ledger)
    assert decision.rule["link"]["rule"]["test"] == "fixed"
    assert replayed(ledger) == [None]
