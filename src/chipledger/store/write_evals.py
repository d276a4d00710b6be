"""Runs and decisions into the ledger: a run once however often it is read, a decision only at the end of the chain.

Takes measurements and verdicts; each call is one transaction, kept whole or not at all.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from chipledger.evals.chain import Decision, following
from chipledger.evals.measurement import Measurement
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.verdict import Verdict
from chipledger.store.ledger import Ledger
from chipledger.store.read_evals import IDS_A_QUESTION, chain_in
from chipledger.store.schema import eval_decisions, eval_measurements

_AS_TEXT = ("elicitation", "state", "grade")


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict with all it was decided from."""

    settled: Preregistration
    verdict: Verdict
    data: tuple[Measurement, ...]


def keep_measurements(ledger: Ledger, measurements: Iterable[Measurement]) -> int:
    """Store what the ledger does not hold yet.

    Args:
        ledger: an open ledger.
        measurements: runs and published figures; one that is there already stays as it was.

    Returns:
        How many were new.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    rows = {one.id: _row(one) for one in measurements}
    with ledger.transaction() as connection:
        new = [row for key, row in rows.items() if key not in _held(connection, list(rows))]
        if new:
            connection.execute(insert(eval_measurements), new)
    return len(new)


def append_decisions(ledger: Ledger, decided: Sequence[Decided], tool_version: str) -> list[Decision]:
    """Add decisions at the end of the chain; one that says what the last of its series said is not added again.

    Args:
        ledger: an open ledger.
        decided: verdicts in the order in which they are to stand.
        tool_version: the chipledger that decides.

    Returns:
        For each verdict the decision that now says it: the new one, or the last of its series.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    with ledger.transaction() as connection:
        chain = [decision for decision, _ in chain_in(connection)]
        newest = {decision.series: decision for decision in chain}
        last, standing, rows = chain[-1] if chain else None, [], []
        for one in decided:
            decision = following(last, one.settled, one.verdict, one.data, tool_version)
            before = newest.get(decision.series)
            if before and before.content == decision.content:
                standing.append(before)
                continue
            newest[decision.series] = last = decision
            standing.append(decision)
            rows.append({"sequence": decision.sequence, "hash": decision.hash, "body": decision.body})
        if rows:
            connection.execute(insert(eval_decisions), rows)
    return standing


def _held(connection: Connection, ids: Sequence[str]) -> set[str]:
    column, held = eval_measurements.c.id, set[str]()
    for start in range(0, len(ids), IDS_A_QUESTION):
        asked = select(column).where(column.in_(ids[start : start + IDS_A_QUESTION]))
        held.update(connection.execute(asked).scalars())
    return held


def _row(one: Measurement) -> dict[str, Any]:
    fields = {name: getattr(one, name) for name in one.__dataclass_fields__}
    items = [[item.item, item.epoch, item.score, item.cluster, item.refused] for item in one.items]
    return {
        **fields,
        **{name: fields[name].value for name in _AS_TEXT},
        "id": one.id,
        "items": json.dumps(items, ensure_ascii=False, separators=(",", ":")),
        "published": json.dumps(asdict(one.published)) if one.published else None,
    }
