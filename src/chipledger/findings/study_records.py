"""The records of a study: what somebody else claimed, on which texts, and what stands for and against it.

They are read from data/study/<id>/*.yaml by `findings.study`. A source is a file of a repository at a commit, named by the
hash of its bytes; a quote is at most 200 characters of it with its place; a claim carries evidence on either side and one
of four verdicts. No verdict says that anybody broke a rule.
"""

from datetime import date
from enum import StrEnum
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


class Axis(StrEnum):
    """Which way round the rules a claim tells of: to get the chip, or to do without it."""

    EVADE = "evade"
    CIRCUMVENT = "circumvent"
    REMEDY = "remedy"
    TELLING = "telling"
    """How something is told, and no way round anything."""


class Verdict(StrEnum):
    """What can be said of a claim."""

    DOCUMENTED = "documented"
    CONSISTENT = "consistent_with"
    CONTRADICTED = "contradicted_by"
    NOT_VERIFIABLE = "not_verifiable"

    @property
    def in_words(self) -> str:
        """As people read it.

        >>> Verdict.CONSISTENT.in_words
        'consistent with what is public'
        """
        return {
            Verdict.DOCUMENTED: "documented",
            Verdict.CONSISTENT: "consistent with what is public",
            Verdict.CONTRADICTED: "contradicted by what is public",
            Verdict.NOT_VERIFIABLE: "not verifiable with what is public",
        }[self]


class Side(StrEnum):
    """Which way a piece of evidence bears."""

    FOR = "for"
    AGAINST = "against"
    BESIDE = "beside"


class Basis(StrEnum):
    """How a piece of evidence is known, the closest to the primary text first."""

    PRIMARY = "primary"
    COMPUTED = "computed"
    QUOTED = "quoted"
    SECONDARY = "secondary"
    INFERRED = "inferred"
    RECALLED = "recalled"


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
        if not path or path.startswith("/") or "\\" in path or "\0" in path or ".." in PurePosixPath(path).parts:
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
            raise ValueError(f"a quote of {len(self.quote)} characters cannot stand at {self.start} to {self.end}")
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


class Evidence(Record):
    """Something that bears on a claim.

    Attributes:
        side: for, against, or beside it.
        basis: how it is known.
        lineage: what repeats one source carries the same word and counts once.
    """

    side: Side
    basis: Basis
    says: Words
    lineage: Id
    quotes: tuple[Id, ...] = ()
    changes: tuple[Id, ...] = ()
    absences: tuple[Id, ...] = ()
    cites: tuple[Cite, ...] = ()

    @model_validator(mode="after")
    def _stands_on_something(self) -> "Evidence":
        if self.basis is Basis.PRIMARY and not (self.quotes or self.changes or self.absences or self.cites):
            raise ValueError("primary evidence needs a quote, a change, an absence or a cite")
        if self.basis in (Basis.QUOTED, Basis.SECONDARY) and not self.cites:
            raise ValueError(f"{self.basis.value} evidence needs a cite")
        return self


class Part(Record):
    """One half of a claim that has several, judged by itself."""

    says: Words
    verdict: Verdict
    why: Words


class Rival(Record):
    """Another way in which it may have been, and what it stands on."""

    says: Words
    stands_on: Words


class OnTheDay(Record):
    """A chip whose standing under the rules is asked for, on the day on which the claim has it in use."""

    chip: str
    chips: tuple[str, ...] = Field(min_length=1)
    on: date


class Reckoning(Record):
    """What our engines are asked beside a claim; their answers are computed, never stored.

    Attributes:
        rules: chips on days.
        sums: quotes whose figures are held against arithmetic.
        cost: chips on which the training of the first subject is reckoned, the first of them against the last.
        calibration: a subject whose owner states chips and hours.
        subjects: of the bundled routes.
        axes: chips held side by side, against the last of them.
        capability: of data/routes, whose measured link is held against the last of the axes.
        frontier_on: the day on which the best domestic chip is held against the best exportable one.
    """

    rules: tuple[OnTheDay, ...] = ()
    sums: tuple[Id, ...] = ()
    cost: tuple[str, ...] = ()
    calibration: str | None = None
    subjects: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    capability: str | None = None
    frontier_on: date | None = None


class StudyClaim(Record):
    """A claim as it reached us, and what can be said of it.

    Attributes:
        id: P1, P2, … or A, B, ….
        axis: which way round the rules.
        title: in a few words.
        says: in our own words.
        rests_on: the texts that it is said to rest on.
        known_from: where we have it from.
        verdict: of the whole; one of those of its parts, where it has parts.
        finding: what can be said, in a sentence or two.
        would_settle: what would.
    """

    id: Id
    axis: Axis
    title: Annotated[str, StringConstraints(min_length=3, max_length=80)]
    says: Words
    rests_on: Words
    known_from: tuple[Cite, ...] = Field(min_length=1)
    verdict: Verdict
    finding: Words
    parts: tuple[Part, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    no_evidence: str | None = None
    rivals: tuple[Rival, ...] = ()
    would_settle: tuple[Words, ...] = ()
    reckon: Reckoning = Reckoning()

    @model_validator(mode="after")
    def _stands_on_its_evidence(self) -> "StudyClaim":
        sides = {one.side for one in self.evidence}
        if bool(self.evidence) == bool(self.no_evidence):
            raise ValueError("evidence, or no_evidence with the reason, and not both")
        if self.verdict is Verdict.DOCUMENTED and self.grade(Side.FOR) is not Basis.PRIMARY:
            raise ValueError("a claim is documented by primary evidence for it")
        if self.verdict is Verdict.CONTRADICTED and Side.AGAINST not in sides:
            raise ValueError("a claim that is contradicted needs evidence against it")
        if self.verdict is Verdict.CONSISTENT and Side.FOR not in sides:
            raise ValueError("a claim that is consistent with what is public needs evidence for it")
        if self.parts and self.verdict not in {one.verdict for one in self.parts}:
            raise ValueError("the verdict is that of none of its parts")
        return self

    def on_side(self, side: Side) -> tuple[Evidence, ...]:
        """The evidence of one side, in order."""
        return tuple(one for one in self.evidence if one.side is side)

    def count(self, side: Side) -> int:
        """Independent pieces on one side: what shares a lineage counts once."""
        return len({one.lineage for one in self.on_side(side)})

    def grade(self, side: Side | None = None) -> Basis | None:
        """How the best evidence of a side is known, of the side of the verdict where none is told; None where there is none."""
        asked = side or (Side.AGAINST if self.verdict is Verdict.CONTRADICTED else Side.FOR)
        order = list(Basis)
        return min((one.basis for one in self.on_side(asked)), key=order.index, default=None)


class StudyHead(Record):
    """What a study is: whose, of what day, how much of it was read.

    Attributes:
        projects: as `data/events` names them.
        event: of data/events, that its appearance is.
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
    read: Words
    limits: tuple[Words, ...]
    retold_by: tuple[Cite, ...] = ()
