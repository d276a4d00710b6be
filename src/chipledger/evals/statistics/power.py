"""How many items, epochs and clusters a claim needs, and the smallest difference that a given number can show.

Takes rates, levels and what is known of clusters and noise; gives whole numbers and shares. Normal approximation, as is
usual for planning: what a run has shown is told by `intervals`, `clustered` and `paired`.
"""

import math
from dataclasses import dataclass

from scipy import optimize, special

from chipledger.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What is known, or assumed, of how scores vary beyond the independent 0/1 item.

    Args:
        cluster_size: items in a cluster.
        correlation: within clusters (ICC).
        noise_share: the share of an item's variance that is luck of the run and shrinks with epochs; 0 where one answer
            an item is as good as many.
        epochs: how often each item is asked.
    """

    cluster_size: float = 1.0
    correlation: float = 0.0
    noise_share: float = 0.0
    epochs: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.cluster_size < math.inf or self.epochs < 1:
            raise InputError(
                f"clusters of {self.cluster_size}, {self.epochs} epochs", expected="1 or more of both"
            )
        if not (0 <= self.correlation <= 1 and 0 <= self.noise_share <= 1):
            raise InputError(
                f"correlation {self.correlation}, noise share {self.noise_share}", expected="shares, 0 to 1"
            )

    @property
    def effect(self) -> float:
        """The variance of a mean over that of as many independent 0/1 items asked once.

        Of an item's variance the share 1 - noise_share stays whatever the epochs; the correlation within clusters is that
        of single runs, and epochs leave its part of the variance as it is.

        Source: Kish 1965, Survey Sampling, section 5.4; Miller 2024, arXiv 2411.00640, section 3.1.

        >>> round(Noise(cluster_size=5, correlation=0.3).effect, 2), Noise(noise_share=0.5, epochs=4).effect
        (2.2, 0.625)
        """
        own = 1 - self.noise_share + self.noise_share / self.epochs
        return own + (self.cluster_size - 1) * self.correlation


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A size that does what was asked.

    Args:
        items: different items.
        epochs: how often each is asked.
        clusters: of items.
        power: the chance that the test speaks at the rate planned for.
    """

    items: int
    epochs: int
    clusters: int
    power: float

    @property
    def answers(self) -> int:
        """How many answers are asked for in all."""
        return self.items * self.epochs


ALONE = Noise()


def half_width(rate: float, items: int, *, level: float = 0.95, noise: Noise = ALONE) -> float:
    """Half the width that the interval of a rate will have.

    Args:
        rate: expected.
        items: how many.
        level: two-sided.
        noise: clusters and epochs.

    Raises:
        InputError: no items, or a share outside 0 to 1.

    Source: Miller 2024, arXiv 2411.00640, section 2.1.

    >>> round(half_width(0.3, 39), 3)
    0.144
    """
    _check_items(items)
    _check_shares(rate, level)
    return _z((1 + level) / 2) * math.sqrt(rate * (1 - rate) * noise.effect / items)


def items_for_half_width(
    rate: float, half_width: float, *, level: float = 0.95, noise: Noise = ALONE
) -> Design:
    """The fewest items whose interval is expected to be no wider.

    Args:
        rate: expected; 0.5 is the most demanding.
        half_width: wanted.
        level: two-sided.
        noise: clusters and epochs.

    Raises:
        InputError: a share outside 0 to 1.

    Source: Miller 2024, arXiv 2411.00640, section 5.

    >>> items_for_half_width(0.5, 0.05).items
    385
    """
    _check_shares(rate, half_width, level)
    items = math.ceil((_z((1 + level) / 2) / half_width) ** 2 * rate * (1 - rate) * noise.effect - 1e-9)
    return Design(items=items, epochs=noise.epochs, clusters=_clusters(items, noise), power=0.5)


def threshold_power(
    truth: float, threshold: float, items: int, *, alpha: float, noise: Noise = ALONE
) -> float:
    """The chance that one look says "above the threshold", the one-sided score test at alpha.

    Args:
        truth: the model's rate.
        threshold: the highest rate that does not count as crossed.
        items: how many.
        alpha: the chance of saying so at the threshold itself.
        noise: clusters and epochs.

    Raises:
        InputError: no items, or a share outside 0 to 1.

    Source: Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, section 2.5.

    >>> round(threshold_power(0.6, 0.5, 153, alpha=0.05), 2)
    0.8
    """
    _check_items(items)
    _check_shares(truth, threshold, alpha)
    scale = math.sqrt(noise.effect / items)
    edge = threshold + _z(1 - alpha) * scale * math.sqrt(threshold * (1 - threshold))
    return float(special.ndtr((truth - edge) / (scale * math.sqrt(truth * (1 - truth)))))


def size_for_threshold(
    truth: float,
    threshold: float,
    *,
    alpha: float,
    power: float = 0.8,
    noise: Noise = ALONE,
    available: int | None = None,
    most_epochs: int = 20,
) -> Design | None:
    """The fewest items that show a crossing with the power wanted; more epochs where items run out.

    Args:
        truth: the rate to be told from the threshold, above it.
        threshold: the highest rate that does not count as crossed.
        alpha: one-sided.
        power: wanted.
        noise: clusters, and the epochs to begin with.
        available: items that the benchmark has, None for as many as it takes.
        most_epochs: beyond which nobody would go.

    Returns:
        The design, or None where no number of epochs makes the available items suffice.

    Raises:
        InputError: the truth is not above the threshold, or a share outside 0 to 1.

    Source: Fleiss, Levin and Paik 2003, section 2.5; Miller 2024, section 3.1 (epochs).

    >>> size_for_threshold(0.6, 0.5, alpha=0.05).items
    153
    >>> size_for_threshold(0.6, 0.5, alpha=0.05, available=100, noise=Noise(noise_share=0.5)).epochs
    4
    >>> size_for_threshold(0.6, 0.5, alpha=0.05, available=100) is None
    True
    """
    _check_shares(truth, threshold, alpha, power)
    if truth <= threshold:
        raise InputError(
            f"a rate of {truth} is not above the threshold {threshold}", expected="a higher rate"
        )
    root = _z(1 - alpha) * math.sqrt(threshold * (1 - threshold)) + _z(power) * math.sqrt(truth * (1 - truth))
    for epochs in range(noise.epochs, max(noise.epochs, most_epochs) + 1):
        asked = Noise(cluster_size=noise.cluster_size, correlation=noise.correlation,
                      noise_share=noise.noise_share, epochs=epochs)  # fmt: skip
        items = max(1, math.ceil((root / (truth - threshold)) ** 2 * asked.effect - 1e-9))
        if available is None or items <= available:
            reached = threshold_power(truth, threshold, items, alpha=alpha, noise=asked)
            return Design(items=items, epochs=epochs, clusters=_clusters(items, asked), power=reached)
    return None


def smallest_crossing(
    threshold: float, items: int, *, alpha: float, power: float = 0.8, noise: Noise = ALONE
) -> float | None:
    """The lowest rate above the threshold that one look at so many items shows with the power wanted.

    Args:
        threshold: the highest rate that does not count as crossed.
        items: how many.
        alpha: one-sided.
        power: wanted.
        noise: clusters and epochs.

    Returns:
        The rate, or None where even a model that solves everything would not be told apart.

    Raises:
        InputError: no items, or a share outside 0 to 1.

    Source: inverts `threshold_power`.

    >>> round(smallest_crossing(0.5, 153, alpha=0.05), 2), smallest_crossing(0.9, 5, alpha=0.05)
    (0.6, None)
    """
    _check_items(items)
    _check_shares(threshold, alpha, power)
    top = 1 - 1e-9

    def lacking(rate: float) -> float:
        return threshold_power(rate, threshold, items, alpha=alpha, noise=noise) - power

    if lacking(top) < 0:
        return None
    return (
        float(optimize.brentq(lacking, threshold + 1e-9, top)) if lacking(threshold + 1e-9) < 0 else threshold
    )


def detectable_unpaired(
    rate: float, items: int, *, alpha: float = 0.05, power: float = 0.8, noise: Noise = ALONE
) -> float:
    """The smallest difference (MDE) between two models that a two-sided test sees, each on items of its own.

    Args:
        rate: about which both lie.
        items: of each model.
        alpha: two-sided.
        power: wanted.
        noise: clusters and epochs.

    Raises:
        InputError: no items, or a share outside 0 to 1.

    Source: Miller 2024, arXiv 2411.00640, section 5.

    >>> round(detectable_unpaired(0.3, 39), 3)
    0.291
    """
    return detectable_paired(rate, items, correlation=0.0, alpha=alpha, power=power, noise=noise)


def detectable_paired(
    rate: float,
    items: int,
    *,
    correlation: float,
    alpha: float = 0.05,
    power: float = 0.8,
    noise: Noise = ALONE,
) -> float:
    """The smallest difference (MDE) between two models that a two-sided test sees on the same items.

    Args:
        rate: about which both lie.
        items: common to both.
        correlation: of the two models' scores over items; 0.5 is common.
        alpha: two-sided.
        power: wanted.
        noise: clusters and epochs.

    Raises:
        InputError: no items, a share outside 0 to 1, or a correlation outside -1 to 1.

    Source: Miller 2024, arXiv 2411.00640, section 4.2 and 5.

    >>> round(detectable_paired(0.3, 198, correlation=0.5), 3)
    0.091
    """
    _check_items(items)
    _check_shares(rate, alpha, power)
    if not -1 <= correlation <= 1:
        raise InputError(f"correlation {correlation}", expected="a number from -1 to 1")
    variance = 2 * rate * (1 - rate) * (1 - correlation) * noise.effect / items
    return (_z(1 - alpha / 2) + _z(power)) * math.sqrt(variance)


def _clusters(items: int, noise: Noise) -> int:
    return math.ceil(items / noise.cluster_size)


def _z(share: float) -> float:
    return float(special.ndtri(share))


def _check_items(items: int) -> None:
    if items < 1:
        raise InputError(f"{items} items", expected="1 or more")


def _check_shares(*shares: float) -> None:
    for share in shares:
        if not 0 < share < 1:
            raise InputError(f"{share} is no share", expected="a number between 0 and 1")
