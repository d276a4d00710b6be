"""Parties, listings and stakes as FollowTheMoney entities and statements, so that OpenSanctions and Aleph can take them.

Takes parties, what lists say of them on a day, and stakes; gives entities (id, schema, properties) and, of each entity, the
statements that make it up. Own code for a published format: nothing of that project is needed. What is not known is left out
rather than filled in: a share that is not known has no percentage, control and consolidation are links and no ownership, and
a name that is only recalled becomes a weak alias, which no matcher is to use. Each statement names the source it comes from.

Source: FollowTheMoney 4, schemata Company, Organization, PublicBody, Ownership, UnknownLink, Sanction; statement ids as there.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from chipledger.core.records import content_id
from chipledger.core.sources import Cite
from chipledger.parties.party import Listing, NameKind, Party, PartyKind, PartyName
from chipledger.parties.stake import Stake, StakeKind

DATASET = "chipledger"
_NAMES = {
    NameKind.PRIMARY: "name",
    NameKind.ALIAS: "alias",
    NameKind.BRAND: "alias",
    NameKind.FORMER: "previousName",
    NameKind.ACRONYM: "abbreviation",
    NameKind.HANDLE: "weakAlias",
    NameKind.EMAIL_DOMAIN: "weakAlias",
}
_SCHEMATA = {PartyKind.UNIVERSITY: "Organization", PartyKind.GOVERNMENT: "PublicBody", PartyKind.MILITARY: "PublicBody"}  # fmt: skip
_ROLES = {
    StakeKind.VOTES: "voting rights",
    StakeKind.CONTROL: "control",
    StakeKind.CONSOLIDATION: "accounting consolidation",
}
_TOPICS = {
    "entity_list": "export.control",
    "meu": "export.control",
    "dpl": "export.control",
    "uvl": "export.risk",
    "sdn": "sanction",
    "cmic": "invest.ban",
}
_LANGUAGES = {"en": "eng", "zh": "zho", "ja": "jpn", "ko": "kor", "fr": "fra", "de": "deu", "ru": "rus"}
_TEXTS = ("name", "alias", "previousName", "abbreviation", "weakAlias", "notes", "provisions", "summary")


class Value(NamedTuple):
    """One value of a property: in what language, and from which source."""

    text: str
    language: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity: what it is (`schema`) and what is said of it."""

    id: str
    schema: str
    properties: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def as_dict(self, dataset: str = DATASET) -> dict[str, Any]:
        """JSON-ready fields, as a line of an entity file.

        Args:
            dataset: the name under which it is published.
        """
        properties = {
            name: list(dict.fromkeys(value.text for value in values))
            for name, values in sorted(self.properties.items())
        }
        return {"id": self.id, "schema": self.schema, "properties": properties, "datasets": [dataset]}

    def statements(self, seen: date, dataset: str = DATASET) -> Iterator[dict[str, Any]]:
        """The statements that make it up, the one of its id first.

        Args:
            seen: the day of the export.
            dataset: the name under which they are published.
        """
        said = [("id", Value(self.id))]
        said += [(name, value) for name, values in sorted(self.properties.items()) for value in values]
        told: set[str] = set()
        for name, value in said:
            language = value.language if name in _TEXTS else None
            key = statement_id(dataset, self.id, name, value.text, language)
            if key not in told:
                told.add(key)
                yield {
                    "canonical_id": self.id, "entity_id": self.id, "prop": name, "schema": self.schema,
                    "value": value.text, "dataset": dataset, "lang": language, "original_value": None,
                    "first_seen": seen.isoformat(), "last_seen": seen.isoformat(), "external": False,
                    "origin": value.origin, "id": key,
                }  # fmt: skip


def statement_id(dataset: str, entity: str, prop: str, value: str, language: str | None) -> str:
    """The id that FollowTheMoney gives a statement: a hash of what it says, so that the same is the same everywhere.

    >>> statement_id("chipledger", "chipledger-smee", "name", "SMEE", None)
    '36d8ff47ceb27e15273d20c3f56fb18838f0963e'
    """
    said = f"{dataset}.{entity}.{prop}.{value}" + (f"@{language}" if language else "")
    return hashlib.sha1(said.encode("utf-8"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be exported.

    Args:
        parties: by id.
        listings: by party, as they stand on the day.
        stakes: those of other days are left out, and so are those whose share is only recalled.
        names: of parties that only the stakes name, by the id that these use.
        lists: by list id its title and who publishes it.
        on: the day.
    """

    parties: Mapping[str, Party]
    on: date
    listings: Mapping[str, Sequence[Listing]] = field(default_factory=dict)
    stakes: Sequence[Stake] = ()
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def entities(given: Export) -> Iterator[Entity]:
    """Every party, listing and stake as an entity, in the order of their ids; the same export gives the same bytes.

    Args:
        given: what is to be exported.

    >>> from chipledger.parties.party import PartyName
    >>> smee = Party(id="smee", kind=(PartyKind.EQUIPMENT,), names=(PartyName(text="SMEE", kind="primary"),), country="CN")
    >>> [one.as_dict()["properties"] for one in entities(Export({"smee": smee}, on=date(2026, 11, 1)))]
    [{'country': ['cn'], 'name': ['SMEE']}]
    """
    stakes = [one for one in given.stakes if one.holds_on(given.on) and one.decides]
    owned = {one.owned for one in stakes if one.kind is StakeKind.SHARES}
    for name in sorted(given.parties):
        party = given.parties[name]
        listings = tuple(given.listings.get(name, ()))
        yield _party(party, name in owned, listings)
        yield from (_sanction(party, one, given) for one in listings)
    others = {name for one in stakes for name in (one.owner, one.owned)} - set(given.parties)
    yield from (_stranger(name, given.names.get(name, (name,))) for name in sorted(others))
    links = {_link(one, given.parties).id: _link(one, given.parties) for one in stakes}
    yield from (links[name] for name in sorted(links))
    yield from _parents(given, {(one.owner, one.owned) for one in stakes})


def _party(party: Party, is_owned: bool, listings: Sequence[Listing]) -> Entity:
    said: dict[str, list[Value]] = {}
    for name in party.names:
        said.setdefault(_property_of(name), []).append(
            Value(_line(name.text), _language(name.language), _origin(name.cites))
        )
    countries = dict.fromkeys((party.country, *party.address_countries))
    origin = _origin(party.cites)
    said["country"] = [Value(code.lower(), None, origin) for code in countries if code]
    said["notes"] = [Value(_line(party.note), None, origin)] if party.note else []
    topics = sorted({_TOPICS[one.list] for one in listings if one.list in _TOPICS})
    said["topics"] = [Value(topic) for topic in topics]
    return _entity(entity_id(party.id), _schema(party.kind, is_owned), said)


def _schema(kinds: Collection[PartyKind], is_owned: bool) -> str:
    """A company where shares in it are told: only an asset may be owned."""
    if is_owned:
        return "Company"
    return next((_SCHEMATA[kind] for kind in kinds if kind in _SCHEMATA), "Company")


def _property_of(name: PartyName) -> str:
    if name.kind is not NameKind.PRIMARY and not name.decides:
        return "weakAlias"
    return "previousName" if name.until and name.kind is NameKind.ALIAS else _NAMES[name.kind]


def _sanction(party: Party, one: Listing, given: Export) -> Entity:
    title, authority = given.lists.get(one.list, (one.list, ""))
    origin = _origin(one.cites)
    documents = [Value(document, None, origin) for document in one.documents]
    said = {
        "entity": [Value(entity_id(party.id))],
        "program": [Value(title)],
        "authority": [Value(authority)] if authority else [],
        "startDate": _day(one.since, origin),
        "endDate": _day(one.until, origin),
        "authorityId": documents,
        "provisions": [Value(_line(one.license_requirement), None, origin)]
        if one.license_requirement
        else [],
        "status": [Value(f"listed on {given.on}")],
    }
    return _entity(f"{DATASET}-{content_id('listing', party.id, one.list)}", "Sanction", said)


def _link(one: Stake, parties: Mapping[str, Party]) -> Entity:
    origin = _origin(one.cites)
    owner, owned = (_id_of(name, parties) for name in (one.owner, one.owned))
    dated = {"startDate": _day(one.since, origin), "endDate": _day(one.until, origin)}
    notes = {"summary": [Value(_line(one.note), None, origin)] if one.note else []}
    key = content_id("stake", one.owner, one.owned, one.kind.value, one.low, one.high, one.since, one.until)
    if one.kind is not StakeKind.SHARES:
        ends = {"subject": [Value(owner)], "object": [Value(owned)], "role": [Value(_ROLES[one.kind], None, origin)]}  # fmt: skip
        return _entity(f"{DATASET}-{key}", "UnknownLink", {**ends, **dated, **notes})
    share = percentage(one)
    said = {
        "owner": [Value(owner)],
        "asset": [Value(owned)],
        "percentage": [Value(share, None, origin)] if share else [],
    }
    return _entity(f"{DATASET}-{key}", "Ownership", {**said, **dated, **notes})


def percentage(one: Stake) -> str:
    """A share in percent, a band, or nothing where it is not known.

    >>> percentage(Stake(owner="a", owned="b", low=0.25, high=0.5)), percentage(Stake(owner="a", owned="b"))
    ('25-50', '')
    """
    if one.low == 0.0 and one.high == 1.0:
        return ""
    low, high = (f"{share * 100:.6g}" for share in (one.low, one.high))
    return low if low == high else f"{low}-{high}"


def _parents(given: Export, told: Collection[tuple[str, str]]) -> Iterator[Entity]:
    """A parent of which no stake is told is a link; that there is a parent says nothing of its share."""
    for name in sorted(given.parties):
        party = given.parties[name]
        if party.parent in given.parties and (party.parent, name) not in told:
            ends = {
                "subject": [Value(entity_id(str(party.parent)))],
                "object": [Value(entity_id(name))],
                "role": [Value("parent", None, _origin(party.cites))],
            }
            yield _entity(f"{DATASET}-{content_id('parent', party.parent, name)}", "UnknownLink", ends)


def _stranger(name: str, names: Sequence[str]) -> Entity:
    """A party that only the stakes name."""
    return _entity(_id_of(name, {}), "Company", {"name": [Value(_line(one)) for one in names or (name,)]})


def entity_id(party: str) -> str:
    """The entity's id for a party of ours.

    Args:
        party: its id.
    """
    return f"{DATASET}-{party}"


def _id_of(name: str, parties: Mapping[str, Party]) -> str:
    return entity_id(name) if name in parties else f"{DATASET}-{content_id('party', name)}"


def _entity(name: str, schema: str, said: Mapping[str, Iterable[Value]]) -> Entity:
    return Entity(name, schema, {prop: tuple(values) for prop, values in said.items() if values})


def _origin(cites: Sequence[Cite]) -> str | None:
    """The source of the best grade."""
    order = {grade: place for place, grade in enumerate(type(cites[0].grade))} if cites else {}
    return min(cites, key=lambda cite: order[cite.grade]).source if cites else None


def _language(tag: str | None) -> str | None:
    return _LANGUAGES.get(tag.split("-")[0]) if tag else None


def _day(day: date | None, origin: str | None) -> list[Value]:
    return [Value(day.isoformat(), None, origin)] if day else []


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
