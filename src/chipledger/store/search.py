"""Full-text search over the quotes of the ledger: every mention that holds the words, in any of the three languages.

A query is phrases apart by spaces, all of which must be found, in the quote or in the names beside it (chip, subject,
organisation). 昇腾 finds every quote that holds these two characters side by side, with or without spaces around.
"""

from sqlalchemy import text

from chipledger.core.records import Mention
from chipledger.store import read
from chipledger.store.index import matching
from chipledger.store.ledger import Ledger
from chipledger.store.words import phrases

_SQLITE = "FROM mention_words WHERE mention_words MATCH :asked"
_SERVER = "FROM mention_words WHERE (quote || about) @@ CAST(:asked AS tsquery)"


def search(ledger: Ledger, query: str, limit: int = 20) -> list[Mention]:
    """The mentions whose words hold all phrases of the query, newest entries first.

    Args:
        ledger: an open ledger.
        query: phrases apart by spaces; a phrase in double quotes may hold spaces.
        limit: at most so many.

    Returns:
        Mentions; none for a query without a word.
    """
    key = "rowid" if ledger.is_file else "key"
    found = _ask(ledger, f"SELECT {key}", query, f" ORDER BY {key} DESC LIMIT :limit", limit)
    return read.mentions_by_key(ledger, found)


def count(ledger: Ledger, query: str) -> int:
    """How many mentions hold all phrases of the query.

    Args:
        ledger: an open ledger.
        query: as for `search`.
    """
    found = _ask(ledger, "SELECT count(*)", query, "", 0)
    return found[0] if found else 0


def _ask(ledger: Ledger, wanted: str, query: str, order: str, limit: int) -> list[int]:
    asked = matching(phrases(query), ledger.engine.dialect.name)
    if not asked:
        return []
    condition = _SQLITE if ledger.is_file else _SERVER
    with ledger.reading() as connection:
        rows = connection.execute(text(f"{wanted} {condition}{order}"), {"asked": asked, "limit": limit})
        return [int(row[0]) for row in rows]
