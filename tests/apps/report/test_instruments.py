"""The rules shown are those that concern the destination by the day; only what decides has a band."""

from dataclasses import replace
from datetime import date

import pytest

from chipledger.apps.report.instruments import bands, rule_rows
from chipledger.core.sources import Grade
from chipledger.rules.instrument import Standing
from chipledger.rules.law import law

ON = date(2026, 11, 1)


def drawn(country: str, on: date) -> list[str]:
    return [band.instrument.reference for band in bands(rule_rows(country, on), on)]


def test_the_picture_for_china_holds_letters_rules_and_the_gate_of_2026() -> None:
    assert {"R1", "R3", "R6", "R14", "R21"} <= set(drawn("CN", ON))


def test_a_rule_published_after_the_day_is_not_shown() -> None:
    assert drawn("CN", date(2022, 12, 31)) == ["R1", "R2", "R3"]
    assert rule_rows("CN", date(2020, 1, 1)) == []


def test_hong_kong_has_the_rules_of_china_and_macau_its_own_beginning() -> None:
    assert drawn("HK", ON) == drawn("CN", ON)
    assert "R3" not in drawn("MO", ON)
    assert "R4" in drawn("MO", ON)


def test_what_is_only_recalled_has_a_row_and_no_band(monkeypatch: pytest.MonkeyPatch) -> None:
    letter = law().instruments["us-2022-08-26-letter-nvidia"]
    recalled = tuple(cite.model_copy(update={"grade": Grade.RECALLED}) for cite in letter.cites)
    forgotten = letter.model_copy(update={"cites": recalled})
    changed = replace(law(), instruments={**law().instruments, letter.id: forgotten})
    assert letter.reference in drawn("CN", ON)
    monkeypatch.setattr("chipledger.apps.report.instruments.law", lambda: changed)
    assert letter.reference in [row.instrument.reference for row in rule_rows("CN", ON)]
    assert letter.reference not in drawn("CN", ON)


def test_a_band_ends_where_the_rule_was_superseded_and_a_rule_in_force_reaches_the_day() -> None:
    by_reference = {band.instrument.reference: band for band in bands(rule_rows("CN", ON), ON)}
    assert by_reference["R3"].spans == ((date(2022, 10, 7), date(2023, 11, 17), Standing.IN_FORCE),)
    assert by_reference["R6"].spans[-1] == (date(2023, 11, 17), date(2026, 11, 2), Standing.IN_FORCE)
    assert [standing for *_, standing in by_reference["R12"].spans] == [
        Standing.IN_FORCE,
        Standing.NOT_ENFORCED,
    ]


@pytest.mark.parametrize("country", ["CN", "AE", "GB", "US"])
def test_every_row_names_where_it_is_written_with_the_grade(country: str) -> None:
    for row in rule_rows(country, ON):
        assert row.references
        assert {one.grade for one in row.references} <= {"primary", "quoted", "secondary", "recalled"}


def test_every_band_is_also_a_row() -> None:
    for country in sorted(law().groups.countries)[::20]:
        rows = rule_rows(country, ON)
        assert {band.instrument.id for band in bands(rows, ON)} <= {row.instrument.id for row in rows}
