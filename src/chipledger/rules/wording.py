"""A criterion, a scope or a part of a rule in words, for people who compare texts."""

from collections.abc import Iterable

from chipledger.core.records import Record
from chipledger.rules.criteria import METRICS, Criterion
from chipledger.rules.law import law

_LEFT_OUT = frozenset(
    {"effective_from", "effective_until", "instrument", "ended_by", "displaced_by", "cite", "cites", "in_doubt_from"}
)  # fmt: skip
_SCOPES = frozenset({"destinations", "destination_in", "located_in", "headquartered_in", "headquartered"})


def worded(criterion: Criterion) -> str:
    """A criterion as one phrase.

    >>> band = {"metric": "total_processing_performance", "at_least": 2400, "below": 4800}
    >>> worded(Criterion.model_validate({"all": [band, {"not": {"predicate": "marketed_for_data_center"}}]}))
    'TPP at least 2400 and below 4800, and not (marketed for data center)'
    """
    if criterion.all_ is not None:
        return ", and ".join(_bracketed(part) for part in criterion.all_)
    if criterion.any_ is not None:
        return " or ".join(_bracketed(part) for part in criterion.any_)
    if criterion.not_ is not None:
        return f"not ({worded(criterion.not_)})"
    if criterion.metric is not None:
        return _compared(criterion)
    ((form, value),) = ((form, value) for form, value in _fields(criterion) if value is not None)
    return _form(form.rstrip("_"), value)


def told(part: Record, leaving: Iterable[str] = ()) -> str:
    """What a dated part of a rule says: its fields in words, without days and cites."""
    skipped = _LEFT_OUT | set(leaving)
    said = [(name, _value(name, value)) for name, value in _fields(part) if name not in skipped]
    return "; ".join(f"{name.replace('_', ' ')}: {words}" for name, words in said if words)


def scope_title(scope_id: str) -> str:
    """The title of a scope.

    >>> scope_title("china-and-macau")
    'China with Hong Kong, and Macau'
    """
    return law().groups.scope(scope_id).title


def _fields(part: Record) -> Iterable[tuple[str, object]]:
    return ((name, getattr(part, name)) for name in type(part).model_fields)


def _value(name: str, value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, Criterion):
        return worded(value)
    if isinstance(value, Record):
        return told(value)
    if isinstance(value, tuple):
        return ", ".join(_value(name, one) for one in value)
    return scope_title(str(value)) if name in _SCOPES else str(value).replace("_", " ")


def _compared(criterion: Criterion) -> str:
    """A comparison with every line that it draws; whatever is set besides the metric and its unit is a line."""
    metric = METRICS[str(criterion.metric)]
    lines = criterion.model_dump(exclude_none=True, exclude={"metric", "unit"})
    sides = " and ".join(
        f"{side.replace('_', ' ')} {line:g}{' ' * bool(metric.unit)}{metric.unit}"
        for side, line in lines.items()
    )
    return f"{metric.label} {sides}"


def _bracketed(part: Criterion) -> str:
    return f"({worded(part)})" if part.all_ is not None or part.any_ is not None else worded(part)


def _form(form: str, value: object) -> str:
    match form:
        case "predicate":
            return str(value).replace("_", " ")
        case "product_in":
            return f"named {_value(form, value)}"
        case "undecided":
            return f"undecided: {value}"
    return f"{form.replace('_', ' ')} {_value(form, value)}"
