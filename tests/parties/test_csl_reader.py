"""The Consolidated Screening List as published, as projected, and as damaged."""

import csv
import io
import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.core.truth import Verdict
from chipledger.parties.candidates import candidates
from chipledger.parties.csl import footnotes, read_csl
from chipledger.parties.events import listings_on, standing_on
from chipledger.parties.register import parties

HEADER = (
    "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,"
    "standard_order,license_requirement,license_policy,call_sign,vessel_type,gross_tonnage,gross_registered_tonnage,"
    "vessel_flag,vessel_owner,remarks,source_list_url,alt_names,citizenships,dates_of_birth,nationalities,"
    "places_of_birth,source_information_url,ids"
)
COLUMNS = HEADER.split(",")
ENTITY_LIST = "Entity List (EL) - Bureau of Industry and Security"
DENIED = "Denied Persons List (DPL) - Bureau of Industry and Security"
FDP = "For all items subject to the EAR. (See §§ 734.9(e)(2) and 744.11 of the EAR)4"
GOOD = {
    "source": ENTITY_LIST, "name": "Example Chips Co., Ltd.", "alt_names": "Example Semiconductor; EC",
    "addresses": "No. 5, Example Road, Beijing, 100094, CN; Unit 1, Hong Kong, HK",
    "federal_register_notice": "84 FR 54002; 87 FR 62202", "start_date": "2019-10-09",
    "license_requirement": FDP, "license_policy": "Presumption of denial",
}  # fmt: skip


def as_csv(*rows: dict, delimiter: str = ",") -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def as_json(*rows) -> str:
    return json.dumps({"total": len(rows), "results": list(rows)})


@pytest.fixture
def read(tmp_path):
    def reading(text: str | bytes, **more):
        path = tmp_path / "csl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_csl(path, **more)

    return reading


def test_a_row_of_the_published_csv(read):
    (entry,) = read(as_csv(GOOD)).entries
    assert entry.names == ("Example Chips Co., Ltd.", "Example Semiconductor", "EC")
    assert (entry.list, entry.countries, entry.start) == ("entity_list", ("CN", "HK"), date(2019, 10, 9))
    assert [one.document for one in entry.events] == ["84 FR 54002", "87 FR 62202"]
    (before,) = listings_on(entry.events, date(2022, 10, 20))
    (after,) = listings_on(entry.events, date(2022, 10, 21))
    assert (before.footnotes, after.footnotes) == ((), (4,))
    assert (before.license_requirement, after.review_policy) == (None, "Presumption of denial")


def test_json_csv_and_tsv_of_one_list_give_the_same_entries(read):
    in_json = GOOD | {
        "alt_names": ["Example Semiconductor", "EC"],
        "addresses": [{"city": "Beijing", "country": "CN"}, {"city": "Hong Kong", "country": "HK"}],
    }
    published = read(as_json(in_json)).entries
    for other in (read(as_csv(GOOD)), read(as_csv(GOOD, delimiter="\t")), read("\ufeff" + as_csv(GOOD))):
        assert [one.names for one in other.entries] == [one.names for one in published]
        assert [one.events for one in other.entries] == [one.events for one in published]
        assert [one.id for one in other.entries] == [one.id for one in published]


def test_the_compact_projection_is_read_and_gives_its_day(read):
    value = {
        "sourceGeneratedAt": "2026-07-31T13:15:00+00:00",
        "tables": {"sources": [ENTITY_LIST], "licenceRequirements": [FDP], "licencePolicies": ["Policy of denial"], "programmes": []},
        "entries": [{"n": "Example Chips", "a": ["EC"], "s": 0, "c": ["CN"], "lr": 0, "lp": 0, "fr": "90 FR 48193"},
                    {"n": "Points nowhere", "s": 7}],
    }  # fmt: skip
    found = read(json.dumps(value))
    assert found.as_of == date(2026, 7, 31)
    assert [str(flaw) for flaw in found.flaws] == ["row 2: s 7 points nowhere in the tables"]
    (entry,) = found.entries
    assert standing_on(entry.events, date(2025, 10, 5))[0].holds is Verdict.UNKNOWN
    assert listings_on(entry.events, date(2025, 12, 1))[0].as_of == date(2026, 7, 31)
    assert standing_on(entry.events, date(2025, 9, 1)) == ()


def test_an_affiliated_entity_is_found_by_its_own_name(read):
    name = "Example Holding Co., Ltd. Affiliated Entity: Example Marine Networks Co., Ltd."
    (entry,) = read(as_csv(GOOD | {"name": name})).entries
    assert entry.names[1] == "Example Marine Networks Co., Ltd."


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        (["Example 24; Example Institute"], ["Example 24", "Example Institute"]),
        (["Example Star;"], ["Example Star"]),
        (["Elena; a.k.a. Elena Example"], ["Elena; a.k.a. Elena Example"]),
    ],
)
def test_names_printed_as_one_are_taken_apart(read, printed, names):
    row = GOOD | {"alt_names": printed, "addresses": [], "programs": [], "ids": []}
    (entry,) = read(as_json(row)).entries
    assert list(entry.names[1:]) == names


def test_whoever_follows_a_sanctioned_party_is_no_name_of_it(read):
    name = "Example Metals Co., Ltd; and any successor, sub-unit, or subsidiary thereof"
    (entry,) = read(as_csv(GOOD | {"name": name, "alt_names": ""})).entries
    assert entry.names == (name, "Example Metals Co., Ltd")


def test_a_denial_order_ends_on_its_last_day(read):
    row = {"source": DENIED, "name": "Example Trading", "federal_register_notice": "82 F.R. 48792 10/20/2017",
           "start_date": "2017-10-16", "end_date": "2020-10-13"}  # fmt: skip
    (entry,) = read(as_csv(row)).entries
    assert listings_on(entry.events, date(2020, 10, 13))
    assert not standing_on(entry.events, date(2020, 10, 14))


def test_only_the_lists_that_were_asked_for_are_kept(read):
    rows = as_csv(GOOD, {"source": DENIED, "name": "Example Trading"})
    assert [one.list for one in read(rows, lists={"dpl"}).entries] == ["dpl"]
    assert read(rows, lists={"dpl"}).rows == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"source": ""}, "it names no list (source)"),
        ({"source": "Some List (XYZ) - Somebody"}, "no list is known as 'Some List (XYZ) - Somebody'"),
        ({"name": ""}, "it has no name"),
        ({"name": "—"}, "it has no name"),
        ({"name": "A" * 100_000}, "its name has 100000 characters, at most 1000 are read"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_rest_is_read(read, bad, reason):
    found = read(as_csv(GOOD, GOOD | bad, GOOD))
    assert len(found.entries) == 2 and found.rejected == 1
    assert found.flaws[0].row == 3 and found.flaws[0].reason == reason


@pytest.mark.parametrize(
    "bad", [None, 7, "text", [], {"name": 7, "source": ENTITY_LIST}, {"name": "Example"}]
)
def test_a_row_of_json_that_is_no_row_is_named_and_the_rest_is_read(read, bad):
    found = read(as_json(GOOD, bad, GOOD))
    assert len(found.entries) == 2 and found.rejected == 1
    assert found.flaws[0].row == 2


def test_a_day_that_is_none_is_told_and_the_party_kept(read):
    found = read(
        as_csv(GOOD | {"start_date": "2019-13-45", "federal_register_notice": ""}), as_of=date(2026, 7, 31)
    )
    assert found.rejected == 0 and len(found.flaws) == 1
    assert str(found.flaws[0]).endswith("start_date '2019-13-45' is no day; kept without it")
    assert standing_on(found.entries[0].events, date(2020, 1, 1))[0].holds is Verdict.UNKNOWN


def test_a_ragged_row_and_an_open_quote_take_no_other_row_with_them(read):
    lines = as_csv(GOOD, GOOD, GOOD, GOOD).splitlines()
    lines[2] = lines[2] + ",one,two"
    lines[3] = '"' + lines[3].replace('"', "")
    found = read("\n".join(lines))
    assert [flaw.row for flaw in found.flaws] == [3, 4]
    assert len(found.entries) == 2


def test_control_characters_and_line_separators_do_not_cut_rows(read):
    odd = GOOD | {"name": "Example\x0b\x1c\u2028Chips\x85\x00 Ltd"}
    found = read(as_csv(GOOD, odd, GOOD))
    assert found.rows == 3
    assert len(found.entries) >= 2
    assert all(flaw.row == 3 for flaw in found.flaws)


def test_bytes_that_are_no_text_lose_their_row_only(read):
    text = as_csv(GOOD, GOOD | {"name": "Damaged Name"}, GOOD).encode().replace(b"Damaged", b"Dam\xff\xfeged")
    found = read(text)
    assert len(found.entries) == 2
    assert [(flaw.row, flaw.reason) for flaw in found.flaws] == [(3, "its name is not UTF-8")]


def test_a_file_that_breaks_off_gives_what_stands_before(read):
    text = as_json(GOOD, GOOD, GOOD)
    found = read(text[: len(text) - 40])
    assert len(found.entries) == 2 and found.rejected == 1
    assert found.flaws[0].row == 3 and "breaks here" in found.flaws[0].reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the list file is empty"),
        ("\n \n", "the list file is empty"),
        ("a,b,c\n1,2,3\n", "no column source or name or alt_names or addresses"),
        ('{"a": 1}', "no list of rows in this JSON file"),
        ('{"a": ', "not JSON"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(read, text, said):
    with pytest.raises(InputError, match=said):
        read(text)


def test_a_number_too_long_to_be_one_spoils_its_field_and_not_the_file(read):
    found = read(
        f'{{"results": [{{"source": "{ENTITY_LIST}", "name": "Example Chips", "start_date": {"9" * 5000}}}, '
        f'{{"source": "{ENTITY_LIST}", "name": "Example Foundry"}}]}}'
    )
    assert [one.names[0] for one in found.entries] == ["Example Chips", "Example Foundry"]
    assert [(flaw.row, flaw.is_kept) for flaw in found.flaws] == [(1, True)]
    assert "is no day" in found.flaws[0].reason


def test_what_a_row_says_twice_is_told(read):
    found = read(
        f'{{"results": [{{"source": "{ENTITY_LIST}", "name": "Example Chips", "name": "Example Foundry"}}]}}'
    )
    assert [one.names[0] for one in found.entries] == ["Example Foundry"]
    assert [str(flaw) for flaw in found.flaws] == [
        "row 1 ('Example Foundry'): it says name twice; the last is read; kept without it"
    ]


def test_two_lists_of_rows_in_one_file_are_refused_since_one_would_be_lost(read):
    with pytest.raises(InputError, match="results stands twice"):
        read(f'{{"results": [{{"source": "{ENTITY_LIST}", "name": "Example Chips"}}], "results": []}}')


def test_a_mark_of_byte_order_before_json_is_no_damage(read):
    found = read("\ufeff" + as_json(GOOD))
    assert len(found.entries) == 1 and not found.flaws


def test_a_missing_file_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot read the list file: No such file"):
        read_csl(tmp_path / "none.csv")


@settings(deadline=None)
@given(st.data())
def test_whatever_was_done_to_the_bytes_rows_are_read_or_named_or_the_file_refused(tmp_path_factory, data):
    content = bytearray(data.draw(st.sampled_from([as_csv(GOOD, GOOD), as_json(GOOD, GOOD)])).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=6))
    path = tmp_path_factory.mktemp("damaged") / "csl"
    path.write_bytes(bytes(content))
    try:
        found = read_csl(path)
    except InputError:
        return
    assert len(found.entries) + found.rejected == found.rows
    for entry in found.entries:
        standing_on(entry.events, date(2022, 1, 1))
        json.dumps([entry.license_requirement, *entry.names], ensure_ascii=False).encode()


def test_text_that_cannot_be_printed_is_marked(read):
    found = read(as_json(GOOD | {"license_requirement": "all \ud800 items"}))
    assert found.entries[0].license_requirement == "all \ufffd items"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("For all items subject to the EAR, see §§ 734.9(e)1 and 744.11 of the EAR2", (1,)),
        ("For All Items Subject to the EAR (See §734.9(e)1, and §744.11 of the EAR)2.", (1,)),
        (FDP, (4,)),
        ("For All Items Subject to the EAR (See §734.9(e)(2), and §744.11 of the EAR)4.", (4,)),
        ("For all items subject to the EAR. (See §§734.4(a)(9), 734.9(e)(3), and 744.11 of the EAR)5", (5,)),
        ("For all items subject to the EAR (See §§734.9(g)3, 746.8(a)(3), and 744.21(b) of the EAR)", (3,)),
        (
            "For all items subject to the EAR. (See §§ 734.9(g), 3 746.8(a)(3), and 744.21(b) of the EAR)",
            (3,),
        ),
        ("For all items subject to the EAR. (See §744.11 of the EAR)", ()),
        (None, ()),
    ],
)
def test_footnotes_are_read_from_the_license_requirement(text, marks):
    assert footnotes(text) == marks


@pytest.mark.skipif("CHIPLEDGER_CSL" not in os.environ, reason="CHIPLEDGER_CSL names no list file")
def test_the_whole_list_is_read_without_a_flaw():
    found = read_csl(Path(os.environ["CHIPLEDGER_CSL"]))
    assert not found.flaws and len(found.entries) > 20_000
    by_name = {one.names[0]: one for one in found.entries if one.list == "entity_list"}
    (listing,) = listings_on(by_name["IFLYTEK"].events, date(2019, 10, 9))
    assert listing.documents == ("84 FR 54002",)


@pytest.mark.skipif("CHIPLEDGER_CSL" not in os.environ, reason="CHIPLEDGER_CSL names no list file")
def test_the_bundled_history_of_a_party_never_contradicts_its_row_in_the_list():
    found = candidates(parties().values(), read_csl(Path(os.environ["CHIPLEDGER_CSL"])).entries)
    compared = 0
    for one in found:
        for row in one.entries if one.party else ():
            own = [event for event in one.party.events if event.list == row.list]
            for day in (date(year, month, 1) for year in range(2010, 2027) for month in (1, 4, 7, 10)):
                bundled = {listing.holds for listing in standing_on(own, day)} or {Verdict.NO}
                listed = {listing.holds for listing in standing_on(row.events, day)} or {Verdict.NO}
                assert not own or bundled | listed != {Verdict.YES, Verdict.NO}, (one.id, row.names[0], day)
                compared += bool(own)
    assert compared > 10_000
