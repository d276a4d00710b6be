"""What the documents of one project say together of one chip and one purpose.

Takes documents with their mentions, as the ledger gives them; gives sorted claims. Nothing is averaged and nothing is
chosen: where documents state different counts, all of them are kept side by side.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from chipledger.catalogue.resolve import with_memory
from chipledger.core.records import DocumentFacts, Mention, Purpose, content_id
from chipledger.findings.attribution import (
    NOTHING_KNOWN,
    Attributed,
    Attribution,
    Background,
    Standing,
    verified,
)
from chipledger.findings.voices import confidence, voices

T = TypeVar("T", int, float, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One organisation, project, chip and purpose, and everything stated of them.

    Attributes:
        organisation: who used the chip; None when no document names the user.
        project: the project whose documents say so.
        chip: the canonical name as printed.
        purpose: what the chip was for.
        chips: the catalogue ids that the name may stand for, with the memory that is stated of a chip used.
        counts: every number of chips stated, ascending.
        memory_gb: every memory figure stated, ascending.
        gpu_hours: every figure of chip-hours stated, ascending.
        durations: every duration stated, as written.
        clouds: every cloud or cluster named.
        subjects: the models or projects that the statements are about.
        techniques: the techniques named for the runs.
        confidence: that at least one document says so, between 0 and 1.
        first_seen: the earliest day on which such words stood somewhere.
        last_seen: the latest.
        mentions: the statements, in the order of documents and places.
        standing: stated in the project's own documents, or reported by others and unverified.
        unverified_counts: those of the counts that only reports give.
        background: former names of the project, its authors' organisations by date.
    """

    organisation: str | None
    project: str
    chip: str
    purpose: Purpose
    chips: tuple[str, ...]
    counts: tuple[int, ...]
    memory_gb: tuple[float, ...]
    gpu_hours: tuple[float, ...]
    durations: tuple[str, ...]
    clouds: tuple[str, ...]
    subjects: tuple[str, ...]
    techniques: tuple[str, ...]
    confidence: float
    first_seen: date | None
    last_seen: date | None
    mentions: tuple[Mention, ...]
    standing: Standing = Standing.STATED
    unverified_counts: tuple[int, ...] = ()
    background: Background = NOTHING_KNOWN

    @property
    def id(self) -> str:
        """The claim's content id: the same four parts always give the same."""
        return content_id(self.organisation or "", self.project, self.chip, self.purpose.value)

    @property
    def count(self) -> int | None:
        """The number of chips, where it is stated and all statements agree."""
        return self.counts[0] if len(self.counts) == 1 else None


def claims(
    documents: Iterable[tuple[DocumentFacts, Sequence[Mention]]], attribution: Attribution | None = None
) -> list[Claim]:
    """The claims of all projects.

    Args:
        documents: each with its mentions; `store.read.documents` gives them so.
        attribution: which documents are of one project; None takes each project by its name alone.

    Returns:
        Claims sorted by organisation (unnamed last), project, chip and purpose.

    >>> facts = DocumentFacts(document="README.md", document_id="1", project="lab/kite")
    >>> words = Mention(document="README.md", start=0, end=8, quote="512 A800", chip="NVIDIA A800", count=512,
    ...     purpose=Purpose.PRETRAINING, organisation="Lab", confidence=0.9, document_id="1")
    >>> claim, = claims([(facts, [words])])
    >>> claim.organisation, claim.project, claim.count, claim.confidence
    ('Lab', 'lab/kite', 512, 0.9)
    """
    laid = attribution or Attribution()
    groups: dict[tuple[str | None, str, str, Purpose], list[tuple[Attributed, Mention]]] = {}
    for facts, mentions in documents:
        for mention in mentions:
            to = laid.of(facts, mention)
            key = (to.organisation, to.label, mention.chip, mention.purpose)
            groups.setdefault(key, []).append((to, mention))
    stated = verified(one for found in groups.values() for one in found)
    made = [
        replace(
            _claim(*key, _newest_words(mention for _, mention in found)),
            **_grounds(key[1], key[2], found, stated),
            background=laid.background(key[1]),
        )
        for key, found in groups.items()
    ]
    return sorted(made, key=_order)


def _grounds(
    project: str,
    chip: str,
    found: Sequence[tuple[Attributed, Mention]],
    stated: set[tuple[str, str, int | None]],
) -> dict[str, Any]:
    """On whose word a claim stands, and which of its counts only reports give."""
    reports = [
        mention for to, mention in found if to.is_reported and (project, chip, mention.count) not in stated
    ]
    own = {mention.count for to, mention in found if not to.is_reported}
    unverified = _stated(mention.count for mention in reports if mention.count not in own)
    standing = Standing.UNVERIFIED if len(reports) == len(found) else Standing.STATED
    return {"standing": standing, "unverified_counts": unverified}


def _order(claim: Claim) -> tuple[bool, str, str, str, int]:
    named = claim.organisation or ""
    return not named, named, claim.project, claim.chip, list(Purpose).index(claim.purpose)


def _claim(
    organisation: str | None, project: str, chip: str, purpose: Purpose, mentions: tuple[Mention, ...]
) -> Claim:
    days = [day for mention in mentions for day in (mention.first_seen, mention.last_seen) if day]
    return Claim(
        organisation=organisation,
        project=project,
        chip=chip,
        purpose=purpose,
        chips=_variants(purpose, mentions),
        counts=_stated(mention.count for mention in mentions),
        memory_gb=_stated(mention.memory_gb for mention in mentions),
        gpu_hours=_stated(mention.gpu_hours for mention in mentions),
        durations=_stated(mention.duration for mention in mentions),
        clouds=_stated(mention.cloud for mention in mentions),
        subjects=_stated(mention.subject for mention in mentions),
        techniques=_stated(name for mention in mentions for name in mention.techniques),
        confidence=confidence(mentions),
        first_seen=min(days, default=None),
        last_seen=max(days, default=None),
        mentions=mentions,
    )


def _variants(purpose: Purpose, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """The catalogue ids that the name may stand for; the memory that a voice states of a chip it used narrows its own.

    A requirement of 40 GB is met by more than 40 GB, so only uses are narrowed.
    """
    if not purpose.is_use:
        return _named(mentions)
    narrowed = (
        with_memory(_named(group), _stated(mention.memory_gb for mention in group))
        for group in voices(mentions)
    )
    return _stated(name for names in narrowed for name in names)


def _named(mentions: Iterable[Mention]) -> tuple[str, ...]:
    return _stated(name for mention in mentions for name in mention.chips)


def _stated(values: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(sorted({value for value in values if value is not None}))


def _newest_words(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    by_words: dict[tuple[str, str], dict[str, list[Mention]]] = {}
    for mention in mentions:
        versions = by_words.setdefault((mention.document, mention.quote), {})
        versions.setdefault(mention.document_id, []).append(mention)
    standing = [mention for versions in by_words.values() for mention in _newest(versions)]
    return tuple(sorted(standing, key=_place))


def _newest(versions: Mapping[str, Sequence[Mention]]) -> list[Mention]:
    days = [mention.first_seen for found in versions.values() for mention in found if mention.first_seen]
    newest = max(versions.values(), key=lambda found: (_age(found[0]), found[0].document_id))
    return [replace(mention, first_seen=min(days, default=None)) for mention in newest]


def _age(mention: Mention) -> tuple[date, date]:
    return mention.last_seen or date.min, mention.first_seen or date.min


def _place(mention: Mention) -> tuple[str, str, int, int, int]:
    return mention.document, mention.document_id, mention.page or 0, mention.start, mention.end
