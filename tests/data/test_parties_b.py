"""Half B of the parties: labs, clouds, universities and the organisations that public cases name."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

import chipledger
from chipledger.core.load import load_yaml_list, parse_yaml
from chipledger.core.sources import Cite, Source
from chipledger.core.truth import Verdict
from chipledger.parties.events import listings_on, standing_on
from chipledger.parties.party import Party
from chipledger.parties.register import parties
from chipledger.parties.stake import Stake

DATA = Path(chipledger.__file__).parent / "data"
FILES = sorted((DATA / "parties" / "parties").glob("*.yaml"))
SOURCES = {
    source.id: source for path in (DATA / "sources").glob("*.yaml") for source in load_yaml_list(path, Source)
}
PARTIES = {party["id"]: party for path in FILES for party in parse_yaml(path)[0]}
RECORDS = {party.id: party for path in FILES for party in load_yaml_list(path, Party)}
HALF_B = {
    "tencent", "alibaba", "baidu", "bytedance", "deepseek", "high-flyer", "moonshot-ai", "minimax", "01-ai", "baichuan",
    "stepfun", "kuaishou", "meituan", "jd", "xiaomi", "netease", "shanghai-ai-lab", "pengcheng-laboratory", "modelbest",
    "kunlun-tech", "orionstar", "rakuten", "sakura-internet", "ntt", "softbank", "naver", "g42", "tii", "openai",
    "anthropic", "google", "meta", "microsoft", "mistral-ai", "xai", "tiny-corp", "ai-galaxy", "autodl", "gmi-cloud",
    "ucloud", "volcengine", "alibaba-cloud", "lambda", "coreweave", "oracle", "amazon", "nebius", "ytl", "megaspeed",
    "tsinghua-university", "peking-university", "shanghai-jiao-tong-university", "ustc", "harbin-institute-of-technology",
    "beihang-university", "nudt", "beijing-institute-of-technology", "northwestern-polytechnical-university", "hkust",
    "cuhk", "hao-global", "janford-realtor", "alx-solutions", "obon", "aperia-cloud", "luxuriate-your-life",
}  # fmt: skip
NAMED_IN_CASES = ("hao-global", "janford-realtor", "alx-solutions", "obon", "aperia-cloud", "luxuriate-your-life",
                  "megaspeed", "aivres", "indosat", "inf-tech", "aolani-cloud", "datasection")  # fmt: skip


def texts(party: str, *kinds: str) -> set[str]:
    return {name["text"] for name in PARTIES[party]["names"] if not kinds or name["kind"] in kinds}


def owners_of(text: str) -> set[str]:
    return {one for one, party in PARTIES.items() if text in {name["text"] for name in party["names"]}}


def events(party: str, which: str) -> list[tuple[str, str | None]]:
    found = PARTIES[party].get("events", [])
    return [(event["action"], event.get("published_on")) for event in found if event["list"] == which]


def cites_in(value) -> list[Cite]:
    """Every cite under a value, however deep."""
    if isinstance(value, list):
        return [cite for one in value for cite in cites_in(one)]
    if isinstance(value, dict):
        own = [Cite.model_validate(one) for one in value.get("cites", [])]
        return own + [cite for key, one in value.items() if key != "cites" for cite in cites_in(one)]
    return []


def test_the_parties_that_the_article_and_the_press_speak_of_are_all_there():
    assert not HALF_B - set(PARTIES)
    assert len(PARTIES) >= 300


def test_every_file_is_read_by_the_strict_loader():
    read = [party for path in FILES for party in load_yaml_list(path, Party)]
    assert [party.id for party in read] and len({party.id for party in read}) == len(read) == len(PARTIES)
    assert load_yaml_list(DATA / "parties" / "stakes_b.yaml", Stake)


def test_every_name_and_event_says_where_it_is_written():
    for party in PARTIES.values():
        assert cites_in(party), party["id"]
        for part in [*party["names"], *party.get("events", [])]:
            assert cites_in(part), (party["id"], part)
    assert {cite.source for cite in cites_in(list(PARTIES.values()))} <= set(SOURCES)


def test_every_stake_stands_between_parties_of_the_register():
    for stake in parse_yaml(DATA / "parties" / "stakes_b.yaml")[0]:
        assert stake["owner"] in PARTIES and stake["owned"] in PARTIES, stake
        assert cites_in(stake) and 0 <= stake["low"] <= stake["high"] <= 1


def test_parents_are_parties_and_end():
    for one, party in PARTIES.items():
        seen, at = {one}, party.get("parent")
        while at:
            assert at in PARTIES and at not in seen, one
            seen.add(at)
            at = PARTIES[at].get("parent")


def test_tencent_and_tencent_hunyuan_are_one_party():
    assert owners_of("Tencent") == owners_of("Tencent-Hunyuan") == owners_of("Tencent Cloud") == {"tencent"}
    assert {"腾讯", "騰訊", "テンセント", "Tencent Holdings Limited"} <= texts("tencent")
    assert {"LightSpeed Studios", "混元"} <= texts("tencent", "brand")


def test_tencent_is_on_no_list_that_asks_for_a_license():
    assert {event["list"] for event in PARTIES["tencent"]["events"]} == {"1260h"}
    assert events("tencent", "1260h")[0] == ("added", "2025-01-07")


@pytest.mark.parametrize("party", ["alibaba", "baidu"])
def test_a_list_that_was_taken_back_is_marked_so(party):
    assert events(party, "1260h") == [("withdrawn", "2026-02-13"), ("added", "2026-06-08")]


def test_the_tiny_corp_is_not_chinese():
    assert PARTIES["tiny-corp"]["country"] == "US"
    assert "incorporation" in PARTIES["tiny-corp"]["note"]
    assert "tinygrad" in texts("tiny-corp", "handle")


def test_iflytek_has_its_hanzi():
    assert owners_of("科大讯飞") == {"iflytek"}


def test_ai_galaxy_is_a_cloud_in_china_that_is_joined_to_no_customer():
    party = PARTIES["ai-galaxy"]
    assert (party["kind"], party["country"]) == ("cloud", "CN")
    assert "智星云" in texts("ai-galaxy")
    stakes = parse_yaml(DATA / "parties" / "stakes_b.yaml")[0]
    assert "ai-galaxy" not in {side for stake in stakes for side in (stake["owner"], stake["owned"])}
    assert not {"parent", "ultimate_parent"} & set(party)


@pytest.mark.parametrize(
    ("handle", "party"),
    [
        ("QwenLM", "alibaba"), ("deepseek-ai", "deepseek"), ("THUDM", "tsinghua-university"), ("OpenBMB", "modelbest"),
        ("InternLM", "shanghai-ai-lab"), ("PaddlePaddle", "baidu"), ("inclusionAI", "ant-group"), ("01-ai", "01-ai"),
        ("volcengine", "volcengine"), ("facebookresearch", "meta"), ("SkyworkAI", "kunlun-tech"),
        ("FreedomIntelligence", "cuhk-shenzhen"), ("HIT-SCIR", "harbin-institute-of-technology"),
    ],
)  # fmt: skip
def test_a_repository_owner_leads_to_its_party(handle, party):
    assert party in {one for one in owners_of(handle) if handle in texts(one, "handle")}


@pytest.mark.parametrize(
    ("party", "first", "document"),
    [
        ("nudt", "2015-02-18", "80 FR 8524"),
        ("harbin-institute-of-technology", "2020-06-05", "85 FR 34495"),
        ("beijing-institute-of-technology", "2020-12-18", "85 FR 83416"),
        ("ustc", "2024-05-09", "89 FR 41886"),
        ("cas-ime", "2024-12-02", "89 FR 96830"),
    ],
)
def test_a_university_stands_on_the_list_from_the_day_on_which_its_document_counts(party, first, document):
    day = date.fromisoformat(first)
    events = parties()[party].events
    (listing,) = listings_on(events, day)
    assert (listing.list, listing.since, listing.documents[0]) == ("entity_list", day, document)
    assert not listings_on(events, day - timedelta(days=1))


@pytest.mark.parametrize(
    ("party", "before", "between", "after"),
    [
        ("sichuan-university", "2011-01-01", "2012-06-01", "2013-01-01"),
        ("pengcheng-laboratory", "2024-12-01", "2025-01-02", "2025-01-08"),
        ("sun-yat-sen-university", None, "2024-01-01", "2026-07-31"),
    ],
)
def test_where_only_a_page_or_a_snapshot_tells_the_days_between_are_unknown(party, before, between, after):
    events = RECORDS[party].events
    if before:
        assert not standing_on(events, date.fromisoformat(before))
    assert [one.holds for one in standing_on(events, date.fromisoformat(between))] == [Verdict.UNKNOWN]
    assert [one.holds for one in standing_on(events, date.fromisoformat(after))] == [Verdict.YES]


def test_tencent_alibaba_and_baidu_on_the_list_of_the_department_of_defense():
    def names(party: str, day: str) -> list[str]:
        return [one.list for one in listings_on(RECORDS[party].events, date.fromisoformat(day))]

    assert names("tencent", "2025-01-06") == [] and names("tencent", "2025-01-07") == ["1260h"]
    for party in ("alibaba", "baidu"):
        assert names(party, "2026-02-13") == names(party, "2026-06-07") == []
        assert names(party, "2026-06-08") == ["1260h"]


def test_a_university_off_the_entity_list_has_no_event_on_it():
    for party in (
        "tsinghua-university",
        "peking-university",
        "fudan-university",
        "zhejiang-university",
        "hkust",
    ):
        assert not events(party, "entity_list"), party
    assert events("sun-yat-sen-university", "uvl") == [("added", None)]


@pytest.mark.parametrize("party", NAMED_IN_CASES)
def test_who_is_named_in_a_case_is_named_with_the_case_and_its_day(party):
    note = PARTIES[party]["note"]
    assert note.startswith("named ") and re.search(r"20\d\d", note)
    assert all(cite.grade.decides for cite in cites_in({"cites": PARTIES[party]["cites"]}))


def test_no_word_of_guilt_and_no_natural_person():
    for party in PARTIES.values():
        note = party.get("note") or ""
        assert not re.search(r"guilt|crimin|smuggl|illegal|violat|convict", note, re.I), party["id"]
        assert party["kind"] not in ("person", "individual")
        for name in party["names"]:
            assert not re.match(r"(Mr|Ms|Mrs|Dr|Prof)\b\.? ", name["text"]), name["text"]


def test_languages_match_the_script_of_the_name():
    for party in PARTIES.values():
        for name in party["names"]:
            if name.get("language") == "ko":
                assert re.search("[가-힣]", name["text"]), name
            if name.get("language") in ("zh", "zh-Hant"):
                assert re.search("[\u3400-\u9fff]", name["text"]), name


def test_days_are_days_and_publication_comes_first():
    for party in PARTIES.values():
        for event in party.get("events", []):
            days = [
                date.fromisoformat(event[key]) for key in ("published_on", "effective_on") if event.get(key)
            ]
            assert all(date(1990, 1, 1) < day < date(2026, 11, 25) for day in days), (party["id"], event)


def test_the_grades_say_how_much_was_read():
    grades = Counter(name["cites"][0]["grade"] for party in PARTIES.values() for name in party["names"])
    read = sum(grades.values()) - grades["recalled"]
    assert read > grades["recalled"]
    domains = Counter(name["kind"] for party in PARTIES.values() for name in party["names"])
    assert domains["handle"] >= 150 and domains["email_domain"] >= 100
