"""Names screened: what meets, what must not, and what is bounded."""

import gc
import json
import time
from datetime import date

import pytest
from rapidfuzz.distance import OSA

from chipledger.core.errors import InputError
from chipledger.parties.index import Index
from chipledger.parties.ownership import closure, graph
from chipledger.parties.party import Party
from chipledger.parties.ranking import same_party
from chipledger.parties.screen import Band, screen
from chipledger.parties.stake import Stake
from chipledger.parties.views import view

ON = date(2025, 10, 15)
LISTED = {"list": "entity_list", "action": "added", "effective_on": "2020-12-18", "document": "85 FR 83416"}


def a_party(name: str, *others: object, events: object = (LISTED,), **fields: object) -> Party:
    names = [
        {"text": name, "kind": "primary"},
        *({"text": one} if isinstance(one, str) else one for one in others),
    ]
    ident = "".join(letter if letter.isalnum() else "-" for letter in name.lower() if letter.isascii()).strip(
        "-"
    )
    return Party.model_validate(
        {"id": "-".join(ident.replace("-", " ").split()), "names": names, "events": events, **fields}
    )


@pytest.fixture(scope="module")
def an_index() -> Index:
    recalled = {"text": "巡天科学", "cites": [{"source": "x", "grade": "recalled"}]}
    return Index.build(
        [
            a_party(
                "SMIC",
                "Semiconductor Manufacturing International Corporation",
                "中芯国际集成电路制造有限公司",
            ),
            a_party("Beijing Aerospace Propulsion Research Institute", "BAPRI"),
            a_party("China Electronics Technology Group Corporation 10th Research Institute"),
            a_party("China Electronics Technology Group Corporation 29th Research Institute"),
            a_party("Xuntian Example", recalled),
            a_party("Example Cloud (Wuxi) Co., Ltd.", {"text": "Example-Cloud-AI", "kind": "handle"}),
            a_party("Zavod Almaz OOO"),
            a_party("Quiet Daughter Technology Co., Ltd.", events=(), parent="smic"),
        ]
    )


def band(index: Index, name: str, on: date = ON) -> str:
    return screen(name, index, on).band.value


@pytest.mark.parametrize(
    "name",
    [
        "SMIC",
        "semiconductor manufacturing international corp.",
        "Semiconductor Manufacturing Internatonal Corporation",
        "中芯國際集成電路製造有限公司",
        "中芯国际集成电路制造",
        "ＳＭＩＣ",
        "S\u200bMIC",
        "Example-Cloud-AI",
        "Almaz LLC",
    ],
)
def test_a_listed_name_is_a_hit_however_it_is_written(an_index: Index, name: str) -> None:
    assert band(an_index, name) != "clear"


@pytest.mark.parametrize(
    "name", ["Ko-SMIC-heskie Sistemy", "Cosmic Trading", "Smicron Tools", "Apple Inc.", "Wuxi"]
)
def test_letters_inside_a_word_are_no_match(an_index: Index, name: str) -> None:
    assert band(an_index, name) != "hit"


def test_a_translation_meets_its_english_name(an_index: Index) -> None:
    found = screen("北京航天动力研究所", an_index, ON)
    assert found.matches[0].party_id == "beijing-aerospace-propulsion-research-institute"
    words = {(one["query"], one["name"]): one["way"] for one in found.matches[0].evidence["words"]}
    assert words["动力", "propulsion"] == "meaning"


def test_another_number_is_another_institute(an_index: Index) -> None:
    found = screen("China Electronics Technology Group Corporation 10th Research Institute", an_index, ON)
    assert found.matches[0].matched.endswith("10th Research Institute")
    assert all(match.band is not Band.HIT for match in found.matches[1:])


def test_a_name_that_is_only_recalled_asks_for_review(an_index: Index) -> None:
    found = screen("巡天科学", an_index, ON)
    assert found.band is Band.REVIEW
    assert any("recalled" in reason for reason in found.matches[0].reasons)


def test_a_listed_parent_is_told_and_is_no_hit(an_index: Index) -> None:
    found = screen("Quiet Daughter Technology", an_index, ON)
    assert found.band is Band.REVIEW
    assert found.matches[0].evidence["listed_parents"] == ["smic"]


def test_the_day_decides(an_index: Index) -> None:
    assert [band(an_index, "SMIC", date(2020, 12, day)) for day in (17, 18)] == ["clear", "hit"]


def test_a_hit_explains_itself(an_index: Index) -> None:
    match = screen("Semiconductor Manufacturing International", an_index, ON).matches[0].as_dict()
    told = " ".join(match["reasons"])
    assert "85 FR 83416" in told and "since 2020-12-18" in told and "744.16" in told
    assert match["list"] == "entity_list"
    assert match["evidence"]["listings"][0]["documents"] == ["85 FR 83416"]
    assert sum(match["evidence"]["log_odds"].values()) != 0


@pytest.mark.parametrize("name", ["", " ", "\x00\x01", "…", "x", "华", "a" * 100_000, "华" * 1001])
def test_what_is_no_name_is_told_in_one_line(an_index: Index, name: str) -> None:
    with pytest.raises(InputError) as told:
        screen(name, an_index, ON)
    assert "\n" not in str(told.value) and len(str(told.value)) < 200


@pytest.mark.parametrize(
    "name",
    [
        "ab " * 330,
        "华为" * 480,
        "Ω" * 900,
        "'" * 400 + "SMIC" + "." * 400,
        "x" * 999,
        "科技" * 250 + "abcd " * 90,
        "1 " * 450,
        "\u0301" * 500 + "SMIC",
    ],
)
def test_the_longest_names_take_bounded_time(an_index: Index, name: str) -> None:
    started = time.process_time()
    screen(name, an_index, ON)
    assert time.process_time() - started < 5


def test_homoglyphs_are_read_as_what_they_imitate() -> None:
    assert view("SМIС Shanghai").words == ("smic", "shanghai")  # Cyrillic М and С


def test_traditional_japanese_and_simplified_writing_are_one() -> None:
    assert view("国防科学技術大学").words == view("國防科學技術大學").words == view("国防科学技术大学").words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Siemens AG", "Siemens Aktiengesellschaft", True),
        ("株式会社ニコン", "ニコン", True),
        ("Crystalord Limited", "CRYSTALORD LTD", True),
        ("Fuzhou Pingjun Trading", "Suzhou Pingjun Trading", False),
        ("China Aerospace 2nd Academy", "China Petroleum", False),
    ],
)
def test_two_names_alone(one: str, other: str, same: bool) -> None:
    assert (same_party(one, other) >= 0.5) is same


def test_a_match_tells_the_way_down_from_the_listed_owner() -> None:
    parties = [
        a_party("Quartzite Holding"),
        a_party("Vexillum Middle", events=()),
        a_party("Vexillum Speech Systems", events=()),
    ]
    stakes = [
        Stake(owner="quartzite-holding", owned="vexillum-middle", low=0.7, high=0.7),
        Stake(owner="vexillum-middle", owned="vexillum-speech-systems", low=0.6, high=0.6),
    ]
    owners = closure(graph(stakes, on=ON), ["quartzite-holding"])
    found = screen("Vexillum Speech Systems", Index.build(parties), ON, owners=owners)
    match = found.matches[0].as_dict()
    path = "quartzite-holding -> vexillum-middle -> vexillum-speech-systems"
    assert match["band"] == "review" and any(path in reason for reason in match["reasons"])
    assert any("owner or parent is" in reason for reason in match["reasons"])
    told = match["evidence"]["owners"]
    assert told["answer"] == "certainly"
    assert [step["owned"] for step in told["chain"]] == ["vexillum-middle", "vexillum-speech-systems"]
    assert json.loads(json.dumps(match)) == match


def test_every_hit_tells_name_words_entry_document_and_day(an_index: Index) -> None:
    for query in (
        "SMIC",
        "中芯國際集成電路製造有限公司",
        "Beijing Aerospace Propulsion Research Inst",
        "Almaz LLC",
    ):
        for match in screen(query, an_index, ON).matches:
            evidence = match.evidence
            assert evidence["name"]["text"] == match.matched and evidence["words"]
            assert all(word["way"] and 0 < word["credit"] <= 1 for word in evidence["words"])
            (listing,) = evidence["listings"]
            assert listing["documents"] == ["85 FR 83416"] and listing["since"] == "2020-12-18"
            assert f"on {ON}" in " ".join(match.reasons) and json.dumps(evidence)


def test_the_collector_is_as_it_was_after_an_index_is_built() -> None:
    assert gc.isenabled()
    Index.build([a_party("Quartzite Holding")])
    assert gc.isenabled()
    gc.disable()
    try:
        Index.build([a_party("Quartzite Holding")])
        assert not gc.isenabled()
    finally:
        gc.enable()


WORDS = ("sophgo", "sofgo", "sophgoo", "huawei", "huawai", "shenzhen", "inspur", "inspire", "quartzite", "quartz", "electronics", "elektronik")  # fmt: skip


def test_what_is_a_slip_away_is_found_as_by_comparing_with_every_word() -> None:
    """The shortcut over runs of three letters finds what a plain comparison with each word finds."""
    grams = Index.build([a_party(word.capitalize()) for word in WORDS]).words.grams
    for asked in (*WORDS, "sphgo", "huawie", "shenzen", "quartzit", "electronicss", "zzz"):
        allowed = 1 if len(asked) < 7 else 2 if len(asked) < 12 else 3
        found = {grams.words[grams.ids.index(at)] for at, _ in grams.near(asked)}
        expected = {
            word for word in WORDS if OSA.distance(asked, word) <= allowed and _shares_a_run(asked, word)
        }
        assert found == expected


def _shares_a_run(one: str, other: str) -> bool:
    def runs(word: str) -> set[str]:
        marked = f"^{word}$"
        return {marked[at : at + 3] for at in range(len(word))}

    return bool(runs(one) & runs(other))
