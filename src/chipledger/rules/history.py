"""A chip's status over time, and what that says of a chip whose day of acquisition is not known.

Takes an Item and a span of days; gives a Timeline of licence states, and for findings an AcquisitionWindow: from the
chip's release to the day on which its use was first seen. A chip seen in 2024 may have been bought in 2021: only a
requirement on every day of the window gives yes, only none on any day gives no.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from chipledger.core.timeline import Period, Timeline
from chipledger.core.truth import Truth, Verdict
from chipledger.rules.item import Item
from chipledger.rules.law import law
from chipledger.rules.status import LicenseState, status
from chipledger.rules.transaction import Transaction, to

_SAYS = {
    Verdict.YES: "a licence was required",
    Verdict.NO: "no licence was required",
    Verdict.UNKNOWN: "it is unknown whether a licence was required",
}


def history(
    item: Item,
    transaction: str | Transaction = "CN",
    effective_from: date | None = None,
    effective_until: date | None = None,
) -> Timeline[LicenseState]:
    """The licence states of the item in the transaction, one for each stretch of days without a change.

    Args:
        item: the facts of the chip.
        transaction: where to, for whom, by what act; an ISO code stands for an export there.
        effective_from: the first day, None for all that came before.
        effective_until: the day after the last, None for open.

    Returns:
        A timeline without gaps; on every day it says what `status` of that day says.

    >>> from chipledger.rules.item import given
    >>> a800 = Item(name="A800", vendor="NVIDIA", total_processing_performance=given(4992.0),
    ...     interconnect_bidirectional_bandwidth=given(400e9), pcie_bidirectional_bandwidth=given(64e9))
    >>> timeline = history(a800, "CN", date(2022, 11, 8), date(2024, 1, 1))
    >>> [(str(period.effective_from), state.license_required.value) for period, state in timeline]
    [('2022-11-08', 'no'), ('2023-10-23', 'yes'), ('2023-11-17', 'yes')]
    """
    return _history(item, to(transaction)).clip(Period(effective_from, effective_until)).coalesce()


@lru_cache(maxsize=4096)
def _history(item: Item, transaction: Transaction) -> Timeline[LicenseState]:
    days = law().boundaries
    begins: list[date | None] = [None, *days]
    periods = [Period(start, end) for start, end in pairwise([*begins, None])]
    sampled = (period.effective_from or days[0] - timedelta(days=1) for period in periods)
    return Timeline.of(
        (period, status(item, transaction, on=day).state)
        for period, day in zip(periods, sampled, strict=True)
    ).coalesce()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row with one answer; `until` is the day after the last."""

    effective_from: date | None
    effective_until: date
    license_required: Verdict
    basis: tuple[str, ...]

    def __str__(self) -> str:
        begins = f"from {self.effective_from}" if self.effective_from else "from release"
        why = f" ({'; '.join(self.basis)})" if self.basis else ""
        return f"{begins} to {self.effective_until - timedelta(days=1)} {_SAYS[self.license_required]}{why}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "effective_from": self.effective_from.isoformat() if self.effective_from else None,
            "effective_until": self.effective_until.isoformat(),
            "license_required": self.license_required.value,
            "basis": list(self.basis),
        }


@dataclass(frozen=True, slots=True)
class AcquisitionWindow:
    """The days on which a chip seen in use may have been acquired, and what the rules asked on them.

    `license_required` is yes when a licence was required on all of them, no when on none, otherwise unknown.
    """

    chip: str
    destination: str
    released_from: date | None
    first_seen: date
    license_required: Truth
    stretches: tuple[Stretch, ...]
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "chip": self.chip,
            "destination": self.destination,
            "released_from": self.released_from.isoformat() if self.released_from else None,
            "first_seen": self.first_seen.isoformat(),
            "license_required": self.license_required.value.value,
            "reasons": list(self.license_required.reasons),
            "stretches": [stretch.as_dict() for stretch in self.stretches],
            "sentence": self.sentence,
        }


def acquisition_window(item: Item, until: date, destination: str = "CN") -> AcquisitionWindow:
    """What the rules asked between the chip's release and the day its use was first seen.

    Args:
        item: the facts of the chip; `released` counts from its first possible day.
        until: the day on which the use was first seen; the chip may have been acquired that day.
        destination: ISO country code.

    Returns:
        The window with its stretches and a sentence for people; it holds for an end user that was not listed.

    >>> from chipledger.rules.item import given
    >>> a100 = Item(name="A100", vendor="NVIDIA", total_processing_performance=given(4992.0),
    ...     interconnect_bidirectional_bandwidth=given(600e9), released=Period(date(2020, 5, 14), date(2020, 5, 15)))
    >>> window = acquisition_window(a100, date(2024, 3, 1))
    >>> window.license_required.reasons
    ('depends on the day of acquisition, which is unknown',)
    >>> acquisition_window(a100, date(2022, 1, 1)).sentence
    'A100 to CN, from release (2020-05-14) to first seen (2022-01-01): from 2020-05-14 to 2022-01-01 no licence was required.'
    """
    released = item.released.effective_from if item.released else None
    chip = item.id or item.name
    if released and until < released:
        early = Truth.unknown(f"first seen on {until}, before the recorded release on {released}")
        return AcquisitionWindow(
            chip, destination, released, until, early, (), f"{item.name}: {early.reasons[0]}."
        )
    spans = history(item, destination, released, until + timedelta(days=1))
    stretches = tuple(_stretches(spans, until))
    overall = _overall(stretches, released)
    return AcquisitionWindow(
        chip, destination, released, until, overall, stretches,
        _sentence(item.name, destination, released, until, stretches),
    )  # fmt: skip


def _stretches(spans: Timeline[LicenseState], until: date) -> Iterable[Stretch]:
    answers = spans.map(lambda state: (state.license_required, state.basis)).coalesce()
    for period, (verdict, basis) in answers:
        yield Stretch(
            period.effective_from, period.effective_until or until + timedelta(days=1), verdict, basis
        )


def _overall(stretches: tuple[Stretch, ...], released: date | None) -> Truth:
    verdicts = {stretch.license_required for stretch in stretches}
    if verdicts == {Verdict.YES}:
        return Truth.yes("a licence was required on every day from release to first seen")
    if verdicts == {Verdict.NO}:
        return Truth.no("no licence was required on any day from release to first seen")
    if verdicts == {Verdict.UNKNOWN}:
        return Truth.unknown(*dict.fromkeys(reason for stretch in stretches for reason in stretch.basis))
    release = () if released else ("the day of release is not recorded",)
    return Truth.unknown("depends on the day of acquisition, which is unknown", *release)


def _sentence(
    name: str, destination: str, released: date | None, until: date, stretches: tuple[Stretch, ...]
) -> str:
    window = f"from release ({released or 'day not recorded'}) to first seen ({until})"
    tail = (
        " The day of acquisition is unknown." if len({one.license_required for one in stretches}) > 1 else ""
    )
    return f"{name} to {destination}, {window}: {'; '.join(str(one) for one in stretches)}.{tail}"
