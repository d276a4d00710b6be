"""Studies by others as data: their sources, quotes, claims, and what we find for and against each claim.

`study(id)` reads data/study/<id>/ strictly: an id that nothing carries, a quote that is too long, a verdict that its
evidence does not bear are refused with file and line. Nothing is reckoned here: `study_reckoned` asks the engines,
`study_rebuild` reads the quotes anew from clones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_yaml, load_yaml_list, named, parse_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite, Source
from chipledger.findings.events import Event, events
from chipledger.findings.study_claim import StudyClaim
from chipledger.findings.study_records import Absence, Change, StudyFile, StudyHead, StudyQuote
from chipledger.routes.register import sources

DATA = Path(__file__).parents[1] / "data" / "study"
NOTICE = "documented mentions and what they are consistent with; use or possession of a chip is no breach of any rule"
RecordT = TypeVar("RecordT", bound=Record)
_FILES: tuple[tuple[str, type[Record]], ...] = (
    ("sources.yaml", StudyFile), ("quotes.yaml", StudyQuote), ("changes.yaml", Change), ("absences.yaml", Absence),
    ("claims.yaml", StudyClaim),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study with everything it names, by id, in the order of its files."""

    head: StudyHead
    files: Mapping[str, StudyFile]
    quotes: Mapping[str, StudyQuote]
    changes: Mapping[str, Change]
    absences: Mapping[str, Absence]
    claims: Mapping[str, StudyClaim]

    @property
    def event(self) -> Event | None:
        """The dated event that its appearance is."""
        return next((one for one in events() if one.id == self.head.event), None)

    def claim(self, id: str) -> StudyClaim:
        """The claim of an id, however it is cased.

        Raises:
            InputError: there is none.

        >>> study("whack-a-chip").claim("p6").id
        'P6'
        """
        by_id = {one.casefold(): claim for one, claim in self.claims.items()}
        if found := by_id.get(id.casefold()):
            return found
        raise InputError(
            f"no claim has the id {id[:40]!r}", where=self.head.id, expected=", ".join(self.claims)
        )

    def days_after(self, change: Change) -> int | None:
        """The days from the study's appearance to a change of a source; None where the study is no dated event."""
        event = self.event
        return (self.files[change.after].committed_on - event.on).days if event else None

    def quotes_of(self, claim: StudyClaim) -> tuple[StudyQuote, ...]:
        """The quotes on which a claim's evidence stands, each once."""
        ids = [id for one in claim.evidence for id in one.quotes]
        ids += [self.changes[id].quote for one in claim.evidence for id in one.changes]
        return tuple(self.quotes[id] for id in dict.fromkeys(ids))

    def cites_of(self, claim: StudyClaim) -> tuple[Cite, ...]:
        """Every cite of a claim, in order."""
        return (*claim.known_from, *(cite for one in claim.evidence for cite in one.cites))


def study_ids() -> tuple[str, ...]:
    """The ids of the bundled studies.

    >>> study_ids()[-1]
    'whack-a-chip'
    """
    return tuple(sorted(path.parent.name.replace("_", "-") for path in DATA.glob("*/study.yaml")))


@cache
def study(id: str) -> Study:
    """A bundled study.

    Args:
        id: as `study_ids` lists it.

    Raises:
        InputError: there is none of that id.
        DataError: a file breaks its contract or names what is not there.

    >>> found = study("whack-a-chip")
    >>> list(found.claims)[:3], all(len(one.quote) <= 200 for one in found.quotes.values())
    (['P1', 'P2', 'P3'], True)
    """
    if id not in study_ids():
        near = get_close_matches(id, study_ids(), n=2, cutoff=0.4)
        raise InputError(f"no study is called {id[:60]!r}", expected=", ".join(study_ids()),
                         remedy=f"did you mean {' or '.join(near)}?" if near else "`chipledger study list` lists them")  # fmt: skip
    return load_study(DATA / id.replace("-", "_"))


def load_study(folder: Path) -> Study:
    """A study from a folder of its files.

    Args:
        folder: that holds study.yaml and its neighbours.

    Raises:
        DataError: as for `study`.
    """
    head = load_yaml(folder / "study.yaml", StudyHead)
    base = study(head.builds_on) if head.builds_on else None
    own = {name: _by_id(folder / name, record) for name, record in _FILES}
    found = Study(
        head=head,
        files=_with(base.files if base else {}, own["sources.yaml"]),
        quotes=_with(base.quotes if base else {}, own["quotes.yaml"]),
        changes=_with(base.changes if base else {}, own["changes.yaml"]),
        absences=_with(base.absences if base else {}, own["absences.yaml"]),
        claims=_with({}, own["claims.yaml"]),
    )
    _check(folder, found, base)
    return found


def _with(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The records of a study and of what it builds on.

    Raises:
        DataError: both carry one id.
    """
    if both := sorted(set(base) & set(own)):
        raise DataError(f"the id {both[0]!r} is that of the study it builds on", remedy="choose another")
    return {**base, **own}


def _by_id(path: Path, record: type[RecordT]) -> dict[str, RecordT]:
    by_id: dict[str, RecordT] = {}
    for one in load_yaml_list(path, record):
        id = getattr(one, "id", "")
        if id in by_id:
            raise DataError(f"the id {id!r} stands twice", where=path.name, remedy="keep one of them")
        by_id[id] = one
    return by_id


def _check(folder: Path, found: Study, base: Study | None) -> None:
    """Refuse a name that no file knows, and words that are not in the quote they are said to be of."""
    known: dict[str, Iterable[str]] = {
        "source": sources(), "file": found.files, "after": found.files, "quote": found.quotes, "quotes": found.quotes,
        "sums": found.quotes, "changes": found.changes, "absences": found.absences,
        "event": [one.id for one in events()], "retells": base.claims if base else (),
    }  # fmt: skip
    for name in ("study.yaml", *(name for name, _ in _FILES)):
        value, lines = parse_yaml(folder / name)
        for key, text, place in named(value):
            is_words = key == "quote" and (name == "quotes.yaml" or "cites" in place or "known_from" in place)
            if key in known and not is_words and text not in known[key]:
                raise DataError(f"{key} {text!r} is not known", where=f"{name}:{_line(lines, place)}")
    for change in found.changes.values():
        if change.gone not in found.quotes[change.quote].quote:
            raise DataError(f"{change.gone!r} is not in the quote {change.quote}", where="changes.yaml")


def _line(lines: Mapping[tuple[Any, ...], int], place: tuple[Any, ...]) -> int:
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


def sources_of(found: Study, claims: Iterable[StudyClaim]) -> tuple[Source, ...]:
    """What is cited for claims, in the order of first use.

    Args:
        found: the study.
        claims: of it.
    """
    cites = [*found.head.cites, *(cite for claim in claims for cite in found.cites_of(claim))]
    return tuple(sources()[id] for id in dict.fromkeys(cite.source for cite in cites))
