"""The sets that name screening is measured on: their generators and readers, each cut in halves by hash.

Half 0 of every set is for learning (benchmarks/parties_train.py), half 1 for reporting (benchmarks/parties_screen.py).
Generated sets use other seeds for learning than for reporting. Takes paths of public lists; gives queries with the party
that each should find, or None.
"""

import csv
import hashlib
import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chipledger.parties.normal import CJK, fold

CITIES = ["Beijing", "Shanghai", "Shenzhen", "Guangzhou", "Chengdu", "Wuhan", "Nanjing", "Hangzhou", "Suzhou", "Xian", "Tianjin", "Chongqing", "Qingdao", "Dalian", "Xiamen", "Ningbo", "Hefei", "Changsha", "Jinan", "Zhengzhou", "Harbin", "Wuxi", "Dongguan", "Foshan", "Zhuhai", "Kunming", "Fuzhou", "Nanchang", "Guiyang", "Shenyang"]  # fmt: skip
SYLLABLES = ["hua", "xin", "zhong", "tong", "rui", "feng", "jia", "hong", "long", "tai", "yuan", "da", "kang", "sheng", "ming", "heng", "de", "ke", "bo", "chuang", "wei", "li", "xing", "yun", "tian", "hai", "jin", "guo", "qi", "zhi", "fei", "lan", "bai", "dong", "nan", "an", "bang", "chang", "cheng", "chun", "dian", "ding", "fu", "guang", "hao", "he", "hui", "jian", "jing", "jun", "kai", "lei", "liang", "lu", "mei", "peng", "ping", "qing", "ren", "run", "shan", "shi", "shun", "si", "song", "su", "tang", "teng", "wan", "wen", "wu", "xi", "xiang", "xu", "yi", "ying", "yong", "you", "yu", "ze", "zhan", "zhen"]  # fmt: skip
SECTORS = (
    "Electronics", "Technology", "Electronic Technology", "Information Technology", "Semiconductor", "Microelectronics",
    "Precision Instruments", "Optoelectronics", "Aviation Technology", "Communication Equipment", "Trading",
    "Import and Export", "Industrial", "Intelligent Technology", "Network Technology", "Materials", "Machinery",
    "Automation Equipment", "Biotechnology", "Logistics",
)  # fmt: skip
FORMS = (
    "Co., Ltd.",
    "Co Ltd",
    "Company Limited",
    "Limited",
    "Ltd.",
    "Corporation",
    "Group Co., Ltd.",
    "Co., Limited",
)


def half(text: str) -> int:
    """0 for learning, 1 for reporting."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 2


@dataclass
class Entry:
    """A party of a measured list."""

    id: str
    names: tuple[str, ...]
    list: str = ""
    country: str | None = None
    events: tuple[Any, ...] = ()
    same: set[str] = field(default_factory=set)


@dataclass
class Query:
    """A name to screen and the party that it should find; None for a name that is on no list."""

    text: str
    party: str | None


def company(rng: random.Random) -> str:
    """A company's name as registers of Chinese firms in pinyin print it."""
    core = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()
    return f"{rng.choice(CITIES)} {core} {rng.choice(SECTORS)} {rng.choice(FORMS)}"


def companies(count: int, seed: int) -> list[str]:
    """Distinct names: no two agree in all but the legal form."""
    rng = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < count:
        name = company(rng)
        found.setdefault(_without_form(name), name)
    return list(found.values())


def _without_form(name: str) -> str:
    for form in sorted(FORMS, key=len, reverse=True):
        if name.endswith(form):
            return name[: -len(form)].strip()
    return name


def perturbed(name: str, rng: random.Random) -> str:
    """A name as another hand would write it: slips, another legal form, a core in two, the city elsewhere, another case."""
    bare = _without_form(name)
    city, core, *sector = bare.split()
    form = rng.choice((*FORMS, "")) if rng.random() < 0.5 else name[len(bare) :].strip()
    if rng.random() < 0.5:
        core = slip(core, rng)
    if rng.random() < 0.2 and len(core) > 5:
        cut = rng.randrange(3, len(core) - 2)
        core = f"{core[:cut]} {core[cut:].capitalize()}"
    style = rng.random()
    if style < 0.2:
        words = [core, f"({city})", *sector, form]
    elif style < 0.3:
        words = [core, *sector, f"({city})", form]
    elif style < 0.4:
        words = [core, *sector, form, city]
    else:
        words = [city, core, *sector, form]
    text = " ".join(word for word in words if word)
    return text.upper() if rng.random() < 0.25 else text.lower() if rng.random() < 0.15 else text


def slip(word: str, rng: random.Random) -> str:
    """One slip of the pen: a letter dropped, doubled, swapped with its neighbour or replaced."""
    at = rng.randrange(1, len(word))
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2 and at < len(word) - 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]


def csl(path: Path) -> list[Entry]:
    """The entries of the compact copy of the Consolidated Screening List."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    sources = raw["tables"]["sources"]
    return [
        Entry(
            f"csl-{at}",
            (one["n"], *one.get("a", ())),
            sources[one["s"]].split(" (")[0],
            (one.get("c") or [None])[0],
        )
        for at, one in enumerate(raw["entries"])
    ]


def hide_aliases(entries: list[Entry]) -> tuple[list[Entry], list[Query], list[Query]]:
    """One alias of each Entity List party hidden and asked for: the index that is left, queries to learn from, to report."""
    left, learn, report = [], [], []
    for one in entries:
        names = list(one.names)
        if one.list.startswith("Entity List") and len(names) > 1:
            at = 1 + int(hashlib.sha256(f"{names[0]}|alias".encode()).hexdigest(), 16) % (len(names) - 1)
            if " ".join(fold(names[at]).split()) != " ".join(fold(names[0]).split()):
                (report if half(names[0]) else learn).append(Query(names[at], one.id))
                names.pop(at)
        left.append(Entry(one.id, tuple(names), one.list, one.country))
    _same_party(left)
    return left, learn, report


def _same_party(entries: list[Entry]) -> None:
    """A party that stands on several lists is one: entries that share a whole name are each other's."""
    by_name: dict[str, set[str]] = {}
    for one in entries:
        for name in one.names:
            by_name.setdefault(" ".join(fold(name).split()), set()).add(one.id)
    for one in entries:
        one.same = set().union(*(by_name[" ".join(fold(name).split())] for name in one.names))


def look_alikes(entries: list[Entry], count: int, seed: int) -> list[Query]:
    """Names of no list that look like listed ones: a listed company's words with another core, or generated whole."""
    rng = random.Random(seed)
    listed = [
        one.names[0]
        for one in entries
        if one.list.startswith("Entity List") and len(one.names[0].split()) > 2
    ]
    known = {" ".join(fold(name).split()) for one in entries for name in one.names}
    found: list[Query] = []
    while len(found) < count:
        if rng.random() < 0.5:
            text = company(rng)
        else:
            words = rng.choice(listed).split()
            at = rng.randrange(min(2, len(words)))
            words[at] = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 3)))).capitalize()
            text = " ".join(words)
        if " ".join(fold(text).split()) not in known:
            found.append(Query(text, None))
    return found


@dataclass
class Meti:
    """An entry of METI's Foreign End User List: its names in Latin letters and in hanzi, and where it is."""

    id: str
    latin: tuple[str, ...]
    hanzi: tuple[str, ...]
    place: str


def meti(path: Path) -> list[Meti]:
    """The list of the Japanese ministry (METI), each name cut into its Latin and its hanzi part."""
    found = []
    for one in json.loads(path.read_text(encoding="utf-8")):
        latin, hanzi = [], []
        for name in (one["entity_name"], *one["aliases"]):
            if not CJK.search(name):
                latin.append(name)
                continue
            inside = re.findall(
                r"[（(]([^()（）]*(?:[(（][^()（）]*[)）])?[^()（）]*)[)）]\s*$", name.strip()
            )
            if inside and CJK.search(inside[0]):
                hanzi.append(inside[0])
                rest = name[: name.rindex(inside[0])].rstrip(" （(")
                if rest and not CJK.search(rest):
                    latin.append(rest)
            elif not re.search(r"[A-Za-z]{3}", name):
                hanzi.append(name)
        found.append(
            Meti(one["id"], tuple(latin), tuple(hanzi), one["addresses"][0] if one["addresses"] else "")
        )
    return found


def name_bench(path: Path) -> list[tuple[str, str, str, bool]]:
    """The pairs of nomenklatura's name_bench: schema, both names, whether they match."""
    with path.open(encoding="utf-8") as stream:
        return [
            (row["schema"], row["name1"], row["name2"], row["is_match"] == "true")
            for row in csv.DictReader(stream)
        ]
