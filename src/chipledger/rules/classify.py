"""Which paragraphs of 3A090 a chip meets on a day, where a host entry puts it, and what remains where it meets none.

Takes an Item and a day; gives every paragraph in effect that day with its truth and reasons. Classification is exact
on the given numbers; lines within the figures' rounding are listed beside it and never change it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from chipledger.core.errors import InputError
from chipledger.core.sources import Cite
from chipledger.core.truth import Truth, Verdict, any_of
from chipledger.rules.control import Paragraph
from chipledger.rules.criteria import Line, comparisons, evaluate
from chipledger.rules.item import Item
from chipledger.rules.law import law


@dataclass(frozen=True, slots=True)
class Met:
    """One paragraph and whether the item meets it."""

    eccn: str
    truth: Truth
    cite: Cite

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"eccn": self.eccn, "truth": self.truth.value.value, "reasons": list(self.truth.reasons),
                "cite": cite_text(self.cite)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Near:
    """A line so near to the item's figure that rounding or a rival value could cross it."""

    eccn: str
    line: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"eccn": self.eccn, "line": self.line, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Classification:
    """What the paragraphs in effect on a day say of an item.

    `ic` holds every paragraph met, `board` the entry of a board or computer with the part in it, `z` the paragraphs of the
    host entry that takes its place, `otherwise` what remains where no paragraph is met.
    """

    on: date
    paragraphs: tuple[Met, ...]
    ic: tuple[str, ...]
    board: str | None
    truth: Truth
    near: tuple[Near, ...]
    z: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, as `chipledger classify` prints them."""
        return {
            "on": self.on.isoformat(),
            "ic": list(self.ic),
            "board": self.board,
            "truth": self.truth.value.value,
            "paragraphs": [met.as_dict() for met in self.paragraphs],
            "near": [near.as_dict() for near in self.near],
            "z": list(self.z),
            "otherwise": list(self.otherwise),
        }


def classify(item: Item, on: date, host: str | None = None) -> Classification:
    """The paragraphs that the item meets on the day.

    Args:
        item: the facts of the chip; what is missing stays unknown.
        on: the day in the world.
        host: the entry that describes the item but for its speed ("5A992.c" with mass-market encryption, "5A002.a").

    Returns:
        Every paragraph in effect with its truth; truth overall is yes as soon as one is met.

    Raises:
        InputError: no such host entry has .z paragraphs.

    Source: 15 CFR Part 774 Supplement 1, ECCN 3A090 with Note 2; 87 FR 62186 before 2023-11-17.

    >>> from chipledger.rules.item import given
    >>> a100 = Item(total_processing_performance=given(4992.0), applicable_die_area_mm2=given(826.0))
    >>> classify(a100, date(2023, 12, 1)).ic
    ('3A090.a.1', '3A090.a.2')
    >>> classify(a100, date(2026, 7, 23), host="5A992.c").z
    ('5A992.z.1',)
    """
    controls = [(control, version) for control in law().controls.values() if (version := control.version(on))]
    found = [(control, paragraph, Met(paragraph.eccn, evaluate(paragraph.criteria, item), paragraph.cite))
             for control, version in controls for paragraph in version.paragraphs]  # fmt: skip
    met = [(control, one) for control, _, one in found if one.truth.is_yes]
    truth = any_of(one.truth for _, _, one in found) if found else before_any(on, law().on(on).first_control)
    return Classification(
        on=on,
        paragraphs=tuple(one for _, _, one in found),
        ic=tuple(one.eccn for _, one in met),
        board=next((control.board for control, _ in met), None),
        truth=truth,
        near=tuple(near for _, paragraph, one in found for near in _near(paragraph, one.truth, item)),
        z=_z_paragraphs(host, met[0][0].letter if met else None, on) if host else (),
        otherwise=_otherwise(item, on) if truth.is_no else (),
    )


def _z_paragraphs(host: str, letter: str | None, on: date) -> tuple[str, ...]:
    table = law().z_paragraphs
    known = dict.fromkeys(row.host for text in table for row in text.hosts)
    name = next((one for one in known if one.casefold() == host.strip().casefold()), None)
    if name is None:
        raise InputError(
            f"no .z paragraph is known for the host entry {host!r}", expected="one of " + ", ".join(known)
        )
    rows = (row for text in table if text.holds_on(on) for row in text.hosts if row.host == name)
    row = next(rows, None)
    if row is None or letter is None:
        return ()
    return row.a if letter == "a" else row.b


def _otherwise(item: Item, on: date) -> tuple[str, ...]:
    """What remains where 3A090 is not met: the paragraphs met and the entry of a board with the part in it."""
    for control in law().remaining.values():
        version = control.version(on)
        met = [
            one.eccn for one in (version.paragraphs if version else ()) if evaluate(one.criteria, item).is_yes
        ]
        if met and not item.is_memory.is_yes:
            return (*met, *filter(None, [control.board]))
    return ()


def before_any(on: date, first: date) -> Truth:
    """The answer for a day on which no control of chips by performance was in effect; `first` is when one was."""
    return Truth.no(f"no 3A090 control was in effect on {on} (the first: {first})")


def cite_text(cite: Cite) -> str:
    """A cite as one line: title of the source, place, grade."""
    source = law().sources.get(cite.source)
    title = source.title if source else cite.source
    return title + (f", {cite.at}" if cite.at else "") + f" ({cite.grade.value})"


def _near(paragraph: Paragraph, truth: Truth, item: Item) -> list[Near]:
    found = []
    for line in comparisons(paragraph.criteria):
        quantity = line.metric.read(item)
        if quantity is None or not line.is_near(quantity):
            continue
        if evaluate(paragraph.criteria, item, crossed=line).value not in (truth.value, Verdict.UNKNOWN):
            found.append(Near(paragraph.eccn, f"{line.metric.label} {line.line:g}", _says(line, item)))
    return list(dict.fromkeys(found))


def _says(line: Line, item: Item) -> str:
    quantity = line.metric.read(item)
    assert quantity is not None
    rivals = ", ".join(line.shown(rival) for rival in quantity.rivals)
    rival = f"; also given as {rivals}" if rivals else ""
    return f"{line.metric.label} {line.shown(quantity.value)} lies near the line {line.line:g}{rival}"
