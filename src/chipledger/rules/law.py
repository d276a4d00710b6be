"""The rules as loaded: instruments, controls, end uses, letters, practices, guidance and country groups, read once.

Takes the package's data folder, or another of the same shape; gives one frozen Law, and the Law as it was known on an
earlier day: what was not public then is gone, and what it ended goes on. A slip in a file is a DataError that names
file, line and remedy.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from chipledger.core.errors import DataError
from chipledger.core.load import load_yaml, load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Source
from chipledger.rules.control import (
    ApprovedParty,
    Control,
    EndUse,
    Exclusion,
    Guidance,
    ImportPractice,
    Letter,
    Presumption,
    Version,
    ZParagraphs,
)
from chipledger.rules.destination import CountryGroups
from chipledger.rules.effect import InEffect
from chipledger.rules.instrument import Instrument

DATA = Path(str(files("chipledger"))) / "data"

NamedT = TypeVar("NamedT", bound=Record)


@dataclass(frozen=True)
class Law:
    """Every dated rule that the project carries, by id."""

    instruments: dict[str, Instrument]
    controls: dict[str, Control]
    remaining: dict[str, Control]
    end_uses: dict[str, EndUse]
    letters: dict[str, Letter]
    practices: dict[str, ImportPractice]
    guidance: dict[str, Guidance]
    presumptions: dict[str, Presumption]
    exclusions: tuple[Exclusion, ...]
    approved_parties: tuple[ApprovedParty, ...]
    z_paragraphs: tuple[ZParagraphs, ...]
    groups: CountryGroups
    sources: dict[str, Source]
    _by_stretch: dict[int, InEffect] = field(default_factory=dict, repr=False, compare=False)
    _by_known: dict[int, "Law"] = field(default_factory=dict, repr=False, compare=False)

    def on(self, day: date) -> InEffect:
        """What was in effect on the day; one object for each stretch of days without a change."""
        stretch = bisect_right(self.boundaries, day)
        if stretch not in self._by_stretch:
            self._by_stretch[stretch] = InEffect.of(self, day)
        return self._by_stretch[stretch]

    def as_known(self, known: date | None) -> "Law":
        """The law as the public could know it on the day: later instruments are gone, what they ended goes on.

        >>> law().as_known(date(2023, 1, 1)).controls["us-ear-3a090-2022"].version(date(2024, 1, 1)) is None
        False
        """
        if known is None:
            return self
        days = bisect_right(self._published, known)
        if days not in self._by_known:
            self._by_known[days] = _known(self, known)
        return self._by_known[days]

    @cached_property
    def _published(self) -> tuple[date, ...]:
        days = {one.published_on for one in self.instruments.values() if one.published_on}
        return tuple(sorted(days | {one.disclosed_on for one in self.letters.values() if one.disclosed_on}))

    @cached_property
    def boundaries(self) -> tuple[date, ...]:
        """Every day on which some answer may change, in order."""
        days = set(self.groups.days)
        for control in (*self.controls.values(), *self.remaining.values()):
            days |= control.days
        for end_use in self.end_uses.values():
            days |= end_use.days
        for row in (*self.guidance.values(), *self.exclusions, *self.approved_parties):
            days |= set(row.days)
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
        remaining=_folder(data / "remaining", Control),
        end_uses=_folder(data / "end_uses", EndUse),
        letters=_folder(data / "letters", Letter),
        practices=_folder(data / "practices", ImportPractice),
        guidance=_folder(data / "guidance", Guidance),
        presumptions=_folder(data / "presumptions", Presumption),
        exclusions=tuple(load_yaml_list(data / "exclusions.yaml", Exclusion)),
        approved_parties=tuple(load_yaml_list(data / "approved_parties.yaml", ApprovedParty)),
        z_paragraphs=tuple(load_yaml_list(data / "z_paragraphs.yaml", ZParagraphs)),
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


def _known(whole: Law, known: date) -> Law:
    def is_public(instrument: str | None, on: date | None = None) -> bool:
        """Whether an act was published; where none is named, whether what it did on a day had happened."""
        published = whole.instruments[instrument].published_on if instrument else on
        return published is None or published <= known

    def kept(rows: Iterable[Any]) -> tuple[Any, ...]:
        public = (row for row in rows if is_public(row.instrument, row.effective_from))
        return tuple(
            row if is_public(row.ended_by, row.effective_until) else row.model_copy(update=_REOPENED)
            for row in public
        )

    def binding(rows: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(
            row if is_public(row.displaced_by) else row.model_copy(update={"displaced_by": None})
            for row in kept(rows)
        )

    def control(one: Control) -> Control:
        parts = {name: kept(getattr(one, name)) for name in ("reviews", "exceptions")}
        return one.model_copy(
            update={**parts, "versions": _versions(one, is_public), "requirements": binding(one.requirements)}
        )

    controls = {name: control(one) for name, one in whole.controls.items()}
    return replace(
        whole,
        controls=controls,
        end_uses={
            name: one.model_copy(update={"requirements": binding(one.requirements)})
            for name, one in whole.end_uses.items()
        },
        letters={
            name: one
            for name, one in whole.letters.items()
            if not one.disclosed_on or one.disclosed_on <= known
        },
        practices={
            name: one
            for name, one in whole.practices.items()
            if one.effective_from is None or one.effective_from <= known
        },
        guidance={row.id: row for row in kept(whole.guidance.values())},
        approved_parties=kept(whole.approved_parties),
        groups=whole.groups.model_copy(update={"memberships": kept(whole.groups.memberships)}),
        _by_stretch={},
        _by_known={},
    )


_REOPENED = {"effective_until": None, "ended_by": None}


def _versions(control: Control, is_public: Callable[[str | None], bool]) -> tuple[Version, ...]:
    """The versions that were public; the last goes on where what ended it was not public."""
    public = [version for version in control.versions if is_public(version.instrument)]
    if not public:
        return ()
    later = control.versions[len(public) :]
    ended_by = later[0].instrument if later else control.ended_by
    if not is_public(ended_by):
        public[-1] = public[-1].model_copy(update={"effective_until": None})
    return tuple(public)


def _check(loaded: Law) -> None:
    scopes = {scope.id for scope in loaded.groups.scopes}
    instruments = set(loaded.instruments)
    known = {"instrument": instruments, "ended_by": instruments, "displaced_by": instruments, "source": set(loaded.sources),
             "destinations": scopes, "headquartered": scopes, "packaged_outside": scopes, "destination_in": scopes, "located_in": scopes,
             "headquartered_in": scopes}  # fmt: skip
    lists = {"approved_parties.yaml": loaded.approved_parties, "exclusions.yaml": loaded.exclusions,
             "z_paragraphs.yaml": loaded.z_paragraphs}  # fmt: skip
    folders: list[dict[str, Any]] = [
        loaded.controls, loaded.remaining, loaded.end_uses, loaded.letters, loaded.practices, loaded.guidance,
        loaded.presumptions, loaded.instruments,
        *({f"{file}, entry {number}": row} for file, rows in lists.items() for number, row in enumerate(rows, 1)),
    ]  # fmt: skip
    for folder in folders:
        for name, one in folder.items():
            fields = {"destinations": set[str]()} if isinstance(one, Instrument) else known
            for field_name, value in _references(one.model_dump(), {**known, **fields}):
                raise DataError(
                    f"{field_name} {value!r} does not exist",
                    where=name if ".yaml" in name else f"{name}.yaml",
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
