"""The ledger as JSON lines: one document, mention, failure or fate a line, the same bytes for the same content.

What was found is told, what became of it in histories last; who looked when (scans and sightings) is not, so that looking
again changes nothing here.
"""

import json
from collections.abc import Iterator
from typing import Any

from chipledger.store import read, read_history
from chipledger.store.ledger import Ledger
from chipledger.store.lines import lines_of


def lines(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Every document followed by its mentions, every repository's line, every failure, then what histories tell, as JSON-ready fields.

    Args:
        ledger: an open ledger.

    Returns:
        Mappings with `kind` first: document, mention, line, error, or history_mention, history_setting, history_removal
        and history_restart.
    """
    for stored in read.stored_documents(ledger):
        yield {
            **stored.facts.as_dict(),
            "first_seen": stored.first_seen.isoformat(),
            "last_seen": stored.last_seen.isoformat(),
            "last_commit": stored.last_commit,
            "extractor_version": stored.extractor_version,
            "fingerprint": stored.facts.fingerprint.as_dict() if stored.facts.fingerprint else None,
        }
        for mention in stored.mentions:
            yield {"id": mention.id, **mention.as_dict()}
    for line in lines_of(ledger):
        yield {name: value for name, value in line.as_dict().items() if name != "seen_on"}
    for failure in read.failures(ledger):
        yield failure.as_dict()
    for told in read_history.lines(ledger):
        yield {**told, "kind": f"history_{told['kind']}"}


def dump(ledger: Ledger) -> str:
    """All lines as one text.

    Args:
        ledger: an open ledger.
    """
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines(ledger))
