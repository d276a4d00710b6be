"""Documents for a ledger in a line each, and the page read back by a real HTML parser."""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from chipledger.apps.report import write_report
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.store.ledger import Ledger
from chipledger.store.write import Writer

ON = date(2026, 11, 1)
_EMPTY = {"meta", "br", "input", "link"}
_APART = {"td", "th", "p", "li", "small"}


@dataclass
class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text."""

    source: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag in _APART:
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def attributes(self, name: str, tag: str | None = None) -> list[str]:
        return [
            value
            for one, attributes in self.elements
            if tag in (None, one) and (value := attributes.get(name)) is not None
        ]

    def count(self, tag: str) -> int:
        return sum(one == tag for one, _ in self.elements)


def add(writer: Writer, *quotes: str, document: str = "README.md", **fields: object) -> None:
    """A document that says these quotes, by default of one A100 run seen in March 2024."""
    document_id = hashlib.sha256(f"{document}{quotes}".encode("utf-8", "replace")).hexdigest()
    of_document = {"project": "lab/kite", "url": None, "published_on": date(2024, 3, 1)}
    of_document |= {name: fields.pop(name) for name in list(fields) if name in of_document}
    facts = DocumentFacts(document=document, document_id=document_id, **of_document)  # type: ignore[arg-type]
    given = {"chip": "NVIDIA A100", "chips": ("nvidia-a100-sxm-80",), "purpose": Purpose.PRETRAINING,
             "organisation": "Lab", "confidence": 0.9, "first_seen": facts.published_on, **fields}  # fmt: skip
    found = []
    for place, quote in enumerate(quotes):
        at = {"start": 1000 * place, "end": 1000 * place + len(quote), "quote": quote, "line": place + 1}
        found.append(Mention(document=document, document_id=document_id, **{**given, **at}))  # type: ignore[arg-type]
    writer.add(facts, found)


def source_of(ledger: Ledger, out: Path, **options: object) -> str:
    """The page as written, whole."""
    return write_report(ledger, out, **{"on": ON, **options}).read_text(encoding="utf-8")  # type: ignore[arg-type]
