"""A calibration as the data files that the model reads: the fitted constants, and how far off it is by family of runs.

Takes a `Fit`; gives the text of data/perf/fit.yaml and data/perf/spread.yaml. The note says on what, when and how well it was fitted, and how well
runs are told whose group was left out.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from chipledger.perf.calibrate import Fit
from chipledger.perf.constants import Fitted, FittedValue
from chipledger.perf.spread import Spread

DIGITS = 4
TINY = 1e-9
DRAWS_KEPT = 24


def fitted(fit: Fit, on: date) -> Fitted:
    """The fitted constants as a record.

    Args:
        fit: a calibration.
        on: the day.
    """
    groups = len({one.group for one in fit.asked})
    return Fitted(
        values=tuple(
            FittedValue(name=name, value=_rounded(value), log_sd=_rounded(sd))
            for name, value, sd in zip(fit.names, fit.values.tolist(), fit.log_sd.tolist(), strict=True)
        ),
        rows=len(fit.asked),
        groups=groups,
        draws=tuple(tuple(_rounded(value) for value in draw) for draw in fit.drawn[:DRAWS_KEPT].tolist()),
        note=f"soft L1 on log time with priors, {on}: {errors_told(fit)}",
    )


def errors_told(fit: Fit) -> str:
    """How far off a calibration is, fitted and with each group left out, in words."""
    measured = np.array([one.measured for one in fit.asked])
    return "; ".join(
        f"{name} {_told(np.abs(seconds / measured - 1.0))}"
        for name, seconds in (("fitted:", fit.fitted), ("each group left out:", fit.left_out))
    )


def fit_text(found: Fitted) -> str:
    """The text of data/perf/fit.yaml.

    Args:
        found: the fitted constants.
    """
    lines = [
        "# What a calibration made of data/perf/constants.yaml (`chipledger perf calibrate`); written by it, not by hand.",
        "values:",
        *(
            f"  - {{name: {one.name}, value: {_number(one.value)}, log_sd: {_number(one.log_sd)}}}"
            for one in found.values
        ),
        f"rows: {found.rows}",
        f"groups: {found.groups}",
        "draws:" if found.draws else "draws: []",
        *(f"  - [{', '.join(_number(value) for value in draw)}]" for draw in found.draws),
        f'note: "{found.note}"',
    ]
    return "\n".join(lines) + "\n"


def spread_text(found: Sequence[Spread], on: date) -> str:
    """The text of data/perf/spread.yaml.

    Args:
        found: of every family with runs.
        on: the day.
    """
    lines = [
        "# Between which factors on an estimate four of five runs lay (chipledger.perf.spread); written by `chipledger perf calibrate`."
    ]
    lines += [
        f"- {{family: {one.family.value}, low: {one.low:g}, high: {one.high:g}, rows: {one.rows}, groups: {one.groups}, "
        f'note: "left out by group, {on}"}}'
        for one in found
    ]
    return "\n".join(lines) + "\n"


def _told(sizes: NDArray[np.float64]) -> str:
    mean, median, p90 = (float(each) for each in (sizes.mean(), np.median(sizes), np.quantile(sizes, 0.9)))
    return f"mean {mean:.1%}, median {median:.1%}, p90 {p90:.1%}"


def _number(value: float) -> str:
    """A number as YAML takes it for one: with a point before its exponent."""
    text = f"{value:g}"
    return text if "e" not in text or "." in text else text.replace("e", ".0e")


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}") if value > TINY else 0.0
