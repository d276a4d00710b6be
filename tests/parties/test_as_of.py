"""Who stood on which list on which day, by which document; and what the affiliates rule made of an owner (S6)."""

import re
from datetime import date

import pytest

from chipledger.core.truth import Verdict
from chipledger.findings.ownership import affiliates, affiliates_rule, affiliation
from chipledger.parties.events import listings_on, standing_on
from chipledger.parties.ownership import graph
from chipledger.parties.register import parties, sources, the_party
from chipledger.parties.stake import Stake

FEDERAL_REGISTER = re.compile(r"\d\d FR \d+")

# party, list, the last day off it, the first day on it, the document, its footnote
BOUNDARIES = [
    ("nscc-guangzhou", "entity_list", "2015-02-17", "2015-02-18", "80 FR 8524", None),
    ("huawei-technologies", "entity_list", "2019-05-15", "2019-05-16", "84 FR 22961", None),
    ("sugon", "entity_list", "2019-06-23", "2019-06-24", "84 FR 29371", None),
    ("hygon", "entity_list", "2019-06-23", "2019-06-24", "84 FR 29371", None),
    ("sensetime", "entity_list", "2019-10-08", "2019-10-09", "84 FR 54002", None),
    ("megvii", "entity_list", "2019-10-08", "2019-10-09", "84 FR 54002", None),
    ("yitu", "entity_list", "2019-10-08", "2019-10-09", "84 FR 54002", None),
    ("iflytek", "entity_list", "2019-10-08", "2019-10-09", "84 FR 54002", None),
    ("hikvision", "entity_list", "2019-10-08", "2019-10-09", "84 FR 54002", None),
    ("smic", "entity_list", "2020-12-17", "2020-12-18", "85 FR 83416", None),
    ("phytium", "entity_list", "2021-04-07", "2021-04-08", "86 FR 18437", None),
    ("ymtc", "entity_list", "2022-12-15", "2022-12-16", "87 FR 77505", None),
    ("cambricon", "entity_list", "2022-12-15", "2022-12-16", "87 FR 77505", 4),
    ("inspur-group", "entity_list", "2023-03-01", "2023-03-02", "88 FR 13673", None),
    ("loongson", "entity_list", "2023-03-01", "2023-03-02", "88 FR 13673", 4),
    ("biren", "entity_list", "2023-10-16", "2023-10-17", "88 FR 71991", 4),
    ("moore-threads", "entity_list", "2023-10-16", "2023-10-17", "88 FR 71991", 4),
    ("naura", "entity_list", "2024-12-01", "2024-12-02", "89 FR 96830", None),
    ("zhipu", "entity_list", "2025-01-15", "2025-01-16", "90 FR 4617", None),
    ("sophgo", "entity_list", "2025-01-15", "2025-01-16", "90 FR 4621", 4),
    ("baai", "entity_list", "2025-03-24", "2025-03-25", "90 FR 14046", None),
    ("nettrix", "entity_list", "2025-03-24", "2025-03-25", "90 FR 14046", None),
    ("inspur-taiwan", "entity_list", "2025-03-24", "2025-03-25", "90 FR 14046", None),
    ("fudan-microelectronics", "entity_list", "2025-09-11", "2025-09-12", "90 FR 44496", 4),
    ("tencent", "1260h", "2025-01-06", "2025-01-07", "90 FR 1105", None),
    ("cxmt", "1260h", "2025-01-06", "2025-01-07", "90 FR 1105", None),
]  # fmt: skip


def standing(party: str, which: str, on: str, known: str | None = None):
    found = standing_on(the_party(party).events, date.fromisoformat(on), known and date.fromisoformat(known))
    return next((one for one in found if one.list == which), None)


def holds(party: str, which: str, on: str, known: str | None = None) -> str:
    found = standing(party, which, on, known)
    return found.holds.value if found else "no"


@pytest.mark.parametrize(("party", "which", "before", "first", "document", "footnote"), BOUNDARIES)
def test_a_party_stands_on_a_list_from_the_day_of_its_document(
    party, which, before, first, document, footnote
):
    assert holds(party, which, before) == "no"
    found = standing(party, which, first)
    assert found.holds is Verdict.YES
    assert found.documents == (document,) and FEDERAL_REGISTER.fullmatch(document)
    assert found.since == date.fromisoformat(first)
    assert footnote is None or footnote in found.footnotes
    assert any(cite.grade.decides for cite in found.cites)


@pytest.mark.parametrize("party", ["alibaba", "baidu"])
@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2026-02-12", "no"), ("2026-02-13", "no"), ("2026-02-14", "no"), ("2026-06-07", "no"),
        ("2026-06-08", "yes"), ("2026-11-23", "yes"),
    ],
)  # fmt: skip
def test_a_list_published_and_withdrawn_was_never_in_force(party, on, expected):
    assert holds(party, "1260h", on) == expected
    assert holds(party, "1260h", on, known="2026-02-13") == "no"


@pytest.mark.parametrize("party", ["ymtc", "cxmt"])
@pytest.mark.parametrize("on", ["2026-02-12", "2026-02-13", "2026-02-14", "2026-06-07"])
def test_who_was_left_out_of_the_withdrawn_list_stays_on_the_one_before(party, on):
    found = standing(party, "1260h", on)
    assert found.holds is Verdict.YES
    assert found.documents[-1] == "90 FR 1105"


@pytest.mark.parametrize(
    ("party", "last", "first_off"),
    [
        ("amec", "2024-12-17", "2024-12-18"),
        ("megvii", "2025-01-06", "2025-01-07"),
        ("smic-hong-kong", "2024-01-30", "2024-01-31"),
    ],
)
def test_a_party_taken_off_a_list_is_off_from_that_day(party, last, first_off):
    assert holds(party, "1260h", last) == "yes"
    assert standing(party, "1260h", last).until == date.fromisoformat(first_off)
    assert holds(party, "1260h", first_off) == "no"


@pytest.mark.parametrize("on", ["2019-05-16", "2022-10-07", "2024-11-21", "2025-10-15", "2026-11-23"])
@pytest.mark.parametrize("party", ["tencent", "alibaba", "bytedance", "deepseek", "tsinghua-university"])
def test_no_entry_of_the_entity_list_is_known_of_the_clouds_and_labs(party, on):
    assert holds(party, "entity_list", on) == "no"


def test_footnote_4_came_to_iflytek_three_years_after_its_listing():
    assert standing("iflytek", "entity_list", "2022-10-20").footnotes == ()
    after = standing("iflytek", "entity_list", "2022-10-21")
    assert after.footnotes == (4,) and after.documents == ("84 FR 54002", "87 FR 62186")
    assert after.license_requirement and after.review_policy


def test_what_was_not_public_yet_is_not_known():
    assert holds("huawei-technologies", "entity_list", "2019-05-16", known="2019-05-15") == "no"
    assert holds("huawei-technologies", "entity_list", "2019-05-16", known="2019-05-16") == "yes"
    assert standing("huawei-technologies", "entity_list", "2024-01-01", known="2020-01-01").footnotes == ()


def test_an_entry_that_only_a_later_list_shows_is_unknown_before_it():
    assert holds("sun-yat-sen-university", "uvl", "2026-07-31") == "yes"
    before = standing("sun-yat-sen-university", "uvl", "2024-06-01")
    assert before.holds is Verdict.UNKNOWN and "2026-07-31" in before.why
    assert listings_on(the_party("sun-yat-sen-university").events, date(2024, 6, 1)) == ()


def test_a_day_that_only_a_page_bounds_is_unknown_inside_the_bounds():
    assert holds("pengcheng-laboratory", "entity_list", "2024-06-01") == "no"
    assert holds("pengcheng-laboratory", "entity_list", "2025-01-03") == "unknown"
    assert holds("pengcheng-laboratory", "entity_list", "2025-02-01") == "yes"


@pytest.mark.parametrize(
    ("on", "state", "requires", "default", "document"),
    [
        (date(2025, 9, 28), "before", "no", None, "90 FR 47201"),
        (date(2025, 9, 29), "in_force", "yes", None, "90 FR 47201"),
        (date(2025, 10, 15), "in_force", "yes", None, "90 FR 47201"),
        (date(2025, 11, 9), "in_force", "yes", None, "90 FR 47201"),
        (date(2025, 11, 10), "suspended", "no", None, "90 FR 50857"),
        (date(2026, 11, 9), "suspended", "no", None, "90 FR 50857"),
        (date(2026, 11, 10), "unknown", "unknown", "yes", "90 FR 50857"),
        (date(2026, 11, 23), "unknown", "unknown", "yes", "90 FR 50857"),
    ],
)
def test_the_affiliates_rule_is_off_on_off_and_then_not_known(on, state, requires, default, document):
    rule = affiliates_rule(on)
    assert (rule.state.value, rule.requires.value.value) == (state, requires)
    assert (rule.default.value if rule.default else None) == default
    assert document in " ".join((*rule.reasons, *rule.cites))


@pytest.mark.parametrize(
    ("on", "expected", "default"),
    [("2025-09-28", "no", None), ("2025-10-15", "yes", None), ("2025-11-10", "no", None), ("2026-11-10", "unknown", "yes")],
)  # fmt: skip
def test_a_subsidiary_of_iflytek_is_treated_as_the_rule_of_the_day_says(on, expected, default):
    day = date.fromisoformat(on)
    stake = Stake(owner="iflytek", owned="a-subsidiary", low=0.6, high=0.6)
    lists = {"iflytek": standing_on(the_party("iflytek").events, day)}
    answer = affiliation(affiliates(graph([stake], on=day), lists).of("a-subsidiary"), on=day)
    assert answer.treated_as_listed.value.value == expected
    assert (answer.default.value if answer.default else None) == default
    assert answer.red_flags or expected == "yes"


def test_every_document_that_two_files_date_has_one_day():
    days: dict[tuple[str, str], set] = {}
    for party in parties().values():
        for event in party.events:
            if event.document and event.effective_on and FEDERAL_REGISTER.fullmatch(event.document):
                days.setdefault((event.document, event.list), set()).add(event.effective_on)
    assert {key: found for key, found in days.items() if len(found) > 1} == {}


def test_every_listing_of_every_party_says_where_it_is_written():
    for party in parties().values():
        for one in standing_on(party.events, date(2026, 11, 23)):
            assert one.cites and {cite.source for cite in one.cites} <= set(sources()), party.id
            assert one.holds is Verdict.YES or one.why, party.id
