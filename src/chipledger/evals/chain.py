"""The record of decisions: each holds its rule, its runs and its verdict, and the hash of the one before it.

Takes verdicts; gives decisions to append, and checks that a chain is whole. Nothing is ever changed or taken out. What a chain
alone cannot show is that its newest decisions were cut off: for that, keep the newest hash somewhere else and hand it to the check.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chipledger.evals.measurement import Measurement
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.verdict import Verdict, canonical

BEGINNING = "0" * 64

Series = tuple[str, str, str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision as the ledger keeps it.

    Args:
        sequence: its number, from 1.
        previous: the hash of the decision before it; 64 zeros for the first.
        rule: the pre-registration, as JSON-ready fields.
        verdict: the verdict, as JSON-ready fields.
        data_sha256: of every measurement that it was decided from.
        tool_version: the chipledger that decided.
    """

    sequence: int
    previous: str
    rule: dict[str, Any]
    verdict: dict[str, Any]
    data_sha256: str
    tool_version: str

    @property
    def body(self) -> str:
        """Everything that the hash covers, as one canonical text."""
        return canonical(asdict(self))

    @property
    def hash(self) -> str:
        """The sha256 of the body."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def series(self) -> Series:
        """What it is about: use case, benchmark, model and version of the benchmark."""
        verdict = self.verdict
        return verdict["use_case"], verdict["benchmark"], verdict["model"], verdict["task_version"]

    @property
    def measurements(self) -> list[str]:
        """The ids of everything it was decided from."""
        own = [one["measurement"] for one in (*self.verdict["looks"], *self.verdict["set_aside"])]
        return [*own, *self.verdict["published"]]

    @property
    def content(self) -> tuple[str, str, str]:
        """What it says, apart from the day it was asked: two decisions of one content are one."""
        said = {name: value for name, value in self.verdict.items() if name != "on"}
        return canonical(self.rule), canonical(said), self.data_sha256


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a decision: its number, and in words what."""

    sequence: int
    what: str


def data_sha256(measurements: Iterable[Measurement]) -> str:
    """The hash of measurements whatever their order: every item score counts.

    Args:
        measurements: what a verdict was decided from.
    """
    bodies = sorted({canonical(asdict(one)) for one in measurements})
    return hashlib.sha256("\n".join(bodies).encode()).hexdigest()


def following(
    last: Decision | None, settled: Preregistration, verdict: Verdict, data: Iterable[Measurement], tool_version: str
) -> Decision:  # fmt: skip
    """The decision that comes next in a chain.

    Args:
        last: the newest decision, None for an empty chain.
        settled: the rule that decided.
        verdict: what it said.
        data: every measurement it was decided from.
        tool_version: the chipledger that decides.
    """
    return Decision(
        sequence=last.sequence + 1 if last else 1,
        previous=last.hash if last else BEGINNING,
        rule=settled.model_dump(mode="json"),
        verdict=verdict.as_dict(),
        data_sha256=data_sha256(data),
        tool_version=tool_version,
    )


def broken_links(chain: Sequence[tuple[Decision, str]], head: str | None = None) -> list[Fault]:
    """Where a chain does not hold together.

    Args:
        chain: every decision in order, with the hash that was kept beside it.
        head: the newest hash as it was noted elsewhere, None if it was not.
    """
    faults, before = [], BEGINNING
    for number, (decision, kept) in enumerate(chain, 1):
        if decision.sequence != number:
            faults.append(Fault(decision.sequence, f"stands at place {number}: one is missing or was put in"))
        if decision.previous != before:
            faults.append(Fault(decision.sequence, "does not follow from the decision before it"))
        if decision.hash != kept:
            faults.append(Fault(decision.sequence, "its words were changed after it was kept"))
        before = kept
    if head and head not in {kept for _, kept in chain}:
        faults.append(
            Fault(len(chain), f"no decision has the noted hash {head[:12]}: the newest were cut off")
        )
    return faults


def rules_so_far(chain: Iterable[Decision]) -> dict[Series, set[str]]:
    """The hashes of the rules under which each series was decided.

    Args:
        chain: decisions.
    """
    found: dict[Series, set[str]] = {}
    for decision in chain:
        found.setdefault(decision.series, set()).add(decision.verdict["rule_hash"])
    return found
