"""Who a document says it is by, and what identifies the project it speaks for: records that packages share.

An `AuthorAffiliation` is one organisation of a document's author block, with its quote and place; natural persons stand
in it only as authors of that document. A `Face` is what a document shows of its project (title, authors, addresses,
former names, a sketch of its sentences), and a `Line` what a repository's commits show of theirs. None is a verdict.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Tie(StrEnum):
    """How authors are tied to an organisation."""

    AFFILIATION = "affiliation"
    INTERNSHIP = "internship"
    """The work was done while an author was there for a time."""
    TEAM = "team"
    """The organisation itself stands as the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorAffiliation:
    """One organisation of an author block, as printed; `text[start:end] == quote` in the document's text.

    Attributes:
        organisation: its name as printed, without department and address where they can be told apart.
        quote, start, end: where it stands; in a PDF, of the page.
        line, page: the same for people.
        authors: the document's authors who are tied to it, as printed; empty where the block does not say which.
        first, last, corresponding: whether the first, last or a corresponding author is; None where it cannot be told.
        tie: how.
        grade: of `core.sources.Grade`: primary in the document itself, secondary in an index such as OpenAlex.
        rule_id: which kind of author block.
    """

    organisation: str
    quote: str
    start: int
    end: int
    line: int | None = None
    page: int | None = None
    authors: tuple[str, ...] = ()
    first: bool | None = None
    last: bool | None = None
    corresponding: bool | None = None
    tie: Tie = Tie.AFFILIATION
    grade: str = "primary"
    rule_id: str = ""

    @property
    def author_count(self) -> int | None:
        """How many authors are tied to it; None where the block does not say."""
        return len(self.authors) or None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "organisation": self.organisation, "author_count": self.author_count, "authors": list(self.authors),
            "first": self.first, "last": self.last, "corresponding": self.corresponding, "tie": self.tie.value,
            "grade": self.grade, "rule_id": self.rule_id,
            "place": {"line": self.line, "page": self.page, "start": self.start, "end": self.end, "quote": self.quote},
        }  # fmt: skip

    @staticmethod
    def from_dict(fields: dict[str, Any]) -> "AuthorAffiliation":
        """The affiliation that `as_dict` told.

        >>> one = AuthorAffiliation(organisation="Kite Lab", quote="Kite Lab", start=4, end=12, authors=("Wei Li",))
        >>> AuthorAffiliation.from_dict(one.as_dict()) == one
        True
        """
        same = ("organisation", "first", "last", "corresponding", "grade", "rule_id")
        given = {name: fields[name] for name in same} | fields["place"]
        return AuthorAffiliation(**given, authors=tuple(fields["authors"]), tie=Tie(fields["tie"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Words in which a document speaks of its own history, or promotes something; `text[start:end] == quote`.

    `kind` is renamed, moved, restarted or promotion; `name` the other name or address, where the words give one.
    """

    kind: str
    quote: str
    start: int
    end: int
    name: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a repository's commits show, as far as snapshots of one project are told by it; on the day it was read.

    Addresses of committers are kept as digests: they say that two repositories share a committer, and no more.

    Attributes:
        repository: content id of owner and name.
        organisation: the owner.
        project: the name.
        seen_on: the day it was read.
        roots: the first commits, full hashes.
        commits: how many, over all refs.
        sketch: the least hashes of commits, shortened: two lines that share commits share numbers.
        first_on, last_on: days of the first and last commit.
        proposals: pull requests and their commits, "14:1f46…"; a host keeps them with the repository, no push carries them.
        committers: digests of addresses and names, each once.
        domains: domains of committers' addresses that name an organisation, with how many commits each.
        is_cut: whether the copy is shallow, so that the roots are not known.
    """

    repository: str
    organisation: str | None
    project: str | None
    seen_on: date
    roots: tuple[str, ...] = ()
    commits: int = 0
    sketch: tuple[str, ...] = ()
    first_on: date | None = None
    last_on: date | None = None
    proposals: tuple[str, ...] = ()
    committers: tuple[str, ...] = ()
    domains: tuple[tuple[str, int], ...] = ()
    is_cut: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, `kind` first."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["domains"] = [list(one) for one in self.domains]
        for name in ("seen_on", "first_on", "last_on"):
            fields[name] = fields[name].isoformat() if fields[name] else None
        return {
            "kind": "line",
            **{name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()},
        }

    @staticmethod
    def from_dict(fields: dict[str, Any]) -> "Line":
        """The line that `as_dict` told.

        >>> line = Line(repository="r", organisation="lab", project="kite", seen_on=date(2025, 1, 1), domains=(("lab.org", 3),))
        >>> Line.from_dict(line.as_dict()) == line
        True
        """
        given = {name: value for name, value in fields.items() if name != "kind"}
        for name in ("seen_on", "first_on", "last_on"):
            given[name] = date.fromisoformat(given[name]) if given[name] else None
        for name in ("roots", "sketch", "proposals", "committers"):
            given[name] = tuple(given[name])
        return Line(**given | {"domains": tuple((name, count) for name, count in given["domains"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a document shows of the project that it speaks for.

    Attributes:
        title: as printed.
        authors: of its author block, as printed, in order.
        addresses: identifiers it names: "arxiv:2411.00769", "github:owner/name", "page:host".
        sentences: a sketch of its longer sentences, hashed; the same sentence gives the same number anywhere.
        signs: words on its own history, and of promotion.
        address: where a saved page says that it was saved from.
        saved_on: when.
    """

    title: str | None = None
    authors: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    sentences: tuple[int, ...] = ()
    signs: tuple[Sign, ...] = ()
    address: str | None = None
    saved_on: date | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "title": self.title, "authors": list(self.authors), "addresses": list(self.addresses),
            "sentences": list(self.sentences), "signs": [one.as_dict() for one in self.signs], "address": self.address,
            "saved_on": self.saved_on.isoformat() if self.saved_on else None,
        }  # fmt: skip

    @staticmethod
    def from_dict(fields: dict[str, Any]) -> "Face":
        """The face that `as_dict` told.

        >>> Face.from_dict(Face(title="Kite", sentences=(7,)).as_dict()).title
        'Kite'
        """
        plain = {name: tuple(fields[name]) for name in ("authors", "addresses", "sentences")}
        saved = fields["saved_on"]
        return Face(
            **plain, title=fields["title"], address=fields["address"], saved_on=date.fromisoformat(saved) if saved else None,
            signs=tuple(Sign(**one) for one in fields["signs"]),
        )  # fmt: skip
