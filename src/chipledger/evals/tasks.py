"""Items made from a seed: neutral arithmetic and logic of known difficulty, so that an evaluation can run with no network.

Takes a name, a seed and how many; gives items that are the same on every machine, the first of a longer set first. Five
items in a row form a cluster that shares a kind and a shift of difficulty, so that they stand or fall together as the items
of a real benchmark do. A solver of ability `a` solves an item with probability 1 / (1 + exp(difficulty - a)).
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from chipledger.core.errors import InputError

VERSION = 1  # of the generators: raised when a seed gives other items than before
CLUSTER_SIZE = 5
LARGEST = 100_000
_SHIFT = 0.5  # standard deviation of a cluster's shift, in logits
_PEOPLE = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo", "Iris", "Juan")


@dataclass(frozen=True, slots=True)
class Item:
    """One generated item.

    Args:
        id: its own, stable for a name and seed.
        input: what the model is asked.
        target: the answer.
        cluster: the five that it stands or falls with.
        difficulty: in logits; at this ability one in two is solved.
    """

    id: str
    input: str
    target: str
    cluster: str
    difficulty: float

    def chance(self, ability: float) -> float:
        """The probability that a solver of an ability, in logits, solves it.

        >>> Item("a", "1 + 1 = ?", "2", "c", 0.5).chance(0.5)
        0.5
        """
        return 1.0 / (1.0 + math.exp(min(self.difficulty - ability, 700.0)))


Made = tuple[str, str]  # question and answer


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to make items, and how hard they are on the whole."""

    name: str
    difficulty: float
    make: Callable[[random.Random], Made]


def generated(name: str, seed: int, n: int) -> tuple[Item, ...]:
    """The first `n` items of a generated set.

    Args:
        name: arithmetic or logic.
        seed: which set; another seed gives other items of the same make.
        n: how many, up to 100,000.

    Returns:
        Items in order; a longer set begins with a shorter one.

    Raises:
        InputError: no set has this name, or n is out of range.

    >>> [item.id for item in generated("arithmetic", 7, 2)]
    ['arithmetic-7-0', 'arithmetic-7-1']
    >>> generated("logic", 7, 3) == generated("logic", 7, 9)[:3]
    True
    """
    kinds = _kinds(name)
    if not 0 < n <= LARGEST:
        raise InputError(f"{n} items asked of {name!r}", expected=f"1 to {LARGEST}")
    items: list[Item] = []
    for number in range(math.ceil(n / CLUSTER_SIZE)):
        items += _cluster(name, seed, number, kinds[number % len(kinds)])
    return tuple(items[:n])


def _kinds(name: str) -> tuple[Kind, ...]:
    if name not in KINDS:
        near = get_close_matches(name, KINDS, n=1) or sorted(KINDS)
        raise InputError(f"no generated set has the name {name!r}", expected=" or ".join(near))
    return KINDS[name]


def _cluster(name: str, seed: int, number: int, kind: Kind) -> list[Item]:
    draw = random.Random(f"{name}/{seed}/{number}")  # a text seed gives the same draws everywhere
    difficulty = round(kind.difficulty + draw.gauss(0.0, _SHIFT), 6)
    items = []
    for place in range(CLUSTER_SIZE):
        question, answer = kind.make(draw)
        items.append(
            Item(
                id=f"{name}-{seed}-{number * CLUSTER_SIZE + place}",
                input=f"{question}\nEnd your reply with the answer alone.",
                target=answer,
                cluster=f"{kind.name}-{number}",
                difficulty=difficulty,
            )
        )
    return items


def _of_digits(draw: random.Random, digits: int) -> int:
    return draw.randrange(10 ** (digits - 1), 10**digits)


def _sum(digits: int) -> Callable[[random.Random], Made]:
    def make(draw: random.Random) -> Made:
        left, right = _of_digits(draw, digits), _of_digits(draw, digits)
        return f"What is {left} + {right}?", str(left + right)

    return make


def _product(left_digits: int, right_digits: int) -> Callable[[random.Random], Made]:
    def make(draw: random.Random) -> Made:
        left, right = _of_digits(draw, left_digits), _of_digits(draw, right_digits)
        return f"What is {left} × {right}?", str(left * right)

    return make


def _chain(draw: random.Random) -> Made:
    first, second, third = (_of_digits(draw, 2) for _ in range(3))
    return f"What is ({first} + {second}) × {third}?", str((first + second) * third)


def _order(people: int) -> Callable[[random.Random], Made]:
    def make(draw: random.Random) -> Made:
        tallest_first = draw.sample(_PEOPLE, people)
        said = [f"{a} is taller than {b}." for a, b in pairwise(tallest_first)]
        draw.shuffle(said)
        asked, answer = draw.choice((("tallest", tallest_first[0]), ("shortest", tallest_first[-1])))
        return f"{' '.join(said)} Who is the {asked}?", answer

    return make


def _truth(depth: int) -> Callable[[random.Random], Made]:
    def make(draw: random.Random) -> Made:
        text, value = _claim(draw, depth)
        return f"Is this true or false: {text}?", "true" if value else "false"

    return make


def _claim(draw: random.Random, depth: int) -> tuple[str, bool]:
    """A claim of nested and, or, not; and whether it holds."""
    if depth == 0:
        value = draw.random() < 0.5
        return ("true" if value else "false"), value
    left, is_left = _claim(draw, depth - 1)
    if draw.random() < 0.25:
        return f"not ({left})", not is_left
    right, is_right = _claim(draw, depth - 1)
    if draw.random() < 0.5:
        return f"({left}) and ({right})", is_left and is_right
    return f"({left}) or ({right})", is_left or is_right


# Difficulties are a convention of ours: they order the kinds and spread them over four logits.
KINDS: dict[str, tuple[Kind, ...]] = {
    "arithmetic": (
        Kind("sum-2", -2.0, _sum(2)),
        Kind("sum-4", -1.0, _sum(4)),
        Kind("product-2-1", 0.0, _product(2, 1)),
        Kind("product-2-2", 1.0, _product(2, 2)),
        Kind("chain", 1.5, _chain),
        Kind("product-3-3", 2.0, _product(3, 3)),
    ),
    "logic": (
        Kind("order-3", -1.5, _order(3)),
        Kind("truth-2", -0.5, _truth(2)),
        Kind("order-5", 0.5, _order(5)),
        Kind("truth-4", 1.5, _truth(4)),
    ),
}
