"""Stakes as people and registers write them; a bad row is named and the rest is read."""

import json
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.core.sources import Cite, Grade
from chipledger.parties.ownership import Answer, closure, graph
from chipledger.parties.party import NameKind, Party, PartyName
from chipledger.parties.stake import StakeKind
from chipledger.parties.stake_csv import share
from chipledger.parties.stakes import identified, joined, parent_stakes, read_stakes

DAY = date(2025, 10, 15)


@pytest.fixture
def written(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def bounds(read):
    return [(one.owner, one.owned, one.low, one.high) for one in read.stakes]


# --- a table of one's own --------------------------------------------------------------------------------------------------


def test_a_table_gives_shares_bands_and_unknowns(written):
    read = read_stakes(
        written(
            "owners.csv",
            "owner,owned,share,since,until,kind,remark\n"
            "北京示例控股,示例芯片,60 %,2021-03-01,,,annual report\n"
            "Fund,示例芯片,25-50 %,,2024-01-01,,\n"
            "Fund,Kite,0.25,,,,\n"
            "Bureau,Kite,,,,control,\n",
        )
    )
    assert bounds(read) == [
        ("北京示例控股", "示例芯片", 0.6, 0.6),
        ("Fund", "示例芯片", 0.25, 0.5),
        ("Fund", "Kite", 0.25, 0.25),
        ("Bureau", "Kite", 0.0, 1.0),
    ]
    assert read.stakes[0].since == date(2021, 3, 1)
    assert read.stakes[1].until == date(2024, 1, 1)
    assert read.stakes[3].kind is StakeKind.CONTROL
    assert read.rejects == ()


@pytest.mark.parametrize(
    ("columns", "row"),
    [("percentage", "60"), ("percentage", "60 %"), ("low,high", "0.6,0.6"), ("Share", "60％")],
)
def test_the_share_may_be_said_in_other_ways(written, columns, row):
    read = read_stakes(written("owners.csv", f"Owner,Owned,{columns}\na,b,{row}\n"))
    assert bounds(read) == [("a", "b", 0.6, 0.6)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a,b,60", "not a share: '60'; expected 60 % or 0.6"),
        ("a,b,120 %", "a share over 100 %"),
        ("a,b,1e9 %", "not a share"),
        ("a,b,most of it", "not a share"),
        ("a,b,50-25 %", "turned round"),
        (",b,50 %", "owner: string should have at least 1 character"),
        ("a,b", "2 cells under 3 columns"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_is_read(written, row, why):
    read = read_stakes(written("owners.csv", f"owner,owned,share\nx,y,10 %\n{row}\nx,z,20 %\n"))
    assert [(one.owned, one.low) for one in read.stakes] == [("y", 0.1), ("z", 0.2)]
    assert len(read.rejects) == 1
    assert read.rejects[0].where == "owners.csv:3"
    assert why in read.rejects[0].why


def test_rows_that_are_not_utf_8_or_no_days_are_named(written):
    read = read_stakes(
        written("o.csv", b"owner,owned,share,since\na,b\xff,1 %,\na,c,1 %,yesterday\na,d,1 %,2025-01-02\n")
    )
    assert [one.owned for one in read.stakes] == ["d"]
    assert [(one.where, one.why.split(":")[0]) for one in read.rejects] == [
        ("o.csv:2", "not UTF-8"),
        ("o.csv:3", "since"),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "name,country\na,CN\n", "owner,owned,share,percentage\na,b,1 %,1\n", "owner,owner,owned\na,a,b\n", "[1", "\x00\x01"],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_in_one_line(written, text):
    with pytest.raises(InputError) as refused:
        read_stakes(written("odd.csv", text))
    assert "\n" not in str(refused.value)
    assert "odd.csv" in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read the stakes"):
        read_stakes(tmp_path / "none.csv")


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_band_of_percents_keeps_its_ends(one, other):
    low, high = sorted((one, other))
    assert share(f"{low / 10} - {high / 10} %") == pytest.approx((low / 1000, high / 1000))


# --- GLEIF level 2 ---------------------------------------------------------------------------------------------------------

RELATIONSHIPS = (
    '"Relationship.StartNode.NodeID","Relationship.EndNode.NodeID","Relationship.RelationshipType",'
    '"Relationship.RelationshipStatus","Relationship.Period.1.startDate","Relationship.Period.1.endDate",'
    '"Relationship.Period.1.periodType","Relationship.Period.2.startDate","Relationship.Period.2.endDate",'
    '"Relationship.Period.2.periodType","Relationship.Quantifiers.1.QuantifierAmount","Registration.LastUpdateDate",'
    '"Registration.RegistrationStatus"\n'
)


def relationship(child, parent, kind="IS_DIRECTLY_CONSOLIDATED_BY", status="ACTIVE", share="", registration="PUBLISHED"):  # fmt: skip
    periods = "2023-01-01T00:00:00Z,2023-12-31T00:00:00Z,ACCOUNTING_PERIOD,2020-02-03T00:00:00Z,,RELATIONSHIP_PERIOD"
    return f"{child},{parent},{kind},{status},{periods},{share},2024-05-06T07:08:09Z,{registration}\n"


def test_a_consolidation_proves_no_share_even_where_the_record_prints_one(written):
    read = read_stakes(written("rr.csv", RELATIONSHIPS + relationship("CHILD", "PARENT", share="100")))
    (one,) = read.stakes
    assert (one.owner, one.owned, one.kind, one.low, one.high) == ("PARENT", "CHILD", "consolidation", 0.0, 1.0)  # fmt: skip
    assert (one.since, one.until) == (date(2020, 2, 3), None)
    found = closure(graph(read.stakes, on=DAY), ["PARENT"]).of("CHILD")
    assert (found.answer, found.has_listed_owner) == (Answer.UNKNOWN, True)


def test_an_inactive_relationship_ended_when_that_was_recorded(written):
    read = read_stakes(written("rr.csv", RELATIONSHIPS + relationship("C", "P", status="INACTIVE")))
    assert read.stakes[0].until == date(2024, 5, 6)


def test_funds_and_void_records_are_left_out_and_counted(written):
    text = (
        RELATIONSHIPS
        + relationship("C", "P", "IS_FUND-MANAGED_BY")
        + relationship("C", "P", registration="ANNULLED")
        + relationship("C", "P", "IS_ULTIMATELY_CONSOLIDATED_BY")
    )
    read = read_stakes(written("rr.csv", text))
    assert len(read.stakes) == 1
    assert read.left_out == {"IS_FUND-MANAGED_BY": 1, "ANNULLED": 1}


def test_the_golden_copy_is_read_from_its_archive(tmp_path):
    path = tmp_path / "rr.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rr.csv", RELATIONSHIPS + relationship("C", "P"))
    assert len(read_stakes(path).stakes) == 1


@pytest.mark.parametrize("reason", ["NON_CONSOLIDATING", "NO_KNOWN_PERSON", "NATURAL_PERSONS", "NON_PUBLIC"])
def test_a_reporting_exception_proves_neither_an_owner_nor_its_absence(written, reason):
    exceptions = "LEI,Exception.Category,Exception.Reason.1\nCHILD,DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,"
    read = read_stakes(written("repex.csv", f"{exceptions}{reason}\n"))
    assert read.stakes == ()
    assert read.gaps[0].party == "CHILD"
    assert read.gaps[0].why.startswith("no direct parent is told: ")
    found = closure(graph(read.stakes, on=DAY), ["PARENT"]).of("CHILD")
    assert (found.answer, found.has_listed_owner) == (Answer.UNKNOWN, False)


# --- Open Ownership BODS 0.4 ------------------------------------------------------------------------------------------------


def entity(record, name, *identifiers, made_on="2025-01-01"):
    details = {
        "isComponent": False, "entityType": {"type": "registeredEntity"}, "name": name,
        "identifiers": [{"scheme": scheme, "id": number} for scheme, number in identifiers],
    }  # fmt: skip
    return statement("entity", record, details, made_on)


def statement(kind, record, details, made_on="2025-01-01", status="new"):
    return {
        "statementId": f"{record}-{made_on}".ljust(32, "0"), "declarationSubject": "x", "statementDate": made_on,
        "recordId": record, "recordStatus": status, "recordType": kind, "recordDetails": details,
    }  # fmt: skip


def relation(record, owner, owned, *interests, made_on="2025-01-01", status="new", **more):
    details = {"isComponent": False, "subject": owned, "interestedParty": owner, "interests": list(interests), **more}  # fmt: skip
    return statement("relationship", record, details, made_on, status)


def interest(kind="shareholding", directness="direct", **more):
    return {"type": kind, "directOrIndirect": directness, **more}


def bods(written, *statements, **known):
    return read_stakes(written("bods.json", json.dumps(statements)), **known)


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ({"exact": 60}, 0.6, 0.6),
        ({"minimum": 25, "maximum": 50}, 0.25, 0.5),
        ({"exclusiveMinimum": 25, "maximum": 50}, 0.25 + 1e-9, 0.5),
        ({"minimum": 25, "exclusiveMaximum": 50}, 0.25, 0.5 - 1e-9),
        ({"minimum": 75}, 0.75, 1.0),
        ({}, 0.0, 1.0),
        (None, 0.0, 1.0),
    ],
)
def test_a_share_of_bods_is_a_band(written, printed, low, high):
    one = interest(**({"share": printed} if printed is not None else {}))
    (stake,) = bods(written, relation("r", "a", "b", one)).stakes
    assert (stake.low, stake.high) == pytest.approx((low, high))


def test_a_band_that_stops_short_of_half_is_not_half(written):
    below = interest(share={"minimum": 25, "exclusiveMaximum": 50})
    read = bods(written, relation("r", "listed", "firm", below))
    assert closure(graph(read.stakes, on=DAY), ["listed"]).answer("firm") is Answer.NOT


def test_a_company_of_two_declarations_is_one_by_its_identifier(written):
    read = bods(
        written,
        entity("e1", "Kite Holding", ("GB-COH", "01")), entity("e2", "Kite Chips", ("GB-COH", "02")),
        entity("e3", "KITE CHIPS LTD", ("GB-COH", "02")), entity("e4", "Kite Lab"),
        relation("r1", "e1", "e2", interest(share={"exact": 50})),
        relation("r2", "e3", "e4", interest(share={"exact": 50})),
    )  # fmt: skip
    closed = closure(graph(read.stakes, on=DAY), ["GB-COH:01"])
    assert closed.answer("e4") is Answer.CERTAINLY
    assert read.names["GB-COH:01"] == ("Kite Holding",)


def test_no_name_of_a_person_is_read(written):
    person = statement("person", "p", {"personType": "knownPerson", "names": [{"fullName": "A Person"}],
                                       "identifiers": [{"scheme": "XX", "id": "1970"}]})  # fmt: skip
    read = bods(written, person, entity("e", "Kite"), relation("r", "p", "e", interest(share={"exact": 90})))
    assert read.names == {"e": ("Kite",)}
    assert read.stakes[0].owner == "p"


def test_an_indirect_interest_is_told_by_its_parts(written):
    read = bods(
        written,
        relation("r1", "listed", "middle", interest(share={"exact": 40}), isComponent=True),
        relation("r2", "middle", "firm", interest(share={"exact": 100}), isComponent=True),
        relation("r3", "listed", "firm", interest(directness="indirect", share={"exact": 60}), componentRecords=["r1", "r2"]),
    )  # fmt: skip
    assert len(read.stakes) == 2
    assert read.left_out == {"indirect, told by its parts": 1}


def test_an_indirect_interest_without_parts_leaves_the_share_unknown(written):
    read = bods(
        written, relation("r", "listed", "firm", interest(directness="indirect", share={"exact": 60}))
    )
    assert closure(graph(read.stakes, on=DAY), ["listed"]).answer("firm") is Answer.UNKNOWN


def test_the_newest_statement_of_a_record_counts_as_of_the_day_one_asks(written):
    history = [
        relation("r", "listed", "firm", interest(share={"exact": 30}), made_on="2024-01-01"),
        relation(
            "r", "listed", "firm", interest(share={"exact": 70}), made_on="2025-01-01", status="updated"
        ),
    ]
    assert bods(written, *history).stakes[0].low == 0.7
    assert bods(written, *history, known=date(2024, 6, 1)).stakes[0].low == 0.3


def test_a_closed_record_ended_on_its_day(written):
    read = bods(written, relation("r", "a", "b", interest(share={"exact": 70}), made_on="2025-03-01", status="closed"))  # fmt: skip
    assert read.stakes[0].until == date(2025, 3, 1)


def test_an_owner_left_unspecified_is_a_gap(written):
    details = {"isComponent": False, "subject": "firm", "interestedParty": {"reason": "noBeneficialOwners"}}
    read = bods(written, statement("relationship", "r", details))
    assert read.stakes == ()
    assert read.gaps[0].why == "an owner is not told: noBeneficialOwners"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"statementType": "ownershipOrControlStatement"}, "0.3 or older"),
        ([], "not a statement"),
        ({"recordType": "relationship"}, "no recordId"),
        (relation("r", "a", "b", interest(share={"exact": 120})), "not between 0 and 100 %"),
        (relation("r", "a", "b", interest(share={"minimum": 60, "maximum": 40})), "above high"),
        (relation("r", "a", "b", interest(startDate="soon")), "not a day"),
        (relation("r", "a", None, interest()), "the subject is not told"),
    ],
)
def test_a_bad_statement_is_named_and_the_rest_is_read(written, bad, why):
    read = bods(written, bad, relation("good", "a", "c", interest(share={"exact": 10})))
    assert [one.owned for one in read.stakes] == ["c"]
    assert read.rejects[0].where == "bods.json[0]"
    assert why in read.rejects[0].why


def test_statements_a_line_are_read_and_a_broken_line_is_named(written):
    lines = [json.dumps(relation("r", "a", "b", interest())), "{broken", json.dumps(entity("e", "Kite"))]
    read = read_stakes(written("bods.jsonl", "\n".join(lines)))
    assert len(read.stakes) == 1
    assert [str(one) for one in read.rejects] == ["bods.jsonl:2: not JSON"]


@pytest.mark.parametrize("interests", [1, True, 1e308, {"type": "shareholding"}, "shareholding"])
def test_interests_that_are_no_list_are_named_and_the_rest_is_read(written, interests):
    bad = statement("relationship", "r", {"subject": "b", "interestedParty": "a", "interests": interests})
    read = bods(written, bad, relation("good", "a", "c", interest(share={"exact": 10})))
    assert [one.owned for one in read.stakes] == ["c"]
    assert [str(one) for one in read.rejects] == ["bods.json[0]: the interests are no list"]


def test_several_files_go_together(written):
    table = read_stakes(written("a.csv", "owner,owned,share\nlisted,LEI1,60 %\n"))
    register = read_stakes(written("rr.csv", RELATIONSHIPS + relationship("LEI2", "LEI1")))
    together = joined([table, register])
    found = closure(graph(together.stakes, on=DAY), ["listed"])
    assert (found.answer("LEI1"), found.answer("LEI2")) == (Answer.CERTAINLY, Answer.UNKNOWN)


# --- what files call parties that we know -----------------------------------------------------------------------------------


def party(name, *names, **more):
    return Party(id=name, names=(PartyName(text=name.title(), kind=NameKind.PRIMARY), *names), **more)


def known(*parties):
    return {one.id: one for one in parties}


def test_an_id_or_a_whole_name_becomes_the_party(written):
    kite = party("kite", PartyName(text="示例芯片", language="zh"))
    read = identified(read_stakes(written("o.csv", "owner,owned,share\nkite,Moon,60 %\n示例芯片,Sun,60 %\n示例芯片厂,Sky,60 %\n")), known(kite))  # fmt: skip
    assert [one.owner for one in read.stakes] == ["kite", "kite", "示例芯片厂"]
    assert read.unclear == {}


@pytest.mark.parametrize(
    "name",
    [
        PartyName(text="Red Kite", cites=(Cite(source="memory", grade=Grade.RECALLED),)),
        PartyName(text="Red Kite", kind=NameKind.FORMER),
        PartyName(text="Red Kite", until=date(2020, 1, 1)),
    ],
)
def test_a_recalled_or_former_name_is_unclear(written, name):
    read = identified(
        read_stakes(written("o.csv", "owner,owned\nRed Kite,Moon\n")), known(party("kite", name))
    )
    assert read.stakes[0].owner == "Red Kite"
    assert read.unclear == {"Red Kite": ("kite",)}


def test_a_name_of_two_parties_is_unclear_and_a_handle_identifies_nobody(written):
    both = [party(name, PartyName(text="Kite"), PartyName(text="moon", kind=NameKind.HANDLE)) for name in ("kite-north", "kite-south")]  # fmt: skip
    read = identified(read_stakes(written("o.csv", "owner,owned\nKite,Moon\n")), known(*both))
    assert read.unclear == {"Kite": ("kite-north", "kite-south")}


def test_gaps_and_names_follow_the_party(written):
    read = bods(written, entity("e", "Kite"), statement("relationship", "r", {
        "isComponent": False, "subject": "e", "interestedParty": {"reason": "unknown"}}))  # fmt: skip
    found = identified(read, known(party("kite")))
    assert (found.gaps[0].party, found.names) == ("kite", {"kite": ("Kite",)})


def test_a_parent_is_a_stake_of_which_no_share_is_known():
    (one,) = parent_stakes([party("kite", parent="holding"), party("holding")])
    assert (one.owner, one.owned, one.kind, one.low, one.high) == ("holding", "kite", "control", 0.0, 1.0)


# --- what a file calls parties that we know, legal forms apart -----------------------------------------------------------------


LISTED = Party(id="example-chips", names=(
    PartyName(text="Example Chips Co., Ltd.", kind=NameKind.PRIMARY, cites=(Cite(source="a", grade=Grade.PRIMARY),)),
    PartyName(text="示例芯片股份有限公司", cites=(Cite(source="a", grade=Grade.PRIMARY),)),
))  # fmt: skip


@pytest.mark.parametrize(
    "word",
    ["Example Chips", "EXAMPLE CHIPS COMPANY LIMITED", "Example-Chips Inc.", "示例芯片", "示例芯片有限公司"],
)
def test_a_name_that_differs_by_its_legal_form_is_told_as_unclear_and_no_stranger(written, word):
    read = read_stakes(written("owners.csv", f'owner,owned,share\n"{word}",Kite,60 %\n'))
    found = identified(read, {"example-chips": LISTED})
    assert found.unclear == {word: ("example-chips",)}
    assert found.stakes[0].owner == word


def test_a_word_of_another_firm_stays_a_stranger(written):
    read = read_stakes(
        written("owners.csv", "owner,owned,share\nExample Chips Foundry,Kite,60 %\nLtd,Kite,10 %\n")
    )
    assert identified(read, {"example-chips": LISTED}).unclear == {}
