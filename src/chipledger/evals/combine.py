"""The verdicts of one use case together: several benchmarks are several chances to be wrong.

Takes verdicts on one model; gives one outcome. Crossed needs a benchmark whose surprise stays under the rule's alpha when all the
use case's benchmarks are counted (Holm); below needs every one of them; else indeterminate. A published figure is shown
and decides nothing here, for it comes without the surprise that the count needs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chipledger.evals.register import Register, UseCase
from chipledger.evals.statistics.multiplicity import holm
from chipledger.evals.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """What the benchmarks of one use case say together of one model.

    Args:
        outcome: of the use case.
        crossed: benchmarks that stand crossed when all are counted.
        crossed_alone: benchmarks that stand crossed only when looked at alone.
        below: benchmarks shown below.
        unmeasured: benchmarks of the use case with no run that counts.
        sentence: the same for people.
    """

    use_case: str
    model: str
    outcome: Outcome
    crossed: tuple[str, ...]
    crossed_alone: tuple[str, ...]
    below: tuple[str, ...]
    unmeasured: tuple[str, ...]
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON-ready fields."""
        return {**asdict(self), "outcome": self.outcome.value}


def combined(verdicts: Iterable[Verdict], register: Register) -> list[Combined]:
    """One outcome for each use case and model.

    Args:
        verdicts: of any use cases and models; of several versions of one benchmark the gravest counts,
            and how many there are.
        register: says which benchmarks a use case has.

    Returns:
        Sorted by use case and model.
    """
    groups: dict[tuple[str, str], dict[str, list[Verdict]]] = {}
    for one in sorted(verdicts, key=lambda one: (one.use_case, one.model)):
        groups.setdefault((one.use_case, one.model), {}).setdefault(one.benchmark, []).append(one)
    return [_combined(register.use_case(name), model, found) for (name, model), found in groups.items()]


def _gravity(one: Verdict) -> tuple[int, float]:
    order = [Outcome.NOT_MEASURABLE, Outcome.BELOW, Outcome.INDETERMINATE, Outcome.CROSSED]
    return order.index(one.outcome), -(1.0 if one.p_above is None else one.p_above)


def _combined(use_case: UseCase, model: str, versions: dict[str, list[Verdict]]) -> Combined:
    names = [link.benchmark for link in use_case.links]
    found = {name: max(several, key=_gravity) for name, several in versions.items()}
    of = {
        outcome: [name for name in names if name in found and found[name].outcome is outcome]
        for outcome in Outcome
    }
    adjusted = dict(zip(names, holm([_p_above(versions.get(name, ())) for name in names]), strict=True))
    crossed = [
        link.benchmark
        for link in use_case.links
        if link.benchmark in of[Outcome.CROSSED] and adjusted[link.benchmark] <= link.rule.alpha
    ]
    measured = [name for name in names if name in found and found[name].outcome is not Outcome.NOT_MEASURABLE]
    below = [name for name in of[Outcome.BELOW] if found[name].looks]
    outcome = _outcome(names, measured, crossed, below)
    alone = [name for name in of[Outcome.CROSSED] if name not in crossed]
    return Combined(
        use_case=use_case.id,
        model=model,
        outcome=outcome,
        crossed=tuple(crossed),
        crossed_alone=tuple(alone),
        below=tuple(below),
        unmeasured=tuple(name for name in names if name not in measured),
        sentence=_sentence(use_case, model, outcome, crossed, alone, len(measured)),
    )


def _p_above(versions: Sequence[Verdict]) -> float:
    """How surprising the most telling of a benchmark's versions is, each of them one chance more."""
    each = [one.p_above for one in versions if one.p_above is not None]
    return min(1.0, len(each) * min(each)) if each else 1.0


def _outcome(
    names: Sequence[str], measured: Sequence[str], crossed: Sequence[str], below: Sequence[str]
) -> Outcome:
    if not measured:
        return Outcome.NOT_MEASURABLE
    if crossed:
        return Outcome.CROSSED
    return Outcome.BELOW if len(below) == len(names) else Outcome.INDETERMINATE


def _sentence(
    use_case: UseCase,
    model: str,
    outcome: Outcome,
    crossed: Sequence[str],
    alone: Sequence[str],
    measured: int,
) -> str:
    counted = f"{measured} of {len(use_case.links)} benchmarks measured"
    detail = f", crossed on {', '.join(crossed)}" if crossed else ""
    if alone:
        detail += f", crossed on {', '.join(alone)} only when looked at alone"
    return f"{use_case.id}, {model}: {outcome.value} ({counted}{detail})"
