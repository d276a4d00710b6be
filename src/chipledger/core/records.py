"""The records that packages share: frozen, strict, named by their content.

`Record` is the base of everything read from data files. A `Mention` is one documented statement that names a chip;
it is made by the hundred thousand and so is a plain frozen dataclass. `DocumentFacts` is what a document says as a
whole, with every `LaunchSetting` and the author block in it; `FailedDocument` is what became of one that could not be read.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from chipledger.core.byline import AuthorAffiliation, Face
from chipledger.core.sending import quick_to_send


class Record(BaseModel):
    """The base of all data records: frozen, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def content_id(*parts: object) -> str:
    """A short name made of content alone: the same parts always give the same 20 hex digits.

    >>> content_id("README.md", 12, "H20") == content_id("README.md", 12, "H20")
    True
    """
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:20]


class Purpose(StrEnum):
    """What a mention says the chip was for (see docs/evidence.md for the guide)."""

    PRETRAINING = "pretraining"
    FINETUNING = "finetuning"
    TRAINING_UNSPECIFIED = "training_unspecified"
    INFERENCE = "inference"
    EVALUATION = "evaluation"
    REQUIREMENT = "requirement"
    MENTION_ONLY = "mention_only"

    @property
    def is_use(self) -> bool:
        """Whether the purpose reports a run (everything but requirement and mention_only)."""
        return self not in (Purpose.REQUIREMENT, Purpose.MENTION_ONLY)


@quick_to_send
@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One documented statement that names a chip, with its place.

    `text[start:end] == quote` holds in the decoded text of the document (of the page, where `page` is given).
    `chip` is the canonical name as printed ("NVIDIA A100"), `chips` the catalogue ids it may stand for.
    `prefix` and `suffix` are the words of its sentence right before and after the quote, for people to read.
    `first_seen` and `last_seen` are the days on which the words were first and last seen to stand there.
    """

    document: str
    start: int
    end: int
    quote: str
    chip: str
    chips: tuple[str, ...] = ()
    count: int | None = None
    memory_gb: float | None = None
    purpose: Purpose = Purpose.MENTION_ONLY
    subject: str | None = None
    organisation: str | None = None
    gpu_hours: float | None = None
    duration: str | None = None
    cloud: str | None = None
    techniques: tuple[str, ...] = ()
    confidence: float = 0.0
    rule_id: str = ""
    commit: str | None = None
    path: str | None = None
    line: int | None = None
    page: int | None = None
    first_seen: date | None = None
    last_seen: date | None = None
    document_id: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def id(self) -> str:
        """The mention's content id: same words at the same place in the same bytes."""
        return content_id(self.document_id, self.document, self.page, self.start, self.end, self.chip)

    def as_dict(self) -> dict[str, Any]:
        """The mention as JSON-ready fields, `kind` first."""
        return {"kind": "mention", **_plain(self)}


@quick_to_send
@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSetting:
    """One setting that starts or shapes a run, as a script, a configuration or a log prints it, with its place.

    `text[start:end] == quote` holds in the document's text. A setting shows that something was asked for, never that it
    ran: `requested` is True or False where the value says so and None where it does not (a variable, "auto", a comment);
    `active` is None but for a line of a log, which alone tells what ran.

    Attributes:
        name: as printed (NCCL_NET_GDR_LEVEL, --bf16), of a configuration the path of its keys.
        value: as printed; "" for a flag that takes none.
        kind: variable, flag, key, directive, hostfile, model, mount, platform or log.
        topic: what it is about: network_gdr, nodes, tensor_parallel, precision, …; None where the name alone is known.
        techniques: of the closed list, those that it speaks of.
        requested: whether it asks for them.
        active: whether a log shows them at work.
        number: the whole number that it gives, also where a variable of the same script holds it.
        condition: the test of the innermost branch of a script that it stands in; None outside of any.
        is_comment: it stands in a comment, so that it asks for nothing.
        start, end, quote, line: where it stands.
    """

    name: str
    value: str
    kind: str
    topic: str | None = None
    techniques: tuple[str, ...] = ()
    requested: bool | None = None
    active: bool | None = None
    number: int | None = None
    condition: str | None = None
    is_comment: bool = False
    start: int
    end: int
    quote: str
    line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, where it stands under `place`."""
        fields = {name: _plain_value(getattr(self, name)) for name in self.__slots__}
        return fields | {"place": {name: fields.pop(name) for name in ("line", "start", "end", "quote")}}


@quick_to_send
@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What tells a document's copies, translations and derivatives, without its text (`evidence.fingerprint` makes it).

    Attributes:
        words: the smallest hashes of its clauses, each of 8 bytes, ascending.
        words_count: how many different clauses it has.
        figures: the same of its numbers: rows of digits and numbers of four digits and more.
        figures_count: how many different ones it has.
        links: the same of the addresses in it.
        shape: headings by their level, tables and blocks of code, in order.
        cites: the works and repositories that it links to or names, the first ones.
    """

    words: bytes = b""
    words_count: int = 0
    figures: bytes = b""
    figures_count: int = 0
    links: bytes = b""
    shape: str = ""
    cites: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, hashes in hex."""
        return {name: _plain_value(getattr(self, name)) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """What one document says as a whole, beside its mentions; the fingerprint only where it says anything of chips.

    Of a document that was fetched: its licence as the source states it, the day on which these bytes first came, and the
    day on which the source last gave or confirmed them (`checked_on`).
    """

    document: str
    document_id: str
    techniques: tuple[str, ...] = ()
    language: str | None = None
    format: str | None = None
    encoding: str | None = None
    organisation: str | None = None
    project: str | None = None
    commit: str | None = None
    path: str | None = None
    url: str | None = None
    published_on: date | None = None
    licence: str | None = None
    fetched_on: date | None = None
    checked_on: date | None = None
    chars: int = 0
    pages: int | None = None
    settings: tuple[LaunchSetting, ...] = ()
    affiliations: tuple[AuthorAffiliation, ...] = ()
    face: Face | None = None
    fingerprint: Fingerprint | None = None

    def as_dict(self) -> dict[str, Any]:
        """The facts as JSON-ready fields, `kind` first, without the fingerprint, which nobody reads."""
        return {"kind": "document", **_plain(self)}


@quick_to_send
@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDocument:
    """A document that could not be read: which, at what stage, and why. The run goes on."""

    document: str
    stage: str
    reason: str
    document_id: str = ""
    commit: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The failure as JSON-ready fields, `kind` first."""
        return {"kind": "error", **_plain(self)}


def _plain(record: "Mention | DocumentFacts | FailedDocument") -> dict[str, Any]:
    values = ((name, getattr(record, name)) for name in record.__slots__ if name != "fingerprint")
    return {name: value if type(value) in _AS_THEY_ARE else _plain_value(value) for name, value in values}


_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


def _plain_value(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [one.as_dict() if isinstance(one, LaunchSetting | AuthorAffiliation) else one for one in value]
    return value.as_dict() if isinstance(value, Face) else value
