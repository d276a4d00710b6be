"""What the rules asked of a chip on the days on which it may have been acquired, in a line short enough for a table.

Takes the windows of the chips that one name may stand for; gives about a hundred characters. Where variants differ,
the words are of those that most agree on, and say that others differ; `window.sentence` tells all of it.
"""

import re
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from chipledger.core.truth import Verdict
from chipledger.rules.history import AcquisitionWindow, Stretch

SHORT_CHARS = 110
_LETTER = re.compile(r"^Letter of .+ to (?P<firm>.+)$")
_CODE = re.compile(r"^\d[A-E]\d{3}(?:\.[a-z])?")
_OF_A_FACT = ("needs ", "only recalled", "known only")
_FROM = {Verdict.YES: "licence needed", Verdict.NO: "no licence needed", Verdict.UNKNOWN: "unknown"}
_BEFORE = {Verdict.YES: "needed before", Verdict.NO: "none before", Verdict.UNKNOWN: "unknown before"}
_DIFFERS = "; differs by variant"

Run = list[Stretch]


def in_short(found: Sequence[AcquisitionWindow]) -> str:
    """What the windows say, for a table.

    Args:
        found: the windows of the chips that one name may stand for.

    Returns:
        At most about 110 characters.

    >>> from chipledger.findings.window import window_of
    >>> in_short([window_of("nvidia-a100-sxm-80", date(2022, 10, 1))])
    'licence needed from 2022-08-26 (letter to NVIDIA), none before; day bought unknown'
    >>> in_short([window_of("nvidia-a100-sxm-80", date(2022, 8, 1))])
    'no licence needed until first seen'
    """
    alike: dict[tuple[tuple[Verdict, date | None], ...], list[AcquisitionWindow]] = {}
    for one in found:
        alike.setdefault(_changes(one), []).append(one)
    if not alike:
        return "unknown: the rules for this chip or day"
    most = max(alike.values(), key=len)[0]
    differs = _DIFFERS if len(alike) > 1 else ""
    return _in_words(_runs(most), SHORT_CHARS - len(differs)) + differs


def _runs(one: AcquisitionWindow) -> list[Run]:
    return [list(run) for _, run in groupby(one.stretches, key=lambda stretch: stretch.license_required)]


def _changes(one: AcquisitionWindow) -> tuple[tuple[Verdict, date | None], ...]:
    return tuple(
        (run[0].license_required, run[0].effective_from if place else None)
        for place, run in enumerate(_runs(one))
    )


def _in_words(runs: Sequence[Run], chars: int) -> str:
    if not runs:
        return "unknown: first seen before its recorded release"
    first, *later = runs
    if not later:
        return _throughout(first)
    before, unknown = _BEFORE[first[0].license_required], "; day bought unknown"
    change = later[0]
    tries = (
        ", ".join([*map(_from, later), before]),
        f"{_from(change)}, {before}, later changes",
        f"{_since(change)}, {before}, later changes",
    )
    return next((told + unknown for told in tries if len(told + unknown) <= chars), tries[-1] + unknown)


def _throughout(run: Run) -> str:
    needed = run[0].license_required
    days = "until first seen" if needed is Verdict.NO else "from release on"
    return f"{_FROM[needed]} {days}{_why(run)}"


def _from(run: Run) -> str:
    return f"{_since(run)}{_why(run)}"


def _since(run: Run) -> str:
    return f"{_FROM[run[0].license_required]} from {run[0].effective_from}"


def _why(run: Run) -> str:
    """What a run of days rests on, in brackets.

    >>> _why([Stretch(None, date(2024, 1, 1), Verdict.YES, ("3A090.a.1", "3A090.a.2", "Letter of 2025-04-09 to Intel"))])
    ' (3A090.a, letter to Intel)'
    """
    basis, needed = run[0].basis, run[0].license_required
    if needed is Verdict.UNKNOWN:
        return f" ({_missing(basis)})" if basis else ""
    named = list(dict.fromkeys(_named(one) for one in basis))
    return f" ({', '.join(named[:2])})" if named and needed is Verdict.YES else ""


def _missing(basis: Sequence[str]) -> str:
    if any("made by a firm of the destination" in one for one in basis):
        return "domestic make"
    if any(sign in one for one in basis for sign in _OF_A_FACT):
        return "needs a fact"
    return "see report"


def _named(basis: str) -> str:
    if letter := _LETTER.match(basis):
        return f"letter to {letter['firm']}"
    code = _CODE.match(basis)
    return code[0] if code else basis
