"""From an alignment to a probability: what speaks for one party and what against, weighed and calibrated.

Takes two NameViews, their Alignment and the weights of data/parties/match_model.json; gives the probability that the two
names mean one party, with the part that each feature had in it. The weights are fitted by benchmarks/parties_train.py on
halves of public sets that are never reported on; one set of weights serves every script and every list.
"""

import json
from dataclasses import dataclass
from functools import cache
from math import exp, log
from operator import mul

from rapidfuzz.distance import OSA

from chipledger.parties.align import Alignment, Pair, places
from chipledger.parties.legal_forms import DATA
from chipledger.parties.views import NameView

FEATURES = (
    "query_share", "name_share", "least_share", "least_share_cubed", "both_shares", "query_left", "name_left", "query_words_left",
    "name_words_left", "matched_weight", "equal", "spelling", "spelling_only", "meaning", "sound", "initials", "beginning", "places_differ",
    "numbers_differ", "number_missing", "forms_differ", "forms_same", "whole", "one_word",
    "hanzi", "short", "clash", "whole_one_form", "whole_other_form", "one_slip", "two_slips", "number_share", "first_differs", "other_word", "place_missing", "far_word", "other_start",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted weights.

    Args:
        bias: of a pair of names.
        weights: one for each of `FEATURES`.
        rivals: how much the odds of other parties take from a party's own; `scale` and `shift` calibrate what is left.
        review: from this probability a person should look; `hit`: from this one it is a hit.
        same: two names alone, with no index around them, are called one party from here.
    """

    bias: float
    weights: tuple[float, ...]
    scale: float
    rivals: float
    shift: float
    review: float
    hit: float
    same: float

    def logit(self, features: tuple[float, ...]) -> float:
        """The log odds that two names mean one party, by themselves."""
        return self.bias + float(sum(map(mul, self.weights, features)))

    def against_rivals(self, logit: float, rivals: float) -> float:
        """The probability beside other parties of an index.

        Args:
            logit: of the pair.
            rivals: the odds of the other parties together.
        """
        return probability(self.scale * logit - self.rivals * log(1 + rivals) + self.shift)

    def parts(self, features: tuple[float, ...]) -> dict[str, float]:
        """What each feature that is present adds to the log odds, the largest first."""
        parts = {
            name: weight * value
            for name, weight, value in zip(FEATURES, self.weights, features, strict=True)
            if value
        }
        return dict(sorted(parts.items(), key=lambda part: -abs(part[1])))


def probability(logit: float) -> float:
    """Log odds as a probability."""
    return 1 / (1 + exp(-logit)) if logit > -500 else 0.0


@cache
def model() -> Model:
    """The weights that the project carries."""
    raw = json.loads((DATA / "match_model.json").read_text(encoding="utf-8"))
    return Model(raw["bias"], tuple(raw["weights"][name] for name in FEATURES), raw["scale"], raw["rivals"], raw["shift"],
                 raw["review"], raw["hit"], raw["same"])  # fmt: skip


def features(query: NameView, name: NameView, found: Alignment) -> tuple[float, ...]:
    """What an alignment shows, as numbers in the order of `FEATURES`."""
    of_query = of_name = equal = spelling = meaning = sound = initials = beginning = other_word = total = 0.0
    for pair in found.pairs:
        weight = pair.query_weight + pair.name_weight
        total += weight
        of_query += pair.credit * pair.query_weight
        of_name += pair.credit * pair.name_weight
        match pair.way:
            case "equal" | "together":
                equal += weight
            case "spelling":
                spelling += weight
            case "other word":
                other_word += weight
            case "meaning":
                meaning += weight
            case "sound" | "pinyin" | "hanzi":
                sound += weight
            case "initials":
                initials += weight
            case _:
                beginning += weight
    total = total or 1.0
    matched = of_query + of_name
    query_share, name_share = of_query / found.query_weight, of_name / found.name_weight
    least = min(query_share, name_share)
    query_left = max((weight for _, weight in found.query_left), default=0.0)
    name_left = max((weight for _, weight in found.name_left), default=0.0)
    numbers = (
        sum(word.isdigit() for word, _ in found.query_left),
        sum(word.isdigit() for word, _ in found.name_left),
    )
    one_place = bool(found.query_left) and places(found.query_left)
    other_place = bool(found.name_left) and places(found.name_left)
    whole = query.joined == name.joined
    forms_differ = _differ(query.forms, name.forms)
    slips = 0 if whole else _slips(query, name, found)
    number_share = sum(weight for word, weight in (*found.query_left, *found.name_left) if word.isdigit())
    return (
        query_share, name_share, least, least**3, query_share * name_share, query_left, name_left,
        min(len(found.query_left), 4) / 4, min(len(found.name_left), 4) / 4, min(1.0, matched / 4), equal / total,
        spelling / total, float(spelling > 0 and equal < 0.2 * total), meaning / total, sound / total, float(initials > 0),
        beginning / total, float(bool(one_place and other_place)), float(all(numbers)), float(any(numbers) and not all(numbers)),
        float(forms_differ), float(bool(query.forms & name.forms)),
        float(whole), float(len(query.words) == 1 or len(name.words) == 1),
        float(query.is_hanzi != name.is_hanzi), float(len(query.joined) < 5), min(query_left, name_left),
        float(whole and bool(query.forms) != bool(name.forms)), float(whole and forms_differ),
        float(slips < 2 and len(query.joined) > 3), float(slips < 3 and len(query.joined) > 7),
        number_share / (found.query_weight + found.name_weight), float(query.joined[0] != name.joined[0]),
        float(other_word > 0), float(bool(one_place) != bool(other_place)),
        float(any(_is_far(pair) for pair in found.pairs)), float(any(_starts_otherwise(pair) for pair in found.pairs)),
    )  # fmt: skip


_GENERAL = frozenset(
    ["limited", "corp", "inc", "company"]
)  # forms that one firm's English name takes by turns
_LIGHT = 0.3
_SHORT_WORD = 9


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two names carry forms of different law: a GmbH and an AG, not a Co., Ltd. and a Corporation."""
    return bool(one and other and not one & other and (one - _GENERAL) and (other - _GENERAL))


def _slips(query: NameView, name: NameView, found: Alignment) -> int:
    """How many slips of the pen part two names, wherever their words stand; 3 stands for more."""
    if any(weight > _LIGHT for _, weight in (*found.query_left, *found.name_left)):
        return int(OSA.distance(query.joined, name.joined, score_cutoff=2))
    slips = 0
    for pair in found.pairs:
        if pair.credit < 1.0 and pair.way != "meaning":
            slips += OSA.distance(pair.query.replace(" ", ""), pair.name.replace(" ", ""), score_cutoff=2)
    return min(slips, 3)


def _is_far(pair: Pair) -> bool:
    """Whether two words are two slips apart, which one hand seldom makes in one word, unless it is a long one and no other word."""
    if pair.way != "other word" and (
        pair.way != "spelling" or max(len(pair.query), len(pair.name)) >= _SHORT_WORD
    ):
        return False
    return bool(OSA.distance(pair.query, pair.name, score_cutoff=1) > 1)


def _starts_otherwise(pair: Pair) -> bool:
    """Whether two words near in spelling begin with other letters: slips of the pen seldom fall on a first letter."""
    return pair.way in ("spelling", "other word") and pair.query[0] != pair.name[0]
