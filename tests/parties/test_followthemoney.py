"""What an OpenSanctions or Aleph user gets: entities that hold together, statements with their ids, nothing filled in."""

import json
from datetime import date

import pytest

from chipledger.core.sources import Cite, Grade
from chipledger.parties.followthemoney import Export, entities, percentage, statement_id
from chipledger.parties.party import Listing, NameKind, Party, PartyKind, PartyName
from chipledger.parties.stake import Stake, StakeKind

DAY = date(2026, 11, 1)
PRIMARY, RECALLED = (
    (Cite(source="filing", grade=Grade.PRIMARY),),
    (Cite(source="memory", grade=Grade.RECALLED),),
)


def named(text, kind=NameKind.PRIMARY, language=None, cites=PRIMARY, **more):
    return PartyName(text=text, kind=kind, language=language, cites=cites, **more)


def party(name, *names, **more):
    return Party(id=name, names=names or (named(name.title()),), **more)


KITE = party(
    "kite",
    named("Kite Semiconductor", language="en"), named("風箏半導體", NameKind.ALIAS, "zh-Hant"), named("KS", NameKind.ACRONYM),
    named("Kite Labs", NameKind.FORMER), named("鳶", NameKind.ALIAS, "zh", RECALLED), named("kite-semi", NameKind.HANDLE),
    kind=(PartyKind.CHIP_MAKER,), country="CN", address_countries=("HK",), cites=PRIMARY,
)  # fmt: skip
HOLDING = party("holding", kind=(PartyKind.INVESTOR,), country="CN")
SCHOOL = party("school", kind=(PartyKind.UNIVERSITY,), country="CN", parent="holding")
LISTING = Listing(list="entity_list", since=date(2024, 12, 2), documents=("2024-28267",), license_requirement="For all items", cites=PRIMARY)  # fmt: skip


def exported(*stakes, parties=(KITE, HOLDING, SCHOOL), **more):
    given = Export({one.id: one for one in parties}, on=DAY, stakes=stakes, **more)
    return list(entities(given))


def of(schema, found):
    return [one.as_dict() for one in found if one.schema == schema]


def stake(**more):
    return Stake(**{"owner": "holding", "owned": "kite", "cites": PRIMARY, **more})


def test_a_party_is_an_entity_with_its_names_by_kind():
    (kite,) = [one for one in of("Company", exported()) if one["id"] == "chipledger-kite"]
    assert kite["properties"] == {
        "name": ["Kite Semiconductor"], "alias": ["風箏半導體"], "abbreviation": ["KS"], "previousName": ["Kite Labs"],
        "weakAlias": ["鳶", "kite-semi"], "country": ["cn", "hk"],
    }  # fmt: skip


def test_a_name_that_is_only_recalled_is_a_weak_alias_that_no_matcher_uses():
    (kite,) = [one for one in of("Company", exported()) if one["id"] == "chipledger-kite"]
    assert "鳶" in kite["properties"]["weakAlias"]


def test_a_listing_is_a_sanction_of_its_list_and_gives_the_topic():
    found = exported(listings={"kite": [LISTING]}, lists={"entity_list": ("Entity List", "BIS")})
    (listing,) = of("Sanction", found)
    assert listing["properties"] == {
        "entity": ["chipledger-kite"], "program": ["Entity List"], "authority": ["BIS"], "startDate": ["2024-12-02"],
        "authorityId": ["2024-28267"], "provisions": ["For all items"], "status": ["listed on 2026-11-01"],
    }  # fmt: skip
    assert of("Company", found)[1]["properties"]["topics"] == ["export.control"]


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [
        (0.6, 0.6, "60"),
        (0.25, 0.5, "25-50"),
        (0.2049, 0.2049, "20.49"),
        (0.0, 1.0, ""),
        (0.25, 1.0, "25-100"),
    ],
)
def test_a_share_is_a_percentage_a_band_or_nothing(low, high, printed):
    assert percentage(Stake(owner="a", owned="b", low=low, high=high)) == printed


def test_shares_are_ownership_and_everything_else_is_a_link():
    found = exported(
        stake(low=0.6, high=0.6, since=date(2020, 1, 1)),
        *(stake(owned="school", kind=kind) for kind in StakeKind if kind is not StakeKind.SHARES),
    )
    (owned,) = of("Ownership", found)
    assert owned["properties"] == {
        "owner": ["chipledger-holding"], "asset": ["chipledger-kite"], "percentage": ["60"], "startDate": ["2020-01-01"],
    }  # fmt: skip
    roles = {one["properties"]["role"][0] for one in of("UnknownLink", found)}
    assert roles == {"voting rights", "control", "accounting consolidation"}


def test_only_an_asset_is_owned_so_an_owned_university_is_a_company():
    assert [one["id"] for one in of("Organization", exported())] == ["chipledger-school"]
    assert of("Organization", exported(stake(owned="school", low=1.0))) == []


def test_stakes_of_other_days_and_recalled_ones_are_left_out():
    found = exported(stake(until=date(2025, 1, 1), low=0.6), stake(low=0.7, cites=RECALLED))
    assert of("Ownership", found) == []


def test_a_parent_without_a_stake_is_a_link_and_no_ownership():
    (link,) = of("UnknownLink", exported())
    assert link["properties"] == {"subject": ["chipledger-holding"], "object": ["chipledger-school"], "role": ["parent"]}  # fmt: skip


def test_a_party_that_only_the_stakes_name_gets_an_entity_of_its_own():
    found = exported(stake(owner="LEI1"), names={"LEI1": ["Some Fund", "某基金"]})
    stranger = next(
        one for one in of("Company", found) if one["properties"]["name"] == ["Some Fund", "某基金"]
    )
    assert of("Ownership", found)[0]["properties"]["owner"] == [stranger["id"]]


def test_every_reference_leads_to_an_entity():
    found = exported(stake(owner="LEI1"), stake(kind=StakeKind.VOTES), listings={"kite": [LISTING]})
    ids = [one.id for one in found]
    assert len(ids) == len(set(ids))
    pointing = ("owner", "asset", "subject", "object", "entity")
    assert {
        value.text for one in found for name in pointing for value in one.properties.get(name, ())
    } <= set(ids)


def test_the_same_export_gives_the_same_bytes_whatever_the_order():
    stakes = (stake(low=0.6), stake(owner="LEI1", low=0.1), stake(kind=StakeKind.VOTES))
    forth = [json.dumps(one.as_dict()) for one in exported(*stakes)]
    back = [json.dumps(one.as_dict()) for one in exported(*reversed(stakes), parties=(SCHOOL, KITE, HOLDING))]
    assert forth == back


def test_statements_name_source_language_and_day_and_the_id_comes_first():
    (kite,) = [one for one in exported() if one.id == "chipledger-kite"]
    told = list(kite.statements(DAY))
    assert (told[0]["prop"], told[0]["value"]) == ("id", "chipledger-kite")
    chinese = next(one for one in told if one["value"] == "風箏半導體")
    assert (chinese["lang"], chinese["origin"], chinese["first_seen"]) == ("zho", "filing", "2026-11-01")
    assert chinese["id"] == statement_id("chipledger", "chipledger-kite", "alias", "風箏半導體", "zho")
    assert len({one["id"] for one in told}) == len(told)


def test_the_package_itself_reads_what_we_write(tmp_path):
    """Where followthemoney is installed: nothing is cleaned away, every range fits, every statement id is theirs."""
    package = pytest.importorskip("followthemoney", reason="followthemoney is not installed")
    statement = pytest.importorskip("followthemoney.statement")
    found = exported(
        stake(low=0.25, high=0.5), stake(owner="LEI1", kind=StakeKind.VOTES), listings={"kite": [LISTING]}
    )
    for one in found:
        told = one.as_dict()
        theirs = package.EntityProxy.from_dict(told, cleaned=False).to_dict()["properties"]
        assert {name: sorted(values) for name, values in theirs.items()} == {
            name: sorted(values) for name, values in told["properties"].items()
        }
        for each in one.statements(DAY):
            assert statement.Statement.from_dict({**each, "id": None}).id == each["id"]
