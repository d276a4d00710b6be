"""The worked example of docs/performance.md: Hunyuan-Large on H20, H800 and H100, beside plain arithmetic, and the waterfall.

    python benchmarks/perf_hunyuan_large.py              prints the tables in Markdown
    python benchmarks/perf_hunyuan_large.py --write      puts them between the two marks of the page

Run it again whenever constants are fitted anew: the page's figures come from here and from nowhere else. Plain arithmetic is 6 x active parameters
x tokens at a stated part of the peak; what lies between it and the model is told factor by factor, and the factors multiply to the difference.
"""

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from chipledger.apps.cli.perf.told import factor_told, layout_told
from chipledger.perf.best import Job
from chipledger.perf.cluster import cluster
from chipledger.perf.compare import Case, compare
from chipledger.perf.constants import drawn_constants
from chipledger.perf.flop import MODEL, flop_per_token
from chipledger.perf.models import model
from chipledger.perf.waterfall import Waterfall, waterfall

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- benchmarks/perf_hunyuan_large.py -->", "<!-- end -->"
TOKENS, CHIPS = 7e12, 4096
ACTIVE, PLAIN_UTILIZATION = 52e9, 0.40
CLUSTERS = ("h20", "h800", "h100")


def lines() -> Iterator[str]:
    job = Job(shape=model("hunyuan-large"), tokens=TOKENS)
    cases = compare(job, [cluster(name) for name in CLUSTERS], count=CHIPS)
    yield f"As reckoned on {date.today()}; 7T tokens of 4,096 on {CHIPS:,} chips, goodput {job.goodput:g}, bf16."
    yield from (
        "",
        "| chip | plain, at 40 % | model | 80 % | days | MWh | MFU | layout |",
        "|" + " --- |" * 8,
    )
    for one in cases:
        yield _row(one)
    yield from ("", "From plain to model, factor by factor:", "")
    yield from (
        "| chip | work counted | utilization | goodput | product | plain x product |",
        "|" + " --- |" * 6,
    )
    work = float(flop_per_token(job.shape, job.length, convention=MODEL)) / (6.0 * ACTIVE)
    for one in cases:
        yield _factors(one, work, job.goodput)
    found = waterfall(job, cluster("h20"), cluster("h100"), CHIPS, draws=drawn_constants(12))
    yield from ("", *_fall(found))


def _plain(one: Case) -> float:
    peak = cluster(one.cluster).rates.flop_per_second("bf16")
    return 6.0 * ACTIVE * TOKENS / (peak * PLAIN_UTILIZATION) / 3600.0


def _row(one: Case) -> str:
    assert one.best is not None
    run, step = one.best.run, one.best.estimate
    layout = layout_told(one.best.strategy).split(", batch")[0]
    energy = "unknown" if one.kilowatt_hours is None else f"{one.kilowatt_hours / 1e3:,.0f}"
    return (
        f"| {one.cluster} | {_plain(one) / 1e6:.2f}M | {run.chip_hours / 1e6:.2f}M | {run.low_chip_hours / 1e6:.2f}M to "
        f"{run.high_chip_hours / 1e6:.2f}M | {run.days:.0f} | {energy} | {step.utilization:.0%} | {layout} |"
    )


def _factors(one: Case, work: float, goodput: float) -> str:
    assert one.best is not None and one.best.estimate.utilization is not None
    slower = PLAIN_UTILIZATION / one.best.estimate.utilization
    product = work * slower / goodput
    return (
        f"| {one.cluster} | x {work:.3f} | 40 % / {one.best.estimate.utilization:.1%} = x {slower:.2f} | 1 / {goodput:g} = x {1 / goodput:.2f} | "
        f"x {product:.2f} | {_plain(one) * product / 1e6:.2f}M |"
    )


def _fall(found: Waterfall) -> Iterator[str]:
    yield from (f"| technique | on {found.chip} | on {found.other} | relative | so it |", "|" + " --- |" * 5)
    for one in found.steps:
        here, relative = (
            factor_told(one.factor, one.low, one.high),
            factor_told(one.relative, one.low_relative, one.high_relative),
        )
        yield f"| {one.technique.value} | {here} | {factor_told(one.other_factor)} | {relative} | {one.verdict.value} |"
    yield from (
        "",
        f"Chip-hours on {found.chip} over {found.other}: {factor_told(found.bare_ratio, *found.bare_interval or ())} with none of these, "
        f"{factor_told(found.full_ratio, *found.full_interval or ())} with all, "
        f"8-bit products included ({found.chip_hours / 1e6:.2f}M against {found.other_chip_hours / 1e6:.2f}M).",
    )
    for note in found.notes[2:]:
        yield f"{note[0].upper()}{note[1:]}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    text = "\n".join(lines())
    if not parser.parse_args().write:
        print(text)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN, 1)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
