"""Which documents may be kin by what is written on them; `postings` finds those that are kin by what stands in them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from chipledger.findings.kin import Kin

_MOST_NAMESAKES = 8  # of one sign, the first ones
_MOST_CITING = 50  # of one project, beyond those that come after its documents


class Namesakes:
    """An index by what is written on documents: bytes, names in one project, quotes there, works they are or cite.

    Args:
        kin: the documents, the first ones first.

    >>> Namesakes([])._holders
    {}
    """

    def __init__(self, kin: Sequence[Kin]) -> None:
        self._kin = kin
        self._holders: dict[object, list[int]] = {}
        for number, one in enumerate(kin):
            for sign in (*_signs(one), *one.known_as):
                holders = self._holders.setdefault(sign, [])
                if len(holders) < _MOST_NAMESAKES:
                    holders.append(number)
        self._citing: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(kin):
            for work in one.print.cites:
                if work in self._holders and len(self._citing[work]) < _MOST_CITING:
                    self._citing[work].append(number)

    def before(self, number: int) -> list[int]:
        """The documents before this one that share a sign with it, or that one of both cites.

        Args:
            number: the document's place in the order.
        """
        one = self._kin[number]
        found = [other for sign in (*_signs(one), *one.print.cites) for other in self._holders.get(sign, ())]
        found += [
            other for name in one.known_as for other in self._citing.get(name, ())
            if self._kin[other].home != one.home and not one.chips.isdisjoint(self._kin[other].chips)
        ]  # fmt: skip
        return sorted({other for other in found if other < number})


def _signs(one: Kin) -> Iterator[object]:
    yield one.home, one.name
    if one.source.document_id:
        yield "bytes", one.source.document_id
    for quote in one.quotes:
        yield one.home, quote
