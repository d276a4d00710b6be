"""What a run under a rule can show, whether its benchmark has items enough, and what it would cost.

Takes a use case, one of its links, the benchmark, and what the planner knows or assumes: how clustered items are, how noisy
answers, prices and speed. Gives a frozen Plan. What was not handed over stays unknown, with its reason; no price and no
speed is guessed here. The figures are of one look with a fixed size; a rule that looks at every run needs more.
"""

import math
from dataclasses import dataclass
from datetime import date

from chipledger.core.errors import InputError
from chipledger.evals.benchmark import Benchmark
from chipledger.evals.register import Link, UseCase
from chipledger.evals.rule import Side, Test
from chipledger.evals.statistics.power import (
    Design,
    Noise,
    half_width,
    size_for_threshold,
    smallest_crossing,
    threshold_power,
)

USUAL_MARGIN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a provider asks for tokens, and where and when that was read.

    Args:
        input_per_million: for a million input tokens.
        output_per_million: for a million output tokens.
        currency: as printed.
        source: where it stands.
        priced_on: the day it was read.
    """

    input_per_million: float
    output_per_million: float
    currency: str
    source: str
    priced_on: date

    def __post_init__(self) -> None:
        if not all(
            math.isfinite(one) and one >= 0 for one in (self.input_per_million, self.output_per_million)
        ):
            raise InputError("a price is no number of 0 or more", expected="a price for a million tokens")
        if not self.source:
            raise InputError("a price without a source", expected="where it was read, and the day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one answer takes; None where it is not known.

    Args:
        input_tokens: for each item and epoch, every turn of an agent counted.
        output_tokens: the same, reasoning included.
        seconds: from start to score.
        concurrency: answers under way at once.
    """

    input_tokens: float | None = None
    output_tokens: float | None = None
    seconds: float | None = None
    concurrency: int = 1

    def __post_init__(self) -> None:
        known = [one for one in (self.input_tokens, self.output_tokens, self.seconds) if one is not None]
        if self.concurrency < 1 or not all(math.isfinite(one) and one >= 0 for one in known):
            raise InputError("a load below 0 or no concurrency", expected="0 or more, and 1 or more at once")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a look under the rule can show.

    Args:
        use_case: its id.
        benchmark: its id.
        items: different items of a look, as the rule fixes them.
        epochs: how often each is asked.
        clusters: groups of items, as many as the assumed size makes.
        answers: items times epochs.
        available: items that the benchmark has, None where its owner does not say.
        has_enough: whether it has as many as the rule asks for; None where that is not known.
        threshold: the rate that must be exceeded for "crossed": the threshold's far end, turned where danger lies below.
        danger: the side on which the danger lies; rates here are shares of what is dangerous.
        alpha: of the rule.
        power: asked for.
        half_width: of the 95% interval of a model at the threshold.
        smallest_crossing: the lowest rate that a look shows with this power; None: not even a perfect model's.
        best_possible: the same with every item that the benchmark has; None where there is none, or the items are unknown.
        truth: the rate for which `needed` is worked out.
        needed: the smallest design that shows that rate; None where the benchmark cannot.
        power_at_truth: the chance that one look under the rule shows it.
        cost: of one look, None where it is not known.
        currency: of the cost.
        priced: source and day of the price.
        seconds: of one look.
        reasons: why what is unknown is so, and what to beware of.
    """

    use_case: str
    benchmark: str
    items: int
    epochs: int
    clusters: int
    answers: int
    available: int | None
    has_enough: bool | None
    threshold: float
    danger: Side
    alpha: float
    power: float
    half_width: float
    smallest_crossing: float | None
    best_possible: float | None
    truth: float
    needed: Design | None
    power_at_truth: float
    cost: float | None
    currency: str | None
    priced: str | None
    seconds: float | None
    reasons: tuple[str, ...]


def plan(
    use_case: UseCase,
    link: Link,
    benchmark: Benchmark,
    *,
    noise: Noise | None = None,
    margin: float | None = None,
    power: float = 0.8,
    price: Price | None = None,
    load: Load | None = None,
) -> Plan:
    """What one look under the link's rule can show, and what it takes.

    Args:
        use_case: of the register.
        link: one of its links.
        benchmark: the one that the link names.
        noise: clusters and noise of answers; its epochs are set by the rule. None: independent items, answers that a
            second asking would repeat; the plan then says that this is assumed.
        margin: how far above the threshold a model stands for which the needed size is worked out; None: a tenth, or half of
            the way to 1 where that is less.
        power: the chance wanted of showing it.
        price: of tokens; None leaves the cost unknown.
        load: tokens and seconds of an answer; None leaves cost and time unknown.

    Returns:
        The plan.

    Raises:
        InputError: the benchmark is not the link's, or the margin leads past 1.

    Source: Fleiss, Levin and Paik 2003, section 2.5, through `chipledger.evals.statistics.power`.
    """
    if benchmark.id != link.benchmark:
        raise InputError(f"{benchmark.id} is not the benchmark of this link", expected=link.benchmark)
    rule, available = link.rule, benchmark.items
    assumed = _at(noise or Noise(), rule.epochs)
    line = _line(link)
    truth = line + (min(USUAL_MARGIN, (1 - line) / 2) if margin is None else margin)
    if not line < truth < 1:
        raise InputError(
            f"a margin of {margin} above {line:g}", expected=f"more than 0, less than {1 - line:g}"
        )
    cost, money = _cost(rule.items * rule.epochs, price, load)
    seconds, time = _seconds(rule.items * rule.epochs, load)
    smallest = smallest_crossing(line, rule.items, alpha=rule.alpha, power=power, noise=assumed)
    best = (
        smallest_crossing(line, available, alpha=rule.alpha, power=power, noise=assumed)
        if available
        else None
    )
    needed = size_for_threshold(
        truth, line, alpha=rule.alpha, power=power, noise=assumed, available=available
    )
    return Plan(
        use_case=use_case.id,
        benchmark=benchmark.id,
        items=rule.items,
        epochs=rule.epochs,
        clusters=math.ceil(rule.items / assumed.cluster_size),
        answers=rule.items * rule.epochs,
        available=available,
        has_enough=None if available is None else available >= rule.items,
        threshold=line,
        danger=link.threshold.danger,
        alpha=rule.alpha,
        power=power,
        half_width=half_width(line, rule.items, noise=assumed),
        smallest_crossing=smallest,
        best_possible=best,
        truth=truth,
        needed=needed,
        power_at_truth=threshold_power(truth, line, rule.items, alpha=rule.alpha, noise=assumed),
        cost=cost,
        currency=price.currency if price and cost is not None else None,
        priced=f"{price.source}, {price.priced_on}" if price and cost is not None else None,
        seconds=seconds,
        reasons=(*money, *time, *_beware(link, benchmark, noise, smallest, needed)),
    )


def _line(link: Link) -> float:
    """The rate of what is dangerous that must be exceeded, all the room that the origin leaves granted."""
    threshold = link.threshold
    return threshold.high if threshold.danger is Side.ABOVE else 1 - threshold.low


def _at(noise: Noise, epochs: int) -> Noise:
    return Noise(cluster_size=noise.cluster_size, correlation=noise.correlation, noise_share=noise.noise_share,
                 epochs=epochs)  # fmt: skip


def _cost(answers: int, price: Price | None, load: Load | None) -> tuple[float | None, list[str]]:
    if price is None:
        return None, ["cost unknown: no price was given"]
    if load is None or load.input_tokens is None or load.output_tokens is None:
        return None, ["cost unknown: the tokens of an answer were not given"]
    each = load.input_tokens * price.input_per_million + load.output_tokens * price.output_per_million
    return answers * each / 1e6, []


def _seconds(answers: int, load: Load | None) -> tuple[float | None, list[str]]:
    if load is None or load.seconds is None:
        return None, ["time unknown: the seconds of an answer were not given"]
    return math.ceil(answers / load.concurrency) * load.seconds, []


def _beware(
    link: Link, benchmark: Benchmark, noise: Noise | None, smallest: float | None, needed: Design | None
) -> list[str]:
    rule, told = link.rule, []
    if benchmark.items is None:
        told.append(
            "whether the benchmark has enough items is unknown: its owner does not say how many there are"
        )
    elif benchmark.items < rule.items:
        told.append(
            f"the benchmark has {benchmark.items} items, the rule asks for {rule.items}: no look can count"
        )
    if smallest is None:
        told.append(
            f"{rule.items} items cannot show a crossing at alpha {rule.alpha:g}, whatever the model does"
        )
    if needed is None:
        told.append(
            "the benchmark has too few items for the margin and power asked for, however often they are asked"
        )
    if noise is None:
        told.append("assumed: independent items, and answers that a second asking would repeat")
    if noise is None and benchmark.clusters:
        told.append(
            f"items come in clusters ({benchmark.clusters}): the true interval is wider than this one"
        )
    if rule.test is not Test.FIXED:
        told.append(
            "figures are of one look of fixed size: a test that may look at every run needs more to speak"
        )
    return told
