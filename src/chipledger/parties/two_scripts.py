"""A name written twice, in two scripts: `科大讯飞 (iFLYTEK)`, `Huawei 华为`.

Takes such a name and gives its two halves; takes what screening gave for the whole and for each half and gives one answer. A
party that both halves name is meant as surely as by the better half. What one half alone names asks for review at most: the
other half may say that it is somebody else.
"""

import re
from dataclasses import replace
from itertools import pairwise

from chipledger.core.errors import InputError
from chipledger.parties.normal import CJK, clean
from chipledger.parties.screen import Band, Match, Screening

_BOTH = 0.5  # what each half must give for a party that both are taken to name
_GRAVITY = {Band.CLEAR: 0, Band.REVIEW: 1, Band.HIT: 2}
_LETTER = re.compile(r"[^\W\d_]")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def halves(name: str) -> tuple[str, str] | None:
    """The two parts of a name of which one is in hanzi or kana and the other in letters; None for any other name.

    Args:
        name: as it was given.

    >>> halves("科大讯飞（iFLYTEK）"), halves("Huawei华为"), halves("株式会社NTTデータ"), halves("SMIC")
    (('科大讯飞', 'iFLYTEK'), ('Huawei', '华为'), None, None)
    """
    try:
        text = clean(name)
    except InputError:
        return None
    letters = [(one.start(), bool(CJK.match(one[0]))) for one in _LETTER.finditer(text)]
    turns = [at for (_, before), (at, now) in pairwise(letters) if before is not now]
    if len(turns) != 1:
        return None
    first, second = (_EDGES.sub("", part) for part in (text[: turns[0]], text[turns[0] :]))
    return (first, second) if len(first) > 1 and len(second) > 1 else None


def together(whole: Screening, first: Screening, second: Screening, most: int) -> Screening:
    """What the whole name and its halves give, gravest first.

    Args:
        whole: what screening the whole name gave; first: what one half gave, second: what the other gave.
        most: how many matches are kept at most.

    Returns:
        Of each party the gravest match, each half's told as such.
    """
    others = {match.party_id: match for match in second.matches}
    found = [*whole.matches]
    for match in first.matches:
        other = others.pop(match.party_id, None)
        if other is not None and min(match.probability, other.probability) >= _BOTH:
            best = min(match, other, key=_order)
            said = f"both halves of the name mean this party: {first.query!r} meets {match.matched!r}, {second.query!r} meets {other.matched!r}"
            found.append(replace(best, reasons=(*best.reasons, said)))
        else:
            found.extend(_alone(one, half) for one, half in ((match, first), (other, second)) if one)
    found.extend(_alone(match, second) for match in others.values())
    gravest: dict[str, Match] = {}
    for match in sorted(found, key=_order):
        gravest.setdefault(match.party_id, match)
    matches = tuple(gravest.values())[:most]
    return replace(whole, band=matches[0].band if matches else Band.CLEAR, matches=matches)


def _alone(match: Match, half: Screening) -> Match:
    """A match of one half, which is no more than a question."""
    said = f"only {half.query!r} of the name means this party"
    if match.band is Band.HIT:
        return replace(
            match,
            band=Band.REVIEW,
            probability=match.probability / 2,
            reasons=(*match.reasons, f"review: {said}"),
        )
    return replace(match, probability=match.probability / 2, reasons=(*match.reasons, said))


def _order(match: Match) -> tuple[int, float, str]:
    return -_GRAVITY[match.band], -match.probability, match.party_id
