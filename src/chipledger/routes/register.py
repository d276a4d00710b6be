"""Everything of data/routes, loaded once and cross-checked: kinds, likelihoods, settings, dated records, subjects of study.

A slip in a file is a DataError that names file and line: an id that is not the file's name, a source, chip, party, route or row
of the likelihood table that is not there, a key that is unknown.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field

from chipledger.catalogue.chip import chips
from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_yaml, load_yaml_list, named, parse_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite, Source
from chipledger.parties.register import parties
from chipledger.routes.dated import Capability, CloudOffer, Report, Stock
from chipledger.routes.kind import Between, Route, RouteKind
from chipledger.routes.likelihood import Likelihood
from chipledger.routes.subject import Subject

DATA = Path(str(files("chipledger"))) / "data"
FOLDER = DATA / "routes"
RecordT = TypeVar("RecordT", bound=Record)


class Licence(Record):
    """Licenses that became known for some chips, from a day on."""

    id: str
    chips: tuple[str, ...]
    destination: str
    known_from: date
    says: str
    cites: tuple[Cite, ...] = Field(min_length=1)


class Technique(Record):
    """Whether a technique narrows the distance between a weaker chip and a stronger one, or helps both alike.

    Args:
        technique: as data/techniques.yaml names it.
        gains: the weaker chip more, both alike, or unknown.
    """

    technique: str
    gains: Literal["weaker", "alike", "unknown"]
    why: str
    cites: tuple[Cite, ...] = Field(min_length=1)


class Cap(Record):
    """By what factor press alone may move odds."""

    ratio: float = Field(gt=1)
    why: str


class Line(Record):
    """A probability below which a hypothesis no longer stands."""

    probability: float = Field(gt=0, lt=1)
    why: str


class Share(Record):
    """A share of supply."""

    share: float = Field(gt=0, lt=1)
    why: str


class Reasoned(Between):
    """A range with its reason."""

    why: str


class Vendors(Record):
    """Makers to leave out, with the reason."""

    vendors: tuple[str, ...]
    why: str


class Named(Record):
    """Chips to leave out, with the reason."""

    chips: tuple[str, ...]
    why: str


class Types(Record):
    """Memory types to leave out, with the reason."""

    types: tuple[str, ...]
    why: str


class Settings(Record):
    """Numbers of ours, each with its reason (data/routes/settings.yaml)."""

    home: str
    home_why: str
    abroad_probe: str
    abroad_why: str
    press_cap: Cap
    stands_above: Line
    small_share: Share
    model_flop_utilization: Reasoned
    model_flop_utilization_cites: tuple[Cite, ...]
    days_after_training: Reasoned
    not_sold_by: Vendors
    not_in_quantity: Named
    other_memory: Types


@dataclass(frozen=True)
class Routes:
    """What the project knows of routes."""

    kinds: Mapping[Route, RouteKind]
    likelihoods: Mapping[str, Likelihood]
    settings: Settings
    offers: tuple[CloudOffer, ...]
    capabilities: tuple[Capability, ...]
    stock: tuple[Stock, ...]
    reports: tuple[Report, ...]
    licences: tuple[Licence, ...]
    techniques: Mapping[str, Technique]
    subjects: Mapping[str, Subject]

    def subject(self, name: str) -> Subject:
        """The subject of an id or a name, however it is spaced and cased.

        Raises:
            InputError: there is none; the message names the nearest.
        """
        by_name = {_key(one): subject for subject in self.subjects.values()
                   for one in (subject.id, subject.title, *subject.names)}  # fmt: skip
        if found := by_name.get(_key(name)):
            return found
        near = get_close_matches(_key(name), by_name, n=3, cutoff=0.6)
        guess = list(dict.fromkeys(by_name[one].title for one in near))
        raise InputError(
            f"no subject is called {name[:80]!r}",
            remedy=f"did you mean {' or '.join(guess)}?" if guess else "`chipledger routes` lists those bundled; --ledger FILE asks your own documents",
        )  # fmt: skip


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


@cache
def routes() -> Routes:
    """The bundled data on routes.

    Raises:
        DataError: a file breaks its contract or names what is not there.

    >>> routes().kinds[Route.CLOUD_RENTAL].gives
    'access'
    """
    kinds = {kind.id: kind for kind in _list("kinds.yaml", RouteKind)}
    missing = [route.value for route in Route if route not in kinds]
    if missing:
        raise DataError(f"kinds {missing} are missing", where="kinds.yaml:1")
    rows = {row.id: row for row in _list("likelihoods.yaml", Likelihood)}
    found = Routes(
        kinds=kinds,
        likelihoods=rows,
        settings=load_yaml(FOLDER / "settings.yaml", Settings),
        offers=tuple(_list("cloud_offers.yaml", CloudOffer)),
        capabilities=tuple(_list("capabilities.yaml", Capability)),
        stock=tuple(_list("stock.yaml", Stock)),
        reports=tuple(_list("reports.yaml", Report)),
        licences=tuple(_list("licences.yaml", Licence)),
        techniques={one.technique: one for one in load_yaml_list(FOLDER / "techniques.yaml", Technique)},
        subjects={subject.id: subject for subject in map(_subject, sorted((FOLDER / "subjects").glob("*.yaml")))},
    )  # fmt: skip
    _check(found)
    return found


def _list(name: str, record: type[RecordT]) -> list[RecordT]:
    loaded = load_yaml_list(FOLDER / name, record)
    ids = [getattr(one, "id", None) for one in loaded]
    if repeated := sorted({str(one) for one in ids if ids.count(one) > 1}):
        raise DataError(f"ids {repeated} stand twice", where=name, remedy="keep one of each")
    return loaded


def _subject(path: Path) -> Subject:
    one = load_yaml(path, Subject)
    if one.id != path.stem:
        raise DataError(f"id {one.id!r} is not the file's name", where=f"{path.name}:1", expected=path.stem)
    return one


def _check(found: Routes) -> None:
    """Refuse a name that no other file knows."""
    known: dict[str, Callable[[str], bool]] = {
        "source": sources().__contains__,
        "chips": chips().__contains__,
        "party": parties().__contains__,
        "parties": parties().__contains__,
        "provider": parties().__contains__,
        "maker": parties().__contains__,
        "kind": lambda kind: kind in found.likelihoods or kind in _OTHER_KINDS,
        "conflicts_with": {one.id for one in found.reports}.__contains__,
        "rests_on": {one.id for one in found.reports}.__contains__,
    }
    for path in sorted(FOLDER.rglob("*.yaml")):
        value, lines = parse_yaml(path)
        for key, text, place in named(value):
            if key in known and not known[key](text):
                raise DataError(f"{key} {text!r} is not known", where=f"{path.name}:{_line(lines, place)}")


_OTHER_KINDS = frozenset({"stock", "orders", "project", "firm", "provider", "means"})


def _line(lines: Mapping[tuple[Any, ...], int], place: tuple[Any, ...]) -> int:
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


@cache
def sources() -> Mapping[str, Source]:
    """Every source that data files may cite, by its id."""
    return {
        one.id: one
        for path in sorted((DATA / "sources").glob("*.yaml"))
        for one in load_yaml_list(path, Source)
    }


def of_chips(records: Iterable[Any], ids: Iterable[str]) -> list[Any]:
    """The dated records that name one of these chips.

    Args:
        records: with a field `chips`.
        ids: of the catalogue.
    """
    wanted = set(ids)
    return [one for one in records if wanted.intersection(one.chips)]
