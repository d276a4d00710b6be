"""A sum beside a quote: its kind, its verdict and the sum in words; and the margins that sums take for granted.

What margins there are is data (data/findings/witness.yaml).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field

from chipledger.core.load import load_yaml
from chipledger.core.records import Mention, Record
from chipledger.core.sources import Cite


class Margins(Record):
    """The file witness.yaml: what the sums take for granted."""

    checked_on: str
    weight_bytes: dict[str, float]
    unstated_weight_bytes: float = Field(gt=0)
    full_training_bytes: float = Field(gt=0)
    least_training_bytes: float = Field(gt=0)
    serving_share: float = Field(gt=0, le=1)
    most_bytes_of_a_gigabyte: float = Field(ge=1e9)
    flop_per_parameter_and_token: float = Field(gt=0)
    least_utilization: float = Field(gt=0, lt=1)
    most_utilization: float = Field(gt=0, lt=1)
    hours_agree_within: float = Field(gt=0, lt=1)
    hours_disagree_beyond: float = Field(gt=1)
    cites: tuple[Cite, ...]


@cache
def margins() -> Margins:
    """The margins of the sums.

    >>> margins().full_training_bytes
    16.0
    """
    return load_yaml(Path(str(files("chipledger") / "data" / "findings" / "witness.yaml")), Margins)


class Verdict(StrEnum):
    """What a sum says of a statement."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One sum beside one quote.

    Attributes:
        mention_id: whose quote it stands beside.
        kind: memory, flop, chip_hours or scripts.
        verdict: what it says.
        reason: the sum in words.
        needed, there: the two sides of it, in bytes, flop, hours or chips; None where a figure is missing.
    """

    mention_id: str
    kind: str
    verdict: Verdict
    reason: str
    needed: float | None = None
    there: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {name: getattr(self, name) for name in self.__slots__} | {"verdict": self.verdict.value}


def undecided(mention: Mention, kind: str, reason: str) -> Sum:
    """A sum for which a figure is missing."""
    return Sum(mention_id=mention.id, kind=kind, verdict=Verdict.UNDECIDED, reason=reason)


def billions(number: float) -> str:
    """A number of parameters in words.

    >>> billions(389e9), billions(1.04e12)
    ('389 billion', '1.04 trillion')
    """
    return f"{number / 1e12:.3g} trillion" if number >= 0.9995e12 else f"{number / 1e9:.3g} billion"


def gb(number: float) -> str:
    """Bytes in words.

    >>> gb(768e9), gb(6.22e12)
    ('768 GB', '6.22 TB')
    """
    return f"{number / 1e12:.3g} TB" if number >= 1e12 else f"{number / 1e9:.3g} GB"
