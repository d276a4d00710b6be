"""A screening with what people have decided of the name: same brings the party in, different takes it out, unsure asks for review.

Takes a Screening and the judgements that stand; gives the Screening with each decision told in words. The data stay as they
are: without the judgement, or once it is withdrawn, the screening is what it was.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from chipledger.parties.judgement import Decision, Judged, compared
from chipledger.parties.screen import Band, Match, Screening

Pairs = Mapping[tuple[str, str], Judged]
_GRAVITY = {Band.HIT: 0, Band.REVIEW: 1, Band.CLEAR: 2}


@dataclass(frozen=True, slots=True)
class Decided:
    """Judgements by each of the two names that they are of."""

    of_name: Mapping[str, tuple[tuple[str, Judged], ...]]

    @classmethod
    def of(cls, pairs: Pairs) -> "Decided":
        """The judgements of `chipledger.parties.judgement.judged`, ready to be asked by name.

        >>> Decided.of({("smic", "smic-north"): Judged(Decision.DIFFERENT, ())}).of_name["smic"][0][0]
        'smic-north'
        """
        found: dict[str, list[tuple[str, Judged]]] = {}
        for (one, other), judged in pairs.items():
            found.setdefault(one, []).append((other, judged))
            found.setdefault(other, []).append((one, judged))
        return cls({name: tuple(others) for name, others in found.items()})

    def apply(self, found: Screening, by_name: Callable[[str], Iterable[Match]]) -> Screening:
        """A screening with what was decided of its name.

        Args:
            found: by likeness alone.
            by_name: the matches of another name or of a party's id, for a party that likeness did not find.
        """
        others = self.of_name.get(compared(found.query), ())
        if not others:
            return found
        matches = {match.party_id: match for match in found.matches}
        for other, judged in others:
            met = [match for match in matches.values() if other in _called(match)]
            if judged.decision is Decision.SAME:
                met = list(_same(other, met, by_name))
            for match in met:
                matches[match.party_id] = _with(match, judged)
        ordered = tuple(
            sorted(
                matches.values(),
                key=lambda match: (_GRAVITY[match.band], -match.probability, match.party_id),
            )
        )
        return replace(found, band=ordered[0].band if ordered else Band.CLEAR, matches=ordered)


def _called(match: Match) -> set[str]:
    return {compared(match.party_id), compared(match.name), compared(match.matched)}


def _same(other: str, met: list[Match], by_name: Callable[[str], Iterable[Match]]) -> Iterator[Match]:
    """The party of the other name, as sure as that name is of it."""
    wanted = {match.party_id for match in met}
    for match in by_name(other):
        if match.party_id in wanted or other in _called(match):
            yield match
            return
    yield from met


def _with(match: Match, judged: Judged) -> Match:
    band = match.band
    if judged.decision is Decision.DIFFERENT:
        band = Band.CLEAR
    elif judged.decision is Decision.UNSURE and band is Band.HIT:
        band = Band.REVIEW
    return replace(match, band=band, reasons=(judged.reason, *match.reasons))
