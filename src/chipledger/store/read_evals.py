"""The ledger's runs and decisions, as the records they were given."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, Select, select

from chipledger.core.errors import InputError, LedgerError
from chipledger.core.sources import Grade
from chipledger.evals.chain import Decision
from chipledger.evals.measurement import ItemScore, Measurement, Published, State
from chipledger.evals.rule import Elicitation
from chipledger.evals.verdict import canonical
from chipledger.store.ledger import Ledger
from chipledger.store.schema import eval_decisions, eval_measurements

IDS_A_QUESTION = 500

_PLAIN = ("benchmark", "model", "measured_on", "started_at", "source", "source_sha256", "run_id", "task_version",
          "rule_hash", "budget", "reason")  # fmt: skip

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, InputError)
_REMEDY = "go back to a copy of the ledger from before"


class _Shape(BaseModel):
    """What is read of a body that was kept; whatever else it holds is the chain's own matter."""

    model_config = ConfigDict(strict=True)


class _Named(_Shape):
    measurement: str


class _Verdict(_Shape):
    on: str
    use_case: str
    benchmark: str
    model: str
    task_version: str | None
    rule_hash: str
    outcome: str
    reasons: list[str]
    flags: list[str]
    looks: list[_Named]
    set_aside: list[_Named]
    published: list[str]


class _Body(_Shape):
    sequence: int
    previous: str
    rule: dict[str, Any]
    verdict: _Verdict
    data_sha256: str
    tool_version: str


def measurements(
    ledger: Ledger,
    *,
    benchmarks: Iterable[str] | None = None,
    model: str | None = None,
    measured_by: date | None = None,
) -> list[Measurement]:
    """Every run and published figure, oldest first.

    Args:
        ledger: an open ledger.
        benchmarks: only those of these ids.
        model: only those of this model.
        measured_by: only those of this day or before.
    """
    table = eval_measurements
    asked = select(table)
    if benchmarks is not None:
        asked = asked.where(table.c.benchmark.in_(list(benchmarks)))
    if model is not None:
        asked = asked.where(table.c.model == model)
    if measured_by is not None:
        asked = asked.where(table.c.measured_on <= measured_by)
    return _read(ledger, asked.order_by(table.c.measured_on, table.c.started_at, table.c.id))


def measurements_by_id(ledger: Ledger, ids: Sequence[str]) -> list[Measurement]:
    """The measurements of these ids; those that are gone are left out.

    Args:
        ledger: an open ledger.
        ids: of measurements.
    """
    column = eval_measurements.c.id
    return [
        one
        for start in range(0, len(ids), IDS_A_QUESTION)
        for one in _read(
            ledger, select(eval_measurements).where(column.in_(ids[start : start + IDS_A_QUESTION]))
        )
    ]


def said_otherwise(ledger: Ledger, given: Sequence[Measurement]) -> list[Measurement]:
    """Of measurements those that the ledger holds with another day, elicitation, rule or figure: it keeps what it has.

    Args:
        ledger: an open ledger.
        given: as they were read now.
    """
    held = {one.id: one for one in measurements_by_id(ledger, [one.id for one in given])}
    copied = ("source", "source_sha256")
    return [
        one
        for one in given
        if one.id in held and replace(held[one.id], **{name: getattr(one, name) for name in copied}) != one
    ]


def chain(ledger: Ledger) -> list[tuple[Decision, str]]:
    """Every decision in order, each with the hash that was kept beside it.

    Args:
        ledger: an open ledger.

    Raises:
        LedgerError: a decision cannot be read any more.
    """
    with ledger.reading() as connection:
        return chain_in(connection)


def chain_in(connection: Connection) -> list[tuple[Decision, str]]:
    """The same in a transaction that is open already.

    Args:
        connection: of the transaction.
    """
    asked = select(eval_decisions).order_by(eval_decisions.c.sequence)
    return [(_decision(row), row["hash"]) for row in connection.execute(asked).mappings()]


def _decision(row: RowMapping) -> Decision:
    try:
        body = json.loads(row["body"])
        date.fromisoformat(_Body.model_validate(body).verdict.on)
        canonical(body)  # refuses a number that is none
        return Decision(**body)
    except _UNREADABLE:
        raise LedgerError(f"decision {row['sequence']} is no decision any more: its words were changed after it was kept",
                          where="eval_decisions", remedy=_REMEDY) from None  # fmt: skip


def _read(ledger: Ledger, asked: Select[Any]) -> list[Measurement]:
    try:
        with ledger.reading() as connection:
            return [_measurement(row) for row in connection.execute(asked).mappings()]
    except _UNREADABLE as error:  # already of the day, which the database's driver reads
        raise LedgerError(f"a measurement is none any more: its words were changed after it was kept ({error})",
                          where="eval_measurements", remedy=_REMEDY) from None  # fmt: skip


def _measurement(row: RowMapping) -> Measurement:
    items = (
        ItemScore(item=item, epoch=epoch, score=score, cluster=cluster, refused=refused)
        for item, epoch, score, cluster, refused in json.loads(row["items"])
    )
    return Measurement(
        **{name: row[name] for name in _PLAIN},
        elicitation=Elicitation(row["elicitation"]),
        state=State(row["state"]),
        grade=Grade(row["grade"]),
        items=tuple(items),
        published=Published(**json.loads(row["published"])) if row["published"] else None,
    )
