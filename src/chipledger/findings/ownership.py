"""What the affiliates rule makes of an owner on a day: ownership facts of parties, set against the rule as dated in rules.

Takes what is known of who covers a party (parties.ownership) and a day; gives whether the party is treated as its listed
owners are, three-valued, with the state of the rule on that day, red flags, reasons and cites. Whether the rule held on a
day is read from its data file, never from here. Before the rule, and while it is stayed, a listed owner does not list its
subsidiary: the two are legally distinct, and the owner is a reason to look closer. The answer is about a requirement; it says
nothing of what anybody did. Two clocks: `on` is the day in the world, `known` what was public by then.

Source: 15 CFR 744.11 and Red Flag 29 of Supplement 3 to Part 732 as 90 FR 47201 made them, stayed by 90 FR 50857.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chipledger.core.truth import Truth, Verdict, all_of
from chipledger.parties.events import standing_on
from chipledger.parties.ownership import Answer, Closure, Coverage, Graph, closure, graph
from chipledger.parties.party import Listing, Party
from chipledger.parties.stake import Stake
from chipledger.rules.classify import cite_text
from chipledger.rules.control import Requirement, TextLayer
from chipledger.rules.criteria import Case
from chipledger.rules.instrument import Instrument
from chipledger.rules.item import Item
from chipledger.rules.law import Law, law
from chipledger.rules.transaction import Transaction

END_USE = "us-ear-744-11-affiliates"
COUNTED_LISTS = ("entity_list", "meu")
"""Lists whose parties' shares count toward half (90 FR 47201)."""
COUNTED_IN_PART = ("sdn",)
"""Lists of which only the parties under some programmes count (15 CFR 744.8): a party on one counts perhaps."""
_NOTHING: Mapping[str, Collection[str]] = {}


class RuleState(StrEnum):
    """How the affiliates rule stood on a day."""

    BEFORE = "before"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class RedFlag(StrEnum):
    """What an exporter is asked to look into; a flag is no finding against anybody."""

    RED_FLAG_29 = "red_flag_29"
    LISTED_OWNER = "listed_owner"
    RULE_UNKNOWN = "rule_state_unknown"


@dataclass(frozen=True, slots=True)
class AffiliatesRule:
    """The affiliates rule on a day.

    Args:
        state: before it, in force, stayed, or not known.
        requires: whether a party that listed ones own by half is treated as they are.
        default: what to take until somebody has checked, where that is not known; None where it is.
        reasons: in sentences, with the act.
        cites: where it is written.
    """

    on: date
    state: RuleState
    requires: Truth
    default: Verdict | None
    reasons: tuple[str, ...]
    cites: tuple[str, ...]


def affiliates_rule(on: date, known: date | None = None) -> AffiliatesRule:
    """How the affiliates rule stood on a day.

    Args:
        on: the day in the world.
        known: with what was public by then; None for all that is recorded.

    >>> [affiliates_rule(date(2025, month, 15)).state.value for month in (9, 10, 12)]
    ['before', 'in_force', 'suspended']
    >>> after = affiliates_rule(date(2026, 11, 10))
    >>> after.state.value, after.requires.value.value, after.default.value
    ('unknown', 'unknown', 'yes')
    """
    whole = law().as_known(known)
    rows = sorted(whole.end_uses[END_USE].requirements, key=lambda row: row.effective_from or date.min)
    held = [row for row in rows if row.holds_on(on) and TextLayer.ENFORCED in row.layers]
    if held:
        return _holding(whole, held[0], on)
    return _without(whole, [row for row in rows if row.effective_from and row.effective_from <= on], rows, on)


def _holding(whole: Law, row: Requirement, on: date) -> AffiliatesRule:
    act = whole.instruments[row.instrument] if row.instrument else None
    owned = Transaction(
        destination="CN", owned_half_by_listed=Truth.yes("listed parties hold half or more, together")
    )
    met = row.when.test(Case(Item(), owned, whole.on(on))) if row.when else Truth.yes()
    state = RuleState.UNKNOWN if met.is_unknown else RuleState.IN_FORCE
    said = f"the affiliates rule is in force from {row.effective_from}{_by(act)}"
    return AffiliatesRule(
        on=on,
        state=state,
        requires=met,
        default=Verdict.YES if met.is_unknown else None,
        reasons=met.reasons if met.is_unknown else (said,),
        cites=tuple(dict.fromkeys(map(cite_text, (row.cite, *(act.cites if act else ()))))),
    )


def _without(whole: Law, ended: list[Requirement], rows: list[Requirement], on: date) -> AffiliatesRule:
    """No version of it holds on the day: it was not made yet, was not public yet, or is stayed."""
    if not ended:
        first = rows[0].effective_from if rows else None
        said = f"the affiliates rule takes effect on {first}" if first else "no affiliates rule was public"
        return AffiliatesRule(on, RuleState.BEFORE, Truth.no(said), None, (said,), tuple(cite_text(row.cite) for row in rows[:1]))  # fmt: skip
    last = ended[-1]
    act = whole.instruments[last.ended_by] if last.ended_by else None
    said = f"the affiliates rule is stayed from {last.effective_until}{_by(act)}"
    cites = act.cites if act else (last.cite,)
    return AffiliatesRule(
        on, RuleState.SUSPENDED, Truth.no(said), None, (said,), tuple(map(cite_text, cites))
    )


def _by(act: Instrument | None) -> str:
    return f" ({act.citation})" if act else ""


@dataclass(frozen=True, slots=True)
class Affiliation:
    """Whether a party is treated as its listed owners are, on a day.

    Args:
        party: whom it is about.
        rule: how the rule stood.
        coverage: who holds how much of the party, and what that comes to at half.
        treated_as_listed: by the rule, on what is known; unknown stays unknown.
        default: where the state of the rule is not known, what to take until somebody has checked.
        red_flags: what to look into.
        reasons: in sentences.
    """

    party: str
    rule: AffiliatesRule
    coverage: Coverage
    treated_as_listed: Truth
    default: Verdict | None
    red_flags: tuple[RedFlag, ...]
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "party": self.party,
            "on": self.rule.on.isoformat(),
            "rule_state": self.rule.state.value,
            "treated_as_listed": self.treated_as_listed.value.value,
            "default": self.default.value if self.default else None,
            "red_flags": [flag.value for flag in self.red_flags],
            "reasons": list(self.reasons),
            "cites": list(self.rule.cites),
            "ownership": self.coverage.as_dict(),
        }


def affiliation(coverage: Coverage, *, on: date, known: date | None = None) -> Affiliation:
    """What the rule makes of a party's owners on a day.

    Args:
        coverage: of the party, with the lists and stakes of that day.
        on: the day in the world.
        known: with what was public by then; None for all that is recorded.

    >>> day = date(2025, 10, 15)
    >>> found = affiliation(closure(graph([Stake(owner="listed", owned="firm")], on=day), ["listed"]).of("firm"), on=day)
    >>> found.treated_as_listed.value.value, [flag.value for flag in found.red_flags]
    ('unknown', ['red_flag_29'])
    """
    rule = affiliates_rule(on, known)
    owned = owned_half(coverage)
    treated = all_of([owned, rule.requires])
    default = owned.value if rule.default is not None and not owned.is_no else None
    flags = tuple(_flags(coverage, rule))
    reasons = dict.fromkeys(
        (*_of_party(coverage), *coverage.reasons, *rule.reasons, *_said(coverage, rule, flags))
    )
    return Affiliation(coverage.party, rule, coverage, treated, default, flags, tuple(reasons))


def owned_half(coverage: Coverage) -> Truth:
    """Whether listed parties hold half of a party or more together, as `rules` asks it of an end user.

    Args:
        coverage: of the party.
    """
    known = {Answer.CERTAINLY: True, Answer.NOT: False}.get(coverage.answer)
    return Truth.of(known, *coverage.reasons)


def affiliates(stakes: Graph, lists: Mapping[str, Iterable[Listing]]) -> Closure:
    """Who is covered by the parties that stand on a list that counts, or may.

    Args:
        stakes: of the day.
        lists: by party the lists on which it stands that day, or stands perhaps (`parties.events.standing_on`).
    """
    listed: set[str] = set()
    perhaps: set[str] = set()
    for party, listings in lists.items():
        for one in listings:
            if one.list in COUNTED_LISTS and one.holds is Verdict.YES:
                listed.add(party)
            elif one.list in (*COUNTED_LISTS, *COUNTED_IN_PART):
                perhaps.add(party)
    return closure(stakes, listed, perhaps - listed)


def affiliation_of(
    party: str,
    stakes: Iterable[Stake],
    parties: Mapping[str, Party],
    *,
    on: date,
    known: date | None = None,
    unclear: Mapping[str, Collection[str]] = _NOTHING,
) -> Affiliation:
    """What the rule makes of a party's owners on a day, with the lists that parties stood on that day.

    Args:
        party: as the stakes name it; ids of `parties` where it is one of them (`parties.stakes.identified`).
        stakes: of any day.
        parties: with what lists said of them, by id.
        on: the day in the world.
        known: with what was public by then; None for all that is recorded.
        unclear: words of the stakes that may mean one or several of the parties (`StakesRead.unclear`).

    >>> from chipledger.parties.register import parties
    >>> found = affiliation_of("a unit", [Stake(owner="sensetime", owned="a unit", low=0.6, high=0.6)], parties(),
    ...                        on=date(2025, 10, 15))
    >>> found.rule.state.value, found.treated_as_listed.value.value
    ('in_force', 'yes')
    """
    lists = lists_of(parties, on=on, known=known, unclear=unclear)
    return affiliation(affiliates(graph(stakes, on=on), lists).of(party), on=on, known=known)


def lists_of(
    parties: Mapping[str, Party],
    *,
    on: date,
    known: date | None = None,
    unclear: Mapping[str, Collection[str]] = _NOTHING,
) -> dict[str, tuple[Listing, ...]]:
    """The lists on which parties stood on a day, or stood perhaps.

    Args:
        parties: with what lists said of them, by id.
        on: the day in the world.
        known: with what was public by then; None for all that is recorded.
        unclear: words that may mean one or several of them: such a word stands perhaps where any of these does.
    """
    found = {name: standing_on(one.events, on, known) for name, one in parties.items() if one.events}
    for word, candidates in unclear.items():
        why = f"the name fits {' and '.join(sorted(candidates))}"
        found[word] = tuple(
            one.model_copy(update={"holds": Verdict.UNKNOWN, "why": why})
            for candidate in sorted(candidates)
            for one in found.get(candidate, ())
        )
    return found


def _flags(coverage: Coverage, rule: AffiliatesRule) -> Iterator[RedFlag]:
    if not coverage.has_listed_owner:
        return
    applies = rule.state in (RuleState.IN_FORCE, RuleState.UNKNOWN)
    if applies and coverage.answer in (Answer.POSSIBLY, Answer.UNKNOWN):
        yield RedFlag.RED_FLAG_29
    elif not applies or coverage.answer is Answer.NOT:
        yield RedFlag.LISTED_OWNER
    if rule.state is RuleState.UNKNOWN and coverage.answer is not Answer.NOT:
        yield RedFlag.RULE_UNKNOWN


def _of_party(coverage: Coverage) -> Iterator[str]:
    if coverage.is_listed:
        yield f"{coverage.party} is listed itself: what is asked for it does not turn on its owners"


def _said(coverage: Coverage, rule: AffiliatesRule, flags: tuple[RedFlag, ...]) -> Iterator[str]:
    if RedFlag.RED_FLAG_29 in flags:
        yield "Red Flag 29: a listed party is among the owners and its share is not known; it is to be found out first"
    if RedFlag.LISTED_OWNER in flags and rule.state in (RuleState.BEFORE, RuleState.SUSPENDED):
        yield "legally distinct: a listed owner does not list the party, and is a reason to look closer"
    elif RedFlag.LISTED_OWNER in flags:
        yield "below half the rule does not reach the party; a listed owner is a reason to look closer"
    if RedFlag.RULE_UNKNOWN in flags and coverage.answer is Answer.CERTAINLY:
        yield "taken as listed until a person has checked whether the rule is back"
