"""What the rules asked on the days on which a chip, seen in use, may have been acquired.

A name such as A100 may stand for several catalogue chips: each is asked, and one sentence says what holds for all of
them or that it depends on the variant. The day of acquisition is never known from a document, and the sentence says so.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby

from chipledger.catalogue.chip import chips
from chipledger.core.truth import Verdict
from chipledger.rules.history import AcquisitionWindow, acquisition_window
from chipledger.rules.item import item_of

Windows = Callable[[str, date], AcquisitionWindow | None]

_NEEDED = {
    Verdict.YES: "a licence was needed",
    Verdict.NO: "no licence was needed",
    Verdict.UNKNOWN: "it is unknown whether a licence was needed",
}
_BEFORE = {Verdict.YES: "needed before as well", Verdict.NO: "none before", Verdict.UNKNOWN: "unknown before"}


def window_of(chip_id: str, first_seen: date) -> AcquisitionWindow | None:
    """The window of a catalogue chip for China, from its release to the day its use was first seen.

    Args:
        chip_id: a catalogue id.
        first_seen: the day on which the use was first seen.

    Returns:
        The window, or None for an id that the catalogue lacks.

    >>> window_of("nvidia-a100-sxm-80", date(2022, 1, 1)).license_required.value.value
    'no'
    """
    chip = chips().get(chip_id)
    return acquisition_window(item_of(chip), first_seen) if chip else None


def windows(
    chip_ids: Iterable[str], first_seen: date | None, window: Windows
) -> tuple[AcquisitionWindow, ...]:
    """The windows of all chips that a name may stand for; none without a day.

    A chip that was not out on that day cannot be meant: it is left out, unless none of the others was.

    Args:
        chip_ids: catalogue ids.
        first_seen: the day on which the use was first seen, None when no day is known.
        window: asks the rules for one chip; `window_of` in all but tests.
    """
    if first_seen is None:
        return ()
    found = tuple(one for chip_id in chip_ids if (one := window(chip_id, first_seen)))
    return tuple(one for one in found if not _is_later(one)) or found


def _is_later(one: AcquisitionWindow) -> bool:
    return one.released_from is not None and one.released_from > one.first_seen


def overall(found: Sequence[AcquisitionWindow]) -> Verdict:
    """Whether a licence was needed whatever the variant and the day: yes or no only where all agree.

    >>> overall([]).value
    'unknown'
    """
    verdicts = {one.license_required.value for one in found}
    return verdicts.pop() if len(verdicts) == 1 else Verdict.UNKNOWN


def sentence(found: Sequence[AcquisitionWindow]) -> str:
    """What the windows say, for people.

    Args:
        found: the windows of the chips that one name may stand for.

    Returns:
        A clause that begins with what is not known: the day of acquisition.

    >>> sentence([window_of("nvidia-a100-sxm-80", date(2022, 10, 1))])
    'day of acquisition unknown; a licence was needed from 2022-08-26 (Letter of 2022-08-26 to NVIDIA), none before'
    """
    if not found:
        return "day of acquisition unknown; the rules are unknown for this chip or day"
    said: dict[str, list[str]] = {}
    for one in found:
        said.setdefault(_runs_in_words(one), []).append(one.chip)
    if len(said) == 1:
        return f"day of acquisition unknown; {next(iter(said))}"
    variants = (f"{words} ({', '.join(chip_ids)})" for words, chip_ids in said.items())
    return "day of acquisition unknown; depending on the variant: " + "; or: ".join(variants)


def _runs_in_words(one: AcquisitionWindow) -> str:
    if not one.stretches:
        return "; ".join(one.license_required.reasons)
    runs = [list(run) for _, run in groupby(one.stretches, key=lambda stretch: stretch.license_required)]
    first = runs[0][0].license_required
    if len(runs) == 1:
        return f"{_NEEDED[first]} on any day from release to first seen"
    later = (_run_in_words(run[0].license_required, run[0].effective_from, run[0].basis) for run in runs[1:])
    return ", ".join([*later, _BEFORE[first]])


def _run_in_words(needed: Verdict, effective_from: date | None, basis: Sequence[str]) -> str:
    why = f" ({'; '.join(basis)})" if basis and needed is Verdict.YES else ""
    return f"{_NEEDED[needed]} from {effective_from}{why}"
