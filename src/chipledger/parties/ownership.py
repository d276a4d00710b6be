"""Who is owned by half or more by listed parties together: certainly, possibly, not, or not known.

Takes stakes with a low and a high bound, a day, and the parties that were listed on it; gives for each party an answer with
the owners that count, the chain to a listed one, and beside it the share that comes out when the shares of a chain are
multiplied. A party is covered as soon as covered parties hold half of it together, listed ones being covered from the start:
so 25 % and 25 % make half, and half of a half carries on. That is worked out three times over one graph, each time with more
allowed: the least that each share can be (certainly), the most that a source allows (possibly), and whatever share where no
source says anything (unknown). Each time it is the smallest set that closes, so the order of the stakes does not matter and
a circle of owners ends. Shares are counted in whole small parts, so that 25 % and 25 % are exactly half in any order.

Source: OFAC, Revised Guidance on Entities Owned by Persons Whose Property and Interests in Property Are Blocked (2014-08-13)
for aggregate and cascade; BIS, 90 FR 47201, takes the same test for listed parties.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

from chipledger.core.collecting import uncollected
from chipledger.parties.stake import Stake, StakeKind

WHOLE = 10**15
"""All of a party, in the parts that shares are counted in."""
HALF = WHOLE // 2
ROUNDING = WHOLE // 200
"""By how much the shares in one party may pass the whole when each was rounded as printed: half a percent."""
_ROUNDS = 200  # of the multiplied share where owners form a circle
_SETTLED = 1e-9


class Answer(StrEnum):
    """Whether covered parties hold half of a party or more, together."""

    CERTAINLY = "certainly"
    POSSIBLY = "possibly"
    NOT = "not"
    UNKNOWN = "unknown"


class Holding(NamedTuple):
    """What one party holds of another on the day, in parts; `stated` is the most that a source allows, 0 if none says."""

    owner: str
    owned: str
    low: int
    stated: int
    high: int

    @property
    def is_stated(self) -> bool:
        """Whether anything is known of the share."""
        return self.low > 0 or self.high < WHOLE


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the stakes in one party, in a line."""

    party: str
    what: str

    def __str__(self) -> str:
        return f"{self.party}: {self.what}"


@dataclass(frozen=True, slots=True)
class Graph:
    """The stakes of one day: who holds what (`holds`), who is held by whom (`owners`), and what is wrong with them."""

    on: date
    holds: Mapping[str, list[Holding]]
    owners: Mapping[str, list[Holding]]
    recorded: Mapping[str, int]
    """By party the least that its owners hold together; left out where it passes the whole."""
    faults: tuple[Fault, ...] = ()


def graph(stakes: Iterable[Stake], *, on: date) -> Graph:
    """The stakes that hold on a day, one holding for each pair; what contradicts itself is told, never refused.

    Several statements of one pair are taken together: what all of them allow, or where they contradict each other all that
    any of them allows. Votes, control and consolidation say that there is an owner and nothing of its share. The same goes
    for a share that is only recalled.

    Args:
        stakes: in any order, of any day.
        on: the day.

    >>> found = graph([Stake(owner="a", owned="b", low=0.6, high=0.6), Stake(owner="c", owned="b", low=0.7, high=0.7)],
    ...               on=date(2026, 1, 1))
    >>> print(*found.faults)
    b: its recorded shares add up to 130 %, so none of them is taken as certain
    """
    with uncollected():
        return _linked(_by_owned(stakes, on), on)


def _by_owned(stakes: Iterable[Stake], on: date) -> dict[str, list[Holding]]:
    owners: dict[str, list[Holding]] = {}
    for stake in stakes:
        since, until = stake.since, stake.until
        if (since and on < since) or (until and on >= until):
            continue
        owned = stake.owned
        if owned in owners:
            owners[owned].append(_holding(stake))
        else:
            owners[owned] = [_holding(stake)]
    return owners


def _holding(stake: Stake) -> Holding:
    low, high = stake.low, stake.high
    if (
        (low == 0.0 and high == 1.0)
        or stake.kind is not StakeKind.SHARES
        or (stake.cites and not stake.decides)
    ):
        return Holding(stake.owner, stake.owned, 0, 0, WHOLE)
    least = round(low * WHOLE)
    most = least if low == high else round(high * WHOLE)
    return Holding(stake.owner, stake.owned, least, most, most)


def _linked(owners: dict[str, list[Holding]], on: date) -> Graph:
    holds: dict[str, list[Holding]] = {}
    recorded: dict[str, int] = {}
    faults: list[Fault] = []
    for owned, told in owners.items():
        if len({owned, *[one.owner for one in told]}) <= len(told):  # an owner twice, or the party itself
            told[:] = _one_a_pair(owned, told, faults)
        low = sum([one.low for one in told]) if len(told) > 1 else told[0].low if told else 0
        if low > WHOLE + ROUNDING:
            faults.append(Fault(owned, f"its recorded shares add up to {_percent(low)}, so none of them is taken as certain"))  # fmt: skip
            told[:] = [one._replace(low=0) for one in told]
        elif low:
            recorded[owned] = low
        for one in told:
            owner = one.owner
            if owner in holds:
                holds[owner].append(one)
            else:
                holds[owner] = [one]
    return Graph(on, holds, owners, recorded, tuple(sorted(faults, key=str)))


def _one_a_pair(owned: str, told: list[Holding], faults: list[Fault]) -> list[Holding]:
    """The holdings in one party with several statements of an owner made one, and without the party itself."""
    by_owner: dict[str, list[Holding]] = {}
    for one in told:
        by_owner.setdefault(one.owner, []).append(one)
    if by_owner.pop(owned, None):
        faults.append(Fault(owned, "it is said to own itself, which is left out"))
    found = []
    for owner, stated in by_owner.items():
        one, agree = _together(stated)
        found.append(one)
        if not agree:
            faults.append(Fault(owned, f"what {owner} holds is told in ways that contradict each other: "
                                       f"{_range(one.low, one.high)} is taken"))  # fmt: skip
    return found


def _together(stated: list[Holding]) -> tuple[Holding, bool]:
    """What all statements allow; where nothing is left, all that any of them allows."""
    if len(stated) == 1:
        return stated[0], True
    low, high = max(one.low for one in stated), min(one.high for one in stated)
    agree = low <= high
    if not agree:
        informed = [one for one in stated if one.is_stated]
        low, high = min(one.low for one in informed), max(one.high for one in informed)
    return stated[0]._replace(low=low, stated=high if low or high < WHOLE else 0, high=high), agree


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner that counts toward the half, or may: what it holds, and whether it is listed itself or covered."""

    party: str
    low: float
    high: float
    is_stated: bool
    standing: str
    """listed, perhaps_listed, or as an owned party itself: certainly, possibly, unknown."""

    def __str__(self) -> str:
        share = _range(round(self.low * WHOLE), round(self.high * WHOLE)) if self.is_stated else "a share that is not recorded"  # fmt: skip
        return f"{self.party} ({_STANDINGS[self.standing]}): {share}"


_STANDINGS = {
    "listed": "listed",
    "perhaps_listed": "on a list of which only a part counts",
    Answer.CERTAINLY.value: "covered",
    Answer.POSSIBLY.value: "possibly covered",
    Answer.UNKNOWN.value: "covered if the unknown shares suffice",
}


class Step(NamedTuple):
    """One step of a chain from a listed party down; fractions of one."""

    owner: str
    owned: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether covered parties hold half of one party, with what it rests on.

    Args:
        party: whom it is about.
        answer: at half.
        is_listed: whether the party is listed itself, whoever owns it.
        low: the least that covered parties hold of it together, `high` the most, fractions of one.
        owners: those that count or may, the largest first.
        chain: the largest way down from a listed party; empty where none leads here.
        multiplied_low: the least share of listed parties when the shares of each chain are multiplied, `multiplied_high` the
            most. It is told beside the answer and decides nothing.
        recorded: the least that all recorded owners hold together; None where nothing is recorded or it contradicts itself.
        reasons: in sentences.
    """

    party: str
    answer: Answer
    is_listed: bool
    low: float
    high: float
    owners: tuple[Owner, ...]
    chain: tuple[Step, ...]
    multiplied_low: float
    multiplied_high: float
    recorded: float | None
    reasons: tuple[str, ...]

    @property
    def has_listed_owner(self) -> bool:
        """Whether some chain leads from a listed party here, however small or unknown the shares."""
        return bool(self.chain or self.owners)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        return {
            "party": self.party,
            "answer": self.answer.value,
            "is_listed": self.is_listed,
            "low": self.low,
            "high": self.high,
            "multiplied_low": self.multiplied_low,
            "multiplied_high": self.multiplied_high,
            "recorded": self.recorded,
            "owners": [{name: getattr(one, name) for name in one.__dataclass_fields__} for one in self.owners],
            "chain": [step._asdict() for step in self.chain],
            "reasons": list(self.reasons),
        }  # fmt: skip


_LOW, _STATED, _HIGH = itemgetter(2), itemgetter(3), itemgetter(4)  # a holding's bounds


@dataclass(frozen=True, slots=True)
class Closure:
    """Which parties listed ones cover on a day: each set by party, with how many steps it stands from a listed one.

    `certainly` is part of `possibly`, and that of `unknown`; the listed parties are in each, those of which only a part of
    the list counts from `possibly` on. `touched` are all parties that some chain from a listed one leads to.
    """

    graph: Graph
    listed: frozenset[str]
    perhaps: frozenset[str]
    certainly: Mapping[str, int]
    possibly: Mapping[str, int]
    unknown: Mapping[str, int]
    touched: Mapping[str, int] = field(default_factory=dict)

    def answer(self, party: str) -> Answer:
        """The answer alone, without what it rests on."""
        return self._answer(party, self._holdings(party))

    def of(self, party: str) -> Coverage:
        """The answer on one party with what it rests on.

        Args:
            party: as the stakes name it; one that they do not name is unknown.

        >>> half = [Stake(owner=a, owned=b, low=0.5, high=0.5) for a, b in [("listed", "middle"), ("middle", "end")]]
        >>> found = closure(graph(half, on=date(2026, 1, 1)), ["listed"]).of("end")
        >>> found.answer.value, found.multiplied_low, [step.owner for step in found.chain]
        ('certainly', 0.25, ['listed', 'middle'])
        """
        holdings = self._holdings(party)
        answer = self._answer(party, holdings)
        low = sum(one.low for one in holdings if one.owner in self.certainly)
        high = min(
            sum(one.high for one in holdings if one.owner in self.unknown), self._left(party, self.unknown)
        )
        counted = tuple(self._owner(one) for one in _largest_first(holdings) if one.owner in self.unknown)
        chain = self._chain(party)
        others = frozenset([party])
        least, most = _multiplied(
            self.graph, party, self.listed - others, (self.listed | self.perhaps) - others
        )
        recorded = self.graph.recorded.get(party)
        return Coverage(
            party=party,
            answer=answer,
            is_listed=party in self.listed,
            low=low / WHOLE,
            high=max(high, low) / WHOLE,
            owners=counted,
            chain=tuple(chain),
            multiplied_low=least,
            multiplied_high=most,
            recorded=None if recorded is None else recorded / WHOLE,
            reasons=tuple(self._reasons(party, answer, holdings, counted, bool(chain))),
        )  # fmt: skip

    def _holdings(self, party: str) -> list[Holding]:
        return self.graph.owners.get(party, [])

    def _answer(self, party: str, holdings: list[Holding]) -> Answer:
        if sum(one.low for one in holdings if one.owner in self.certainly) >= HALF:
            return Answer.CERTAINLY
        for tier, bound, answer in (
            (self.possibly, _STATED, Answer.POSSIBLY),
            (self.unknown, _HIGH, Answer.UNKNOWN),
        ):
            held = sum(bound(one) for one in holdings if one.owner in tier)
            if held >= HALF and self._left(party, tier) >= HALF:
                return answer
        return Answer.NOT if any(one.is_stated for one in holdings) else Answer.UNKNOWN

    def _left(self, party: str, tier: Mapping[str, int]) -> int:
        """The most that parties of a tier can hold, for what others surely hold is not theirs."""
        if party not in self.graph.recorded:
            return WHOLE
        holdings = self._holdings(party)
        return min(WHOLE, WHOLE - sum(one.low for one in holdings if one.owner not in tier))

    def _owner(self, one: Holding) -> Owner:
        return Owner(one.owner, one.low / WHOLE, one.high / WHOLE, one.is_stated, self._standing(one.owner))

    def _standing(self, owner: str) -> str:
        if owner in self.listed:
            return "listed"
        if owner in self.perhaps and owner not in self.certainly:
            return "perhaps_listed"
        tiers = ((self.certainly, Answer.CERTAINLY), (self.possibly, Answer.POSSIBLY))
        return next((answer.value for tier, answer in tiers if owner in tier), Answer.UNKNOWN.value)

    def _chain(self, party: str) -> list[Step]:
        """The largest way down from a listed party; each step comes from the strictest set that its lower end is in."""
        steps: list[Step] = []
        while (found := self._above(party)) is not None:
            steps.append(Step(found.owner, found.owned, found.low / WHOLE, found.high / WHOLE))
            party = found.owner
        return steps[::-1]

    def _above(self, party: str) -> Holding | None:
        """The largest owner that came into the party's set in an earlier round; None above a listed party."""
        tiers = (self.certainly, self.possibly, self.unknown, self.touched)
        tier = next((one for one in tiers if party in one), None)
        if tier is None:
            return None
        holdings = self._holdings(party)
        earlier = [one for one in holdings if tier.get(one.owner, tier[party]) < tier[party]]
        return next(iter(_largest_first(earlier)), None)

    def _reasons(
        self, party: str, answer: Answer, holdings: list[Holding], counted: tuple[Owner, ...], is_reached: bool
    ) -> Iterator[str]:  # fmt: skip
        yield from (str(fault) for fault in self.graph.faults if fault.party == party)
        if counted:
            yield f"{_SAID[answer]}: {'; '.join(str(one) for one in counted)}"
        elif is_reached:
            yield "a listed party stands above it, but no owner of it is covered"
        elif any(one.is_stated for one in holdings):
            yield "none of its recorded owners is listed or covered"
        elif holdings:
            yield "its owners are recorded without shares: votes, control and consolidation prove no share"
        else:
            yield "no owner of it is recorded"
        recorded = self.graph.recorded.get(party, 0)
        if answer is Answer.NOT and 0 < recorded < WHOLE - ROUNDING:
            yield f"who holds the rest, {_percent(WHOLE - recorded)}, is not recorded"


_SAID = {
    Answer.CERTAINLY: "covered parties hold half or more together",
    Answer.POSSIBLY: "covered parties may hold half or more together",
    Answer.NOT: "covered parties hold less than half together",
    Answer.UNKNOWN: "what covered parties hold is not known well enough to tell whether it is half",
}


def closure(stakes: Graph, listed: Collection[str], perhaps: Collection[str] = ()) -> Closure:
    """Every party that listed ones cover, as far as is known.

    Args:
        stakes: of the day.
        listed: parties on a list that counts.
        perhaps: parties on a list of which only a part counts, where it is not known of which part they are.

    >>> found = closure(graph([Stake(owner="a", owned="c", low=0.25, high=0.25), Stake(owner="b", owned="c", low=0.25, high=0.25),
    ...                        Stake(owner="c", owned="d")], on=date(2026, 1, 1)), ["a", "b"])
    >>> found.answer("c").value, found.answer("d").value
    ('certainly', 'unknown')
    """
    certainly = _spread(stakes, dict.fromkeys(sorted(listed), 0), _LOW, {})
    beyond = {**dict.fromkeys(sorted(perhaps), 0), **certainly}
    possibly = _spread(stakes, beyond, _STATED, stakes.recorded)
    unknown = _spread(stakes, possibly, _HIGH, stakes.recorded)
    seeds = frozenset(listed)
    return Closure(
        graph=stakes,
        listed=seeds,
        perhaps=frozenset(perhaps) - seeds,
        certainly=certainly,
        possibly=possibly,
        unknown=unknown,
        touched=_reached(stakes, unknown),
    )


def _spread(
    stakes: Graph, seeds: Mapping[str, int], bound: Callable[[Holding], int], recorded: Mapping[str, int]
) -> dict[str, int]:
    """The smallest set that holds the seeds and whatever its members hold by half, with the round in which each came in.

    Where `recorded` tells what the owners of a party surely hold, what those outside the set hold is kept from its members.
    """
    found = dict(seeds)
    held: dict[str, int] = {}
    others: dict[str, int] = {}
    rounds, fresh = max(found.values(), default=0), list(found)
    while fresh:
        rounds, came = rounds + 1, fresh
        fresh = []
        for party in came:
            for one in stakes.holds.get(party, ()):
                owned = one.owned
                share = held[owned] = held.get(owned, 0) + bound(one)
                if owned in recorded:
                    others[owned] = others.get(owned, recorded[owned]) - one.low
                if share >= HALF and owned not in found and others.get(owned, 0) <= WHOLE - HALF:
                    found[owned] = rounds
                    fresh.append(owned)
    return found


def _reached(stakes: Graph, seeds: Mapping[str, int]) -> dict[str, int]:
    """Everything below the seeds, however small the share."""
    found, fresh = dict(seeds), list(seeds)
    rounds = max(found.values(), default=0)
    while fresh:
        rounds, came = rounds + 1, fresh
        fresh = []
        for party in came:
            for one in stakes.holds.get(party, ()):
                if one.owned not in found:
                    found[one.owned] = rounds
                    fresh.append(one.owned)
    return found


def _largest_first(holdings: Iterable[Holding]) -> list[Holding]:
    return sorted(holdings, key=lambda one: (-one.low, -one.stated, -one.high, one.owner))


def _multiplied(
    stakes: Graph, party: str, listed: Collection[str], perhaps: Collection[str]
) -> tuple[float, float]:
    """The share of listed parties when shares are multiplied along every chain: the least and the most.

    Owners come before what they own, so that one round settles it unless they form a circle; then rounds go on until
    nothing moves. A most that never settles is all.
    """
    order = _above_first(stakes, party, perhaps)
    least = {one: float(one in listed) for one in order}
    most = {one: float(one in perhaps) for one in order}
    inner = [one for one in order if one not in perhaps]
    for _ in range(_ROUNDS):
        moved = 0.0
        for one in inner:
            low, high = _shares(stakes, one, least, most)
            moved = max(moved, low - least[one], high - most[one])
            least[one], most[one] = low, high
        if moved <= _SETTLED:
            return least[party], most[party]
    return least[party], 1.0


def _shares(
    stakes: Graph, party: str, least: Mapping[str, float], most: Mapping[str, float]
) -> tuple[float, float]:
    low = high = 0.0
    kept = 0.0  # what surely belongs to others
    for one in sorted(stakes.owners.get(party, ())):
        low += one.low / WHOLE * least[one.owner]
        high += one.high / WHOLE * most[one.owner]
        kept += one.low / WHOLE * (1.0 - most[one.owner])
    return min(low, 1.0), min(high, 1.0, max(1.0 - kept, low))


def _above_first(stakes: Graph, party: str, stop: Collection[str]) -> list[str]:
    """The party and everything above it as far as listed ones, owners before what they own where no circle forbids it."""
    order: list[str] = []
    seen = {party}
    trail = [(party, iter(sorted(stakes.owners.get(party, ()))))]
    while trail:
        here, left = trail[-1]
        for one in left:
            if one.owner not in seen:
                seen.add(one.owner)
                above = () if one.owner in stop else stakes.owners.get(one.owner, ())
                trail.append((one.owner, iter(sorted(above))))
                break
        else:
            order.append(here)
            trail.pop()
    return order


def _percent(parts: int) -> str:
    return f"{parts / WHOLE * 100:.6g} %"


def _range(low: int, high: int) -> str:
    return _percent(low) if low == high else f"{low / WHOLE * 100:.6g} to {_percent(high)}"
