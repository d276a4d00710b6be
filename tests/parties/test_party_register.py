"""The bundled parties are checked whole, and a slip names file and line."""

from pathlib import Path

import pytest

from chipledger.core.errors import DataError, InputError
from chipledger.parties import register
from chipledger.parties.party import NameKind, Party
from chipledger.parties.register import check_parents, group, parties, sources, stakes, the_party

BASE = "- id: example\n  kind: lab\n  names:\n    - {text: Example, kind: primary}\n"


def party(name: str, **more) -> Party:
    return Party.model_validate({"id": name, "names": [{"text": name, "kind": "primary"}], **more})


@pytest.fixture
def read(tmp_path):
    def reading(text: str) -> list[tuple[str, Party]]:
        Path(tmp_path / "one.yaml").write_text(text, encoding="utf-8")
        return list(register._read(tmp_path))

    return reading


def test_three_hundred_parties_and_more_are_read():
    assert len(parties()) >= 300
    assert all(one.owner in parties() and one.owned in parties() for one in stakes())


def test_every_cite_of_a_party_leads_to_a_source():
    for one in parties().values():
        parts = (one, *one.names, *one.events)
        assert {cite.source for part in parts for cite in part.cites} <= set(sources()), one.id


def test_names_in_three_scripts_and_handles_lead_to_one_party():
    tencent = {name.text: name for name in the_party("tencent").names}
    assert {"腾讯", "騰訊", "テンセント", "Tencent-Hunyuan"} <= set(tencent)
    assert tencent["Tencent-Hunyuan"].kind is NameKind.HANDLE and not NameKind.HANDLE.is_written_out


def test_a_group_is_all_that_share_the_parent_at_the_top():
    assert {"huawei-technologies", "hisilicon-technologies"} <= set(group("huawei-investment-holding"))
    assert group("hisilicon-technologies") == group("huawei-technologies")
    assert group("tiny-corp") == ("tiny-corp",)


def test_an_id_that_is_none_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="no such party: 'sensetme'; expected sensetime"):
        the_party("sensetme")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  events: [{list: entity_lst, action: added}]\n", r"list 'entity_lst' is not known \(one.yaml:5\)"),
        ("  cites: [{source: nowhere, grade: quoted}]\n", r"source 'nowhere' is not known \(one.yaml:5\)"),
        ("  contry: CN\n", r"contry: extra inputs are not permitted \(one.yaml:5\)"),
        ("  country: cn\n", r"country: .*\(one.yaml:5\)"),
        ("  events: [{list: uvl, action: appeared}]\n", r"events.0.action: .*\(one.yaml:5\)"),
        (BASE, r"party 'example' stands twice \(one.yaml\)"),
    ],
)
def test_a_slip_in_a_file_names_its_place(read, more, said):
    with pytest.raises(DataError, match=said):
        read(BASE + more)


def test_a_party_has_one_primary_name():
    with pytest.raises(ValueError, match="example has 2 primary names"):
        party("example", names=[{"text": "A1", "kind": "primary"}, {"text": "B2", "kind": "primary"}])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([party("a", parent="b")], "parent 'b' is no party"),
        ([party("a", ultimate_parent="b")], "parent 'b' is no party"),
        ([party("a", parent="b"), party("b", parent="a")], "it is its own parent"),
        ([party("a", parent="a")], "it is its own parent"),
    ],
)
def test_a_chain_of_parents_ends(found, said):
    with pytest.raises(DataError, match=said):
        check_parents(found)
