"""What a study's files say, put into a ledger: each file as it stood at its commit, in the order of the days."""

from chipledger import __version__
from chipledger.documents.document import Document
from chipledger.evidence.extract import VERSION
from chipledger.findings.study import Study
from chipledger.findings.study_rebuild import Clones
from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan


def seed(address: str, found: Study, clones: Clones) -> str:
    """Put the files of a study that clones hold into a ledger; what third parties wrote is left out.

    Args:
        address: of the ledger.
        found: the study.
        clones: of its repositories.

    Returns:
        What was put in, in words.
    """
    scan = Scan(target=f"study {found.head.id}", started=found.head.published_on, tool_version=__version__, extractor_version=VERSION)  # fmt: skip
    documents, mentions = 0, 0
    own = sorted((one for one in found.files.values() if not one.is_third_party), key=lambda one: one.committed_on)
    with Ledger.open(address) as opened, opened.writing(scan) as writer:
        for one in own:
            document = clones.document(one)
            if isinstance(document, Document):
                said = clones.said(one, document)
                writer.add(said.facts, said.mentions)
                documents, mentions = documents + 1, mentions + len(said.mentions)
    return f"{documents} files with {mentions} mentions put into {address}"
