"""Runs made up for the tests of evaluations, so that what is true of them is known."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from chipledger.core.sources import Grade
from chipledger.evals.measurement import ItemScore, Measurement, Published, State
from chipledger.evals.rule import Elicitation


def run_of(
    rate: float,
    *,
    week: int = 0,
    items: int = 100,
    solved: int | None = None,
    clusters: int | None = None,
    benchmark: str = "ctf",
    model: str = "kite-7b",
    elicitation: Elicitation = Elicitation.BARE,
    **fields: Any,
) -> Measurement:
    """A run in which a share of the items was solved, spread evenly over them; weeks are counted from 2026-02-01."""
    right = round(rate * items) if solved is None else solved
    is_right = np.floor((np.arange(1, items + 1) * right) / items) > np.floor(
        (np.arange(items) * right) / items
    )
    scores = tuple(
        ItemScore(item=f"i{number:04}", score=float(is_right[number]),
                  cluster=f"c{number * clusters // items}" if clusters else None)
        for number in range(items)
    )  # fmt: skip
    day = date(2026, 2, 1) + timedelta(weeks=week)
    given = {
        "state": State.COMPLETE,
        "grade": Grade.PRIMARY,
        "source": f"{model}-{week}.eval",
        "items": scores,
    }
    return Measurement(
        benchmark=benchmark, model=model, measured_on=day, elicitation=elicitation, run_id=f"{model}-{benchmark}-{week}",
        **(given | fields),
    )  # fmt: skip


def figure(rate: float, *, low: float | None = None, high: float | None = None, level: float | None = 0.95,
           items: int | None = None, grade: Grade = Grade.PRIMARY, **fields: Any) -> Measurement:  # fmt: skip
    """A figure that somebody published on 2026-02-01."""
    printed = Published(rate=rate, low=low, high=high, level=level if low is not None else None, items=items)
    given = {
        "benchmark": "ctf",
        "model": "kite-7b",
        "measured_on": date(2026, 2, 1),
        "elicitation": Elicitation.BARE,
    }
    return Measurement(
        state=State.PUBLISHED, grade=grade, source="their-report", published=printed, **(given | fields)
    )
