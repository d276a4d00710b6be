"""A chain of decisions decided again: the same rule and the same runs must give the same verdict, byte for byte.

Takes decisions and a way to get at measurements; gives for each what came out otherwise. The rule is the one kept beside the
decision, whatever the register says now.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from chipledger.evals.chain import Decision, Fault, Series, data_sha256
from chipledger.evals.decide import decide
from chipledger.evals.measurement import Measurement
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.verdict import canonical


def replay(
    chain: Iterable[Decision], measurements: Callable[[Sequence[str]], Sequence[Measurement]]
) -> Iterator[tuple[Decision, Fault | None]]:
    """Decide everything again from what the ledger keeps, and compare byte for byte.

    Args:
        chain: decisions.
        measurements: gives those of some ids.

    Yields:
        Each decision with what came out otherwise, None where nothing did.
    """
    earlier: dict[Series, set[str]] = {}
    for decision in chain:
        rules = earlier.setdefault(decision.series, set())
        yield decision, _replayed(decision, measurements(decision.measurements), rules)
        rules.add(decision.verdict["rule_hash"])


def _replayed(decision: Decision, found: Sequence[Measurement], earlier_rules: set[str]) -> Fault | None:
    missing = sorted(set(decision.measurements) - {one.id for one in found})
    if missing:
        return Fault(
            decision.sequence,
            f"{len(missing)} of its measurements are gone or not what they were: {', '.join(missing[:3])}",
        )
    if data_sha256(found) != decision.data_sha256:
        return Fault(decision.sequence, "its measurements are not the ones it was decided from")
    kept = decision.verdict
    try:
        settled = Preregistration.model_validate(decision.rule)
        again = decide(
            settled, found, on=date.fromisoformat(kept["on"]), earlier_rules=earlier_rules
        ).as_dict()
    except ValueError:
        return Fault(decision.sequence, "its rule is none any more, or of another benchmark")
    differing = sorted(
        name for name in {*again, *kept} if canonical(again.get(name)) != canonical(kept.get(name))
    )
    return (
        Fault(decision.sequence, f"comes out otherwise today in {', '.join(differing)}")
        if differing
        else None
    )
