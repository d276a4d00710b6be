"""How fast the rules answer, and whether the file of all intervals agrees: `python benchmarks/rules.py [--runs 5]`.

Draws tuples of chip, country, day and kind of party by seed. Gives answers a second on one core, each with four layers,
reasons and cites: transactions met for the first time, every item fresh, and the steady state; then the seconds and rows
of `status --all`, and how many tuples agree with it. CPU time stands beside wall time, since machines are shared.
"""

import argparse
import csv
import random
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from chipledger.apps.cli.output import cell
from chipledger.apps.cli.status_all import write_all
from chipledger.catalogue.chip import chips
from chipledger.rules.intervals import FIRST_DAY, Party, Told
from chipledger.rules.item import Item, item_of
from chipledger.rules.law import law
from chipledger.rules.status import status
from chipledger.rules.transaction import Transaction

Asked = tuple[Item, str, date, Party]
Question = tuple[Item, Transaction, date]


def drawn(count: int, until: date, seed: int) -> list[Asked]:
    draw = random.Random(seed)
    items, countries = [item_of(one) for one in chips().values()], sorted(law().groups.countries)
    days = (until - FIRST_DAY).days + 1
    return [
        (draw.choice(items), draw.choice(countries), FIRST_DAY + timedelta(days=draw.randrange(days)),
         draw.choice(list(Party)))
        for _ in range(count)
    ]  # fmt: skip


def timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def answer_all(questions: list[Question]) -> None:
    for item, transaction, on in questions:
        status(item, transaction, on=on)


def rates(name: str, makes: Callable[[], list[Question]], runs: int) -> None:
    """Print the median rate of the runs; what `makes` does is outside the clock."""
    measured = []
    for _ in range(runs):
        questions = makes()
        wall, cpu = timed(lambda questions=questions: answer_all(questions))
        measured.append((len(questions) / wall, len(questions) / cpu))
    by_wall, by_cpu = (statistics.median(rate) for rate in zip(*measured, strict=True))
    print(f"{name}: {by_wall:,.0f} answers/s of wall time, {by_cpu:,.0f} of CPU time (median of {runs})")


def directly(asked: list[Asked], runs: int) -> None:
    questions = [(item, party.buys_in(country), on) for item, country, on, party in asked]
    rates("transactions met for the first time", lambda: questions, 1)
    rates("every item fresh", lambda: [(replace(item), deal, on) for item, deal, on in questions], runs)
    rates("steady state", lambda: questions, runs)


def told_by(path: Path, asked: list[Asked]) -> dict[tuple[str, str, str], list[dict[str, str]]]:
    wanted: dict[tuple[str, str, str], list[dict[str, str]]] = {
        (item.id, country, party.value): [] for item, country, _, party in asked
    }
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if (key := (row["chip"], row["country"], row["party"])) in wanted:
                wanted[key].append(row)
    return wanted


def agrees(one: Asked, rows: list[dict[str, str]]) -> bool:
    item, country, on, party = one
    found = [row for row in rows if row["effective_from"] <= on.isoformat() < row["effective_until"]]
    told = Told.of(status(item, party.buys_in(country), on=on))._asdict()
    return len(found) == 1 and all(found[0][name] == cell(value) for name, value in told.items())


def everything(asked: list[Asked], until: date) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "all.csv"
        wall, cpu = timed(lambda: write_all(path, until))
        with path.open("rb") as stream:
            rows = sum(1 for _ in stream) - 1
        told = told_by(path, asked)
        size = path.stat().st_size
    agreeing = sum(agrees(one, told[one[0].id, one[1], one[3].value]) for one in asked)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"status --all: {wall:.1f} s of wall time, {cpu:.1f} s of CPU time, {rows:,} rows, {size / 1e6:.0f} MB"
    )
    print(
        f"agreement with direct evaluation: {agreeing:,} of {len(asked):,}; peak memory {peak:.0f} MB in all"
    )


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=10_000, help="tuples drawn")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--until", type=date.fromisoformat, default=date(2026, 11, 24))
    options = parser.parse_args()
    asked = drawn(options.count, options.until, options.seed)
    directly(asked, options.runs)
    everything(asked, options.until)


if __name__ == "__main__":
    main()
