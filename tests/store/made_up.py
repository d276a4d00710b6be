"""Made-up documents with mentions, the same for the same number; a script that writes them when run by itself."""

import hashlib
import sys
from datetime import date

from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan

DAY = date(2026, 11, 1)
VERSION = "rules-1"
SCAN = Scan(target="papers", started=DAY, tool_version="0.1", extractor_version=VERSION)
SENTENCES = (
    "The model was trained on {n} NVIDIA A100 GPUs.",
    "本模型使用{n}张昇腾910B进行训练。",
    "学習には{n}基のNVIDIA H100を使用しました。",
)


def document(name: str, text: str = "", **fields: object) -> DocumentFacts:
    given = {
        "document": name,
        "document_id": hashlib.sha256(f"{name}{text}".encode()).hexdigest(),
        "project": "lab/kite",
    }
    return DocumentFacts(**{**given, **fields})  # type: ignore[arg-type]


def mention(facts: DocumentFacts, quote: str, start: int = 0, **fields: object) -> Mention:
    given = {
        "document": facts.document,
        "document_id": facts.document_id,
        "start": start,
        "end": start + len(quote),
        "quote": quote,
        "chip": "NVIDIA A100",
        "chips": ("nvidia-a100-sxm-80",),
        "purpose": Purpose.PRETRAINING,
        "organisation": "Lab",
        "confidence": 0.9,
    }
    return Mention(**{**given, **fields})  # type: ignore[arg-type]


def numbered(number: int) -> tuple[DocumentFacts, list[Mention]]:
    facts = document(
        f"doc-{number}.md",
        techniques=("BF16", "ZeRO"),
        language="en",
        chars=900,
        published_on=date(2024, 3, 1),
    )
    found = [
        mention(
            facts,
            SENTENCES[(number + place) % 3].format(n=number + 1),
            start=100 * place,
            count=number + 1,
            line=place,
        )
        for place in range(number % 4)
    ]
    return facts, found


def main(address: str, first: int, last: int, target: str) -> None:
    """Write the documents from first to last, telling how far it got; skip what is there."""
    scan = Scan(target=target, started=DAY, tool_version="0.1", extractor_version=VERSION)
    with Ledger.open(address) as ledger, ledger.writing(scan) as writer:
        for number in range(first, last):
            facts, found = numbered(number)
            if not writer.saw(facts.document, facts.document_id, project=facts.project):
                writer.add(facts, found)
            if number % 100 == 0:
                print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
