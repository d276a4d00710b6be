from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chipledger.core.sources import Cite, Grade
from chipledger.evals.crosswalk import Framework, Level, crosswalk
from chipledger.evals.register import bundled

CITE = Cite(source="s", grade=Grade.PRIMARY)


def a_framework(version, begins, ends=None, uses=("cyber",)):
    level = Level(name="High", use_cases=uses, says="a line", cite=CITE)
    return Framework(id=f"f-{version}", family="f", issuer="A Lab", title="F", version=version, published_on=begins,
                     effective_from=begins, effective_until=ends, levels=(level,), cites=(CITE,))  # fmt: skip


FIRST = a_framework("1", date(2024, 5, 17), date(2025, 2, 4))
SECOND = a_framework("2", date(2025, 2, 4), uses=("cyber", "biology"))


def standing(on):
    return {(one.family, one.version) for one in bundled().frameworks.values() if one.period.contains(on)}


@pytest.mark.parametrize(
    ("on", "versions"),
    [
        (date(2024, 5, 16), []),
        (date(2024, 5, 17), ["1"]),
        (date(2025, 2, 3), ["1"]),
        (date(2025, 2, 4), ["2", "2"]),
    ],
)
def test_a_version_ends_on_the_day_on_which_the_next_begins(on, versions):
    assert [cell.framework.version for cell in crosswalk([SECOND, FIRST], on)] == versions


def test_a_level_that_speaks_of_two_uses_stands_in_both_rows():
    cells = crosswalk([FIRST, SECOND], date(2025, 6, 1))
    assert [cell.use_case for cell in cells] == ["biology", "cyber"]
    assert {cell.grade for cell in cells} == {Grade.PRIMARY}


@given(st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_no_cell_is_of_a_version_that_does_not_stand(on):
    for cell in crosswalk(bundled().frameworks.values(), on):
        assert cell.framework.effective_from <= on
        assert cell.framework.effective_until is None or on < cell.framework.effective_until


def test_a_version_that_would_hold_no_day_is_refused():
    with pytest.raises(ValidationError, match="later than effective_from"):
        a_framework("3", date(2025, 2, 4), date(2025, 2, 4))


@pytest.mark.parametrize(
    ("on", "family", "version"),
    [
        (date(2023, 9, 19), "rsp", "1.0"), (date(2024, 10, 14), "rsp", "1.0"), (date(2024, 10, 15), "rsp", "2.0"),
        (date(2025, 3, 31), "rsp", "2.1"), (date(2025, 6, 1), "rsp", "2.2"), (date(2026, 2, 23), "rsp", "2.2"),
        (date(2026, 2, 24), "rsp", "3.0"), (date(2026, 4, 2), "rsp", "3.1"), (date(2026, 4, 29), "rsp", "3.2"),
        (date(2026, 5, 26), "rsp", "3.3"), (date(2026, 11, 25), "rsp", "3.4"),
        (date(2025, 4, 14), "preparedness", "Beta"), (date(2025, 4, 15), "preparedness", "2"),
        (date(2024, 5, 17), "fsf", "1.0"), (date(2025, 2, 4), "fsf", "2.0"), (date(2025, 9, 21), "fsf", "2.0"),
        (date(2025, 9, 22), "fsf", "3.0"), (date(2026, 4, 17), "fsf", "3.1"),
        (date(2025, 7, 10), "eu_code", "2025-07-10"), (date(2026, 5, 1), "caisi", "DeepSeek V4 Pro"),
    ],
)  # fmt: skip
def test_on_a_day_the_version_in_effect_is_named(on, family, version):
    assert (family, version) in standing(on)
    assert {one for one in standing(on) if one[0] == family} == {(family, version)}


@pytest.mark.parametrize(
    ("on", "absent"),
    [
        (date(2023, 9, 18), "rsp"), (date(2023, 12, 17), "preparedness"), (date(2025, 7, 9), "eu_code"),
        (date(2025, 8, 1), "eu_ai_act"), (date(2025, 1, 20), "us_order"), (date(2025, 12, 31), "california"),
        (date(2026, 12, 31), "new_york"),
    ],
)  # fmt: skip
def test_before_its_day_or_after_its_end_a_text_is_silent(on, absent):
    assert absent not in {family for family, _ in standing(on)}


def test_the_commissions_powers_begin_a_year_after_the_obligations():
    assert ("eu_ai_act", "obligations") in standing(date(2026, 8, 1))
    assert ("eu_ai_act", "obligations, with the Commission's powers") in standing(date(2026, 8, 2))


def test_the_crosswalk_tells_how_a_use_moved_between_versions():
    def levels(use_case, on, family):
        cells = crosswalk(bundled().frameworks.values(), on)
        return [c.level.name for c in cells if c.use_case == use_case and c.framework.family == family]

    assert levels("persuasion-and-manipulation", date(2024, 6, 1), "preparedness") == ["Persuasion, High"]
    assert levels("persuasion-and-manipulation", date(2025, 6, 1), "preparedness") == []
    assert levels("cyber-offence-autonomous", date(2025, 6, 1), "rsp") == [
        "Cyber Operations, ongoing assessment"
    ]
    assert levels("cyber-offence-autonomous", date(2026, 3, 1), "rsp") == []
    assert levels("persuasion-and-manipulation", date(2025, 9, 21), "fsf") == []
    assert levels("persuasion-and-manipulation", date(2025, 9, 22), "fsf") == [
        "Harmful manipulation level 1 (exploratory)"
    ]


def test_texts_that_give_a_number_for_a_benchmark_are_few_and_known():
    numeric = {
        (one.id, level.name) for one in bundled().frameworks.values() for level in one.levels if level.numeric
    }
    assert numeric == {
        ("rsp-1-0", "ASL-3, autonomous replication in the lab"),
        ("xai-2025-08", "Malicious use: restricted queries"), ("xai-2025-08", "Loss of control: dishonesty"),
        ("xai-2025-12", "Malicious use: restricted queries"), ("xai-2025-12", "Loss of control: dishonesty"),
    }  # fmt: skip
