"""Rule files that stand on their own: each carries its sources, names scopes and controls of the law, and is checked whole.

Takes a path and a record; gives the record. A slip is a DataError with file, line and remedy, so that someone who writes a
proposed rule for themselves learns of it as a contributor would.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from chipledger.core.errors import DataError
from chipledger.core.load import load_yaml, named, parse_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite, Source
from chipledger.rules.law import law

SourcedT = TypeVar("SourcedT", bound="Sourced")

_SCOPED = ("destinations", "destination_in", "located_in", "headquartered_in")


class Sourced(Record):
    """A rule file with its own sources; `id` is the file's name."""

    id: str
    sources: tuple[Source, ...] = ()

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        return {source.id: source.title for source in (*law().sources.values(), *self.sources)}

    def cited(self, cite: Cite) -> str:
        """A cite as one line: title of the source, place, grade."""
        return self._titles[cite.source] + (f", {cite.at}" if cite.at else "") + f" ({cite.grade.value})"


def load_sourced(path: Path, record: type[SourcedT]) -> SourcedT:
    """One rule file, checked with everything that it names.

    Raises:
        DataError: the file does not fit its record, or names a source, scope, country, control or instrument that is not there.
    """
    one = load_yaml(path, record)
    raw, lines = parse_yaml(path)
    known = _known(one)
    for field, name, at in named(raw):
        if field in known and name not in known[field]:
            near = get_close_matches(str(name), known[field], n=3, cutoff=0.4)
            raise DataError(
                f"{field} {name!r} does not exist",
                where=f"{path.name}:{lines.get(at, 1)}",
                expected=" or ".join(near) if near else _expected(field),
            )
    return one


def _known(one: Sourced) -> dict[str, set[str]]:
    rules = law()
    scopes = {scope.id for scope in rules.groups.scopes}
    return {
        "source": set(rules.sources) | {source.id for source in one.sources},
        "instrument": set(rules.instruments),
        "controls": set(rules.controls),
        "countries": set(rules.groups.countries),
        **dict.fromkeys(_SCOPED, scopes),
    }


def _expected(field: str) -> str:
    return "a source listed under sources" if field == "source" else f"the name of one of the law's {field}"
