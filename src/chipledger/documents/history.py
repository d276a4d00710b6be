"""A whole git history in memory: every ref, every commit, and which blob stood at which path from which commit on.

Kept in columns of numbers, so that a million changes take little memory. `history_listing` fills it in.
"""

import os
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from chipledger.core.records import FailedDocument
from chipledger.documents.entry import shown

NONE = 0xFFFFFFFF
"""No blob: the file was not there, or was a link or a submodule."""

_PROPOSED = re.compile(
    r"^refs/(?!heads/|tags/)(?:[^/]+/)*?(?:pull|pull-requests|merge-requests|changes|pr)/(?:\d\d/)?(\d+)(?:/|$)"
)


@dataclass(frozen=True, slots=True)
class Ref:
    """A name for a commit.

    Args:
        name: the full name, "refs/heads/main".
        commit: the number of the commit it names.
    """

    name: str
    commit: int

    @property
    def proposal(self) -> str | None:
        """The number of the pull or merge request that the ref belongs to; None for branches, tags and the rest.

        >>> Ref("refs/pull/14/merge", 0).proposal, Ref("refs/heads/pull/14", 0).proposal
        ('14', None)
        """
        match = _PROPOSED.match(self.name)
        return match[1] if match else None


@dataclass(slots=True)
class Commits:
    """Commits in columns, newest first as git lists them.

    Attributes:
        ids: hash of each, in bytes.
        seconds: the committer's clock; 0 where it cannot be read.
        days: the day by the committer's own calendar, as an ordinal; 0 where it cannot be read.
        authors: a number for each author's address.
        first_parent: number of the first parent, -1 for none.
        more_parents: numbers of the other parents, of merges only.
        cut: commits whose parents are not in this copy.
        addresses: the addresses of authors; they tell organisations apart and go nowhere else.
    """

    ids: list[bytes] = field(default_factory=list)
    seconds: "array[int]" = field(default_factory=lambda: array("q"))
    days: "array[int]" = field(default_factory=lambda: array("i"))
    authors: "array[int]" = field(default_factory=lambda: array("I"))
    first_parent: "array[int]" = field(default_factory=lambda: array("q"))
    more_parents: dict[int, tuple[int, ...]] = field(default_factory=dict)
    cut: frozenset[int] = frozenset()
    addresses: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)

    def day(self, commit: int) -> date | None:
        """The day of a commit, or None where its date cannot be read."""
        return date.fromordinal(self.days[commit]) if self.days[commit] else None

    def hex(self, commit: int) -> str:
        """The hash of a commit, in hex."""
        return self.ids[commit].hex()

    def author(self, commit: int) -> str:
        """The address of a commit's author."""
        return self.addresses[self.authors[commit]]

    def parents(self, commit: int) -> Iterator[int]:
        """The parents of a commit that are in this copy, the first one first."""
        if self.first_parent[commit] >= 0:
            yield self.first_parent[commit]
        yield from self.more_parents.get(commit, ())


@dataclass(slots=True)
class Changes:
    """What commits changed against their first parent, in columns: commit, path, blob before, blob after."""

    commit: "array[int]" = field(default_factory=lambda: array("I"))
    path: "array[int]" = field(default_factory=lambda: array("I"))
    old: "array[int]" = field(default_factory=lambda: array("I"))
    new: "array[int]" = field(default_factory=lambda: array("I"))

    def __len__(self) -> int:
        return len(self.commit)


@dataclass(slots=True)
class History:
    """A repository's whole history.

    Attributes:
        git_dir: where its objects lie.
        refs: every ref that names a commit, in git's order.
        head: number of the commit that HEAD names, or None.
        commits: every commit that a ref reaches.
        changes: what each changed.
        paths: the paths, in raw bytes, by number.
        blobs: the blobs' hashes in bytes, by number.
        skipped: how many changes were passed over, by reason.
        failures: what could not be listed, and why.
    """

    git_dir: str
    refs: tuple[Ref, ...] = ()
    head: int | None = None
    commits: Commits = field(default_factory=Commits)
    changes: Changes = field(default_factory=Changes)
    paths: list[bytes] = field(default_factory=list)
    blobs: list[bytes] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    failures: list[FailedDocument] = field(default_factory=list)

    def path(self, number: int) -> str:
        """A path, fit to show and store."""
        return shown(os.fsdecode(self.paths[number]))

    def fail(self, reason: str, what: str = "history") -> None:
        """Note something that cannot be listed."""
        self.failures.append(FailedDocument(document=what, stage="git", reason=reason))
