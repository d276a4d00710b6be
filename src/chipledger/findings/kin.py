"""A document as lineage compares it: its fingerprint, what it states of chips, what it cites and how others cite it."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zlib import adler32, crc32

from chipledger.core.records import DocumentFacts, Fingerprint, Mention
from chipledger.findings.kinship import Source
from chipledger.findings.project import home_of, project_of, untranslated

Statement = tuple[str, int | None, float | None]
"""What a mention says in any language: chip, count, chip-hours."""

_TELLING_QUOTE = 20  # characters; a shorter quote may stand in two documents by chance
_TELLING_SENTENCE = 75  # of a sentence without blanks: between projects, a quote alone may be chance
_SENTENCE = re.compile(r"[\W_]+")
_PAPER = re.compile(r"(?<![\d.])(\d{4}\.\d{5})(?:v\d+)?(?![\d])")
_EMPTY = Fingerprint()


@dataclass(frozen=True, slots=True, eq=False)
class Kin:
    """One document among those compared.

    Attributes:
        source: its name.
        home: whose project it is in.
        name: what it is called there, without its language.
        is_marked: whether its name tells a language.
        language: its language, where it is known.
        is_repository: whether it was read from a repository.
        print: its fingerprint.
        said: what it states of chips.
        quotes: hashes of its quotes that are long enough to tell a copy inside a project.
        sentences: hashes of the sentences around them that tell one anywhere.
        known_as: how others would cite it.
    """

    source: Source
    home: tuple[str, str]
    name: str
    is_marked: bool
    language: str | None
    is_repository: bool
    print: Fingerprint
    said: frozenset[Statement]
    quotes: frozenset[int]
    sentences: frozenset[int]
    known_as: frozenset[str]

    @property
    def day(self) -> date | None:
        """The day by which it is dated."""
        return self.source.published_on

    @property
    def chips(self) -> frozenset[str]:
        """The chips that it names."""
        return frozenset(chip for chip, _, _ in self.said)


def kin_of(facts: DocumentFacts, mentions: Sequence[Mention]) -> Kin:
    """A document as lineage compares it.

    Args:
        facts: what it says as a whole.
        mentions: what it says of chips.

    >>> one = Mention(document="README_zh.md", start=0, end=7, quote="32卡 H20", chip="NVIDIA H20", count=32)
    >>> kin = kin_of(DocumentFacts(document="README_zh.md", document_id="1", project="kite", organisation="lab"), [one])
    >>> kin.home, kin.name, kin.is_marked, sorted(kin.said)
    (('lab', 'kite'), 'readme.md', True, [('NVIDIA H20', 32, None)])
    """
    name = untranslated(facts.document)
    return Kin(
        source=Source(
            document=facts.document,
            document_id=facts.document_id,
            organisation=facts.organisation,
            project=project_of(facts),
            published_on=facts.published_on,
            url=facts.url,
        ),
        home=home_of(facts),
        name=name,
        is_marked=name != facts.document.lower().lstrip("/"),
        language=facts.language,
        is_repository=facts.commit is not None,
        print=facts.fingerprint or _EMPTY,
        said=frozenset(map(statement_of, mentions)),
        quotes=frozenset(hash for one in mentions if (hash := quote_hash(one)) is not None),
        sentences=frozenset(hash for one in mentions if (hash := sentence_hash(one)) is not None),
        known_as=_known_as(facts),
    )


def statement_of(mention: Mention) -> Statement:
    """What a mention says in any language."""
    return mention.chip, mention.count, mention.gpu_hours


def quote_hash(mention: Mention) -> int | None:
    """The hash of a quote, or None where it is too short to tell a copy."""
    words = " ".join(mention.quote.split()).casefold()
    return _hash(words) if len(words) >= _TELLING_QUOTE else None


def sentence_hash(mention: Mention) -> int | None:
    """The hash of the sentence around a quote, or None where it is too short to tell a copy between projects."""
    words = _SENTENCE.sub("", f"{mention.prefix}{mention.quote}{mention.suffix}").casefold()
    return _hash(words) if len(words.encode("utf-8", "replace")) >= _TELLING_SENTENCE else None


def hashes(sketch: bytes) -> tuple[int, ...]:
    """The hashes of a sketch, ascending.

    >>> hashes((1).to_bytes(8, "big") + (2).to_bytes(8, "big"))
    (1, 2)
    """
    return struct.unpack(f">{len(sketch) // 8}Q", sketch)


def _hash(words: str) -> int:
    raw = words.encode("utf-8", "replace")
    return crc32(raw) << 32 | adler32(raw)


def _known_as(facts: DocumentFacts) -> frozenset[str]:
    names = {
        f"arxiv:{paper}" for text in (facts.url, facts.document) if text for paper in _PAPER.findall(text)
    }
    if facts.commit is not None and facts.organisation and facts.project:
        owned = f"{facts.organisation}/{facts.project}".lower()
        names |= {f"{host}:{owned}" for host in ("github", "huggingface", "modelscope")}
    return frozenset(names)
