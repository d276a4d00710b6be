"""The rules as loaded: instruments, controls, letters, practices and country groups, read once from data files.

Takes the package's data folder, or another of the same shape; gives one frozen Law. A slip in a file is a DataError
that names file, line and remedy.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from chipledger.core.errors import DataError
from chipledger.core.load import load_yaml, load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Source
from chipledger.rules.control import Control, ImportPractice, Letter
from chipledger.rules.destination import CountryGroups
from chipledger.rules.instrument import Instrument

DATA = Path(str(files("chipledger"))) / "data"

NamedT = TypeVar("NamedT", bound=Record)


@dataclass(frozen=True)
class Law:
    """Every dated rule that the project carries, by id."""

    instruments: dict[str, Instrument]
    controls: dict[str, Control]
    letters: dict[str, Letter]
    practices: dict[str, ImportPractice]
    groups: CountryGroups
    sources: dict[str, Source]

    @cached_property
    def boundaries(self) -> tuple[date, ...]:
        """Every day on which some answer may change, in order."""
        days = set(self.groups.days)
        for control in self.controls.values():
            days |= control.days
        for letter in self.letters.values():
            days |= {day for reach in letter.reaches for day in reach.days}
        for practice in self.practices.values():
            days |= set(practice.days)
        return tuple(sorted(days))

    def chronicle(self) -> list[Instrument]:
        """The instruments in the order of their days."""
        return sorted(self.instruments.values(), key=lambda one: (one.dated_on(), one.id))

    def concerns(self, instrument: Instrument, country: str) -> bool:
        """Whether an instrument names the country, what it is treated as, or a group that it was or may have been in.

        Args:
            instrument: the instrument.
            country: a two-letter code; Hong Kong is treated as China.

        >>> rules = law()
        >>> rule = rules.instruments["us-2022-10-07-ac-ifr"]
        >>> rules.concerns(rule, "CN"), rules.concerns(rule, "HK"), rules.concerns(rule, "DE")
        (True, True, False)
        """
        named = {self.groups.treated_as.get(country, country), country, "*"}
        if named.intersection(instrument.destinations):
            return True
        day = instrument.effective_from or instrument.dated_on()
        groups = (place for place in instrument.destinations if place.startswith(_GROUPS))
        return any(not self.groups.in_group(country, group, day).is_no for group in groups)


_GROUPS = ("A:", "D:")


@cache
def law(data: Path = DATA) -> Law:
    """The rules of a data folder, loaded and cross-checked.

    Raises:
        DataError: a file does not fit, its name is not its id, or it names an instrument, scope or source that is not there.

    >>> law().instruments["us-2022-10-07-ac-ifr"].citation
    '87 FR 62186'
    """
    loaded = Law(
        instruments=_folder(data / "instruments", Instrument),
        controls=_folder(data / "controls", Control),
        letters=_folder(data / "letters", Letter),
        practices=_folder(data / "practices", ImportPractice),
        groups=load_yaml(data / "country_groups.yaml", CountryGroups),
        sources={source.id: source for source in load_yaml_list(data / "sources" / "rules.yaml", Source)},
    )
    _check(loaded)
    return loaded


def _folder(folder: Path, record: type[NamedT]) -> dict[str, NamedT]:
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        one = load_yaml(path, record)
        name = getattr(one, "id", "")
        if name != path.stem:
            raise DataError(
                f"id {name!r} is not the file's name", where=f"{path.name}:1", remedy=f"write id: {path.stem}"
            )
        found[name] = one
    return found


def _check(loaded: Law) -> None:
    known = {"instrument": set(loaded.instruments), "source": set(loaded.sources),
             "destinations": {scope.id for scope in loaded.groups.scopes}}  # fmt: skip
    for folder in (loaded.controls, loaded.letters, loaded.practices, loaded.instruments):
        for name, one in folder.items():
            fields = {"destinations": set[str]()} if isinstance(one, Instrument) else known
            for field, value in _references(one.model_dump(), {**known, **fields}):
                raise DataError(
                    f"{field} {value!r} does not exist",
                    where=f"{name}.yaml",
                    expected="the id of one that does",
                )


def _references(value: object, known: dict[str, set[str]]) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        missing = [(key, item) for key, item in value.items()
                   if known.get(key) and isinstance(item, str) and item not in known[key]]  # fmt: skip
        return missing + [found for item in value.values() for found in _references(item, known)]
    if isinstance(value, list | tuple):
        return [found for item in value for found in _references(item, known)]
    return []
