"""What the rules said of a chip, in few words: an answer for a stretch of days or for every possible day.

Takes verdicts, findings and the windows of their chips; gives one of four answers, each with a word for the eye. The
day of acquisition is never known: yes and no stand only where they hold on every possible day and for every variant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from chipledger.core.truth import Verdict
from chipledger.findings.finding import Finding
from chipledger.rules.history import AcquisitionWindow


class Answer(StrEnum):
    """Whether a licence was needed; the value is the name of its style."""

    NEEDED = "needed"
    FREE = "free"
    DEPENDS = "depends"
    UNKNOWN = "unknown"

    @property
    def in_words(self) -> str:
        """The answer for all possible days of acquisition."""
        return _IN_WORDS[self]

    @property
    def of_a_day(self) -> str:
        """The answer for the days of one stretch."""
        return _OF_A_DAY[self]


_IN_WORDS = {
    Answer.NEEDED: "licence needed on every possible day",
    Answer.FREE: "no licence needed on any possible day",
    Answer.DEPENDS: "depends on the day or the variant",
    Answer.UNKNOWN: "unknown",
}
_OF_A_DAY = {
    Answer.NEEDED: "licence needed",
    Answer.FREE: "no licence needed",
    Answer.DEPENDS: "variants differ",
    Answer.UNKNOWN: "unknown",
}
_OF_VERDICT = {
    Verdict.YES: Answer.NEEDED,
    Verdict.NO: Answer.FREE,
    Verdict.UNKNOWN: Answer.UNKNOWN,
}


def answer_to(verdicts: Iterable[Verdict]) -> Answer:
    """The answer for the variants of one name on the same days.

    >>> answer_to([Verdict.YES, Verdict.NO]).of_a_day
    'variants differ'
    """
    said = set(verdicts)
    return _OF_VERDICT[said.pop()] if len(said) == 1 else Answer.DEPENDS if said else Answer.UNKNOWN


def answer_of(finding: Finding) -> Answer:
    """Whether a licence was needed for the finding's chip.

    Args:
        finding: with its windows.

    Returns:
        `DEPENDS` where days or variants differ and at least one answer is known.
    """
    verdict = Verdict(finding.license_required)
    if verdict is not Verdict.UNKNOWN:
        return _OF_VERDICT[verdict]
    said = {run.license_required for window in finding.windows for run in window.stretches}
    return Answer.DEPENDS if said - {Verdict.UNKNOWN} else Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class Step:
    """From a day on, with one answer, what it rested on from which day on; None is from the release."""

    answer: Answer
    because: tuple[tuple[date | None, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Variants:
    """Chips of one name for which the rules said the same, step by step."""

    chips: tuple[str, ...]
    released: tuple[str, ...]
    steps: tuple[Step, ...]
    otherwise: str


def variants(windows: Sequence[AcquisitionWindow]) -> tuple[Variants, ...]:
    """The windows of one name, those that say the same together.

    Args:
        windows: of the chips that the name may stand for, all to the same day.

    >>> from chipledger.findings.window import window_of
    >>> one, = variants([window_of("nvidia-a100-sxm-80", date(2022, 10, 1))])
    >>> [(step.answer.of_a_day, step.because) for step in one.steps][1]
    ('licence needed', ((datetime.date(2022, 8, 26), ('Letter of 2022-08-26 to NVIDIA',)),))
    """
    groups: dict[tuple[tuple[Step, ...], str], list[AcquisitionWindow]] = {}
    for window in windows:
        otherwise = "" if window.stretches else "; ".join(window.license_required.reasons)
        groups.setdefault((_steps(window), otherwise), []).append(window)
    return tuple(
        Variants(
            chips=tuple(window.chip for window in group),
            released=tuple(str(window.released_from or "day not recorded") for window in group),
            steps=steps,
            otherwise=otherwise,
        )
        for (steps, otherwise), group in groups.items()
    )


def _steps(window: AcquisitionWindow) -> tuple[Step, ...]:
    told = [
        (_OF_VERDICT[run.license_required], (run.effective_from if place else None, run.basis))
        for place, run in enumerate(window.stretches)
    ]
    alike = groupby(told, key=lambda one: one[0])
    return tuple(Step(answer, tuple(because for _, because in run)) for answer, run in alike)


_BRIEF_CHARS = 190


def in_brief(finding: Finding) -> str:
    """What the rules said, in a sentence short enough for a row; it begins with what is not known.

    Args:
        finding: as joined.
    """
    words = finding.rules_in_words.removeprefix("context only: ")
    if len(words) <= _BRIEF_CHARS:
        return words
    short = finding.short.removeprefix("context only: ").replace("; day bought unknown", "")
    return f"day of acquisition unknown; {short}"
