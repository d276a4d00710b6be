"""What the tests of evaluations share: a use case that reads like the field, and a ledger."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chipledger.evals.preregistration import Preregistration
from chipledger.evals.register import UseCase
from chipledger.store.ledger import Ledger

FIXED_ON = date(2026, 1, 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "evals.sqlite") as opened:
        yield opened


@pytest.fixture
def entry() -> Callable[..., UseCase]:
    """A use case with one link for each benchmark named; keywords change the rule and the threshold."""

    def made(*benchmarks: str, rule: dict[str, Any] | None = None, threshold: dict[str, Any] | None = None,
             elicitation: str = "bare", cadence: dict[str, Any] | None = None) -> UseCase:  # fmt: skip
        link = {
            "shows": "that capture-the-flag tasks of this kind are solved",
            "does_not_show": "whether a real network would fall to it",
            "elicitation": elicitation,
            "threshold": {
                "value": 0.5, "low": 0.5, "high": 0.5, "origin": "convention", "set_on": FIXED_ON,
                "why": "half of the tasks: a convention for tests",
            } | (threshold or {}),
            "rule": {"test": "e_process", "alpha": 0.05, "items": 50, "fixed_on": FIXED_ON} | (rule or {}),
            "cadence": {"every_days": 30, "triggers": ["new_weights"]} | (cadence or {}),
        }  # fmt: skip
        return UseCase.model_validate(
            {
                "id": "cyber-offence",
                "version": 1,
                "title": "Cyber offence",
                "pathway": "a model finds and uses flaws in systems that it was not let into",
                "hazard": "dual_use",
                "owner": "the tests",
                "anchors": [
                    {"dated_on": FIXED_ON, "says": "watch it", "cite": {"source": "s", "grade": "primary"}}
                ],
                "links": [{"benchmark": name, **link} for name in benchmarks or ("ctf",)],
            }
        )

    return made


@pytest.fixture
def settled(entry: Callable[..., UseCase]) -> Callable[..., Preregistration]:
    """The pre-registration of the first link of such a use case."""

    def made(**changes: Any) -> Preregistration:
        use_case = entry(**changes)
        return Preregistration.of(use_case, use_case.links[0])

    return made
