"""How one document comes from another: the kinds of links, and a link with its reasons, figures and strength."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a document comes from another; the surest first."""

    VERSION = "version"
    COPY = "copy"
    MIRROR = "mirror"
    NEAR_COPY = "near_copy"
    TRANSLATION = "translation"
    DERIVATIVE = "derivative"


_IN_WORDS = {
    Kind.VERSION: "another version of",
    Kind.COPY: "copy of",
    Kind.MIRROR: "mirror of",
    Kind.NEAR_COPY: "near copy of",
    Kind.TRANSLATION: "translation of",
    Kind.DERIVATIVE: "derived from",
}


class Strength(StrEnum):
    """How much speaks for a link."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document as lineage names it; a work that is only cited has a `document` ("arxiv:2411.14425") and nothing else."""

    document: str
    document_id: str = ""
    organisation: str | None = None
    project: str | None = None
    published_on: date | None = None
    url: str | None = None

    def __str__(self) -> str:
        """The document with its owner, as people read it.

        >>> str(Source(document="README.md", document_id="1", organisation="lab", project="kite"))
        'lab/kite README.md'
        """
        owner = "/".join(part for part in (self.organisation, self.project) if part)
        return f"{owner} {self.document}" if owner else self.document

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "published_on": self.published_on.isoformat() if self.published_on else None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One document comes from another.

    Attributes:
        kind: how.
        of: which it comes from.
        reasons: what speaks for it, in words.
        figures: the shares and numbers that were measured.
        strength: how much speaks for it.
        is_dated: whether dates tell that the other was first; else it is the first among those known.
    """

    kind: Kind
    of: Source
    reasons: tuple[str, ...]
    figures: dict[str, float] = field(default_factory=dict)
    strength: Strength = Strength.STRONG
    is_dated: bool = False

    @property
    def in_words(self) -> str:
        """The link as a clause.

        >>> Link(kind=Kind.COPY, of=Source(document="a.md"), reasons=("same bytes",)).in_words
        'copy of a.md'
        """
        return f"{_IN_WORDS[self.kind]} {self.of}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "kind": self.kind.value,
            "of": self.of.as_dict(),
            "in_words": self.in_words,
            "reasons": list(self.reasons),
            "figures": dict(sorted(self.figures.items())),
            "strength": self.strength.value,
            "is_dated": self.is_dated,
        }
