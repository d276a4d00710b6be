"""A party: one organisation with its names in any script, where it sits, who its parent is, and what lists said of it when.

The records of data/parties/parties/*.yaml and of whatever else is screened against; every part has its own cites, because
a name may be printed on a list while its Chinese form is only remembered. Organisations only: no natural person is a party.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.core.truth import Verdict

PartyId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class NameKind(StrEnum):
    """What kind of name it is."""

    PRIMARY = "primary"
    ALIAS = "alias"
    FORMER = "former"
    ACRONYM = "acronym"
    BRAND = "brand"
    HANDLE = "handle"
    EMAIL_DOMAIN = "email_domain"

    @property
    def is_written_out(self) -> bool:
        """Whether it is a name in words, unlike an account's handle or a domain, which match only whole."""
        return self not in (NameKind.HANDLE, NameKind.EMAIL_DOMAIN)


class PartyName(Record):
    """One name of a party, with the days on which it was borne where they are known.

    Args:
        text: as printed.
        kind: what kind of name it is.
        language: IETF tag ("en", "zh", "zh-Hant", "ja"); None where it belongs to none.
        since: the first day; None where none is recorded.
        until: the first day on which it was no longer borne; None where it still is.
        cites: where it is written.
    """

    text: str = Field(min_length=1)
    kind: NameKind = NameKind.ALIAS
    language: str | None = None
    since: date | None = None
    until: date | None = None
    cites: tuple[Cite, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether a match with it may count as a hit: a name that is only recalled may not."""
        return not self.cites or any(cite.grade.decides for cite in self.cites)


class PartyKind(StrEnum):
    """What a party does, as far as AI chips are concerned."""

    LAB = "lab"
    CLOUD = "cloud"
    CHIP_MAKER = "chip_maker"
    SERVER_MAKER = "server_maker"
    UNIVERSITY = "university"
    FOUNDRY = "foundry"
    EQUIPMENT = "equipment"
    TELECOM = "telecom"
    RESELLER = "reseller"
    INVESTOR = "investor"
    GOVERNMENT = "government"
    MILITARY = "military"
    OTHER = "other"


class ListAction(StrEnum):
    """What a document did to a party's place on a list."""

    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"
    """A list that was published and taken back: counts as never in force."""


class ListEvent(Record):
    """One document that put a party on a list, changed its entry, or took it off.

    Args:
        list: id of a list of data/parties/lists.yaml.
        action: what it did.
        published_on: the day it was published.
        effective_on: the day from which it counts.
        document: its citation ("84 FR 22961", "2025-19001").
        seen_on: the day of the list in which the entry stands, where that is all that tells of it.
        name: the party as the list prints it.
        footnotes: of the list that stand by its name; for the Entity List 1, 4 and 5 are foreign-direct-product rules.
        license_requirement: as printed; None where the document left it alone.
        review_policy: as printed; None where the document left it alone.
        cites: where the event is written.
    """

    list: str
    action: ListAction
    published_on: date | None = None
    effective_on: date | None = None
    document: str | None = None
    seen_on: date | None = None
    name: str | None = None
    footnotes: tuple[int, ...] = ()
    license_requirement: str | None = None
    review_policy: str | None = None
    cites: tuple[Cite, ...] = ()
    note: str | None = None

    @property
    def decides(self) -> bool:
        """Whether it may put a party on a list: what is only recalled may not."""
        return not self.cites or any(cite.grade.decides for cite in self.cites)


class Listing(Record):
    """A party's place on one list on the day that was asked for.

    Args:
        list: id of the list.
        holds: yes, or unknown where the days or the sources do not tell; `why` says what is missing.
        name: the party as the list prints it.
        since: the first day; None where it is not known.
        until: the first day after it, where a removal is known; None where none is.
        documents: citations, the listing first, then every change up to the day.
        license_requirement: as it stood on the day.
        review_policy: as it stood on the day.
        footnotes: as they stood on the day.
        as_of: the day of the list in which it was last seen, where that is all that tells of it.
        cites: where it is written.
    """

    list: str
    holds: Verdict = Verdict.YES
    why: str | None = None
    name: str | None = None
    since: date | None = None
    until: date | None = None
    documents: tuple[str, ...] = ()
    license_requirement: str | None = None
    review_policy: str | None = None
    footnotes: tuple[int, ...] = ()
    as_of: date | None = None
    cites: tuple[Cite, ...] = ()


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Party(Record):
    """One organisation.

    Args:
        id: kebab-case ASCII; never renamed.
        kind: what it does; a file may give one or several, here it is always a tuple.
        names: its names, the primary one among them.
        country: where its headquarters are, ISO 3166 alpha-2 with HK, MO and TW apart; None where unknown.
        address_countries: where it has addresses.
        parent: id of its direct parent, where one is known.
        ultimate_parent: id of the parent at the top.
        events: what lists said of it.
        cites: for what is told of the party itself.

    >>> Party.model_validate({"id": "smee", "kind": "equipment", "names": [{"text": "SMEE", "kind": "primary"}]}).primary
    'SMEE'
    """

    id: PartyId
    kind: Annotated[tuple[PartyKind, ...], BeforeValidator(_several)] = ()
    names: tuple[PartyName, ...] = Field(min_length=1)
    country: CountryCode | None = None
    address_countries: tuple[CountryCode, ...] = ()
    parent: PartyId | None = None
    ultimate_parent: PartyId | None = None
    events: tuple[ListEvent, ...] = ()
    cites: tuple[Cite, ...] = ()
    note: str | None = None

    @model_validator(mode="after")
    def _one_primary_name(self) -> "Party":
        primary = [name.text for name in self.names if name.kind is NameKind.PRIMARY]
        if len(primary) != 1:
            raise ValueError(f"{self.id} has {len(primary)} primary names; mark one of its names primary")
        return self

    @property
    def primary(self) -> str:
        """The name by which it is shown."""
        return next(name.text for name in self.names if name.kind is NameKind.PRIMARY)
