"""What a chain of decisions should wake somebody for, and the same as an Atom feed.

Takes decisions in order; gives an alarm for each that newly says crossed, that no longer says below, or whose rule was changed
after its data. A decision that repeats the one before it raises none, so that a feed reader and a cron job see each once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from chipledger.evals.chain import Decision, Series
from chipledger.evals.verdict import Outcome

_NO_DAY = date(1970, 1, 1)  # a feed must have a day, an empty one has none
_CONTROLS = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


class Kind(StrEnum):
    """Why somebody should look."""

    CROSSED = "crossed"
    NO_LONGER_BELOW = "no longer below"
    RULE_CHANGED = "rule changed after data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing to look at.

    Args:
        kind: why.
        on: the day of the decision.
        hash: of the decision.
        sentence: what a person reads.
    """

    kind: Kind
    on: date
    use_case: str
    benchmark: str
    model: str
    hash: str
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """The alarm as JSON-ready fields."""
        return {**asdict(self), "kind": self.kind.value, "on": self.on.isoformat()}


def alarms(chain: Iterable[Decision]) -> list[Alarm]:
    """Every alarm of a chain, oldest first.

    Args:
        chain: decisions in order.
    """
    before: dict[Series, Decision] = {}
    found = []
    for decision in chain:
        found += [_alarm(decision, kind) for kind in _kinds(decision, before.get(decision.series))]
        before[decision.series] = decision
    return found


def _kinds(decision: Decision, before: Decision | None) -> Iterator[Kind]:
    outcome = decision.verdict["outcome"]
    earlier = before.verdict["outcome"] if before else None
    if outcome == Outcome.CROSSED and earlier != Outcome.CROSSED:
        yield Kind.CROSSED
    if earlier == Outcome.BELOW and outcome not in (Outcome.BELOW, Outcome.CROSSED):
        yield Kind.NO_LONGER_BELOW
    if _rule_changed(decision) and not (
        before and _rule_changed(before) and _rule(before) == _rule(decision)
    ):
        yield Kind.RULE_CHANGED


def _rule(decision: Decision) -> str:
    return str(decision.verdict["rule_hash"])


def _rule_changed(decision: Decision) -> bool:
    return any(flag.startswith(Kind.RULE_CHANGED) for flag in decision.verdict["flags"])


def _alarm(decision: Decision, kind: Kind) -> Alarm:
    verdict = decision.verdict
    what = {
        Kind.CROSSED: "has crossed the threshold of",
        Kind.NO_LONGER_BELOW: "is no longer shown to be below the threshold of",
        Kind.RULE_CHANGED: "was decided under a rule that changed after its data, on",
    }[kind]
    reason = verdict["reasons"][0] if verdict["reasons"] else ""
    version = f" version {verdict['task_version']}" if verdict["task_version"] else ""
    return Alarm(
        kind=kind,
        on=date.fromisoformat(verdict["on"]),
        use_case=verdict["use_case"],
        benchmark=verdict["benchmark"],
        model=verdict["model"],
        hash=decision.hash,
        sentence=f"{verdict['model']} {what} {verdict['benchmark']}{version} ({verdict['use_case']}): {reason}",
    )


def atom(found: Iterable[Alarm], *, title: str = "chipledger evals: alarms") -> str:
    """Alarms as an Atom feed (RFC 4287), newest first; the same alarms give the same bytes.

    Args:
        found: alarms, oldest first.
        title: of the feed.
    """
    entries = list(found)[::-1]
    feed = Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _texts(
        feed,
        title=title,
        id="urn:chipledger:evals:alarms",
        updated=_instant(entries[0].on if entries else _NO_DAY),
    )
    _texts(SubElement(feed, "author"), name="chipledger")
    for one in entries:
        entry = SubElement(feed, "entry")
        about = f"{one.kind.value}: {one.model} on {one.benchmark}"
        name = f"urn:sha256:{one.hash}:{one.kind.name.lower()}"
        _texts(entry, title=about, id=name, updated=_instant(one.on), summary=one.sentence)
        SubElement(entry, "category", term=one.use_case)
    indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(feed, encoding="unicode")}\n'


def _texts(parent: Element, **texts: str) -> None:
    for tag, text in texts.items():
        SubElement(parent, tag).text = _CONTROLS.sub("", text)


def _instant(on: date) -> str:
    return f"{on}T00:00:00Z"
