"""What a project's owner stated of chips and networks and states no longer, each with its days and in words.

Takes losses from a history; gives removals. A removal says what stood where from when, which commit took it away and
how, and which dated public event came before it. It never says why: documents are shortened for many reasons.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chipledger.core.records import content_id
from chipledger.evidence.author import domain_of
from chipledger.evidence.lifeline import Lifeline, Loss, Manner
from chipledger.findings.events import Event, event_before

_HOW = {
    Manner.LINE_REMOVED: "was removed",
    Manner.DROPPED: "was dropped from a line that goes on without it",
    Manner.CHANGED: "was changed",
    Manner.FILE_REMOVED: "went with its file",
    Manner.BEGUN_ANEW: "was left out when the history was begun anew",
    Manner.UNTOLD: "was not seen after",
}
_SHOWN = 120
GONE_FROM_REFS = "gone from every ref"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A statement that was taken out or weakened.

    Args:
        loss: the statement, with where it was first and last seen, and what took it away.
        project: the repository's name.
        organisation: the repository's owner.
        event: the last dated public event about the project before it, if one is known and near.
        days_after: the days from that event to the removal.
    """

    loss: Loss
    project: str | None
    organisation: str | None
    event: Event | None
    days_after: int | None

    @property
    def lifeline(self) -> Lifeline:
        """The statement that was lost."""
        return self.loss.lifeline

    @property
    def id(self) -> str:
        """The removal's content id."""
        return content_id(self.lifeline.id, self.loss.at.commit, self.loss.manner.value)

    @property
    def in_words(self) -> str:
        """The removal as a sentence."""
        what, first = self.lifeline.statement, self.lifeline.first
        name = (
            what.words
            if what.kind != "chip"
            else f"the {what.mention.purpose.value if what.mention else 'mention'} of {what.name}"
        )
        since = f", there since {first.day}," if first.day else ""
        on = f" on {self.loss.at.day}" if self.loss.at.day else ""
        after = (
            f", {_after(self.days_after)} {self.event.what}"
            if self.event and self.days_after is not None
            else ""
        )
        still = "; the file names it elsewhere" if self.loss.is_named_still else ""
        return f"{name[:_SHOWN]} in {self.loss.at.path}{since} {_HOW[self.loss.manner]}{on} ({self.loss.at.commit[:12]}){after}{still}"

    def as_dict(self) -> dict[str, Any]:
        """The removal as JSON-ready fields, `kind` first."""
        what, at, first, last = self.lifeline.statement, self.loss.at, self.lifeline.first, self.lifeline.last
        mention = what.mention
        return {
            "kind": "removal", "id": self.id, "in_words": self.in_words, "what": what.kind, "name": what.name,
            "chips": list(mention.chips) if mention else [], "purpose": mention.purpose.value if mention else None,
            "manner": self.loss.manner.value, "removed_on": _iso(at.day), "commit": at.commit, "path": at.path,
            "line": what.line, "words_before": what.words, "words_now": self.loss.words_now,
            "is_named_still": self.loss.is_named_still, "author_organisation": domain_of(at.author),
            "first_seen": _iso(first.day), "first_commit": first.commit, "last_seen": _iso(last.day), "last_commit": last.commit,
            "project": self.project, "organisation": self.organisation, "lifeline": self.lifeline.id,
            "event": self.event.id if self.event else None, "event_on": _iso(self.event.on) if self.event else None,
            "days_after": self.days_after,
        }  # fmt: skip


def removals(losses: Iterable[Loss], project: str | None, organisation: str | None) -> list[Removal]:
    """The removals of one repository.

    Args:
        losses: as its history tells them.
        project: the repository's name.
        organisation: its owner.
    """
    made = []
    for loss in losses:
        event = event_before(loss.at.day, project) if loss.at.day else None
        days = (loss.at.day - event.on).days if event and loss.at.day else None
        made.append(
            Removal(loss=loss, project=project, organisation=organisation, event=event, days_after=days)
        )
    return made


def gone_from_refs(line: Mapping[str, Any]) -> dict[str, Any]:
    """The removal of a statement that stood when an earlier scan looked, in commits that are gone from every ref since.

    Args:
        line: the statement's line, with the day of the scan that missed it first in `gone_since`.
    """
    name = line.get("chip") or line["name"]
    what = f"the {line['purpose']} of {name}" if line["kind"] == "mention" else line["words"]
    since = f", there since {line['first_seen']}," if line["first_seen"] else ""
    last = f"; last seen in commit {line['last_commit'][:12]} of {line['last_seen']}"
    removal_id = content_id(line["lifeline"], line["last_commit"], GONE_FROM_REFS)
    return {
        "kind": "removal", "id": removal_id,
        "in_words": f"{what[:_SHOWN]} in {line['last_path']}{since} is {GONE_FROM_REFS} since {line['gone_since']} at the latest{last}",
        "what": "chip" if line["kind"] == "mention" else "setting", "name": name, "chips": list(line.get("chips") or ()),
        "purpose": line.get("purpose"), "manner": GONE_FROM_REFS, "removed_on": line["gone_since"], "commit": line["last_commit"],
        "path": line["last_path"], "line": line["line"], "words_before": line["words"], "words_now": None, "is_named_still": False,
        "author_organisation": None, "first_seen": line["first_seen"], "first_commit": line["first_commit"],
        "last_seen": line["last_seen"], "last_commit": line["last_commit"], "project": line["project"],
        "organisation": line["owner"], "lifeline": line["lifeline"], "event": None, "event_on": None, "days_after": None,
    }  # fmt: skip


def _after(days: int) -> str:
    return "on the day on which" if days == 0 else f"{days} day{'' if days == 1 else 's'} after"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
