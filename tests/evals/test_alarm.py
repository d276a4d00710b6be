import xml.etree.ElementTree as ElementTree
from datetime import date

import pytest
from made_runs import run_of

from chipledger.evals.alarm import Kind, alarms, atom
from chipledger.evals.chain import following
from chipledger.evals.decide import decide

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def chain_of(settled):
    """The decisions after each of some runs, in order, under one rule or the rules given."""

    def made(*rates, rules=None, model="kite-7b", **fields):
        runs, chain = [], []
        for week, rate in enumerate(rates):
            runs.append(run_of(rate, week=week, model=model, **fields))
            rule = rules[week] if rules else settled()
            verdict = decide(
                rule,
                runs,
                on=date(2026, 6, 1 + week),
                earlier_rules={one.verdict["rule_hash"] for one in chain},
            )
            chain.append(following(chain[-1] if chain else None, rule, verdict, runs, "0.1.0"))
        return chain

    return made


def test_a_crossing_is_told_once(chain_of):
    (alarm,) = alarms(chain_of(0.6, 0.9, 0.9, 0.9))

    assert (alarm.kind, alarm.on) == (Kind.CROSSED, date(2026, 6, 2))
    assert alarm.sentence.startswith(
        "kite-7b has crossed the threshold of ctf (cyber-offence): a model at 0.5"
    )


def test_nothing_is_told_while_nothing_crosses(chain_of):
    assert alarms(chain_of(0.4, 0.5, 0.5)) == []


def test_what_is_no_longer_below_is_told(chain_of):
    (alarm,) = alarms(chain_of(*[0.2] * 8, 0.45, 0.45, 0.45))

    assert alarm.kind is Kind.NO_LONGER_BELOW
    assert "moved towards the danger" in alarm.sentence


def test_a_rule_changed_after_its_data_is_told(chain_of, settled):
    rules = [settled(), settled(rule={"alpha": 0.1}), settled(rule={"alpha": 0.1})]

    assert [(one.kind, one.on) for one in alarms(chain_of(0.5, 0.5, 0.5, rules=rules))] == [
        (Kind.RULE_CHANGED, date(2026, 6, 2))
    ]


def test_a_rule_changed_a_second_time_is_told_again(chain_of, settled):
    rules = [settled(rule={"alpha": alpha}) for alpha in (0.05, 0.1, 0.1, 0.02)]

    assert [one.on for one in alarms(chain_of(0.5, 0.5, 0.5, 0.5, rules=rules))] == [
        date(2026, 6, 2),
        date(2026, 6, 4),
    ]


def test_the_feed_is_atom_newest_first_with_an_id_of_content(chain_of):
    found = alarms([*chain_of(0.9, 0.9), *chain_of(0.6, 0.9, model="brook <&> \x0b")])
    feed = ElementTree.fromstring(atom(found))

    entries = feed.findall(f"{ATOM}entry")
    assert feed.tag == f"{ATOM}feed"
    assert [one.find(f"{ATOM}updated").text for one in entries] == [
        "2026-06-02T00:00:00Z",
        "2026-06-01T00:00:00Z",
    ]
    assert entries[0].find(f"{ATOM}id").text.startswith("urn:sha256:")
    assert "brook <&> " in entries[0].find(f"{ATOM}title").text
    assert atom(found) == atom(found)


def test_a_feed_without_alarms_is_a_feed(chain_of):
    feed = ElementTree.fromstring(atom(alarms(chain_of(0.4))))

    assert feed.find(f"{ATOM}updated").text == "1970-01-01T00:00:00Z"
    assert feed.findall(f"{ATOM}entry") == []
