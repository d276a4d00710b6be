import re
from datetime import date, timedelta

import pytest

from chipledger.catalogue.chip import chips
from chipledger.rules.classify import classify
from chipledger.rules.item import Item, item_of
from chipledger.rules.law import DATA, law
from chipledger.rules.status import status

FOLDERS = ("instruments", "controls", "letters", "practices")
FILES = [path for folder in FOLDERS for path in sorted((DATA / folder).glob("*.yaml"))]
DAYS = [day + timedelta(days=step) for day in law().boundaries for step in (-1, 0)]


def test_instruments_are_numbered_without_a_gap_and_none_twice():
    rows = sorted(int(one.reference.removeprefix("R")) for one in law().instruments.values())
    assert rows == list(range(1, len(rows) + 1))
    assert len(rows) >= 29


def test_every_source_is_cited_and_every_cite_has_its_source():
    cited = {
        source
        for path in FILES
        for source in re.findall(r"\{source: ([^,}]+)", path.read_text(encoding="utf-8"))
    }
    cited |= set(
        re.findall(r"\{source: ([^,}]+)", (DATA / "country_groups.yaml").read_text(encoding="utf-8"))
    )
    assert cited == set(law().sources)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_file_calls_a_use_unlawful(path):
    assert not re.search(r"\b(banned|illegal|violat\w*)\b", path.read_text(encoding="utf-8"), re.IGNORECASE)


def test_every_instrument_of_a_control_or_letter_began_no_later_than_it():
    for control in law().controls.values():
        for part in (*control.versions, *control.requirements, *control.reviews):
            begun = law().instruments[part.instrument].dated_on()
            assert part.effective_from >= min(
                begun, law().instruments[part.instrument].effective_from or begun
            )


def test_the_texts_of_3a090_follow_each_other_without_a_gap():
    in_effect = [bool(classify(Item(), day).paragraphs) for day in DAYS]
    first = DAYS.index(date(2022, 10, 21))
    assert in_effect == [False] * first + [True] * (len(DAYS) - first)


@pytest.mark.parametrize("chip", list(chips().values()), ids=lambda chip: chip.id)
def test_every_chip_has_an_answer_on_every_boundary_day(chip):
    item = item_of(chip)
    for day in DAYS:
        for layer in status(item, "CN", on=day).layers.values():
            assert layer.license_required.reasons


@pytest.mark.parametrize("country", sorted(law().groups.countries))
def test_every_country_has_an_answer_on_every_boundary_day(country):
    for day in DAYS:
        found = status(Item(), country, on=day)
        assert found.codified.license_required.reasons
        assert found.enforced.license_required.reasons
