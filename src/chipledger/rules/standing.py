"""How a transaction stands in the law of a stretch of days, before any chip is looked at.

Takes what is in effect and a Transaction; gives, for each layer and control, whether a requirement reaches it, and the
reviews and exceptions that may still apply, each with what is left to ask of the item. It is the same for every chip, so
it is kept for the transaction and the stretch; no answer on a chip is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from chipledger.core.sources import Cite
from chipledger.core.truth import Truth, all_of, any_of
from chipledger.rules.control import LicenseException, Proviso, Requirement, Review, TextLayer
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


class Footing(NamedTuple):
    """One control in one layer: whether a requirement reaches the transaction, and what else may apply."""

    reached: Truth
    cites: tuple[Cite, ...]
    reviews: tuple[Settled[Review], ...]
    exceptions: tuple[Settled[LicenseException], ...]


class LayerStanding(NamedTuple):
    """The controls of a layer in their order, and the end uses that ask for a licence or may."""

    controls: tuple[Footing, ...]
    end_uses: tuple[tuple[Truth, Cite], ...]


def standing(text: InEffect, transaction: Transaction) -> dict[TextLayer, LayerStanding]:
    """How the transaction stands in both layers of the text.

    Args:
        text: what is in effect.
        transaction: where to, for whom, by what act.
    """
    found = text.standings.get(transaction)
    if found is None:
        if len(text.standings) >= KEPT_AT_MOST:
            text.standings.clear()
        case = Case(Item(), transaction, text)
        found = text.standings[transaction] = {layer: _layer(text, layer, case) for layer in TextLayer}
    return found


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
        reached=all_of([reached, *_left_out(one, case)]),
        cites=tuple(row.cite for row, truth in zip(rows, asked, strict=True) if truth.value is reached.value),
        reviews=tuple(_settled(text, one.reviews[layer], case, keep=lambda truth: not truth.is_no)),
        exceptions=tuple(_settled(text, one.exceptions[layer], case, keep=lambda truth: True)),
    )


def _asks(text: InEffect, row: Requirement, case: Case) -> Truth:
    assert case.transaction is not None
    parts = [text.reaches(row.destinations, case.transaction.destination)]
    if row.when is not None:
        parts.append(row.when.test(case))
    if row.unless is not None:
        parts.append(~row.unless.test(case))
    return all_of(parts)


def _left_out(one: ControlText, case: Case) -> Iterable[Truth]:
    for row in one.exclusions:
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


_FACTS = {"package_filed": "package", "purchase_order": "purchase_order"}


def _was_asked(criterion: Criterion | None, case: Case) -> bool:
    name = _FACTS.get((criterion.predicate if criterion else None) or "", "")
    return getattr(case.transaction, name, None) is not None
