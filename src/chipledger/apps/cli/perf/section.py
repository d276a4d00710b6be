"""What a restriction costs, reckoned and drawn for a section of the report: chips side by side, techniques, a threshold.

Takes the words of the command line; gives a CostSection. The first chip is the restricted one, and the last what it is held against and what a
threshold cuts down.
"""

from datetime import date

from chipledger.apps.cli.perf.asked import amount, clusters_asked, shape_asked
from chipledger.apps.cli.perf.policy import evenly_spread
from chipledger.apps.cli.perf.told import tokens_told
from chipledger.apps.cli.perf.waiting import counted
from chipledger.apps.report.cost_chart import compared, fallen, swept
from chipledger.apps.report.cost_section import CostSection
from chipledger.core.errors import InputError
from chipledger.perf.best import Job
from chipledger.perf.compare import Case, compare
from chipledger.perf.constants import drawn_constants
from chipledger.perf.policy import Axis, policy, value_of
from chipledger.perf.waterfall import sets, waterfall

DRAWS = 12
POINTS = 8
"""Thresholds that are drawn."""


def cost_section(name: str, chips: str, tokens: str, count: int, on: date) -> CostSection:
    """The section of one model.

    Args:
        name: of the model, or the path of its config.json.
        chips: two or more, with commas.
        tokens: of the run, such as 7T.
        count: of each chip.
        on: prices after this day are not used.

    Raises:
        InputError: fewer than two chips, something unknown, or a job that does not fit.
    """
    asked = clusters_asked(chips)
    if len(asked) < 2:
        raise InputError("one chip alone cannot be compared", where="--cost-chips", expected="two or more, the restricted one first")  # fmt: skip
    job = Job(shape=shape_asked(name), tokens=amount(tokens, "--cost-tokens"))
    restricted, other = asked[0], asked[-1]
    thresholds = evenly_spread(value_of(other, Axis.TPP), POINTS)
    with counted("cost", len(asked) + sets(job, restricted, other) + POINTS, "questions") as advance:
        cases = compare(job, asked, count=count, on=on, advance=lambda _: advance())
        fell = waterfall(job, restricted, other, count, draws=drawn_constants(DRAWS), advance=advance)
        sweep = policy(job, other, Axis.TPP, thresholds, count, advance=advance)
    shown = job.shape.name
    return CostSection(
        about=f"{shown}, {tokens_told(job.tokens)} tokens on {count:,} chips of each kind, with a goodput of {job.goodput:g}.",
        drawings=(
            ("Chip-hours of one run by chip", compared(shown, cases, alone=False)),
            ("Chip-hours that each technique saves, on two chips", fallen(shown, fell, alone=False)),
            ("Chip-hours as a threshold on performance falls", swept(shown, sweep, alone=False)),
        ),
        notes=(*_of_cases(cases), *fell.notes),
    )


def _of_cases(cases: tuple[Case, ...]) -> tuple[str, ...]:
    """Money where there is a price, and why intervals are as wide as they are; each once."""
    told: list[str] = []
    for one in cases:
        if one.best is None:
            continue
        if one.price is not None and one.usd is not None:
            told.append(
                f"{one.cluster}: {one.usd / 1e6:,.3g} million dollars at {one.price.usd_per_chip_hour:g} an hour "
                f"({one.price.kind} of {one.price.on:%Y-%m-%d}, {one.price.cite.source})"
            )
        told += [f"{one.cluster}: {reason}" for reason in one.best.estimate.reasons]
    return tuple(dict.fromkeys(told))
