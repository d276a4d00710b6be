"""What became of a statement of a history: a `Lifeline` for each, a `Loss` for those the owner's line makes no longer.

A lifeline says when and where a statement was first and last seen, and where it stands now; a loss, which commit took it away
and how. Nothing is said of why. `lifelines` makes them.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chipledger.core.records import content_id
from chipledger.evidence.statement import Statement


class Standing(StrEnum):
    """Where a statement stands now."""

    STANDS = "stands"
    ELSEWHERE = "elsewhere"  # on another branch or a tag, no longer at HEAD
    REMOVED = "removed"
    PROPOSED = "proposed"  # never on a branch or tag: in a pull request
    UNREAD = "unread"  # not known: the version that stands now could not be read


class Manner(StrEnum):
    """How a statement was lost."""

    LINE_REMOVED = "line removed"
    DROPPED = "dropped from its line"
    CHANGED = "value changed"
    FILE_REMOVED = "file removed"
    BEGUN_ANEW = "history begun anew"
    UNTOLD = "not seen after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A commit at which a statement stood.

    Args:
        commit: full hash.
        day: its day by the committer's calendar, or None where its date cannot be read.
        path: where the statement stood.
        author: the address of the commit's author; it names an organisation at most, and is never stored.
    """

    commit: str
    day: date | None
    path: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifeline:
    """A statement through a history.

    Args:
        statement: in its newest words.
        blob: number of a blob that states it so.
        first: the earliest commit, over all refs, at which it stood.
        last: the latest one: of the owner's commits, if it ever stood on the owner's line.
        standing: where it stands now.
        refs: some of the refs that lead to it now.
        wordings: in how many wordings.
        is_cut: whether it stood at the first commit of a history that is cut off, so that it may be older.
    """

    statement: Statement
    blob: int
    first: Sighting
    last: Sighting
    standing: Standing
    refs: tuple[str, ...]
    wordings: int
    is_cut: bool

    @property
    def id(self) -> str:
        """The lifeline's content id: what was stated first, and where."""
        return content_id(self.statement.kind, self.statement.name, self.first.path, self.first.commit, self.last.path,
                          self.statement.words)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A statement that the owner's line made and makes no longer.

    Args:
        lifeline: the statement.
        manner: how it went.
        at: the commit that took it away.
        words_now: the line as it went on without it, or the setting's new value.
        is_named_still: whether another line of the file still names the same chip or setting.
    """

    lifeline: Lifeline
    manner: Manner
    at: Sighting
    words_now: str | None = None
    is_named_still: bool = False
