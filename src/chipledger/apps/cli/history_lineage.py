"""Which proposed documents of a history only repeat the owner's: a translation in a pull request is no confirmation.

Takes a history with its statements; gives for each proposed version how it comes from a document of the owner's line.
Only versions that state something are read again, and only so many of them: the reading is bounded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from chipledger.core.records import DocumentFacts
from chipledger.documents.descent import OWNED, Descent
from chipledger.documents.history import NONE, History
from chipledger.evidence.fingerprint import fingerprint_of
from chipledger.evidence.following import Key
from chipledger.evidence.lifeline import Lifeline, Standing
from chipledger.evidence.statement import Statement
from chipledger.evidence.subject import language_of
from chipledger.findings.kin import Kin, kin_of
from chipledger.findings.kinship import Link, Source
from chipledger.findings.likeness import link_between
from chipledger.findings.project import untranslated

_MOST_PROPOSED, _MOST_COMPARED, _MOST_VERSIONS = 200, 60, 4
Stated = Mapping[int, Mapping[Key, Statement]]


def proposed_links(
    history: History,
    descent: Descent,
    stated: Stated,
    lives: Iterable[Lifeline],
    text_of: Callable[[int], str],
) -> dict[str, dict[str, Any]]:
    """How proposed statements come from the owner's documents.

    Args:
        history: a repository's history.
        descent: which of its commits are the owner's.
        stated: what each blob states.
        lives: the statements through the history.
        text_of: gives the text of a blob.

    Returns:
        By the id of a statement's lifeline, the link as JSON-ready fields; what the owner's document does not name has none.
    """
    proposed = [life for life in lives if life.standing is Standing.PROPOSED and life.statement.mention]
    owned = _owned(history, descent, stated) if proposed else {}
    compared = _Compared(stated, owned, text_of)
    blobs = dict(islice({life.blob: life.last.path for life in proposed}.items(), _MOST_PROPOSED))
    links = {blob: compared.link(blob, path) for blob, path in blobs.items()}
    found: dict[str, dict[str, Any]] = {}
    for life in proposed:
        link = links.get(life.blob)
        if link and life.statement.name in compared.chips(link.of.document):
            found[life.id] = _fields(link, history.blobs[int(link.of.document_id)].hex())
    return found


class _Compared:
    """Proposed versions beside the owner's; each is read once."""

    def __init__(self, stated: Stated, owned: Mapping[str, list[int]], text_of: Callable[[int], str]) -> None:
        self._stated, self._owned, self._text_of = stated, owned, text_of
        self._made: dict[tuple[int, str], Kin] = {}

    def chips(self, path: str) -> set[str]:
        """The chips that the owner's document ever named."""
        return {one.name for blob in self._owned[path] for one in self._stated[blob].values() if one.mention}

    def link(self, blob: int, path: str) -> Link | None:
        """How a proposed version comes from one of the owner's."""
        one = self._kin(blob, path)
        for other, there in islice(_nearest(path, self._owned), _MOST_COMPARED):
            if link := link_between(self._kin(other, there), one, lambda _: 1.0):
                return link
        return None

    def _kin(self, blob: int, path: str) -> Kin:
        if (blob, path) not in self._made:
            text = self._text_of(blob)
            facts = DocumentFacts(
                document=path,
                document_id=str(blob),
                language=language_of(text),
                project="-",  # all of one repository
                fingerprint=fingerprint_of(text, text),
            )
            mentions = [one.mention for one in self._stated.get(blob, {}).values() if one.mention]
            self._made[blob, path] = kin_of(facts, mentions)
        return self._made[blob, path]


def _owned(history: History, descent: Descent, stated: Stated) -> dict[str, list[int]]:
    """The newest versions of the owner's documents that state something, by path."""
    owned: dict[str, list[int]] = {}
    changes = history.changes
    for commit, path, new in zip(changes.commit, changes.path, changes.new, strict=True):
        if new != NONE and descent.standing[commit] == OWNED and stated.get(new):
            versions = owned.setdefault(history.path(path), [])
            if new not in versions and len(versions) < _MOST_VERSIONS:
                versions.append(new)
    return owned


def _nearest(path: str, owned: Mapping[str, list[int]]) -> Iterator[tuple[int, str]]:
    """The owner's documents, those of the same name but for its language first."""
    name = untranslated(path)
    ordered = sorted(
        owned, key=lambda there: (untranslated(there) != name, untranslated(there) != there.lower(), there)
    )
    for there in ordered:
        for blob in owned[there]:
            yield blob, there


def _fields(link: Link, blob: str) -> dict[str, Any]:
    said = replace(link, of=Source(document=link.of.document))
    return said.as_dict() | {"of": {"path": link.of.document, "blob": blob}}
