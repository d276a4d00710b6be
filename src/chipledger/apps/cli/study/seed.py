"""What a study's files say, put into a ledger: each file as it stood on the day of its commit, the earliest first."""

from dataclasses import replace

from chipledger import __version__
from chipledger.documents.document import Document
from chipledger.evidence.extract import VERSION
from chipledger.findings.study import Study
from chipledger.findings.study_clones import Clones
from chipledger.findings.study_records import StudyFile
from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan


def seed(address: str, found: Study, clones: Clones) -> str:
    """Put the files of a study that clones hold into a ledger; what third parties wrote is left out.

    A file counts as seen on the day of its commit and on no other: nothing is said of how long its words stood.

    Args:
        address: of the ledger.
        found: the study.
        clones: of its repositories.

    Returns:
        What was put in, in words.
    """
    own = sorted(
        (one for one in found.files.values() if not one.is_third_party), key=lambda one: one.committed_on
    )
    with Ledger.open(address) as opened:
        mentions = [count for one in own if (count := _put(opened, found.head.id, one, clones)) is not None]
    return f"{len(mentions)} of {len(own)} files with {sum(mentions)} mentions put into {address}"


def _put(opened: Ledger, study: str, one: StudyFile, clones: Clones) -> int | None:
    """Put one file in; None where no clone holds it."""
    document = clones.document(one)
    if not isinstance(document, Document):
        return None
    said, day = clones.said(one, document), one.committed_on
    scan = Scan(
        target=f"study {study}: {one.place}", started=day, tool_version=__version__, extractor_version=VERSION
    )
    with opened.writing(scan) as writer:
        writer.add(said.facts, [replace(mention, first_seen=day, last_seen=day) for mention in said.mentions])
    return len(said.mentions)
