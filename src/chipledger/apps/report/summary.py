"""What the rules said of a finding's chip, in few words: an answer for every possible day of acquisition, or none.

Takes a finding; gives one of four answers, each with a word for the eye and the full sentence beside it elsewhere. The
day of acquisition is never known: yes and no stand only where they hold on every possible day and for every variant.
"""

from enum import StrEnum

from chipledger.core.truth import Verdict
from chipledger.findings.finding import Finding


class Answer(StrEnum):
    """Whether a licence was needed on the possible days of acquisition; the value is the name of its style."""

    NEEDED = "needed"
    FREE = "free"
    DEPENDS = "depends"
    UNKNOWN = "unknown"

    @property
    def in_words(self) -> str:
        """The answer for people."""
        return _IN_WORDS[self]


_IN_WORDS = {
    Answer.NEEDED: "licence needed on every possible day",
    Answer.FREE: "no licence needed on any possible day",
    Answer.DEPENDS: "depends on the day or variant",
    Answer.UNKNOWN: "unknown",
}


def answer_of(finding: Finding) -> Answer:
    """Whether a licence was needed for the finding's chip.

    Args:
        finding: with its windows.

    Returns:
        `DEPENDS` where days or variants differ and at least one answer is known.
    """
    match Verdict(finding.license_required):
        case Verdict.YES:
            return Answer.NEEDED
        case Verdict.NO:
            return Answer.FREE
        case Verdict.UNKNOWN:
            said = {run.license_required for window in finding.windows for run in window.stretches}
            return Answer.DEPENDS if said - {Verdict.UNKNOWN} else Answer.UNKNOWN
