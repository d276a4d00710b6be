"""What speaks for and against two snapshots being of one project: reasons, each with its weight and its kind.

Three kinds of reasons are told apart by who could have made them. Held: commits and pull requests that only the holder of
the project has, words in the older snapshot, committers. Copied: authors, title, sentences and addresses, which anybody
may copy. Against: a line that goes on elsewhere, an address taken over, promotion. The weights are stated here and add up;
they order evidence and are no probabilities.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chipledger.core.byline import Line
from chipledger.documents.line import keys_of_name
from chipledger.findings.organisations import owner_of
from chipledger.findings.snapshot import Snapshot, name_key

_WORD = re.compile(r"[^\W_]+")
_LEAST_TITLE = 3
LEAST_HELD = 3
"""So much that only a project's holder could make speaks for one project."""
_LEAST_PROMOTION = 2


class Kind(StrEnum):
    """Who could have made a sign."""

    HELD = "held"
    COPIED = "copied"
    AGAINST = "against"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sign, in words.

    Args:
        sign: its short name.
        kind: who could have made it.
        weight: how much it counts, above 0 for, below 0 against.
        in_words: what was seen.
    """

    sign: str
    kind: Kind
    weight: int
    in_words: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {"sign": self.sign, "kind": self.kind.value, "weight": self.weight, "in_words": self.in_words}


@dataclass(frozen=True, slots=True)
class Likeness:
    """The reasons for and against two snapshots being one project, the older snapshot first."""

    older: Snapshot
    newer: Snapshot
    reasons: tuple[Reason, ...]

    def total(self, *kinds: Kind) -> int:
        """The weights of the reasons of some kinds together."""
        return sum(one.weight for one in self.reasons if one.kind in kinds)

    def weight_of(self, sign: str) -> int:
        """The weight of a sign; 0 where it was not seen."""
        return max((one.weight for one in self.reasons if one.sign == sign), default=0)

    def has(self, *signs: str) -> bool:
        """Whether any of these signs was seen."""
        return any(one.sign in signs for one in self.reasons)


def likeness(one: Snapshot, other: Snapshot) -> Likeness:
    """What speaks for and against two snapshots being of one project.

    Args:
        one, other: in any order.
    """
    older, newer = sorted(
        (one, other), key=lambda snap: (snap.first_on is None, snap.first_on or snap.unit, snap.unit)
    )
    reasons = [
        *_lines(older, newer),
        *_committers(older, newer),
        *_authors(older, newer),
        *_content(older, newer),
        *_words_on_itself(older, newer),
        *_links(older, newer),
        *_names(older, newer),
    ]
    return Likeness(older, newer, tuple(reasons))


def _age(snap: Snapshot) -> tuple[date, date, str]:
    """What comes first; of two copies of one line that which ends first."""
    return snap.first_on or date.max, snap.last_on or date.max, snap.unit


def promotion_in(snapshot: Snapshot) -> tuple[str, ...]:
    """The different words of promotion in a snapshot's text, where there are two or more; one alone may be a subject.

    Args:
        snapshot: whose text.
    """
    said = dict.fromkeys(sign.quote.lower() for sign in snapshot.signs if sign.kind == "promotion")
    return tuple(said) if len(said) >= _LEAST_PROMOTION else ()


def author_keys(snapshot: Snapshot) -> dict[frozenset[str], str]:
    """Digests of each author's name with the name as printed."""
    return {keys: name for name in snapshot.authors if (keys := keys_of_name(name))}


def _lines(older: Snapshot, newer: Snapshot) -> Iterator[Reason]:
    a, b = older.line, newer.line
    if a is None or b is None:
        return
    proposals = set(a.proposals) & set(b.proposals)
    if len(proposals) > 1:
        yield Reason("same pull requests", Kind.HELD, 10,
                     f"{len(proposals)} pull requests have the same numbers and commits; a host keeps them with the repository, a fork does not get them")  # fmt: skip
        return
    shared, a_in_b, b_in_a = _overlap(a, b)
    if not shared:
        return
    both = f"they share commits, {a_in_b:.0%} of the one and {b_in_a:.0%} of the other"
    if min(a_in_b, b_in_a) < 0.995:
        yield Reason(
            "both lines go on", Kind.AGAINST, -10, f"{both}: each has commits of its own, as forks have"
        )
        return
    owners = owner_of(older.owner), owner_of(newer.owner)
    moved = any(sign.kind == "moved" for sign in (*older.signs, *newer.signs))
    if older.owner == newer.owner or moved or (owners[0] is not None and owners[0] == owners[1]):
        why = (
            "the same owner"
            if older.owner == newer.owner
            else "a text says that it moved"
            if moved
            else f"both owners are {owners[0].primary if owners[0] else ''}"
        )
        yield Reason("same commits", Kind.HELD, 6, f"{both}, and {why}")
    else:
        yield Reason(
            "same commits, owner unexplained",
            Kind.COPIED,
            2,
            f"{both}; a mirror or an old fork would look the same",
        )


def _overlap(a: Line, b: Line) -> tuple[int, float, float]:
    """How many commits of the sketches are shared, and the share of each line that the other holds, as the sketches tell."""
    if not a.sketch or not b.sketch:
        return 0, 0.0, 0.0
    reach = min(
        a.sketch[-1] if len(a.sketch) < a.commits else "g", b.sketch[-1] if len(b.sketch) < b.commits else "g"
    )
    of_a, of_b = {one for one in a.sketch if one <= reach}, {one for one in b.sketch if one <= reach}
    shared = len(of_a & of_b)
    return shared, shared / max(len(of_a), 1), shared / max(len(of_b), 1)


def _committers(older: Snapshot, newer: Snapshot) -> Iterator[Reason]:
    a, b = older.line, newer.line
    if a and b and (shared := set(a.committers) & set(b.committers)):
        yield Reason(
            "same committers", Kind.HELD, 4, f"they have committers in common ({len(shared)} marks agree)"
        )
    for line, named in ((a, newer), (b, older)):
        if line is None:
            continue
        bearing = [name for keys, name in author_keys(named).items() if keys & set(line.committers)]
        if bearing:
            yield Reason("authors commit", Kind.HELD, 3,
                         f"{len(bearing)} of the {len(named.authors)} authors of {named.place} by name among the committers to {(newer if line is b else older).place}")  # fmt: skip
            return


def _authors(older: Snapshot, newer: Snapshot) -> Iterator[Reason]:
    a, b = author_keys(older), author_keys(newer)
    if not a or not b:
        return
    every = {key for keys in b for key in keys}
    shared = [name for keys, name in a.items() if keys & every]
    share = len(shared) / min(len(a), len(b))
    told = f"{len(shared)} of {len(a)} and {len(b)} authors are the same"
    if len(shared) >= 3 and share >= 0.6:
        yield Reason("same authors", Kind.COPIED, 4, told)
    elif len(shared) >= 2 and share >= 0.5:
        yield Reason("some authors", Kind.COPIED, 2, told)
    elif not shared and min(len(a), len(b)) >= 2:
        yield Reason("other authors", Kind.AGAINST, -4, "no author stands in both author blocks")


def _content(older: Snapshot, newer: Snapshot) -> Iterator[Reason]:
    a, b = _title_words(older), _title_words(newer)
    if len(a & b) >= _LEAST_TITLE and len(a & b) / len(a | b) >= 0.5:
        yield Reason(
            "same title",
            Kind.COPIED,
            2,
            f"their titles share {len(a & b)} of {len(a | b)} words beside the names",
        )
    shared = len(older.sentences & newer.sentences)
    least = min(len(older.sentences), len(newer.sentences))
    if shared >= 2 and shared >= 0.1 * least:
        yield Reason(
            "same sentences",
            Kind.COPIED,
            3 if shared >= 0.4 * least else 2,
            f"{shared} of {least} longer sentences are the same",
        )
    papers = {one for one in older.addresses & newer.addresses if one.startswith("arxiv:")}
    if papers:
        yield Reason("same paper", Kind.COPIED, 1, f"both name {_some(sorted(papers))}")


def _title_words(snapshot: Snapshot) -> frozenset[str]:
    words = frozenset(one.lower() for one in _WORD.findall(snapshot.title or "") if len(one) > 2)
    return words - {part for name in snapshot.names for part in name.split("-")}


def _words_on_itself(older: Snapshot, newer: Snapshot) -> Iterator[Reason]:
    for said_by, of, weight, kind in ((older, newer, 5, Kind.HELD), (newer, older, 2, Kind.COPIED)):
        for sign in said_by.signs:
            if sign.kind not in ("renamed", "moved") or not sign.name:
                continue
            named = name_key(sign.name.rstrip("/.").rsplit("/", 1)[-1])
            if named in of.names and named not in said_by.names:
                yield Reason(
                    "names the other",
                    kind,
                    weight,
                    f"{said_by.place} says: “{' '.join(sign.quote.split())[:80]}”",
                )
                break
    if any(sign.kind == "restarted" for sign in newer.signs):
        quote = next(sign.quote for sign in newer.signs if sign.kind == "restarted")
        yield Reason(
            "says it begins anew", Kind.AGAINST, -2, f"{newer.place} says: “{' '.join(quote.split())}”"
        )
    if words := promotion_in(newer):
        yield Reason("promotion", Kind.AGAINST, -4, f"{newer.place} promotes something else ({_some(words)})")


def _links(older: Snapshot, newer: Snapshot) -> Iterator[Reason]:
    from_older = _links_to(older, newer)
    from_newer = _links_to(newer, older)
    if from_older:
        yield Reason(
            "linked from the older", Kind.HELD, 2, f"{older.place}, the older, links to {newer.place}"
        )
    if from_newer:
        yield Reason("links to the older", Kind.COPIED, 1, f"{newer.place} links to {older.place}")


def _links_to(one: Snapshot, other: Snapshot) -> bool:
    if other.address is None or one.address == other.address:
        return False
    kind, _, place = other.address.partition(":")
    wanted = {other.address} | (
        {f"page:{place.split('/')[0]}"}
        if kind == "page" and place.split("/")[0].endswith(".github.io")
        else set[str]()
    )
    return bool(wanted & one.addresses)


def _names(older: Snapshot, newer: Snapshot) -> Iterator[Reason]:
    if shared := older.names & newer.names:
        yield Reason("same name", Kind.COPIED, 1, f"both are called {_some(sorted(shared))}")
    owners = owner_of(older.owner), owner_of(newer.owner)
    if owners[0] is not None and owners[0] == owners[1] and older.owner != newer.owner:
        yield Reason(
            "same party owns them",
            Kind.HELD,
            1,
            f"{older.owner} and {newer.owner} are both {owners[0].primary}",
        )


def _some(names: "list[str] | tuple[str, ...]") -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
