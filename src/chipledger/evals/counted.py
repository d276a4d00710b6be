"""Which runs count under a rule, and as what: items or clusters with one score each, turned so that more is more dangerous.

Takes a pre-registration and measurements in order; gives the runs that the test may look at, and every other with the reason
why it was set aside. A run too small, without a score, or without the clusters that the rule counts by is no look.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from chipledger.evals.measurement import ItemScore, Measurement, State
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.rule import Side, Test
from chipledger.evals.verdict import SetAside


@dataclass(frozen=True, slots=True)
class Run:
    """A run that counts.

    Args:
        measurement: where it came from.
        scores: one for each item, its mean over epochs, in the order of item ids.
        clusters: the cluster of each item; None where the log names none for some.
        speaks_of_absence: it was elicited as hard as the rule asks, so that a low score means something.
    """

    measurement: Measurement
    scores: tuple[float, ...]
    clusters: tuple[str, ...] | None
    speaks_of_absence: bool

    @property
    def rate(self) -> float:
        """The mean score over items."""
        return fsum(self.scores) / len(self.scores)

    @property
    def cluster_sizes(self) -> Counter[str]:
        """How many items of each cluster were asked, scored or not: a size must not hang on what got a score."""
        asked = {(item.cluster, item.item) for item in self.measurement.items if item.cluster is not None}
        return Counter(cluster for cluster, _ in asked)

    @property
    def refused(self) -> int:
        """How many answers were refusals."""
        return sum(one.refused for one in self.measurement.items)


def counted(settled: Preregistration, series: Sequence[Measurement]) -> tuple[list[Run], list[SetAside]]:
    """The runs that count, and the others with the reason.

    Args:
        settled: what was fixed before data.
        series: measurements in the order in which they were made; published figures are passed over.
    """
    runs: list[Run] = []
    set_aside: list[SetAside] = []
    for one in series:
        if one.state is State.PUBLISHED:
            continue
        run = _run(settled, one)
        if settled.link.rule.test is Test.FIXED and runs and not isinstance(run, str):
            run = "the rule looks once, at the first run of the planned size"
        if isinstance(run, str):
            set_aside.append(SetAside(measurement=one.id, on=one.measured_on, why=run))
        else:
            runs.append(run)
    return runs, set_aside


def _run(settled: Preregistration, one: Measurement) -> Run | str:
    """The run as the test takes it, or why it does not count."""
    rule = settled.link.rule
    if not one.scored:
        return f"nothing was scored ({one.reason or one.state.value})"
    by_item: dict[str, list[ItemScore]] = defaultdict(list)
    for score in one.scored:
        by_item[score.item].append(score)
    if len(by_item) < rule.items:
        return f"{len(by_item)} items were scored, the rule asks for {rule.items}"
    if min(len(epochs) for epochs in by_item.values()) < rule.epochs:
        return f"an item was scored in fewer than the {rule.epochs} epochs that the rule asks for"
    items = sorted(by_item)
    clusters = [by_item[item][0].cluster for item in items]
    named = tuple(cluster for cluster in clusters if cluster is not None)
    if rule.test is Test.E_PROCESS_CLUSTERED and len(named) < len(items):
        return "the rule counts by cluster, and the log does not name one for every item"
    units = set(named) if len(named) == len(items) else by_item
    if rule.test is Test.FIXED and len(units) < 2:
        return "one item or one cluster alone: how far scores spread cannot be told"
    return Run(
        measurement=one,
        scores=tuple(_mean(by_item[item], settled.link.threshold.danger) for item in items),
        clusters=named if len(named) == len(items) else None,
        speaks_of_absence=one.elicitation.reaches(settled.link.elicitation),
    )


def _mean(epochs: Sequence[ItemScore], danger: Side) -> float:
    mean = fsum(one.score for one in epochs if one.score is not None) / len(epochs)
    return mean if danger is Side.ABOVE else 1.0 - mean
