"""What the documents of one project say together of one chip and one purpose.

Takes documents with their mentions, as the ledger gives them; gives sorted claims. Nothing is averaged and nothing is
chosen: where documents state different counts, all of them are kept side by side.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, TypeVar

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
from chipledger.findings.lineage import Carried, Lineage
from chipledger.findings.project import home_of

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
        carried: for each of them how it came into its document; None where the document speaks for itself.
        urls: for each of them where its document can be seen; None where no address is known.
        voices: how many documents that speak for themselves the statements come down to.
        own_voices: how many of these are of this project; 0 where it only repeats others.
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
    carried: tuple[Carried | None, ...]
    urls: tuple[str | None, ...]
    voices: int
    own_voices: int
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


class _Told(NamedTuple):
    """A statement, the document that makes it, and the project to which it is laid."""

    to: Attributed
    facts: DocumentFacts
    mention: Mention


def claims(
    documents: Iterable[tuple[DocumentFacts, Sequence[Mention]]],
    lineage: Lineage | None = None,
    attribution: Attribution | None = None,
) -> list[Claim]:
    """The claims of all projects.

    Args:
        documents: each with its mentions; `store.read.documents` gives them so.
        lineage: where the documents come from; None finds it out.
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
    speaking = [(facts, mentions) for facts, mentions in documents if mentions]
    laid = (attribution or Attribution()).telling_apart(facts for facts, _ in speaking)
    lineage = lineage or Lineage(speaking)
    groups: dict[tuple[str | None, str, str, Purpose], list[_Told]] = {}
    homes: dict[str, set[tuple[str, str]]] = {}
    for facts, mentions in speaking:
        for mention in mentions:
            to = laid.of(facts, mention)
            homes.setdefault(to.label, {("", to.label.casefold())}).add(home_of(facts))
            key = (to.organisation, to.label, mention.chip, mention.purpose)
            groups.setdefault(key, []).append(_Told(to, facts, mention))
    stated = verified((one.to, one.mention) for found in groups.values() for one in found)
    made = [
        replace(
            _claim(*key, _newest_words(found), lineage, homes[key[1]]),
            **_grounds(key[1], key[2], found, stated),
            background=laid.background(key[1]),
        )
        for key, found in groups.items()
    ]
    return sorted(made, key=_order)


def _grounds(
    project: str,
    chip: str,
    found: Sequence[_Told],
    stated: set[tuple[str, str, int | None]],
) -> dict[str, Any]:
    """On whose word a claim stands, and which of its counts only reports give."""
    reports = [
        one.mention
        for one in found
        if one.to.is_reported and (project, chip, one.mention.count) not in stated
    ]
    own = {one.mention.count for one in found if not one.to.is_reported}
    unverified = _stated(mention.count for mention in reports if mention.count not in own)
    standing = Standing.UNVERIFIED if len(reports) == len(found) else Standing.STATED
    return {"standing": standing, "unverified_counts": unverified}


def _order(claim: Claim) -> tuple[bool, str, str, str, int]:
    named = claim.organisation or ""
    return not named, named, claim.project, claim.chip, list(Purpose).index(claim.purpose)


def _claim(
    organisation: str | None,
    project: str,
    chip: str,
    purpose: Purpose,
    told: Sequence[_Told],
    lineage: Lineage,
    homes: Collection[tuple[str, str]],
) -> Claim:
    mentions = tuple(one.mention for one in told)
    voices = _voices(told, lineage)
    carried = tuple(lineage.carried(one.facts, one.mention) for one in told)
    days = [day for mention in mentions for day in (mention.first_seen, mention.last_seen) if day]
    return Claim(
        organisation=organisation,
        project=project,
        chip=chip,
        purpose=purpose,
        chips=_variants(purpose, mentions, voices),
        counts=_stated(mention.count for mention in mentions),
        memory_gb=_stated(mention.memory_gb for mention in mentions),
        gpu_hours=_stated(mention.gpu_hours for mention in mentions),
        durations=_stated(mention.duration for mention in mentions),
        clouds=_stated(mention.cloud for mention in mentions),
        subjects=_stated(mention.subject for mention in mentions),
        techniques=_stated(name for mention in mentions for name in mention.techniques),
        confidence=confidence(voices),
        first_seen=min(days, default=None),
        last_seen=max(days, default=None),
        mentions=mentions,
        carried=carried,
        urls=tuple(one.facts.url for one in told),
        voices=len(voices),
        own_voices=len(voices) - _foreign(carried, homes),
    )


def _voices(told: Iterable[_Told], lineage: Lineage) -> list[list[Mention]]:
    """The mentions in groups, one for each document that speaks for itself."""
    groups: dict[object, list[Mention]] = {}
    for one in told:
        groups.setdefault(lineage.voice(one.facts, one.mention), []).append(one.mention)
    return list(groups.values())


def _foreign(carried: Iterable[Carried | None], homes: Collection[tuple[str, str]]) -> int:
    """How many of the documents at which the statements' chains end are of other projects."""
    ends = {one.origin for one in carried if one}
    return sum(
        ((end.organisation or "").casefold(), (end.project or "").casefold()) not in homes for end in ends
    )


def confidence(voices: Iterable[Sequence[Mention]]) -> float:
    """How sure a claim is: each voice by its surest mention, voices by noisy-or.

    >>> a = Mention(document="a.md", start=0, end=1, quote="q", chip="c", confidence=0.8)
    >>> b = Mention(document="b.tex", start=0, end=1, quote="q", chip="c", confidence=0.5)
    >>> confidence([[a], [b]]), confidence([[a, b]])
    (0.9, 0.8)
    """
    doubt = 1.0
    for group in voices:
        doubt *= 1 - max(mention.confidence for mention in group)
    return round(1 - doubt, 4)


def _variants(
    purpose: Purpose, mentions: Sequence[Mention], voices: Iterable[Sequence[Mention]]
) -> tuple[str, ...]:
    """The catalogue ids that the name may stand for; the memory that a voice states of a chip it used narrows its own.

    A requirement of 40 GB is met by more than 40 GB, so only uses are narrowed.
    """
    if not purpose.is_use:
        return _named(mentions)
    narrowed = (
        with_memory(_named(group), _stated(mention.memory_gb for mention in group)) for group in voices
    )
    return _stated(name for names in narrowed for name in names)


def _named(mentions: Iterable[Mention]) -> tuple[str, ...]:
    return _stated(name for mention in mentions for name in mention.chips)


def sources_in_words(claim: Claim) -> str:
    """To how many documents that speak for themselves the statements of a claim come down; "" where there is but one, of one.

    >>> from chipledger.core.records import DocumentFacts
    >>> def told(name, quote):
    ...     one = Mention(document=name, document_id=name, start=0, end=4, quote=quote, chip="NVIDIA A100")
    ...     return DocumentFacts(document=name, document_id=name, project="kite"), [one]
    >>> sources_in_words(claims([told("README.md", "A100"), told("README_zh.md", "A100显卡")])[0])
    '1 source'
    """
    if not claim.own_voices:
        origin = next(one for one in claim.carried if one).origin
        return f"only repeats {origin}"
    if len(claim.mentions) == 1:
        return ""
    return f"{claim.voices} source{'' if claim.voices == 1 else 's'}"


def _stated(values: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(sorted({value for value in values if value is not None}))


def _newest_words(told: Iterable[_Told]) -> tuple[_Told, ...]:
    """Each statement in the newest version of its document alone; a file that two homes of one project hold is one."""
    by_words: dict[tuple[str, str], dict[tuple[str, tuple[str, str]], list[_Told]]] = {}
    for one in told:
        versions = by_words.setdefault((one.mention.document, one.mention.quote), {})
        versions.setdefault((one.mention.document_id, home_of(one.facts)), []).append(one)
    standing = [one for versions in by_words.values() for one in _newest(versions)]
    return tuple(sorted(standing, key=_place))


def _newest(versions: Mapping[tuple[str, tuple[str, str]], Sequence[_Told]]) -> list[_Told]:
    every = [one.mention for found in versions.values() for one in found]
    first = min((one.first_seen for one in every if one.first_seen), default=None)
    newest = max(versions, key=lambda version: (_age(versions[version][0].mention), version))
    return [one._replace(mention=replace(one.mention, first_seen=first)) for one in versions[newest]]


def _age(mention: Mention) -> tuple[date, date]:
    return mention.last_seen or date.min, mention.first_seen or date.min


def _place(one: _Told) -> tuple[str, str, int, int, int]:
    mention = one.mention
    return mention.document, mention.document_id, mention.page or 0, mention.start, mention.end
