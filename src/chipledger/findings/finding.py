"""A finding: one line for an organisation, project, chip and purpose, with its quotes and what the rules said.

Takes claims; gives findings in the same order. A use carries its `rule_status`: what the rules asked on the days on
which the chip may have been acquired. For what a document only requires or names, the same is `rule_context`. A
finding is a documented mention: use or possession of a chip is no breach of any rule, and nothing here says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chipledger.core.records import Mention, Purpose
from chipledger.findings.attribution import Standing
from chipledger.findings.brief import in_short
from chipledger.findings.claim import Claim
from chipledger.findings.lineage import Carried
from chipledger.findings.past import Fate
from chipledger.findings.window import Windows, overall, sentence, window_of, windows
from chipledger.rules.history import AcquisitionWindow

DESTINATION = "CN"

_IN_WORDS = {
    Purpose.PRETRAINING: "pretraining on",
    Purpose.FINETUNING: "finetuning on",
    Purpose.TRAINING_UNSPECIFIED: "training (stage not stated) on",
    Purpose.INFERENCE: "inference on",
    Purpose.EVALUATION: "evaluation on",
    Purpose.REQUIREMENT: "a requirement of",
    Purpose.MENTION_ONLY: "a mention of",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The words that carry a finding, and where they stand.

    `text[start:end] == quote` holds in the document's text (of the page, where `page` is given); `prefix` and
    `suffix` are the words of its sentence before and after it. `carried` tells how it came into its document, where
    that only repeats another; `url` where the document can be seen; `fate` what became of words that a history knows to be gone.
    """

    mention_id: str
    quote: str
    document: str
    document_id: str
    commit: str | None
    path: str | None
    line: int | None
    page: int | None
    start: int
    end: int
    prefix: str
    suffix: str
    count: int | None
    subject: str | None
    first_seen: date | None
    last_seen: date | None
    confidence: float
    carried: Carried | None
    url: str | None
    fate: Fate | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {
            "first_seen": _iso(self.first_seen),
            "last_seen": _iso(self.last_seen),
            "carried": self.carried.as_dict() if self.carried else None,
            "fate": self.fate.in_words if self.fate else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A claim with its quotes and what the rules said.

    Attributes:
        claim: what the documents say together.
        statement: the claim in words.
        quotes: the words that carry it.
        windows: for each catalogue chip that the name may stand for, what the rules asked when.
        license_required: yes or no only where that holds on every possible day and for every variant.
        rules_in_words: the windows as one clause.
        short: the same in about a hundred characters, for tables.
    """

    claim: Claim
    statement: str
    quotes: tuple[Quote, ...]
    windows: tuple[AcquisitionWindow, ...]
    license_required: str
    rules_in_words: str
    short: str

    @property
    def id(self) -> str:
        """The finding's content id: the same organisation, project, chip and purpose always give the same."""
        return self.claim.id

    @property
    def fate(self) -> str | None:
        """What became of its words, where none of them stands any longer: the fate of those that stood last."""
        fates = [quote.fate for quote in self.quotes]
        gone = [one for one in fates if one is not None]
        if not gone or len(gone) < len(fates):
            return None
        last = max(gone, key=lambda one: (one.gone_on or one.last_seen or date.min, one.in_words))
        return replace(last, first_seen=self.claim.first_seen).in_words

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, `kind` first."""
        claim = self.claim
        return {
            "kind": "finding",
            "id": self.id,
            "statement": self.statement,
            "organisation": claim.organisation,
            "project": claim.project,
            "chip": claim.chip,
            "chips": list(claim.chips),
            "purpose": claim.purpose.value,
            "count": claim.count,
            "counts": list(claim.counts),
            "memory_gb": list(claim.memory_gb),
            "gpu_hours": list(claim.gpu_hours),
            "durations": list(claim.durations),
            "clouds": list(claim.clouds),
            "subjects": list(claim.subjects),
            "techniques": list(claim.techniques),
            "confidence": claim.confidence,
            "voices": claim.voices,
            "own_voices": claim.own_voices,
            "first_seen": _iso(claim.first_seen),
            "last_seen": _iso(claim.last_seen),
            "fate": self.fate,
            "standing": claim.standing.value,
            "unverified_counts": list(claim.unverified_counts),
            **claim.background.as_dict(),
            "rule_status" if claim.purpose.is_use else "rule_context": self._rules(),
            "quotes": [quote.as_dict() for quote in self.quotes],
        }

    def _rules(self) -> dict[str, Any]:
        return {
            "destination": DESTINATION,
            "day_of_acquisition": None,
            "license_required": self.license_required,
            "in_words": self.rules_in_words,
            "windows": [window.as_dict() for window in self.windows],
        }


def joined(
    claims: Iterable[Claim], window: Windows = window_of, fates: Mapping[str, Fate] | None = None
) -> list[Finding]:
    """Each claim with its quotes and what the rules said of the chip.

    Args:
        claims: as `findings.claim.claims` gives them.
        window: asks the rules for one chip and day.
        fates: what became of mentions that stand no longer, by their ids.

    Returns:
        Findings in the order of the claims.
    """
    asked: dict[tuple[tuple[str, ...], date | None], tuple[AcquisitionWindow, ...]] = {}
    found = []
    for claim in claims:
        key = (claim.chips, claim.first_seen)
        if key not in asked:
            asked[key] = windows(*key, window)
        found.append(_finding(claim, asked[key], fates or {}))
    return found


def _finding(claim: Claim, found: tuple[AcquisitionWindow, ...], fates: Mapping[str, Fate]) -> Finding:
    in_words, short = sentence(found), in_short(found)
    return Finding(
        claim=claim,
        statement=statement(claim),
        quotes=tuple(
            _quote(mention, carried, url, fates.get(mention.id))
            for mention, carried, url in zip(claim.mentions, claim.carried, claim.urls, strict=True)
        ),
        windows=found,
        license_required=overall(found).value,
        rules_in_words=in_words if claim.purpose.is_use else f"context only: {in_words}",
        short=short if claim.purpose.is_use else f"context only: {short}",
    )


def statement(claim: Claim) -> str:
    """The claim in words.

    >>> from chipledger.core.records import DocumentFacts
    >>> from chipledger.findings.claim import claims
    >>> words = Mention(document="README.md", start=0, end=8, quote="512 A800", chip="NVIDIA A800", count=512,
    ...     purpose=Purpose.PRETRAINING, organisation="Lab")
    >>> statement(claims([(DocumentFacts(document="README.md", document_id=""), [words])])[0])
    'documented mention: Lab, pretraining on NVIDIA A800 (count 512)'
    """
    who = claim.organisation or "unnamed"
    figures = [
        *_figures("count", claim.counts, "counts stated"),
        *_figures("GPU-hours", claim.gpu_hours, "GPU-hours stated"),
    ]
    if claim.standing is Standing.UNVERIFIED:
        figures.append(claim.standing.value)
    elif claim.unverified_counts:
        figures.append(f"{', '.join(map(str, claim.unverified_counts))} only reported, unverified")
    told = f" ({'; '.join(figures)})" if figures else ""
    return f"documented mention: {who}, {_IN_WORDS[claim.purpose]} {claim.chip}{told}"


def _figures(one: str, values: Sequence[float], several: str) -> list[str]:
    if not values:
        return []
    return [f"{one if len(values) == 1 else several} {', '.join(f'{value:.15g}' for value in values)}"]


def _quote(mention: Mention, carried: Carried | None, url: str | None, fate: Fate | None) -> Quote:
    same = set(Quote.__slots__) - {"mention_id", "carried", "url", "fate"}
    given = {name: getattr(mention, name) for name in same}
    return Quote(mention_id=mention.id, carried=carried, url=url, fate=fate, **given)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
