"""The parties of an index that a name may mean, best first, each with its probability and the names that met.

Takes a NameView and an Index; gives Ranked parties. Two names alone are compared by `same_party`, with the common background
in place of an index.
"""

from dataclasses import dataclass
from math import exp

from chipledger.parties.align import Alignment, align
from chipledger.parties.calibrated import features, model, probability
from chipledger.parties.index import Held, Index
from chipledger.parties.lexicon import Lexicon
from chipledger.parties.views import NameView, view

_MOST_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One party that a name may mean.

    Args:
        party: its number in the index.
        held: the name of it that met the query best.
        alignment: how they met.
        features: what the alignment shows, in the order of `calibrated.FEATURES`.
        probability: that the query means this party, beside the other parties of the index.
    """

    party: int
    held: Held
    alignment: Alignment
    features: tuple[float, ...]
    probability: float


def rank(query: NameView, index: Index) -> list[Ranked]:
    """The parties that a name may mean, best first.

    Args:
        query: its views.
        index: what is searched.

    Returns:
        At most a dozen parties, each once.
    """
    weights = model()
    lexicon = index.words.lexicon
    best: dict[int, tuple[float, Held, Alignment, tuple[float, ...]]] = {}
    for at in index.candidates(query):
        held = index.held[at]
        found = align(query, held.view, lexicon)
        shown = features(query, held.view, found)
        logit = weights.logit(shown)
        if held.party not in best or logit > best[held.party][0]:
            best[held.party] = (logit, held, found, shown)
    odds = {party: exp(min(one[0], _MOST_ODDS)) for party, one in best.items()}
    total = sum(odds.values())
    ranked = [
        Ranked(party, held, found, shown, weights.against_rivals(logit, max(0.0, total - odds[party])))
        for party, (logit, held, found, shown) in best.items()
    ]
    ranked.sort(key=lambda one: (-one.probability, -one.features[2], one.party))
    return ranked


def same_party(one: str, other: str) -> float:
    """The probability that two names mean one party, by the names alone.

    Raises:
        InputError: one of them cannot be screened.

    >>> same_party("Siemens AG", "Siemens Aktiengesellschaft") > 0.5 > same_party("Siemens AG", "Volkswagen AG")
    True
    """
    left, right = view(one), view(other)
    return probability(model().logit(features(left, right, align(left, right, Lexicon()))))
