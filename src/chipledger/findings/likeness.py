"""How alike two documents are, and what follows from it: the rules by which one is a copy, translation or derivative of another.

Takes two `Kin`, the earlier one first; gives a `Link` or None. What many documents share (licences, how to install, a
template) counts little: a clause that stands in many documents weighs the less, the more there are. The thresholds were
set on the development half of the labelled pairs (docs/benchmarks.md) and are told with each link.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from chipledger.findings.kin import Kin, Statement, hashes
from chipledger.findings.kinship import Kind, Link, Strength

Weigh = Callable[[int], float]

_LEAST_CLAUSES, _LEAST_FIGURES, _LEAST_LINKS, _LEAST_MARKS = 6, 4, 3, 6
_LEAST_TELLING = 4  # of the clauses in common, those that are no header of a licence
_LEAST_OF_SCRIPTS = (
    16  # between projects, of what states nothing of chips: configurations have few lines of their own
)
_NEAR_ALIKE, _NEAR_CONTAINED, _NEAR_WEIGHED = 0.5, 0.7, 0.35
_LEAST_CONTAINED = 12  # clauses of a short document that stands in a long one
_PART_CONTAINED, _LEAST_OF_PARTS = 0.45, 20  # where large parts of one were taken over into the other
_EXCERPT = 0.3  # clauses alike; below it the short one is a part of the long one
_NOT_TRANSLATED = 0.85  # clauses of one language in common: a copy whatever the languages are guessed to be
_MANY = 8
_FIGURES, _LINKS, _SHAPE, _CLAUSES = 0.55, 0.5, 0.75, 0.15
_FEW_WORKS = 6  # a page that cites more reports on many things
_TELLING_CHIPS = 3


@dataclass(frozen=True, slots=True)
class Share:
    """What two sketches have in common: how many hashes of each are compared, and how many are in both."""

    left: int
    right: int
    both: int

    @property
    def contained(self) -> float:
        """The part of the smaller that is in the other."""
        least = min(self.left, self.right)
        return self.both / least if least else 0.0

    @property
    def alike(self) -> float:
        """The part of both together that is in both (Jaccard)."""
        either = self.left + self.right - self.both
        return self.both / either if either else 0.0


def shared(left: bytes, left_count: int, right: bytes, right_count: int) -> Share:
    """What two sketches have in common, on the hashes up to which both are complete.

    >>> one, two, three = ((number).to_bytes(8, "big") for number in (1, 2, 3))
    >>> shared(one + two, 2, two + three, 9)
    Share(left=2, right=2, both=1)
    """
    ours, theirs = hashes(left), hashes(right)
    ends = [
        found[-1]
        for found, count in ((ours, left_count), (theirs, right_count))
        if found and count > len(found)
    ]
    if ends:
        end = min(ends)
        ours, theirs = tuple(one for one in ours if one <= end), tuple(one for one in theirs if one <= end)
    return Share(len(ours), len(theirs), len(set(ours).intersection(theirs)))


def link_between(first: Kin, later: Kin, weigh: Weigh) -> Link | None:
    """How a document comes from one that was first.

    Args:
        first: the one that was first, as far as is known.
        later: the other.
        weigh: how much a clause tells, by its hash: less the more documents it stands in.
    """
    if first.home == later.home and first.source.document == later.source.document:
        return _link(Kind.VERSION, first, later, ["the same name in the same project"], {})
    if first.source.document_id and first.source.document_id == later.source.document_id:
        return _link(Kind.COPY, first, later, ["the same bytes"], {})
    clauses = shared(first.print.words, first.print.words_count, later.print.words, later.print.words_count)
    return (
        _near_copy(first, later, clauses, weigh)
        or _translation(first, later, clauses)
        or _passage(first, later, clauses)
        or _citation(first, later)
    )


def _near_copy(first: Kin, later: Kin, clauses: Share, weigh: Weigh) -> Link | None:
    least = _LEAST_CLAUSES if first.said or first.home == later.home else _LEAST_OF_SCRIPTS
    if clauses.both < least:
        return None
    contained = clauses.contained >= _NEAR_CONTAINED and clauses.both >= _LEAST_CONTAINED
    partly = clauses.contained >= _PART_CONTAINED and clauses.both >= _LEAST_OF_PARTS
    if not (clauses.alike >= _NEAR_ALIKE or contained or partly):
        return None
    if _languages_differ(first, later) and clauses.contained < _NOT_TRANSLATED:
        return None
    weighed = _weighed(first, later, weigh)
    if weighed < _NEAR_WEIGHED:
        return None
    reasons = [f"{clauses.both} of {min(clauses.left, clauses.right)} clauses compared stand in both"]
    if clauses.alike < _NEAR_ALIKE:
        reasons.append("the longer one has more")
    is_whole = clauses.alike >= _NEAR_ALIKE or (contained and clauses.alike >= _EXCERPT)
    kind = Kind.NEAR_COPY if is_whole else Kind.DERIVATIVE
    strength = Strength.STRONG if clauses.contained >= _NOT_TRANSLATED else Strength.MEDIUM
    figures = {"clauses_contained": clauses.contained, "clauses_alike": clauses.alike, "weighed": weighed}
    return _link(kind, first, later, reasons, figures, strength)


def _weighed(first: Kin, later: Kin, weigh: Weigh) -> float:
    """The part of the smaller that is in the other, each clause by how much it tells."""
    ours, theirs = hashes(first.print.words), hashes(later.print.words)
    if first.print.words_count > later.print.words_count:
        ours, theirs = theirs, ours
    end = min(ours[-1], theirs[-1])
    there = set(theirs)
    every = [(weigh(one), one in there) for one in ours if one <= end]
    total = sum(weight for weight, _ in every)
    if sum(bool(weight) for weight, is_there in every if is_there) < _LEAST_TELLING:
        return 0.0
    return sum(weight for weight, is_there in every if is_there) / total if total else 0.0


def _languages_differ(first: Kin, later: Kin) -> bool:
    return bool(first.language and later.language and first.language != later.language)


def _translation(first: Kin, later: Kin, clauses: Share) -> Link | None:
    named = first.home == later.home and first.name == later.name
    if not named and not _languages_differ(first, later):
        return None
    reasons, figures = _skeleton(first, later, clauses)
    if named and not reasons and _can_be_told(first) and _can_be_told(later):
        return None  # a name of the same form, and another text
    if named:
        strength = Strength.STRONG if len(reasons) >= 2 else Strength.MEDIUM if reasons else Strength.WEAK
        return _link(Kind.TRANSLATION, first, later, ["the names differ in their language alone", *reasons], figures, strength)  # fmt: skip
    if len(reasons) < 3 or not {"figures_contained", "links_contained"} <= figures.keys():
        return None
    told = [f"written in {later.language}, the other in {first.language}", *reasons]
    return _link(Kind.TRANSLATION, first, later, told, figures, Strength.STRONG if len(reasons) > 3 else Strength.MEDIUM)  # fmt: skip


def _can_be_told(one: Kin) -> bool:
    """Whether a document has enough numbers and addresses that a translation of it would show."""
    return one.print.figures_count >= _MANY and len(one.print.links) >= 8 * _MANY


def _skeleton(first: Kin, later: Kin, clauses: Share) -> tuple[list[str], dict[str, float]]:
    """What no translator changes, where two documents agree in it: reasons, and the figures they rest on."""
    one, other = first.print, later.print
    numbers = shared(one.figures, one.figures_count, other.figures, other.figures_count)
    links = shared(one.links, 0, other.links, 0)
    reasons: list[str] = []
    figures: dict[str, float] = {}
    if numbers.both >= _LEAST_FIGURES and numbers.contained >= _FIGURES:
        reasons.append(f"{numbers.both} of {min(numbers.left, numbers.right)} numbers and rows of numbers compared stand in both")  # fmt: skip
        figures["figures_contained"] = numbers.contained
    if links.both >= _LEAST_LINKS and links.contained >= _LINKS:
        reasons.append(f"{links.both} of {min(links.left, links.right)} addresses compared stand in both")
        figures["links_contained"] = links.contained
    if min(len(one.shape), len(other.shape)) >= _LEAST_MARKS and (alike := _shape(first, later)) >= _SHAPE:
        reasons.append("headings, tables and blocks of code stand in the same order")
        figures["shape_alike"] = alike
    if clauses.both >= _LEAST_CLAUSES and clauses.contained >= _CLAUSES:
        reasons.append(f"{clauses.both} clauses, such as code, stand in both unchanged")
        figures["clauses_contained"] = clauses.contained
    same = {one for one in first.said & later.said if is_numbered(one)}
    if same:
        reasons.append(f"both state {_in_words(same)}")
        figures["statements"] = len(same)
    return reasons, figures


def _shape(first: Kin, later: Kin) -> float:
    return SequenceMatcher(None, first.print.shape, later.print.shape, autojunk=False).ratio()


def _passage(first: Kin, later: Kin, clauses: Share) -> Link | None:
    """A document that repeats a sentence about chips; within one project a quote is enough."""
    common = len(first.sentences & later.sentences)
    if first.home == later.home:
        common = max(common, len(first.quotes & later.quotes))
    if not common:
        return None
    what = "a sentence" if common == 1 else f"{common} sentences"
    figures = {"sentences": float(common), "clauses_contained": clauses.contained}
    return _link(Kind.DERIVATIVE, first, later, [f"repeats {what} about chips word for word"], figures, Strength.MEDIUM)  # fmt: skip


def _citation(first: Kin, later: Kin) -> Link | None:
    """A document that links to the other's project or work and states the same figures."""
    cited = sorted(first.known_as.intersection(later.print.cites))
    if first.home[1] == later.home[1] or not cited:
        return None
    same = same_figures(first.said, later.said)
    if len(same) < (
        2 if later.is_repository else 1
    ):  # eight cards of a kind are anyone's; a page only reports
        return None
    told = [f"cites {cited[0]}", f"states the same: {_in_words(same)}"]
    return _link(Kind.DERIVATIVE, first, later, told, {"statements": float(len(same))}, Strength.MEDIUM)


def same_figures(one: frozenset[Statement], other: frozenset[Statement]) -> set[Statement]:
    """The statements with a number that two documents share; where three chips are shared, their names are figures enough.

    >>> sorted(same_figures(frozenset({("H20", 32, None)}), frozenset({("H20", 32, None), ("H800", None, None)})))
    [('H20', 32, None)]
    >>> same_figures(frozenset({("H20", None, None)}), frozenset({("H20", None, None)}))
    set()
    """
    same = {each for each in one & other if is_numbered(each)}
    chips = {chip for chip, _, _ in one} & {chip for chip, _, _ in other}
    if len(chips) >= _TELLING_CHIPS:
        same |= {(chip, None, None) for chip in chips}
    return same


def is_numbered(statement: Statement) -> bool:
    """Whether a statement gives a number: of chips, or of chip-hours."""
    return statement[1] is not None or statement[2] is not None


def may_rest_on_one_work(one: Kin, other: Kin) -> bool:
    """Whether two pages that cite one work both report on it: they cite little else, and state the same of several chips."""
    pages = (one, other)
    if any(page.is_repository or len(page.print.cites) > _FEW_WORKS for page in pages):
        return False
    return len(same_figures(one.said, other.said)) >= 2


def _in_words(statements: set[Statement]) -> str:
    said = sorted(statements, key=lambda one: (one[0], one[1] or 0, one[2] or 0.0))
    words = [
        f"{count} x {chip}" if count is not None else f"{chip} for {hours:g} chip-hours" if hours is not None else chip
        for chip, count, hours in said[:3]
    ]  # fmt: skip
    return ", ".join(words) + (f" and {len(said) - 3} more" if len(said) > 3 else "")


def _link(
    kind: Kind, first: Kin, later: Kin, reasons: list[str], figures: dict[str, float],
    strength: Strength = Strength.STRONG,
) -> Link:  # fmt: skip
    return Link(
        kind=kind,
        of=first.source,
        reasons=tuple(reasons),
        figures={name: round(value, 3) for name, value in figures.items()},
        strength=strength,
        is_dated=_is_dated(kind, first, later),
    )


def _is_dated(kind: Kind, first: Kin, later: Kin) -> bool:
    """Whether dates tell which was first: the day of a file's last change tells it only of the very same bytes."""
    if not (first.day and later.day and first.day < later.day):
        return False
    return kind is Kind.COPY or not later.is_repository
