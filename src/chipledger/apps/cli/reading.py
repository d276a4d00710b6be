"""What a scan does with one document, in whatever process: read it, take its mentions, give them their days.

`Reader` is the function that the engine runs: a pure function of an entry, but that a ledger, where one is named,
tells it which bytes need no second reading.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from chipledger.core.collecting import settled, uncollected
from chipledger.core.records import DocumentFacts, FailedDocument, Mention
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry
from chipledger.documents.limits import Limits
from chipledger.documents.sources import read_entry
from chipledger.evidence.extract import VERSION, extract

if TYPE_CHECKING:  # a scan that keeps nothing starts without the database's library
    from chipledger.store.ledger import Ledger


class Said(NamedTuple):
    """What a document says, and whether it names chips without end, so that not all of it was read."""

    facts: DocumentFacts
    mentions: Sequence[Mention]
    is_cut: bool = False


class Standing(NamedTuple):
    """A document whose bytes the ledger has from an earlier scan, read by the same extractor: its key there."""

    key: int
    commit: str | None
    checked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads entries.

    Args:
        limits: what a document may ask for.
        on: the day of the scan: words without a commit's day are first seen on it.
        organisation: whose documents these are, where the user says so.
        project: the project of documents that belong to no repository.
        by_folder: whether each folder of the target is a project of its own.
        ledger: the address of a ledger to ask whether bytes have been read before; None reads everything.
    """

    limits: Limits
    on: date
    organisation: str | None = None
    project: str | None = None
    by_folder: bool = False
    ledger: str | None = None

    def __call__(self, item: Entry | FailedDocument) -> Said | Standing | FailedDocument:
        """What a document says, that it stands as before, or why it cannot be read."""
        if isinstance(item, FailedDocument):
            return item
        document = read_entry(item, self.limits)
        if isinstance(document, FailedDocument):
            return document
        if self.organisation:
            document = replace(document, organisation=self.organisation)
        project = document.project or self._folder(document.document) or self.project
        key = _key_in(self.ledger, document, project) if self.ledger else None
        if key is not None:
            return Standing(key, document.commit, document.seen_on if document.fetched_on else None)
        said = extract(document, on=self.on)
        facts = said.facts if project == said.facts.project else replace(said.facts, project=project)
        return Said(facts, said.mentions, said.is_cut)

    def _folder(self, document: str) -> str | None:
        first, below, _ = document.partition("/")
        return first if self.by_folder and below else None


@uncollected()
def prepare() -> None:
    """Make ready what every document needs, so that processes forked from here share it."""
    extract(
        Document(document="", document_id="", text="Trained on 8 A100 GPUs with ZeRO-3.", format="markdown")
    )


@contextmanager
def asking(*, is_read_here: bool = False) -> Iterator[None]:
    """While documents are read; the ledger that this process asked is closed after, a fork never inherits it.

    Args:
        is_read_here: whether this very process reads them: what that needs is made ready first, and then left alone by
            the collector of cyclic garbage.
    """
    if is_read_here:
        prepare()
    with settled():
        try:
            yield
        finally:
            _let_go()


def _let_go() -> None:
    while _asked:
        _asked.popitem()[1].close()


def _key_in(address: str, document: Document, project: str | None) -> int | None:
    from chipledger.store.ledger import Ledger

    if address not in _asked:
        _let_go()
        _asked[address] = Ledger.open(address, create=False)
    owner = document.organisation if document.commit else None
    return _asked[address].key_of(
        document.document_id, VERSION, document=document.document, project=project, owner=owner
    )


_asked: "dict[str, Ledger]" = {}  # this process's own connection, to one ledger at most
