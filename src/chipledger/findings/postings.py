"""Which documents may be kin: an index from what they share to the documents that have it, in bounded memory.

Most of what stands in a document stands in no other. A first pass notes in two bit maps what was seen once and what was
seen again; only the latter is indexed, and of each the first documents. So a million documents take hundreds of
megabytes, and a clause that stands in all of them costs what one in eight costs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite
from chipledger.evidence.fingerprint import clause_hashes
from chipledger.findings.kin import Kin, hashes

_MOST_HOLDERS = 8  # of one feature, the first ones
_MOST_CANDIDATES = 6
_WORDS, _FIGURES, _LINKS = 32, 16, 8  # of each sketch, the smallest hashes
_FIGURE, _LINK, _SENTENCE = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_COMMON = 8  # what stands in no more documents than that counts in full
_LEAST_WEIGHT = 0.1
_LEAST_BITS, _MOST_BITS = 1 << 16, 1 << 31
_BITS_A_FEATURE = 16


class Boilerplate(Record):
    """The file boilerplate.yaml: clauses that tell nothing of where a document comes from."""

    checked_on: str
    clauses: tuple[str, ...]
    cites: tuple[Cite, ...]


@cache
def boilerplate() -> frozenset[int]:
    """The hashes of the clauses that tell nothing.

    >>> clause_hashes("# limitations under the License.")[0] in boilerplate()
    True
    """
    return frozenset(one for clause in boilerplate_file().clauses for one in clause_hashes(clause))


def boilerplate_file() -> Boilerplate:
    """The file as it stands."""
    return load_yaml(Path(str(files("chipledger") / "data" / "findings" / "boilerplate.yaml")), Boilerplate)


class Postings:
    """An index over documents in the order in which they may come from one another.

    Args:
        kin: the documents, the first ones first.

    >>> Postings([]).candidates(0)
    []
    """

    def __init__(self, kin: Sequence[Kin]) -> None:
        self._kin = kin
        self._often = _repeated(kin)
        self._holders: dict[int, list[int]] = {}
        for number, one in enumerate(kin):
            for feature in self._features(one):
                holders = self._holders.setdefault(feature, [])
                if len(holders) < _MOST_HOLDERS:
                    holders.append(number)

    def weigh(self, clause: int) -> float:
        """How much a clause tells, between 0 and 1: the less, the more documents it stands in.

        Args:
            clause: its hash.
        """
        if clause in boilerplate():
            return 0.0
        often = self._often.get(clause, 1)
        return 1.0 if often <= _COMMON else max(_LEAST_WEIGHT, _COMMON / often)

    def candidates(self, number: int) -> list[int]:
        """The documents before this one that share most with it, the likeliest first.

        Args:
            number: the document's place in the order.
        """
        if not self._kin:
            return []
        weights: Counter[int] = Counter()
        for feature in self._features(self._kin[number]):
            weight = self.weigh(feature)
            for holder in self._holders.get(feature, ()):
                if holder < number:
                    weights[holder] += weight  # type: ignore[assignment]
        return [holder for holder, _ in sorted(weights.items(), key=_likeliest)[:_MOST_CANDIDATES]]

    def _features(self, one: Kin) -> Iterator[int]:
        return (feature for feature in _features(one) if feature in self._often)


def _likeliest(item: tuple[int, float]) -> tuple[float, int]:
    number, weight = item
    return -weight, number


def _features(one: Kin) -> Iterator[int]:
    yield from hashes(one.print.words[: 8 * _WORDS])
    for sketch, most, salt in ((one.print.figures, _FIGURES, _FIGURE), (one.print.links, _LINKS, _LINK)):
        yield from (feature ^ salt for feature in hashes(sketch[: 8 * most]))
    yield from (feature ^ _SENTENCE for feature in one.sentences)


def _repeated(kin: Iterable[Kin]) -> dict[int, int]:
    """How many documents have each feature, of those that more than one has (and a few that only seem so)."""
    kin = list(kin)
    wanted = _BITS_A_FEATURE * len(kin) * (_WORDS + _FIGURES + _LINKS)
    bits = _LEAST_BITS
    while bits < min(wanted, _MOST_BITS):
        bits *= 2
    once, again, mask = bytearray(bits // 8), bytearray(bits // 8), bits - 1
    for one in kin:
        for feature in set(_features(one)):
            place = (feature ^ feature >> 32) & mask
            byte, bit = place >> 3, 1 << (place & 7)
            if once[byte] & bit:
                again[byte] |= bit
            else:
                once[byte] |= bit
    often: dict[int, int] = {}
    for one in kin:
        for feature in set(_features(one)):
            place = (feature ^ feature >> 32) & mask
            if again[place >> 3] & 1 << (place & 7):
                often[feature] = often.get(feature, 0) + 1
    return often
