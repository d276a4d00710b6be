"""Which clones of a folder are taken for one project, what is turned away, and what author blocks cost beside extraction.

    python benchmarks/identity.py --clones DIR

Every clone of DIR (named owner+name, bare, itself or its folder `repo`) gives its line of commits and the READMEs at its top.
"""

import argparse
import time
from collections import Counter
from datetime import date
from pathlib import Path

from chipledger.core.records import FailedDocument
from chipledger.documents.document import Document
from chipledger.documents.limits import Limits
from chipledger.documents.line import line_of
from chipledger.documents.repository import entries_at, repository_at
from chipledger.documents.sources import read_entry
from chipledger.evidence.affiliation import authorship_of
from chipledger.evidence.author import domain_of
from chipledger.evidence.extract import extract
from chipledger.evidence.face import face_of
from chipledger.findings.identity import identified
from chipledger.findings.snapshot import Dated, snapshots

DAY = date(2026, 11, 25)


def top_documents(git_dir: Path) -> list[Document]:
    repository = repository_at(git_dir)
    if repository is None:
        return []
    found = []
    for entry in entries_at(repository, "", Limits(), False):
        if (
            isinstance(entry, FailedDocument)
            or "/" in entry.name
            or not entry.name.lower().startswith(("readme", "index.htm"))
        ):
            continue
        document = read_entry(entry, Limits())
        if isinstance(document, Document):
            found.append(document)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clones", type=Path, required=True)
    given = parser.parse_args()
    places = [one / "repo" if (one / "repo").is_dir() else one for one in sorted(given.clones.iterdir())]
    dated, lines, whole, own = [], [], 0.0, 0.0
    for place in (one for one in places if (one / "HEAD").exists()):
        line = line_of(place, DAY, domain_of)
        lines += [line] if line else []
        for document in top_documents(place):
            began = time.process_time()
            facts = extract(document).facts
            middle = time.process_time()
            authorship = authorship_of(document)
            face_of(document, authorship.authors, is_authored=bool(authorship.affiliations))
            whole, own = whole + middle - began, own + time.process_time() - middle
            dated.append(Dated(facts, document.published_on or DAY, DAY))
    began = time.process_time()
    identity = identified(snapshots(dated, lines))
    print(
        f"{len(lines)} repositories, {len(dated)} READMEs; joined in {time.process_time() - began:.2f} s of CPU time"
    )
    print(
        f"author blocks and faces: {own / whole:.1%} of {whole:.1f} s of extraction (READMEs only, the worst case)"
    )
    for project in identity.projects:
        for join in project.joins:
            print(f"joined ({join.how}, {join.strength.value}): {join.older.place} and {join.newer.place}")
    print(
        "turned away:",
        dict(Counter(one.verdict.value for project in identity.projects for one in project.rejections)),
    )


if __name__ == "__main__":
    main()
