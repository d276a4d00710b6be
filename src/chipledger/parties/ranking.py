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
# Once a name has met the query, names that share less than this part of its words are no rivals.
_MET, _FAR = 1.0, 0.75
_RECALLED = 1.5  # log odds by which a name that is only recalled must be nearer than one that was read


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
    best: dict[int, tuple[float, Held, Alignment, tuple[float, ...], float]] = {}
    is_met = False
    for at, share in index.candidates(query):
        if is_met and share < _FAR:
            break
        held = index.held[at]
        found = align(query, held.view, lexicon)
        shown = features(query, held.view, found)
        logit = weights.logit(shown)
        is_met = is_met or logit > _MET
        shade = 0.0 if isinstance(held.name, str) or held.name.decides else _RECALLED
        if held.party not in best or logit - shade > best[held.party][0] - best[held.party][4]:
            best[held.party] = (logit, held, found, shown, shade)
    odds: dict[
        str, float
    ] = {}  # parties that bear one name are no rivals: they may be one party on two lists
    for logit, held, *_ in best.values():
        odds[held.view.joined] = max(odds.get(held.view.joined, 0.0), exp(min(logit, _MOST_ODDS)))
    total = sum(odds.values())
    ranked = [
        Ranked(
            party, held, found, shown, weights.against_rivals(logit, max(0.0, total - odds[held.view.joined]))
        )
        for party, (logit, held, found, shown, _) in best.items()
    ]
    ranked.sort(
        key=lambda one: (one.held.view.joined != query.joined, -one.probability, -one.features[2], one.party)
    )
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
