"""The records of a study's sources: files of repositories at a commit, quotes of them, what was removed, what is not there.

They are read from data/study/<id>/*.yaml by `findings.study`. A source is a file named by the hash of its bytes; a quote is
at most 200 characters of it with its place. What is claimed on them is in `study_claim`.
"""

from datetime import date
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from chipledger.core.records import Purpose, Record
from chipledger.core.sources import Cite

QUOTE_CHARS = 200
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][a-z0-9-]*$", max_length=60)]
Owned = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w-]*/[A-Za-z0-9][\w.-]*$", max_length=140)]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=600)]


class StudyFile(Record):
    """A file of a public repository at one commit.

    Attributes:
        id: within the study.
        repository: owner/name, as it was called when it was read.
        also: names under which the same repository is found.
        address: where it can be cloned from.
        ref: a ref that leads to the commit, where a plain clone does not.
        commit: full hash.
        path: inside the repository.
        sha256: of the file's bytes at that commit.
        size_bytes: of them.
        encoding: that gave the text in which offsets count.
        committed_on: the day of the commit, by its committer's own calendar.
        is_third_party: written by somebody else than the repository's owner: never counted as confirmation.
    """

    id: Id
    repository: Owned
    also: tuple[Owned, ...] = ()
    address: Annotated[str, StringConstraints(pattern=r"^https://[\w./-]+$")]
    ref: str | None = None
    commit: Commit
    path: str
    sha256: Sha256
    size_bytes: int = Field(gt=0)
    encoding: str
    committed_on: date
    is_third_party: bool = False

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        if (
            not path
            or path.startswith("/")
            or "\\" in path
            or "\0" in path
            or ".." in PurePosixPath(path).parts
        ):
            raise ValueError("a path inside the repository, without '..'")
        return path

    @property
    def place(self) -> str:
        """Repository, short commit and path on one line."""
        return f"{self.repository}@{self.commit[:7]}:{self.path}"


class Named(Record):
    """A chip that the extractor reads inside a quote: what, for what, how many."""

    chip: str
    purpose: Purpose
    count: int | None = None


class Told(Record):
    """A launch setting that the extractor reads inside a quote."""

    name: str
    value: str
    requested: bool | None = None


class StudyQuote(Record):
    """A few words of a file, with their place.

    Attributes:
        file: id of the StudyFile.
        start, end: characters of the decoded text; `text[start:end] == quote`.
        line: on which it begins, from 1.
        reads: the chips that the extractor reads in it; settings: the launch settings.
        shows: what it shows, and no more.
        subject: of which model it speaks, where its file says so elsewhere.
        techniques: of the closed list, as the extractor reads them there.
    """

    id: Id
    file: Id
    start: int = Field(ge=0)
    end: int
    line: int = Field(ge=1)
    quote: Annotated[str, StringConstraints(min_length=2, max_length=QUOTE_CHARS)]
    reads: tuple[Named, ...] = ()
    settings: tuple[Told, ...] = ()
    subject: str | None = None
    techniques: tuple[str, ...] = ()
    shows: Words

    @model_validator(mode="after")
    def _as_long_as_it_says(self) -> "StudyQuote":
        if self.end - self.start != len(self.quote):
            raise ValueError(
                f"a quote of {len(self.quote)} characters cannot stand at {self.start} to {self.end}"
            )
        return self


class Change(Record):
    """Words that stood in a file and no longer do.

    Attributes:
        quote: the words, in the version that had them last.
        after: the file without them.
        gone: what the version after no longer holds.
        of: the project, as `data/events` names it.
    """

    id: Id
    quote: Id
    after: Id
    gone: Annotated[str, StringConstraints(min_length=2, max_length=QUOTE_CHARS)]
    of: str
    says: Words


class Absence(Record):
    """Names that no document of a repository's tree at one commit holds, data and vocabularies left out."""

    id: Id
    file: Id
    names: tuple[str, ...] = Field(min_length=1)
    says: Words


class StudyHead(Record):
    """What a study is: whose, of what day, how much of it was read.

    Attributes:
        projects: as `data/events` names them.
        event: of data/events, that its appearance is.
        builds_on: the study whose sources, quotes, changes and absences it uses beside its own.
        read: how much of it we read.
        limits: of what is told here, in sentences.
        retold_by: pages that repeat it: none of them confirms it.
    """

    id: Id
    title: str
    kind: str
    published_on: date
    about: Words
    cites: tuple[Cite, ...] = Field(min_length=1)
    event: str | None = None
    builds_on: Id | None = None
    read: Words
    limits: tuple[Words, ...]
    retold_by: tuple[Cite, ...] = ()
