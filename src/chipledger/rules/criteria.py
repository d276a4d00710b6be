"""The small language of the rules: all, any, not, comparisons, places, acts, named facts, and what is not public.

Takes a Criterion (as written in a data file) and a Case (an item, and the transaction it is in); gives a Truth whose
reasons carry the numbers and name what is missing. A criterion is turned into one function on first use.
Thresholds are inclusive as the text says: `at_least` is "or more", `below` is "less than", `above` is "greater than".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Protocol

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.truth import Truth, all_of, any_of
from chipledger.rules.item import Item
from chipledger.rules.lines import METRICS, Line, compare
from chipledger.rules.transaction import Action, ItemKind, Transaction

__all__ = ["METRICS", "Case", "Criterion", "Line", "compare", "comparisons", "evaluate"]


class Places(Protocol):
    """What tells whether a country lies in a scope, and whether a party is approved, on the day of the case."""

    def reaches(self, scope_id: str, country: str) -> Truth:
        """Whether the scope holds the country."""

    def is_approved(self, end_user: str | None) -> Truth:
        """Whether the end user is an approved party."""


@dataclass(slots=True)
class Case:
    """What a criterion is asked about; a line in `crossed` is taken as lying on its other side."""

    item: Item
    transaction: Transaction | None = None
    places: Places | None = None
    crossed: Line | None = None


Test = Callable[[Case], Truth]


def _asked(name: str, meaning: str, unasked: Truth) -> Test:
    """A fact of the transaction that may not have been asked about, or may not be known."""
    missing = Truth.unknown(f"needs {name} ({meaning})")

    def test(case: Case) -> Truth:
        given: Truth | None = getattr(case.transaction, name, None)
        if given is None:
            return unasked
        return (
            missing
            if given.is_unknown
            else Truth(given.value, (f"{meaning}: {given.value.value}, as given",))
        )

    return test


_LISTED = _asked(
    "end_user_listed", "whether the end user is listed", Truth.no("holds for an end user that is not listed")
)
_OWNED = _asked(
    "owned_half_by_listed",
    "whether listed parties own half of the end user or more, together",
    Truth.no("holds for an end user that listed parties do not own by half"),
)
_SUPERCOMPUTER = _asked(
    "supercomputer_end_use",
    "whether the item is known to be for a supercomputer there",
    Truth.no("holds where no supercomputer end use is known"),
)
_PACKAGE = _asked(
    "package", "whether the package of paragraph (dd) is filed", Truth.unknown("needs package (whether the package of paragraph (dd), Supplement 2 to Part 748, is filed)")
)  # fmt: skip
_ORDER = _asked(
    "purchase_order", "whether there is a written purchase order", Truth.unknown("needs purchase_order (a written purchase order before the shipment)")
)  # fmt: skip


def _approved(case: Case) -> Truth:
    if case.places is None or case.transaction is None:
        return Truth.unknown("needs end_user (who it is)")
    return case.places.is_approved(case.transaction.end_user)


PREDICATES: dict[str, Test] = {
    "marketed_for_data_center": lambda case: case.item.marketed_for_data_center,
    "high_bandwidth_memory": lambda case: case.item.is_memory,
    "co_packaged_with_logic": lambda case: case.item.co_packaged_with_logic,
    "non_planar": lambda case: case.item.non_planar,
    "contains_high_bandwidth_memory": lambda case: case.item.contains_memory,
    "end_user_listed": _LISTED,
    "owned_half_by_listed": _OWNED,
    "supercomputer_end_use": _SUPERCOMPUTER,
    "package": _PACKAGE,
    "purchase_order": _ORDER,
    "approved_party": _approved,
}
_OF_ITEM = (
    "marketed_for_data_center", "high_bandwidth_memory", "co_packaged_with_logic", "non_planar", "contains_high_bandwidth_memory",
)  # fmt: skip
_PLACES = {
    "destination_in": lambda transaction: transaction.destination,
    "located_in": lambda transaction: transaction.located_in,
    "headquartered_in": lambda transaction: transaction.headquarters,
}
_FORMS = (
    "all_", "any_", "not_", "metric", "product_in", "predicate", "undecided", *_PLACES, "action_in", "item_kind_in",
)  # fmt: skip


class Criterion(Record):
    """One condition of a rule: exactly one form.

    `all`, `any`, `not` combine. A `metric` carries `at_least`, `above` or `below` (or a band) and, where it has one, its
    unit. `product_in` names products. `destination_in`, `located_in` (the end user), `headquartered_in` (the party or its
    ultimate parent) name a scope. `action_in` and `item_kind_in` list acts and kinds. `predicate` names a fact.
    `undecided` says why no one outside can tell.

    >>> line = Criterion.model_validate({"metric": "total_processing_performance", "at_least": 2400})
    >>> from chipledger.rules.item import given
    >>> evaluate(line, Item(total_processing_performance=given(2368.0))).reasons
    ('TPP 2368 is below 2400',)
    """

    all_: tuple["Criterion", ...] | None = Field(default=None, alias="all")
    any_: tuple["Criterion", ...] | None = Field(default=None, alias="any")
    not_: "Criterion | None" = Field(default=None, alias="not")
    metric: str | None = None
    at_least: float | None = None
    above: float | None = None
    below: float | None = None
    unit: str | None = None
    product_in: tuple[str, ...] | None = None
    predicate: str | None = None
    undecided: str | None = None
    destination_in: str | None = None
    located_in: str | None = None
    headquartered_in: str | None = None
    action_in: tuple[Action, ...] | None = None
    item_kind_in: tuple[ItemKind, ...] | None = None

    @model_validator(mode="after")
    def _is_one_condition(self) -> "Criterion":
        forms = [form.rstrip("_") for form in _FORMS if getattr(self, form) is not None]
        if len(forms) != 1:
            raise ValueError(f"a condition has exactly one form, not {forms or 'none'}; use one of "
                             f"{', '.join(form.rstrip('_') for form in _FORMS)}")  # fmt: skip
        if self.predicate is not None and self.predicate not in PREDICATES:
            raise ValueError(f"unknown predicate {self.predicate!r}; known: {', '.join(PREDICATES)}")
        self._check_lines()
        return self

    def _check_lines(self) -> None:
        has_line = any(line is not None for line in (self.at_least, self.above, self.below))
        if self.metric is None:
            if has_line or self.unit:
                raise ValueError("at_least, above, below and unit belong to a metric")
            return
        if self.metric not in METRICS:
            raise ValueError(f"unknown metric {self.metric!r}; known: {', '.join(METRICS)}")
        unit = METRICS[self.metric].unit
        if not has_line:
            raise ValueError(f"{self.metric} has no line; give at_least, above or below")
        if (self.unit or "") != unit:
            raise ValueError(f"{self.metric} is written in {unit or 'no unit'}, not {self.unit or 'no unit'}")

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines of a comparison, in the order of the text; none for other forms."""
        if self.metric is None:
            return ()
        metric = METRICS[self.metric]
        given = ((self.at_least, True, False), (self.above, True, True), (self.below, False, False))
        return tuple(
            Line(self.metric, metric, line, upward, strict)
            for line, upward, strict in given
            if line is not None
        )

    @cached_property
    def test(self) -> Test:
        """The condition as one function."""
        return _compiled(self)

    @cached_property
    def asks_item(self) -> bool:
        """Whether the answer may depend on the item."""
        own = self.metric is not None or self.product_in is not None or self.predicate in _OF_ITEM
        return own or any(part.asks_item for part in _parts(self))

    @cached_property
    def asks_transaction(self) -> bool:
        """Whether the answer may depend on the transaction."""
        acts = (*_PLACES, "action_in", "item_kind_in")
        own = any(getattr(self, form) is not None for form in acts)
        own = own or (self.predicate is not None and self.predicate not in _OF_ITEM)
        return own or any(part.asks_transaction for part in _parts(self))

    @property
    def of_item(self) -> "Criterion":
        """What it asks of the item alone: those of its conjuncts that ask nothing of the transaction."""
        parts = tuple(part for part in self.conjuncts if not part.asks_transaction)
        return Criterion(all=parts) if parts != self.conjuncts else self

    @property
    def conjuncts(self) -> tuple["Criterion", ...]:
        """The parts that must all hold, or the criterion itself."""
        return self.all_ if self.all_ is not None else (self,)


def evaluate(criterion: Criterion, item: Item, crossed: Line | None = None) -> Truth:
    """Whether the item alone meets the criterion.

    Args:
        criterion: the condition.
        item: the facts.
        crossed: a line that the item is to be taken as lying on the other side of.

    Returns:
        A Truth; what is missing gives unknown and is named, unless another part decides.

    >>> from chipledger.rules.item import given
    >>> rule = Criterion.model_validate({"metric": "performance_density", "at_least": 5.92})
    >>> evaluate(rule, Item(total_processing_performance=given(4992.0))).reasons
    ('needs applicable_die_area_mm2 (the line 5.92 is crossed below 843 mm2)',)
    """
    return criterion.test(Case(item, crossed=crossed))


def comparisons(criterion: Criterion) -> Iterator[Line]:
    """Every line that the criterion draws, in the order of the text."""
    yield from criterion.lines
    for part in _parts(criterion):
        yield from comparisons(part)


def _parts(criterion: Criterion) -> tuple[Criterion, ...]:
    return (*(criterion.all_ or ()), *(criterion.any_ or ()), *filter(None, [criterion.not_]))


def _compiled(criterion: Criterion) -> Test:
    parts = [part.test for part in _parts(criterion)]
    if criterion.all_ is not None:
        return _kept(criterion, lambda case: all_of([test(case) for test in parts]))
    if criterion.any_ is not None:
        return _kept(criterion, lambda case: any_of([test(case) for test in parts]))
    if criterion.not_ is not None:
        turned = criterion.not_.test
        return _kept(criterion, lambda case: ~turned(case))
    if criterion.metric is not None:
        tests = [_comparison(line) for line in criterion.lines]
        return (
            tests[0]
            if len(tests) == 1
            else _kept(criterion, lambda case: all_of([test(case) for test in tests]))
        )
    return _of_facts(criterion)


def _kept(criterion: Criterion, test: Test) -> Test:
    """The test; where it asks the item alone, what it found of an item is kept with the item."""
    if criterion.asks_transaction:
        return test
    key = next(_numbers)

    def kept(case: Case) -> Truth:
        if case.crossed is not None:
            return test(case)
        compared = case.item.compared
        truth = compared.get(key)
        if truth is None:
            truth = compared[key] = test(case)
        return truth

    return kept


def _of_facts(criterion: Criterion) -> Test:
    if criterion.predicate is not None:
        return PREDICATES[criterion.predicate]
    if criterion.product_in is not None:
        return _named(criterion.product_in)
    if criterion.undecided is not None:
        undecided = Truth.unknown(criterion.undecided)
        return lambda case: undecided
    for form, place in _PLACES.items():
        if scope := getattr(criterion, form):
            return _placed(form, scope, place)
    return _of_act(criterion)


_numbers = count()


def _comparison(line: Line) -> Test:
    key, side = next(_numbers), (line.name, line.line)

    def test(case: Case) -> Truth:
        compared = case.item.compared
        truth = compared.get(key)
        if truth is None:
            truth = compared[key] = compare(line, case.item)
        crossed = case.crossed
        return ~truth if crossed is not None and (crossed.name, crossed.line) == side else truth

    return test


def _named(products: tuple[str, ...]) -> Test:
    key, listed = next(_numbers), ", ".join(products)

    def test(case: Case) -> Truth:
        item = case.item
        truth = item.compared.get(key)
        if truth is None:
            is_named = item.is_named(products)
            truth = Truth.of(is_named, f"{item.name} is {'' if is_named else 'not '}named ({listed})")
            item.compared[key] = truth
        return truth

    return test


def _placed(form: str, scope: str, place: Callable[[Transaction], str]) -> Test:
    missing = Truth.unknown(f"needs the transaction ({form.replace('_', ' ')} {scope})")

    def test(case: Case) -> Truth:
        if case.transaction is None or case.places is None:
            return missing
        return case.places.reaches(scope, place(case.transaction))

    return test


def _of_act(criterion: Criterion) -> Test:
    name = "action" if criterion.action_in is not None else "item_kind"
    wanted = criterion.action_in if criterion.action_in is not None else criterion.item_kind_in or ()
    listed = " or ".join(one.value.replace("_", " ") for one in wanted)
    answers = {
        one: Truth.of(one in wanted, f"the {name.replace('_', ' ')} is {one.value.replace('_', ' ')}"
                                     + ("" if one in wanted else f", not {listed}"))
        for one in (*Action, *ItemKind)
    }  # fmt: skip
    missing = Truth.unknown(f"needs {name}")

    def test(case: Case) -> Truth:
        if case.transaction is None:
            return missing
        return answers[getattr(case.transaction, name)]

    return test
