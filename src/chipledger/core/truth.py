"""Three-valued truth with its reasons: yes, no, unknown.

Takes comparisons whose inputs may be missing; gives an answer that never turns a missing input into a no.
The connectives are those of Kleene's strong logic: a conjunction is no as soon as one part is no, whatever the
rest; unknown only where the unknown part could still change the answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The three answers."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Truth:
    """An answer and the sentences that carry it.

    >>> Truth.yes("TPP 4992 is at least 4800").value
    <Verdict.YES: 'yes'>
    >>> (~Truth.unknown("needs applicable_die_area_mm2")).value
    <Verdict.UNKNOWN: 'unknown'>
    """

    value: Verdict
    reasons: tuple[str, ...] = ()

    @classmethod
    def yes(cls, *reasons: str) -> "Truth":
        """A yes with its reasons."""
        return cls(Verdict.YES, reasons)

    @classmethod
    def no(cls, *reasons: str) -> "Truth":
        """A no with its reasons."""
        return cls(Verdict.NO, reasons)

    @classmethod
    def unknown(cls, *reasons: str) -> "Truth":
        """An unknown; the reasons name what is missing."""
        return cls(Verdict.UNKNOWN, reasons)

    @classmethod
    def of(cls, known: bool | None, *reasons: str) -> "Truth":
        """A yes or no from a bool, unknown from None."""
        return cls(Verdict.UNKNOWN if known is None else Verdict.YES if known else Verdict.NO, reasons)

    def __invert__(self) -> "Truth":
        flipped = {Verdict.YES: Verdict.NO, Verdict.NO: Verdict.YES, Verdict.UNKNOWN: Verdict.UNKNOWN}
        return Truth(flipped[self.value], self.reasons)

    def __and__(self, other: "Truth") -> "Truth":
        return all_of([self, other])

    def __or__(self, other: "Truth") -> "Truth":
        return any_of([self, other])

    def __bool__(self) -> bool:
        raise TypeError("a Truth is three-valued: compare `.value` with Verdict.YES, NO or UNKNOWN")

    @property
    def is_yes(self) -> bool:
        """Whether the answer is a known yes."""
        return self.value is Verdict.YES

    @property
    def is_no(self) -> bool:
        """Whether the answer is a known no."""
        return self.value is Verdict.NO

    @property
    def is_unknown(self) -> bool:
        """Whether the answer hangs on something missing."""
        return self.value is Verdict.UNKNOWN


def _deciding(parts: list[Truth], decisive: Verdict, otherwise: Verdict) -> Truth:
    if len(parts) == 1:
        return _alone(parts[0])
    chosen = [part for part in parts if part.value is decisive]
    wanted = decisive
    if not chosen:
        chosen, wanted = [part for part in parts if part.value is Verdict.UNKNOWN], Verdict.UNKNOWN
    if not chosen:
        chosen, wanted = parts, otherwise
    return _alone(chosen[0]) if len(chosen) == 1 else Truth(wanted, _reasons(chosen))


def _alone(part: Truth) -> Truth:
    """The one part that decides, each of its reasons once."""
    return part if len(part.reasons) < 2 else Truth(part.value, _reasons([part]))


def _reasons(parts: Iterable[Truth]) -> tuple[str, ...]:
    found: list[str] = []
    for part in parts:
        for reason in part.reasons:
            if reason not in found:
                found.append(reason)
    return tuple(found)


def all_of(parts: Iterable[Truth]) -> Truth:
    """Whether every part holds; the reasons are those of the parts that decide.

    >>> all_of([Truth.yes("a"), Truth.unknown("b is missing"), Truth.no("c")])
    Truth(value=<Verdict.NO: 'no'>, reasons=('c',))
    >>> all_of([]).value
    <Verdict.YES: 'yes'>
    """
    return _deciding(list(parts), Verdict.NO, Verdict.YES)


def any_of(parts: Iterable[Truth]) -> Truth:
    """Whether some part holds; the reasons are those of the parts that decide.

    >>> any_of([Truth.no("a"), Truth.unknown("b is missing")]).reasons
    ('b is missing',)
    >>> any_of([]).value
    <Verdict.NO: 'no'>
    """
    return _deciding(list(parts), Verdict.YES, Verdict.NO)
