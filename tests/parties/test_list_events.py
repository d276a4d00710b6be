"""The fold of list events to a day: what holds for any history."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.core.sources import Cite
from chipledger.core.truth import Verdict
from chipledger.parties.events import days_of, listings_on, standing_on
from chipledger.parties.federal_register import Span, citations, documents, span
from chipledger.parties.lists import chosen, lists
from chipledger.parties.party import ListAction, ListEvent
from chipledger.parties.register import sources

DAYS = st.dates(date(2019, 1, 1), date(2026, 12, 31))
RECALLED = (Cite(source="recalled-2026-11", grade="recalled"),)


def event(action="added", on=None, **more) -> ListEvent:
    return ListEvent.model_validate({"list": "entity_list", "action": action, "effective_on": on, **more})


@st.composite
def histories(draw) -> list[ListEvent]:
    days = draw(st.lists(DAYS, min_size=1, max_size=6, unique=True))
    actions = st.sampled_from([ListAction.ADDED, ListAction.MODIFIED, ListAction.REMOVED])
    return [event(draw(actions), day, document=f"act of {day}") for day in days]


@settings(deadline=None)
@given(histories(), DAYS, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_told_does_not_matter(history, on, random):
    shuffled = random.sample(history, len(history))
    assert standing_on(history, on) == standing_on(shuffled, on)


@settings(deadline=None)
@given(histories(), DAYS)
def test_a_withdrawn_publication_changes_nothing_on_any_day(history, on):
    posted = event("added", date(2022, 2, 13), document="posted and taken back")
    back = event("withdrawn", date(2022, 2, 13), document="posted and taken back")
    assert standing_on([*history, posted, back], on) == standing_on(history, on)
    assert standing_on([*history, back], on) == standing_on(history, on)


@settings(deadline=None)
@given(histories(), DAYS)
def test_what_happens_later_does_not_reach_back(history, on):
    later = event("added", on + timedelta(days=1), document="later")
    if any(one.effective_on <= on for one in history):
        before = [(one.holds, one.documents) for one in standing_on(history, on)]
        assert [(one.holds, one.documents) for one in standing_on([*history, later], on)] == before


@settings(deadline=None)
@given(histories(), DAYS)
def test_a_last_word_decides(history, on):
    last = max(one.effective_on for one in history)
    ended = [*history, event("removed", last + timedelta(days=1))]
    assert standing_on(ended, last + timedelta(days=2)) == ()
    again = [*ended, event("added", last + timedelta(days=3))]
    assert listings_on(again, last + timedelta(days=3))[0].since == last + timedelta(days=3)


@settings(deadline=None)
@given(histories(), DAYS, DAYS)
def test_knowing_less_is_as_if_the_rest_had_not_been_written(history, on, known):
    read = [one for one in history if one.effective_on <= known]
    assert standing_on(history, on, known) == standing_on(read, on)


def test_what_is_only_recalled_decides_nothing():
    recalled = event("added", date(2020, 1, 1), document="a notice", cites=RECALLED)
    assert listings_on([recalled], date(2021, 1, 1)) == ()
    (found,) = standing_on([recalled], date(2021, 1, 1))
    assert (found.holds, found.why) == (Verdict.UNKNOWN, "a notice is only recalled, not read")


def test_a_removal_that_is_only_recalled_leaves_the_listing_unknown():
    history = [event("added", date(2020, 1, 1)), event("removed", date(2021, 1, 1), cites=RECALLED)]
    assert standing_on(history, date(2020, 6, 1))[0].holds is Verdict.YES
    assert standing_on(history, date(2020, 6, 1))[0].until is None
    assert standing_on(history, date(2021, 6, 1))[0].holds is Verdict.UNKNOWN


def test_a_change_without_an_entry_before_it_leaves_the_days_before_unknown():
    history = [event("modified", date(2020, 5, 15), document="85 FR 29849")]
    assert standing_on(history, date(2020, 5, 14))[0].holds is Verdict.UNKNOWN
    assert standing_on(history, date(2020, 5, 15))[0].holds is Verdict.YES


def test_the_text_of_the_entry_is_that_of_the_day():
    history = [
        event("added", date(2019, 10, 9), license_requirement="all items", review_policy="case by case"),
        event("modified", date(2022, 10, 21), license_requirement="all items, 4", footnotes=(4,)),
    ]
    (before,) = listings_on(history, date(2022, 10, 20))
    (after,) = listings_on(history, date(2022, 10, 21))
    assert (before.license_requirement, before.footnotes) == ("all items", ())
    assert (after.license_requirement, after.review_policy) == ("all items, 4", "case by case")
    assert after.footnotes == (4,)


@pytest.mark.parametrize(
    ("citation", "lies"),
    [
        ("84 FR 22961", Span(date(2019, 5, 16), date(2019, 5, 16))),
        ("84 FR 22963", Span(date(2019, 5, 16), date(2019, 5, 16))),
        ("62 FR 35334", Span(date(1996, 12, 18), date(1997, 12, 31))),
        ("88 FR (page not printed)", Span(date(2022, 12, 18), date(2023, 12, 31))),
        ("1260H list of 2026-06-08", None),
    ],
)
def test_a_citation_bounds_its_day(citation, lies):
    assert span(citation) == lies


def test_days_of_the_federal_register_run_with_its_pages():
    dated = documents()
    assert [one.published_on for one in dated] == sorted(one.published_on for one in dated)
    assert {one.source for one in dated} <= set(sources())
    assert all(one.grade.decides for one in dated)


def test_a_snapshot_ends_the_time_in_which_an_entry_may_have_begun():
    found = days_of(event("added", document="90 FR 48193", seen_on=date(2025, 10, 20)))
    assert found.latest == date(2025, 10, 20)


def test_citations_are_read_in_any_of_the_forms_that_lists_print():
    assert citations("77 FR 61249 No. 195") == ("77 FR 61249",)
    assert citations("46 F.R. 46154 9/17/81 and 46 F.R. 19290 3/30/81") == ("46 FR 19290", "46 FR 46154")
    assert citations(None) == citations("Vol. 78, No. 38, 02/26/2013") == ()


def test_lists_are_named_by_id_or_code():
    assert chosen(["EL", "ns-mbs", "1260H"]) == {"entity_list", "ns_mbs", "1260h"}
    assert chosen(["all"]) == set(lists())
    assert {"entity_list", "meu", "uvl", "1260h"} <= chosen() < set(lists())
    with pytest.raises(InputError, match="no such list: 'sanctions'; expected entity_list"):
        chosen(["sanctions"])


def test_every_list_says_where_its_effect_is_written():
    for one in lists().values():
        assert {cite.source for cite in one.cites} <= set(sources()), one.id
    assert not lists()["1260h"].effect.touches_exports
