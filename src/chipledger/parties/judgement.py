"""What people have decided of two names: same, different or unsure; by whom, when and why; never changed, never deleted.

Takes acts, each a judgement or the withdrawal of one; gives what stands on a day. Acts are kept apart from the data: a
judgement never edits a list, a name or a stake, it stands beside them. A withdrawn judgement no longer counts and can still
be read. The acts form a chain, each with the hash of the one before, so that one changed or taken out later is noticed.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from chipledger.core.records import Record, content_id

BEGINNING = "0" * 64
_LONGEST = 2000


class Decision(StrEnum):
    """What was decided of a pair."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class _Act(Record):
    by: str = Field(min_length=1, max_length=_LONGEST)
    on: date
    why: str = Field(min_length=1, max_length=_LONGEST)

    @field_validator("by", "why")
    @classmethod
    def _one_line(cls, text: str) -> str:
        text = " ".join(text.split())
        if not text:
            raise ValueError("it says nothing")
        return text


class Judgement(_Act):
    """One person's decision that two names stand for one party, for two, or that it cannot be told.

    Args:
        left: a name as a document or a user writes it, or a party's id.
        right: the other; the order of the two does not matter.
        decision: same, different or unsure.
        by: who decided.
        on: the day.
        why: what it rests on.

    >>> one = Judgement(left="科大讯飞", right="iflytek", decision="same", by="reviewer 1", on=date(2026, 11, 1), why="its site")
    >>> one.id == Judgement(left="iFlytek ", right="科大讯飞", decision="same", by="reviewer 1", on=date(2026, 11, 1),
    ...                     why="its site").id
    True
    """

    kind: Literal["judgement"] = "judgement"
    left: str = Field(min_length=1, max_length=_LONGEST)
    right: str = Field(min_length=1, max_length=_LONGEST)
    decision: Decision

    @model_validator(mode="after")
    def _two_names(self) -> "Judgement":
        left, right = (compared(name) for name in (self.left, self.right))
        if not left or not right:
            raise ValueError("a name is empty")
        if left == right:
            raise ValueError(f"{self.left!r} is judged against itself")
        return self

    @property
    def pair(self) -> tuple[str, str]:
        """The two names as they are compared, in order."""
        return pair_of(self.left, self.right)

    @property
    def id(self) -> str:
        """Made of content alone."""
        return content_id(*self.pair, self.decision.value, self.by, self.on, self.why)


class Withdrawal(_Act):
    """That a judgement is taken back: by whom, when and why. The judgement stays readable."""

    kind: Literal["withdrawal"] = "withdrawal"
    withdraws: str = Field(min_length=20, max_length=20)

    @property
    def id(self) -> str:
        """Made of content alone."""
        return content_id(self.withdraws, self.by, self.on, self.why)


Act = Judgement | Withdrawal


@dataclass(frozen=True, slots=True)
class Link:
    """An act at its place in the chain.

    Args:
        sequence: its number, from 1.
        previous: the hash of the act before it; 64 zeros for the first.
        act: a judgement or a withdrawal.
    """

    sequence: int
    previous: str
    act: Act

    @property
    def body(self) -> str:
        """Everything that the hash covers, as one text that is the same for the same content."""
        whole = {
            "sequence": self.sequence,
            "previous": self.previous,
            "act": self.act.model_dump(mode="json"),
        }
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def hash(self) -> str:
        """The sha256 of the body."""
        return hashlib.sha256(self.body.encode("utf-8", "surrogatepass")).hexdigest()


def linked(body: str) -> Link:
    """The link that a body tells.

    Args:
        body: as `Link.body` gave it.

    Raises:
        ValueError: it tells none.
    """
    whole = json.loads(body)
    if not isinstance(whole, dict) or set(whole) != {"sequence", "previous", "act"}:
        raise ValueError("not a link of the chain")
    act = whole["act"]
    kind: type[Judgement] | type[Withdrawal] = Withdrawal if _kind(act) == "withdrawal" else Judgement
    return Link(int(whole["sequence"]), str(whole["previous"]), kind.model_validate(act))


def _kind(act: Any) -> Any:
    return act.get("kind") if isinstance(act, dict) else None


def following(last: Link | None, act: Act) -> Link:
    """The link that comes next in a chain.

    Args:
        last: the newest, None for an empty chain.
        act: to add.
    """
    return Link(last.sequence + 1 if last else 1, last.hash if last else BEGINNING, act)


def broken_links(chain: Sequence[tuple[Link, str]]) -> list[tuple[int, str]]:
    """Where a chain does not hold together: the number of the act, and what is wrong.

    Args:
        chain: every act in order, with the hash that was kept beside it.
    """
    faults, before = [], BEGINNING
    for number, (link, kept) in enumerate(chain, 1):
        if link.sequence != number:
            faults.append((link.sequence, f"stands at place {number}: one is missing or was put in"))
        if link.previous != before:
            faults.append((link.sequence, "does not follow from the act before it"))
        if link.hash != kept:
            faults.append((link.sequence, "its words were changed after it was kept"))
        before = kept
    return faults


@dataclass(frozen=True, slots=True)
class Stood:
    """A judgement with what became of it.

    Args:
        judgement: as it was made.
        withdrawn: what took it back, None while it stands.
    """

    judgement: Judgement
    withdrawn: Withdrawal | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        told = self.judgement.model_dump(mode="json")
        gone = self.withdrawn
        return {
            "id": self.judgement.id,
            **{name: told[name] for name in ("left", "right", "decision", "by", "on", "why")},
            "state": "withdrawn" if gone else "stands",
            "withdrawn_by": gone.by if gone else None,
            "withdrawn_on": gone.on.isoformat() if gone else None,
            "withdrawn_why": gone.why if gone else None,
        }


def stood(acts: Iterable[Act], *, on: date | None = None) -> tuple[Stood, ...]:
    """Every judgement in the order in which it was made, with its withdrawal if it has one.

    Args:
        acts: in the order in which they were made.
        on: as of the end of that day; None for all.
    """
    found: dict[str, Stood] = {}
    for act in acts:
        if on and act.on > on:
            continue
        if isinstance(act, Judgement):
            found.pop(act.id, None)  # made again after it was withdrawn: it stands anew, in its new place
            found[act.id] = Stood(act)
        elif act.withdraws in found:
            found[act.withdraws] = Stood(found[act.withdraws].judgement, act)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Judged:
    """What the standing judgements of one pair come to, with all of them.

    Args:
        decision: that on which they agree; unsure where people contradict each other.
        judgements: those that stand, oldest first, one a person.
    """

    decision: Decision
    judgements: tuple[Judgement, ...]

    @property
    def reason(self) -> str:
        """In a sentence."""
        said = "; ".join(
            f"{one.decision.value} by {one.by} on {one.on}: {one.why}" for one in self.judgements
        )
        differ = len({one.decision for one in self.judgements}) > 1
        return f"people judge it otherwise: {said}" if differ else f"judged {said}"


def judged(acts: Iterable[Act], *, on: date | None = None) -> dict[tuple[str, str], Judged]:
    """What stands of each pair: of one person the last word, of several what they agree on, else unsure.

    Args:
        acts: in the order in which they were made.
        on: as of the end of that day; None for all.

    Returns:
        By pair, as `pair_of` makes it.

    >>> acts = [Judgement(left="Tencent", right="Tencent Music", decision=said, by=who, on=date(2026, 11, 1), why="read")
    ...         for who, said in [("a", "different"), ("b", "same")]]
    >>> judged(acts)[pair_of("tencent music", "TENCENT")].decision.value
    'unsure'
    """
    last: dict[tuple[str, str], dict[str, Judgement]] = {}
    for one in stood(acts, on=on):
        if one.withdrawn is None:
            words = last.setdefault(one.judgement.pair, {})
            words.pop(one.judgement.by, None)
            words[one.judgement.by] = one.judgement
    return {pair: _agreed(tuple(words.values())) for pair, words in last.items()}


def _agreed(judgements: tuple[Judgement, ...]) -> Judged:
    decisions = {one.decision for one in judgements}
    return Judged(decisions.pop() if len(decisions) == 1 else Decision.UNSURE, judgements)


def pair_of(left: str, right: str) -> tuple[str, str]:
    """Two names as judgements compare them: without regard to order, width, case and blanks.

    >>> pair_of("ＳＭＩＣ ", "smic-north")
    ('smic', 'smic-north')
    """
    first, second = sorted((compared(left), compared(right)))
    return first, second


def compared(name: str) -> str:
    """A name as judgements compare it: without regard to width, case and blanks.

    >>> compared("ＳＭＩＣ  North ")
    'smic north'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
