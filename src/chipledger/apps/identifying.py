"""The projects of a ledger told apart: its documents that speak for projects and its repositories' lines, joined."""

from datetime import date

from chipledger.findings.attribution import Attribution
from chipledger.findings.identity import Identity, identified
from chipledger.findings.snapshot import Dated, snapshots
from chipledger.store import read
from chipledger.store.ledger import Ledger
from chipledger.store.lines import lines_of


def identity_of(ledger: Ledger, seen_by: date | None = None) -> Identity:
    """Which snapshots of a ledger are of one project.

    Args:
        ledger: an open ledger.
        seen_by: only what had been seen by that day.
    """
    dated = (
        Dated(one.facts, one.first_seen, one.last_seen)
        for one in read.faced_documents(ledger, seen_by=seen_by)
    )
    lines = [line for line in lines_of(ledger) if seen_by is None or line.seen_on <= seen_by]
    return identified(snapshots(dated, lines))


def attribution_of(ledger: Ledger, seen_by: date | None = None) -> Attribution:
    """To which project each statement of a ledger is laid.

    Args:
        ledger: an open ledger.
        seen_by: only what had been seen by that day.
    """
    return Attribution(identity_of(ledger, seen_by))
