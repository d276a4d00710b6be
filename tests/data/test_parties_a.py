"""The half of the bundled parties that holds the listed makers of compute, the chip and the server makers."""

import os
from datetime import date
from pathlib import Path

import pytest

from chipledger.parties.csl import read_csl
from chipledger.parties.events import listings_on
from chipledger.parties.party import ListAction, NameKind, Party
from chipledger.parties.register import parties, stakes


def _on(party: str, day: str) -> set[str]:
    """The lists on which a party stood on a day."""
    return {listing.list for listing in listings_on(parties()[party].events, date.fromisoformat(day))}


def _added(party: str, which: str = "entity_list") -> tuple[date | None, date | None, str | None]:
    """The publication, the day of effect and the document of a party's first addition to a list."""
    event = next(
        event for event in parties()[party].events if (event.list, event.action) == (which, ListAction.ADDED)
    )
    return event.published_on, event.effective_on, event.document


def _texts(party: str, language: str) -> set[str]:
    return {name.text for name in parties()[party].names if name.language == language}


@pytest.mark.parametrize(
    ("party", "published_on", "effective_on", "document"),
    [
        ("nscc-tianjin", "2015-02-18", "2015-02-18", "80 FR 8524"),
        ("huawei-technologies", "2019-05-21", "2019-05-16", "84 FR 22961"),
        ("sugon", "2019-06-24", "2019-06-24", "84 FR 29371"),
        ("sensetime", "2019-10-09", "2019-10-09", "84 FR 54002"),
        ("iflytek", "2019-10-09", "2019-10-09", "84 FR 54002"),
        ("cloudwalk", "2020-06-05", "2020-06-05", "85 FR 34503"),
        ("huawei-cloud", "2020-08-20", "2020-08-17", "85 FR 51596"),
        ("smic", "2020-12-22", "2020-12-18", "85 FR 83416"),
        ("phytium", "2021-04-09", "2021-04-08", "86 FR 18437"),
        ("cambricon", "2022-12-19", "2022-12-16", "87 FR 77505"),
        ("ymtc", "2022-12-19", "2022-12-16", "87 FR 77505"),
        ("inspur-group", "2023-03-06", "2023-03-02", "88 FR 13673"),
        ("biren", "2023-10-19", "2023-10-17", "88 FR 71991"),
        ("moore-threads", "2023-10-19", "2023-10-17", "88 FR 71991"),
        ("swaysure", "2024-12-05", "2024-12-02", "89 FR 96830"),
        ("zhipu", "2025-01-16", "2025-01-16", "90 FR 4617"),
        ("sophgo", "2025-01-16", "2025-01-16", "90 FR 4621"),
        ("inspur-electronic-information", "2025-03-28", "2025-03-25", "90 FR 14046"),
        ("baai", "2025-03-28", "2025-03-25", "90 FR 14046"),
    ],
)
def test_the_first_listing_of_a_party_and_its_document(
    party: str, published_on: str, effective_on: str, document: str
) -> None:
    """A listing carries the day of publication, the day of effect and the Federal Register page."""
    assert _added(party) == (date.fromisoformat(published_on), date.fromisoformat(effective_on), document)


@pytest.mark.parametrize(
    ("party", "footnotes"),
    [("huawei-technologies", (1,)), ("cambricon", (4,)), ("iflytek", (4,)), ("smic", (5,)), ("naura", ())],
)
def test_the_footnote_that_reaches_foreign_made_items(party: str, footnotes: tuple[int, ...]) -> None:
    """The last word of the Entity List on a party keeps its footnote: 1 Huawei, 4 supercomputing, 5 fabs."""
    last = [event for event in parties()[party].events if event.list == "entity_list"][-1]
    assert last.footnotes == footnotes


@pytest.mark.parametrize(
    ("party", "zh", "ja"),
    [
        ("iflytek", "科大讯飞", "アイフライテック"),
        ("sensetime", "商汤科技", "センスタイム"),
        ("hikvision", "海康威视", "ハイクビジョン"),
        ("inspur-group", "浪潮集团", "浪潮集団"),
        ("cambricon", "寒武纪", "カンブリコン"),
        ("baai", "北京智源人工智能研究院", "北京人工知能アカデミー"),
        ("nvidia", "英伟达", "エヌビディア"),
        ("tsmc", "台积电", "台湾積体電路製造"),
    ],
)
def test_names_in_chinese_and_in_japanese(party: str, zh: str, ja: str) -> None:
    """The screening list prints Latin script alone; the register adds the others."""
    assert zh in _texts(party, "zh") and ja in _texts(party, "ja")


@pytest.mark.parametrize("party", ["ymtc", "cxmt"])
def test_the_withdrawn_list_of_february_2026_never_counted(party: str) -> None:
    """YMTC and CXMT were left out of a list that was taken back, and stand in that of June."""
    february = [event for event in parties()[party].events if event.published_on == date(2026, 2, 13)]
    assert [event.action for event in february] == [ListAction.WITHDRAWN]
    assert all("1260h" in _on(party, day) for day in ("2026-02-12", "2026-02-13", "2026-06-07", "2026-06-08"))


@pytest.mark.parametrize(
    ("party", "day", "listed"),
    [
        ("megvii", "2025-01-06", {"entity_list", "cmic", "1260h"}),
        ("megvii", "2025-01-07", {"entity_list", "cmic"}),
        ("smic-hong-kong", "2024-01-30", {"entity_list", "1260h"}),
        ("smic-hong-kong", "2024-01-31", {"entity_list"}),
        ("sensetime-group", "2019-10-09", set()),
        ("sensetime-group", "2021-12-10", {"cmic"}),
        ("inspur-electronic-information", "2025-03-24", set()),
        ("inspur-group", "2025-03-24", {"entity_list", "cmic", "1260h"}),
        ("innolight", "2026-06-07", set()),
        ("innolight", "2026-06-08", {"1260h"}),
    ],
)
def test_off_one_list_and_on_another(party: str, day: str, listed: set[str]) -> None:
    """A removal ends one listing; a group and its unit stand or fall apart."""
    assert _on(party, day) == listed


def test_makers_on_no_list_have_no_event() -> None:
    """NVIDIA, TSMC and their peers, and firms like Powerleader that no list read here names."""
    for party in (
        "nvidia",
        "amd",
        "tsmc",
        "samsung-electronics",
        "supermicro",
        "powerleader",
        "leadcore",
        "h3c",
    ):
        assert not parties()[party].events


def test_every_listed_unit_knows_its_parent() -> None:
    """The units of the large families hang from their head."""
    family = {
        "huawei-investment-holding": 20,
        "smic": 8,
        "inspur-group": 6,
        "cambricon": 9,
        "zhipu": 6,
        "sophgo": 7,
    }
    for head, least in family.items():
        assert sum(party.ultimate_parent == head for party in parties().values()) >= least


def test_what_is_recalled_says_so_and_decides_nothing() -> None:
    """A share that was not read cannot decide; nor can a name."""
    listing = [stake for stake in stakes() if (stake.owner, stake.owned) == ("sugon", "hygon")]
    assert [stake.decides for stake in listing] == [True, False]
    unsure = next(name for name in parties()["xian-like"].names if name.language == "zh")
    assert not any(cite.grade.decides for cite in unsure.cites)


def test_every_name_and_event_is_cited() -> None:
    """No name and no event of a listed party stands without its source."""
    listed: list[Party] = [party for party in parties().values() if party.events]
    assert len(listed) >= 170
    assert all(event.cites for party in listed for event in party.events)
    handles = {
        name.text for party in parties().values() for name in party.names if name.kind is NameKind.HANDLE
    }
    assert {"MooreThreads", "IEIT-Yuan", "FlagOpen", "zai-org", "OpenSenseNova"} <= handles


@pytest.mark.skipif("CHIPLEDGER_CSL" not in os.environ, reason="CHIPLEDGER_CSL names no list file")
def test_every_entity_list_name_is_printed_in_the_list() -> None:
    """The names under which parties are said to stand on the Entity List are those of the list itself."""
    found = read_csl(Path(os.environ["CHIPLEDGER_CSL"]), lists=["entity_list"])
    printed = {name for entry in found.entries for name in entry.names}
    ours = {
        event.name
        for party in parties().values()
        for event in party.events
        if event.list == "entity_list" and event.name
    }
    assert len(ours) >= 175
    assert not {name for name in ours if name not in printed and "Affiliated Entity" not in name}
