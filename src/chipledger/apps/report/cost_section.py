"""What a restriction costs, as the page shows it: drawings that somebody else made, and what they rest on.

Takes nothing; whoever writes the report reckons and draws (`cost_chart`), so that the page itself needs neither the performance model nor numpy.
"""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSection:
    """The section of one model.

    Args:
        about: the job in a sentence.
        drawings: each with the words that stand for it where it is not seen.
        notes: what the numbers rest on.
    """

    about: str
    drawings: tuple[tuple[str, Markup], ...]
    notes: tuple[str, ...]
