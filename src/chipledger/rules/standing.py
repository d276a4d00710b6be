"""How a transaction stands in the law of a stretch of days, before any chip is looked at.

Takes what is in effect and a Transaction; gives, for each layer and control, whether a requirement reaches it, and the
reviews and exceptions that may still apply, each with what is left to ask of the item; and the letters and practices that
reach it. It is the same for every chip, so it is kept for the transaction and the stretch; no answer on a chip is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from chipledger.core.sources import Cite
from chipledger.core.truth import Truth, all_of, any_of
from chipledger.rules.classify import cite_text
from chipledger.rules.control import (
    ImportPractice,
    Letter,
    LicenseException,
    Proviso,
    Reach,
    Requirement,
    Review,
    TextLayer,
)
from chipledger.rules.criteria import Case, Criterion, Test
from chipledger.rules.effect import ControlText, InEffect
from chipledger.rules.item import Item
from chipledger.rules.transaction import Transaction

RowT = TypeVar("RowT", Review, LicenseException)

KEPT_AT_MOST = 20_000
"""Transactions kept for a stretch; past it the store is emptied."""


@dataclass(frozen=True, slots=True)
class Settled(Generic[RowT]):
    """A row as far as the transaction settles it: the truth so far, what the item must meet, what is left to bring."""

    row: RowT
    so_far: Truth
    of_item: tuple[Test, ...]
    left: tuple[str, ...]

    def applies(self, case: Case) -> Truth:
        """Whether the row applies to the item in the transaction."""
        if not self.of_item:
            return self.so_far
        return all_of([self.so_far, *[test(case) for test in self.of_item]])


@dataclass(frozen=True, slots=True)
class ExceptionAnswer:
    """Whether a licence exception opens: open, eligible_to_notify, not_open or unknown, with why and what is left to bring."""

    name: str
    section: str
    state: str
    reasons: tuple[str, ...]
    provided: tuple[str, ...]
    cite: Cite

    def __str__(self) -> str:
        why = "; ".join(self.reasons) if self.state in ("unknown", "not_open") else ""
        left = f"provided: {'; '.join(self.provided)}" if self.provided and not why else ""
        return " - ".join(
            filter(None, [f"{self.name} ({self.section}) {self.state.replace('_', ' ')}", why, left])
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"name": self.name, "section": self.section, "state": self.state, "reasons": list(self.reasons),
                "provided": list(self.provided), "cite": cite_text(self.cite)}  # fmt: skip


def answered(one: Settled[LicenseException], opens: Truth) -> ExceptionAnswer:
    """The answer on an exception, once it is known whether it opens."""
    row = one.row
    state = row.opens_as.value if opens.is_yes else "not_open" if opens.is_no else "unknown"
    return ExceptionAnswer(row.name, row.section, state, (row.says, *opens.reasons), one.left, row.cite)


class Footing(NamedTuple):
    """One control in one layer: whether a requirement reaches the transaction, and what else may apply."""

    reached: Truth
    cites: tuple[Cite, ...]
    reviews: tuple[Settled[Review], ...]
    exceptions: tuple[Settled[LicenseException] | ExceptionAnswer, ...]
    """Answered already where nothing is left to ask of the item."""


class LayerStanding(NamedTuple):
    """The controls of a layer in their order, and the end uses that ask for a licence or may."""

    controls: tuple[Footing, ...]
    end_uses: tuple[tuple[Truth, Cite], ...]


class Standing(NamedTuple):
    """How a transaction stands: `enforced` is `codified` itself, or holds its footings, where both texts say the same.

    `letters` are those that reach it or may, by addressee.
    """

    codified: LayerStanding
    enforced: LayerStanding
    letters: dict[str, tuple[tuple[Letter, Truth], ...]]
    practices: tuple[ImportPractice, ...]


def standing(text: InEffect, transaction: Transaction) -> Standing:
    """How the transaction stands in both layers of the text, the letters and the practices.

    Args:
        text: what is in effect.
        transaction: where to, for whom, by what act.
    """
    found = text.standings.get(transaction)
    if found is None:
        if len(text.standings) >= KEPT_AT_MOST:
            text.standings.clear()
        found = text.standings[transaction] = _found(text, Case(Item(), transaction, text))
    return found


def _found(text: InEffect, case: Case) -> Standing:
    assert case.transaction is not None
    codified = _layer(text, TextLayer.CODIFIED, case)
    to = case.transaction.destination
    return Standing(
        codified=codified,
        enforced=_shared(codified, _layer(text, TextLayer.ENFORCED, case)),
        letters={sender: tuple(_reaching(text, sent, case)) for sender, sent in text.letters.items()},
        practices=tuple(one for one in text.practices if text.reaches(one.destinations, to).is_yes),
    )


def _shared(codified: LayerStanding, enforced: LayerStanding) -> LayerStanding:
    """The enforced layer with what it has in common with the codified one."""
    if codified == enforced:
        return codified
    pairs = zip(codified.controls, enforced.controls, strict=True)
    return enforced._replace(controls=tuple(ours if ours == theirs else theirs for ours, theirs in pairs))


def _reaching(text: InEffect, letters: Iterable[Letter], case: Case) -> Iterable[tuple[Letter, Truth]]:
    for letter in letters:
        reached = any_of([_letter_reaches(text, letter, reach, case) for reach in letter.reaches])
        if not reached.is_no:
            yield letter, reached


def _letter_reaches(text: InEffect, letter: Letter, reach: Reach, case: Case) -> Truth:
    begins, doubt = reach.effective_from, reach.in_doubt_from
    if doubt and begins and doubt <= text.on < begins:
        day = Truth.unknown(f"{letter.title}: the day is not public, between {doubt} and {begins}")
    elif reach.holds_on(text.on):
        day = Truth.yes(f"{letter.title} was in effect")
    else:
        return Truth.no(f"{letter.title} was not in effect")
    assert case.transaction is not None
    place = text.reaches(reach.destinations, case.transaction.destination)
    if reach.headquartered and not place.is_yes:
        place = any_of([place, text.reaches(reach.headquartered, case.transaction.headquarters)])
    return all_of([day, place])


def _layer(text: InEffect, layer: TextLayer, case: Case) -> LayerStanding:
    return LayerStanding(
        controls=tuple(_footing(text, one, layer, case) for one in text.controls),
        end_uses=tuple(_end_uses(text, layer, case)),
    )


def _footing(text: InEffect, one: ControlText, layer: TextLayer, case: Case) -> Footing:
    rows = one.requirements[layer]
    asked = [_asks(text, row, case) for row in rows]
    reached = any_of(asked) if asked else Truth.no(f"no requirement for {one.control.eccn} is in effect")
    return Footing(
        reached=all_of([reached, *_left_out(text, case)]),
        cites=tuple(row.cite for row, truth in zip(rows, asked, strict=True) if truth.value is reached.value),
        reviews=tuple(_settled(text, one.reviews[layer], case, keep=lambda truth: not truth.is_no)),
        exceptions=tuple(
            row if row.of_item else answered(row, row.so_far)
            for row in _settled(text, one.exceptions[layer], case, keep=lambda truth: True)
        ),
    )


def _asks(text: InEffect, row: Requirement, case: Case) -> Truth:
    assert case.transaction is not None
    parts = [text.reaches(row.destinations, case.transaction.destination)]
    if row.when is not None:
        parts.append(row.when.test(case))
    if row.unless is not None:
        parts.append(~row.unless.test(case))
    return all_of(parts)


def _left_out(text: InEffect, case: Case) -> Iterable[Truth]:
    for row in text.exclusions:
        found = row.when.test(case)
        if not found.is_no:
            yield Truth.no(row.says) if found.is_yes else found


def _end_uses(text: InEffect, layer: TextLayer, case: Case) -> Iterable[tuple[Truth, Cite]]:
    for title, row in text.end_uses[layer]:
        truth = _asks(text, row, case)
        if not truth.is_no:
            yield Truth(truth.value, (*truth.reasons, title)), row.cite


def _settled(
    text: InEffect, rows: Iterable[RowT], case: Case, keep: Callable[[Truth], bool]
) -> Iterable[Settled[RowT]]:
    assert case.transaction is not None
    for row in rows:
        asked: tuple[Criterion, ...] = row.when.conjuncts if row.when else ()
        brought, left = _brought(row.provided, case)
        place = text.reaches(row.destinations, case.transaction.destination)
        so_far = all_of([place, brought, *(part.test(case) for part in asked if not part.asks_item)])
        if keep(so_far):
            of_item = () if so_far.is_no else tuple(part.test for part in asked if part.asks_item)
            yield Settled(row, so_far, of_item, left)


def _brought(provided: tuple[Proviso, ...], case: Case) -> tuple[Truth, tuple[str, ...]]:
    """Whether what must be brought is there, and what is left to bring; what was not asked about is only told."""
    left, found = [], []
    for proviso in provided:
        truth = proviso.when.test(case) if proviso.when else None
        if truth is None or (truth.is_unknown and not _was_asked(proviso.when, case)):
            left.append(proviso.says)
        else:
            found.append(truth)
    return all_of(found), tuple(left)


def _was_asked(criterion: Criterion | None, case: Case) -> bool:
    """Whether the fact was asked about: a predicate of the transaction has the name of its field."""
    predicate = criterion.predicate if criterion else None
    return bool(predicate) and getattr(case.transaction, str(predicate), None) is not None
