"""How well names are screened: `python benchmarks/parties_screen.py --csl FILE --meti FILE --bench FILE [--half 1]`.

Prints S1 to S5 and S8 for the half of each set that nothing was fitted on. One configuration and the thresholds of
data/parties/match_model.json serve all. --csl is the compact copy of the Consolidated Screening List, --meti the entities of
METI's Foreign End User List as JSON, --bench nomenklatura's contrib/name_bench/cases.csv; --peer is a Python that has
nomenklatura, which then scores the same pairs.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from parties_names import (
    Entry,
    Query,
    companies,
    csl,
    half,
    hide_aliases,
    look_alikes,
    meti,
    name_bench,
    perturbed,
)

from chipledger.core.errors import InputError
from chipledger.parties.calibrated import model
from chipledger.parties.index import Index
from chipledger.parties.ranking import Ranked, rank, same_party
from chipledger.parties.views import view

Answer = tuple[Query, list[Ranked]]


def interval(good: float, count: int) -> str:
    """A share with its 95% Wilson interval."""
    p, z = good / max(count, 1), 1.96
    middle, wide = (
        (p + z * z / 2 / count) / (1 + z * z / count),
        z * np.sqrt(p * (1 - p) / count + z * z / 4 / count**2) / (1 + z * z / count),
    )
    return f"{p:.3f} [{middle - wide:.3f}, {middle + wide:.3f}]"


def ask(index: Index, queries: list[Query]) -> list[Answer]:
    return [(query, rank(view(query.text), index)) for query in queries]


def right(index: Index, query: Query, one: Ranked, same: dict[str, set[str]]) -> bool:
    return query.party is not None and index.parties[one.party].id in same.get(query.party, {query.party})


def f1(pairs: list[tuple[bool, bool]]) -> float:
    hits = sum(said and true for said, true in pairs)
    return 2 * hits / (sum(said for said, _ in pairs) + sum(true for _, true in pairs))


def s1(options: argparse.Namespace) -> None:
    rows = name_bench(options.bench)
    scored = []
    for schema, one, other, truth in rows:
        try:
            scored.append((schema, one, other, truth, same_party(one, other)))
        except InputError:
            scored.append((schema, one, other, truth, 0.0))
    peer = peer_scores(options)
    same = model().same
    for label, chosen in (("orgs", lambda s: s not in ("Person", "Vessel")), ("all", lambda s: True)):
        for name, part in ((f"half {options.half}", {options.half}), ("both halves", {0, 1})):
            kept = [
                at for at, row in enumerate(scored) if chosen(row[0]) and half(f"{row[1]}|{row[2]}") in part
            ]
            ours = f1([(scored[at][4] >= same, scored[at][3]) for at in kept])
            theirs = f1([(peer[at] >= 0.7, scored[at][3]) for at in kept]) if peer else float("nan")
            print(f"S1 {label:5s} {name:12s} {len(kept)} pairs F1 {ours:.3f}  logic-v2 {theirs:.3f}")
    if options.show:
        for row in scored:
            if half(f"{row[1]}|{row[2]}") == 0 and (row[4] >= same) != row[3]:
                print("   ", row)


def peer_scores(options: argparse.Namespace) -> list[float]:
    if options.peer is None:
        return []
    script = """
import csv, json, sys
from uuid import uuid4
from followthemoney import ValueEntity, model
from nomenklatura.matching.logic_v2.model import LogicV2
config = LogicV2.default_config()
def entity(schema, name):
    one = ValueEntity(model.get(schema), {"id": uuid4().hex}); one.add("name", name); return one
print(json.dumps([float(LogicV2.compare(entity(r["schema"], r["name1"]), entity(r["schema"], r["name2"]), config).score)
                  for r in csv.DictReader(open(sys.argv[1], encoding="utf-8"))]))
"""
    run = subprocess.run(
        [options.peer, "-c", script, str(options.bench)], capture_output=True, text=True, check=True
    )
    scores: list[float] = json.loads(run.stdout)
    return scores


def at_false_alarms(positive: list[float], negative: list[float], share: float) -> float:
    """The recall at the threshold that lets this share of negatives through."""
    threshold = float(np.quantile(negative, 1 - share, method="higher"))
    return sum(score > threshold for score in positive) / len(positive)


def s2(options: argparse.Namespace) -> list[tuple[float, bool]]:
    entries, learn, report = hide_aliases(csl(options.csl))
    queries = report if options.half else learn
    index = Index.build(entries, hanzi=False)
    same = {one.id: one.same for one in entries}
    reached = 0
    for query in queries:
        parties = list(
            dict.fromkeys(index.held[at].party for at, _ in index.words.nearest(view(query.text), 200))
        )[:50]
        reached += any(index.parties[party].id in same[query.party] for party in parties)
    print(f"S2 {len(queries)} hidden aliases: recall@50 {interval(reached, len(queries))}")
    answers = ask(index, queries)
    first = [bool(found) and right(index, query, found[0], same) for query, found in answers]
    strict = sum(bool(found) and right(index, query, found[0], {}) for query, found in answers)
    print(
        f"S2 recall@1 of the very row, another row of the same name counted wrong: {interval(strict, len(answers))}"
    )
    negatives = ask(index, look_alikes(entries, 1500, seed=20 + options.half))
    wrong = [found[0].probability if found else 0.0 for _, found in negatives]
    scores = [found[0].probability if good else 0.0 for (_, found), good in zip(answers, first, strict=True)]
    print(f"S2 recall@1 {interval(sum(first), len(first))}; at 1% false alarms {at_false_alarms(scores, wrong, 0.01):.3f}; "
          f"at 5% {at_false_alarms(scores, wrong, 0.05):.3f}")  # fmt: skip
    bands(index, answers, same, "hidden aliases")
    bands(index, negatives, same, "look-alikes")
    s5(index, entries)
    s5_cold(options.csl)
    return points(index, answers + negatives, same)


def points(index: Index, answers: list[Answer], same: dict[str, set[str]]) -> list[tuple[float, bool]]:
    """Every candidate that was weighed: its probability, and whether it is the party."""
    return [(one.probability, right(index, query, one, same)) for query, found in answers for one in found]


def bands(index: Index, answers: list[Answer], same: dict[str, set[str]], name: str) -> None:
    weights = model()
    top = [found[0].probability if found else 0.0 for _, found in answers]
    hits, looks = sum(p >= weights.hit for p in top), sum(weights.review <= p < weights.hit for p in top)
    true = [one.probability for query, found in answers for one in found if right(index, query, one, same)]
    print(f"   {name}: {len(answers)} queries, hit {hits / len(top):.3f}, review {looks / len(top):.3f}, clear "
          f"{1 - (hits + looks) / len(top):.3f}; true matches weighed {len(true)}, not cleared "
          f"{sum(p >= weights.review for p in true) / max(len(true), 1):.3f}")  # fmt: skip


def s3(options: argparse.Namespace) -> list[tuple[float, bool]]:
    made = companies(21_000, seed=101 + options.half)
    entries = [Entry(f"made-{at}", (name,)) for at, name in enumerate(made[:20_000])]
    index = Index.build(entries, hanzi=False)
    rng = random.Random(201 + options.half)
    count = options.queries
    queries = [Query(perturbed(one.names[0], rng), one.id) for one in rng.sample(entries, count)]
    within = sum(
        any(
            index.held[at].party == int(query.party[5:])
            for at, _ in index.words.nearest(view(query.text), 20)
        )
        for query in queries
    )
    answers = ask(index, queries)
    first = [bool(found) and right(index, query, found[0], {}) for query, found in answers]
    outside = ask(index, [Query(name, None) for name in made[20_000:]])
    wrong = [found[0].probability if found else 0.0 for _, found in outside]
    scores = [found[0].probability if good else 0.0 for (_, found), good in zip(answers, first, strict=True)]
    print(f"S3 {count} perturbed of 20,000: recall@1 {interval(sum(first), count)}; recall@20 {interval(within, count)}; "
          f"at 1% look-alike false alarms {at_false_alarms(scores, wrong, 0.01):.3f}, at 5% {at_false_alarms(scores, wrong, 0.05):.3f}")  # fmt: skip
    bands(index, answers, {}, "perturbed")
    bands(index, outside, {}, "look-alikes")
    if options.show:
        for (query, found), good in zip(answers, first, strict=True):
            if not good:
                print(
                    "   ",
                    query.text,
                    "|",
                    made[int(query.party[5:])],
                    "|",
                    [(o.held.text, round(o.probability, 2)) for o in found[:2]],
                )
        for query, found in sorted(outside, key=lambda one: -one[1][0].probability if one[1] else 0)[:15]:
            print("    outside", query.text, "|", [(o.held.text, round(o.probability, 2)) for o in found[:1]])
    return points(index, answers + outside, {})


def s4(options: argparse.Namespace) -> list[tuple[float, bool]]:
    listed = meti(options.meti)
    organisations = [Entry(one.id, one.names) for one in csl(options.csl)
                     if not one.list.startswith(("Denied", "ITAR", "Palestinian"))]  # fmt: skip
    chosen = [
        one
        for one in listed
        if one.hanzi and one.latin and ("China" in one.place or "Hong Kong" in one.place)
    ]
    gathered: list[tuple[float, bool]] = []
    for label, table in (("off", False), ("on", True)):
        entries = [Entry(one.id, one.latin + (one.hanzi if table else ())) for one in listed if one.latin]
        index = Index.build(entries, organisations, hanzi=False)
        same = shared(entries, organisations)
        for name, part in ((f"half {options.half}", {options.half}), ("both halves", {0, 1})):
            queries = [Query(hanzi, one.id) for one in chosen if half(one.id) in part for hanzi in one.hanzi]
            answers = ask(index, queries)
            ranks = [
                next((at for at, one in enumerate(found) if right(index, query, one, same)), 99)
                for query, found in answers
            ]
            print(f"S4 alias table {label}, {name}: {len(queries)} names R@1 {interval(sum(r == 0 for r in ranks), len(ranks))} "
                  f"R@10 {interval(sum(r < 10 for r in ranks), len(ranks))}")  # fmt: skip
            if len(part) == 1:
                gathered += points(index, answers, same) if not table else []
                bands(index, answers, same, "hanzi")
            if options.show and len(part) == 1 and not table:
                names = {one.id: one.latin for one in listed}
                for (query, found), r in zip(answers, ranks, strict=True):
                    if r:
                        print(
                            "   ",
                            r,
                            query.text,
                            view(query.text).words,
                            names[query.party][:2],
                            "|",
                            [o.held.text for o in found[:2]],
                        )
    return gathered


def shared(entries: list[Entry], others: list[Entry]) -> dict[str, set[str]]:
    """Entries of the other list that bear one of an entry's names: the same party twice."""
    by_name: dict[str, set[str]] = {}
    for one in others:
        for name in filter(None, one.names):
            by_name.setdefault(view(name).joined, set()).add(one.id)
    return {one.id: {one.id}.union(*(by_name.get(view(name).joined, set()) for name in filter(None, one.names)))
            for one in entries}  # fmt: skip


def s5(index: Index, entries: list[Entry]) -> None:
    rng = random.Random(3)
    names = [name for one in entries for name in one.names]
    queries = [rng.choice(names) for _ in range(1500)] + [slip(rng.choice(names), rng) for _ in range(1500)]
    started, cpu = time.perf_counter(), time.process_time()
    for query in queries:
        rank(view(query), index)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"S5 {len(names)} names: {len(queries) / cpu:.0f} queries a second of processor ({len(queries) / wall:.0f} by the clock), "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")  # fmt: skip


COLD = """
import json, random, resource, sys, time
from datetime import date
from pathlib import Path
from chipledger.parties.csl import read_csl
from chipledger.parties.index import Index
from chipledger.parties.screen import screen
entries = read_csl(Path(sys.argv[1])).entries
index, on = Index.build(entries), date(2026, 7, 31)
screen("Example Chips", index, on)
cold = time.process_time()
names, rng = [name for one in entries for name in one.names], random.Random(4)
queries = [rng.choice(names) for _ in range(3000)]
queries[::2] = [name[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + name[at + 1:]
                for name in queries[::2] for at in [rng.randrange(len(name))]]
begun = time.process_time()
for query in queries: screen(query, index, on)
print(json.dumps([cold, len(queries) / (time.process_time() - begun), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""


def s5_cold(path: Path) -> None:
    """A process of its own: from its start to the first answer, then names with lists, reasons and evidence."""
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", COLD, str(path)], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]  # fmt: skip
    print(f"S5 start to first answer {' '.join(f'{run[0]:.2f}' for run in runs)} s of processor; whole screenings a second of "
          f"processor {' '.join(f'{run[1]:.0f}' for run in runs)}; {max(run[2] for run in runs)} MB at most")  # fmt: skip


def slip(name: str, rng: random.Random) -> str:
    at = rng.randrange(len(name))
    return name[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + name[at + 1 :]


def s8(gathered: list[tuple[float, bool]]) -> None:
    p = np.array([one for one, _ in gathered])
    truth = np.array([one for _, one in gathered], dtype=float)
    edges = np.linspace(0, 1, 16)
    cell = np.clip(np.digitize(p, edges) - 1, 0, 14)
    error = sum(
        abs(p[cell == at].mean() - truth[cell == at].mean()) * (cell == at).sum()
        for at in range(15)
        if (cell == at).any()
    ) / len(p)
    above = p >= 0.02
    cells = [
        (
            round(float(p[cell == at].mean()), 2),
            round(float(truth[cell == at].mean()), 2),
            int((cell == at).sum()),
        )
        for at in range(15)
        if (cell == at).any()
    ]
    weighed = sum(abs(p[(cell == at) & above].mean() - truth[(cell == at) & above].mean()) * ((cell == at) & above).sum()
                  for at in range(15) if ((cell == at) & above).any()) / above.sum()  # fmt: skip
    print(
        f"S8 {len(p)} candidates: expected calibration error {error:.4f}; over the {above.sum()} of probability 0.02 or more {weighed:.4f}"
    )
    print("   ", cells)
    kept = p[truth > 0] >= model().review
    print(f"S8 true matches that were weighed and not cleared: {interval(int(kept.sum()), len(kept))}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("csl", "meti", "bench"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--half", type=int, default=1, choices=(0, 1))
    parser.add_argument("--queries", type=int, default=5000, help="perturbed names of S3 that are asked")
    parser.add_argument("--only", default="s1 s2 s3 s4")
    parser.add_argument("--show", action="store_true", help="errors, of the learning half only")
    parser.add_argument("--peer", help="a Python with nomenklatura")
    options = parser.parse_args()
    if options.show and options.half:
        parser.error("--show tells of errors, which would spoil the reporting half; add --half 0")
    gathered: list[tuple[float, bool]] = []
    for name, run in (("s2", s2), ("s3", s3), ("s4", s4)):
        if name in options.only:
            gathered += run(options)
    if "s1" in options.only:
        s1(options)
    if gathered:
        s8(gathered)


if __name__ == "__main__":
    main()
