"""Snapshots of projects: what a repository, a page or a paper showed of its project, on its days.

Takes the documents of a ledger and the lines of its repositories; gives snapshots. A repository is one, with all its documents;
a saved page, a page of an address and a paper are each one of their own. Who owns which name is not decided here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from chipledger.core.byline import AuthorAffiliation, Face, Line, Sign
from chipledger.core.records import DocumentFacts, content_id
from chipledger.findings.project import project_of

_LEADING = re.compile(r"^\s*(?P<name>[\w.\-+]{2,40}?)\s*(?:[:：—–]|\s-\s)")
_NOT_NAME = re.compile(r"[\W_]+")
_ENDINGS = (".github.io", ".gitlab.io", ".git")
_COMMON = frozenset(
    [
        "readme",
        "index",
        "main",
        "paper",
        "project",
        "page",
        "docs",
        "doc",
        "code",
        "data",
        "model",
        "models",
        "demo",
        "home",
        "website",
        "site",
        "official",
        "repo",
        "src",
        "app",
        "test",
        "tests",
        "report",
    ]
)

_NO_NAMES = frozenset({"main", "paper", "index", "readme", "article", "ms", "manuscript", "root"})


class Dated(NamedTuple):
    """One version of a document with the days on which it was seen to stand, as the ledger has it."""

    facts: DocumentFacts
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The affiliations that one document showed, on its days."""

    document: str
    document_id: str
    first_on: date | None
    last_on: date | None
    affiliations: tuple[AuthorAffiliation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A project as one place showed it.

    Attributes:
        kind: repository, page or paper.
        unit: the key by which its documents are found again.
        label: the project as findings would call it, were nothing joined.
        owner: of the repository.
        address: "github:owner/name", "page:host/path"; None where none is known.
        name: by which it calls itself.
        names: keys of every name that it bears.
        title: as printed.
        authors: of its author blocks.
        addresses: that it names.
        sentences: sketch of its sentences.
        signs: its words on its own past, and of promotion.
        first_on, last_on: the days on which it is known to have stood.
        shown: affiliations by document.
        line: its commits.
    """

    kind: str
    unit: str
    label: str
    owner: str | None
    address: str | None
    name: str
    names: frozenset[str]
    title: str | None
    authors: tuple[str, ...]
    addresses: frozenset[str]
    sentences: frozenset[int]
    signs: tuple[Sign, ...]
    first_on: date | None
    last_on: date | None
    shown: tuple[Shown, ...]
    line: Line | None

    @property
    def id(self) -> str:
        """The snapshot's content id."""
        return content_id(self.unit)

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        bare = (self.address or "").partition(":")[2]
        return bare or self.label


def name_key(name: str) -> str:
    """A project's name as it is compared.

    >>> name_key("GameGen-O"), name_key("gamegen-o.github.io"), name_key("Hunyuan_Large")
    ('gamegen-o', 'gamegen-o', 'hunyuan-large')
    """
    lower = name.strip().lower()
    for ending in _ENDINGS:
        lower = lower.removesuffix(ending)
    return _NOT_NAME.sub("-", lower).strip("-")


def unit_of(facts: DocumentFacts) -> str:
    """The key of the snapshot that a document belongs to.

    >>> unit_of(DocumentFacts(document="README.md", document_id="1", project="kite", organisation="lab", commit="c"))
    'repository:lab/kite'
    """
    if facts.commit:
        return f"repository:{facts.organisation or ''}/{project_of(facts)}"
    face = facts.face
    if face and (face.address or facts.url or face.authors):
        return f"document:{facts.project or ''}:{facts.document}:{facts.document_id}"
    return f"folder:{project_of(facts)}"


def snapshots(documents: Iterable[Dated], lines: Iterable[Line] = ()) -> list[Snapshot]:
    """The snapshots that documents and lines make.

    Args:
        documents: every version of every document that has a face, with its days.
        lines: of repositories; one none of whose documents has a face makes a snapshot too.

    Returns:
        Snapshots in the order of their first days; documents that speak for no project make none.
    """
    by_line: dict[str, Line] = {}
    units: dict[str, list[Dated]] = defaultdict(list)
    for line in lines:
        facts = DocumentFacts(
            document="", document_id="", organisation=line.organisation, project=line.project, commit="-"
        )
        by_line[unit_of(facts)] = line
        units[unit_of(facts)].append(Dated(facts, line.first_on, line.last_on))
    for one in documents:
        if one.facts.face is not None:
            units[unit_of(one.facts)].append(one)
    made = [_snapshot(unit, found, by_line) for unit, found in units.items()]
    return sorted((one for one in made if one), key=lambda one: (one.first_on or date.max, one.unit))


def _snapshot(unit: str, found: Sequence[Dated], by_line: Mapping[str, Line]) -> Snapshot | None:
    facts = found[0].facts
    found = sorted(
        found,
        key=lambda one: (
            (one.facts.path or one.facts.document).count("/"),
            one.facts.document,
            one.facts.document_id,
        ),
    )
    faces = [one.facts.face for one in found if one.facts.face is not None]
    line = by_line.get(unit)
    if not faces and line is None:
        return None
    address = _address(facts, faces)
    title = next((face.title for face in faces if face.title), None)
    own = _own_name(facts, title, address)
    first, last = _days(found, line)
    return Snapshot(
        kind="repository" if facts.commit else "paper" if facts.format in ("latex", "pdf") else "page",
        unit=unit,
        label=project_of(facts),
        owner=facts.organisation,
        address=address,
        name=own,
        names=_names(facts, title, address, own),
        title=title,
        authors=_authors(faces),
        addresses=frozenset(one for face in faces for one in face.addresses),
        sentences=frozenset(one for face in faces for one in face.sentences),
        signs=tuple(one for face in faces for one in face.signs),
        first_on=first,
        last_on=last,
        shown=tuple(_shown(one) for one in found if one.facts.affiliations),
        line=line,
    )


def _shown(one: Dated) -> Shown:
    first, last = _stood(one)
    return Shown(
        document=one.facts.document, document_id=one.facts.document_id, first_on=first, last_on=last,
        affiliations=one.facts.affiliations,
    )  # fmt: skip


def _stood(one: Dated) -> tuple[date | None, date | None]:
    """The days on which a document is known to have stood: of a saved or published copy its day alone."""
    face = one.facts.face
    if face and face.saved_on:
        return face.saved_on, face.saved_on
    if one.facts.published_on and not one.facts.commit:
        return one.facts.published_on, one.facts.published_on
    return one.first_on, one.last_on


def _days(found: Sequence[Dated], line: Line | None) -> tuple[date | None, date | None]:
    stood = [_stood(one) for one in found]
    firsts = [first for first, _ in stood if first]
    lasts = [last for _, last in stood if last]
    if line:
        return line.first_on or min(firsts, default=None), line.last_on or max(lasts, default=None)
    return min(firsts, default=None), max(lasts, default=None)


def _authors(faces: Sequence[Face]) -> tuple[str, ...]:
    """The authors of the longest author block."""
    return max((face.authors for face in faces), key=len, default=())


def _address(facts: DocumentFacts, faces: Sequence[Face]) -> str | None:
    if facts.commit:
        return (
            f"github:{facts.organisation}/{facts.project}".lower()
            if facts.organisation and facts.project
            else None
        )
    url = next((face.address for face in faces if face.address), None) or facts.url
    if not url:
        return None
    parts = urlsplit(url if "//" in url else f"//{url}")
    return f"page:{parts.netloc}{parts.path.rstrip('/')}".lower().removesuffix("/index.html")


def _own_name(facts: DocumentFacts, title: str | None, address: str | None) -> str:
    leading = _leading(title)
    if facts.commit and facts.project:
        bare = facts.project.removesuffix(".github.io")
        return leading if leading and name_key(leading) == name_key(bare) else bare
    host = _host_name(address)
    path = PurePosixPath(facts.document)
    if path.stem.casefold() in _NO_NAMES and path.parent.name:
        return leading or host or title or path.parent.name  # the main file of a paper is named after nothing
    return leading or host or title or path.stem


def _leading(title: str | None) -> str | None:
    """The name with which a title begins: before its colon, or the whole of a title of one word."""
    match = _LEADING.match(title or "")
    if match:
        return match["name"]
    return title if title and len(title.split()) == 1 and 2 < len(title) <= 40 else None


def _host_name(address: str | None) -> str | None:
    if not address or not address.startswith("page:"):
        return None
    host, _, path = address.removeprefix("page:").partition("/")
    if host.endswith((".github.io", ".gitlab.io")):
        return path.split("/")[0] or host.split(".")[0]
    return path.rstrip("/").rsplit("/", 1)[-1] or None


def _names(facts: DocumentFacts, title: str | None, address: str | None, own: str) -> frozenset[str]:
    """Keys of the names that a snapshot bears; a repository's is its own, whatever its title begins with."""
    said = (
        {own, facts.project or ""}
        if facts.commit
        else {own, _leading(title) or "", _host_name(address) or ""}
    )
    keys = {name_key(one) for one in said if one}
    return frozenset(one for one in keys if len(one) > 2 and one not in _COMMON)
