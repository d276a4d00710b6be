"""What two looks at one source show differently: statements that are new, reworded or gone.

A `Look` is what a source stated on one day, document by document; `news` compares two of them. A document whose bytes are
the same brings no news, whatever a newer reader makes of it; nor does a statement that only moved from one document of the
source to another. One that could not be read now is taken to stand as before: that
nobody could look is no removal. Nothing is said of why something changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from heapq import nlargest
from itertools import islice, pairwise
from typing import Any

from chipledger.core.records import Mention, content_id

_ALIKE = 0.6
_MOST_COMPARED, _MOST_MATCHED = 400, 6
Key = tuple[str, str, str]


class Kind(StrEnum):
    """What happened to a statement between two looks."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A statement as one look saw it.

    Attributes:
        what: "mention" of a chip, or "setting" of a launch.
        name: the chip's canonical name, or the setting's.
        words: its sentence or line, blanks folded; two looks saw the same statement when what, name and words are the same.
        quote: the words that name the chip.
        purpose, count: of a mention.
        line, page, url, commit: where it stands.
        first_seen: the day on which it was first seen, as text.
        standing: of a history, where it stands (stands, elsewhere, proposed); None of a plain look.
    """

    what: str
    name: str
    words: str
    quote: str = ""
    purpose: str | None = None
    count: int | None = None
    line: int | None = None
    page: int | None = None
    url: str | None = None
    commit: str | None = None
    first_seen: str | None = None
    standing: str | None = None

    @property
    def key(self) -> Key:
        """What makes it the same statement in another look."""
        return self.what, self.name, self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One document in a look.

    Attributes:
        document_id: of its bytes; "" where the document has many versions (a history).
        told: its statements, in the order of the text.
    """

    document_id: str
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a source stated when it was looked at.

    Attributes:
        on: the day, as text.
        version: of the reader.
        pages: its documents by name.
        is_whole: whether all of the source could be asked for; if not, what is missing is taken to stand.
        unread: names of documents that could not be read, each with the reason; a name also stands for every "NAME: PATH".
        is_history: whether it is of a whole history, which tells its removals itself, with their days.
        losses: these removals by their ids, each as JSON-ready fields.
    """

    on: str
    version: str
    pages: Mapping[str, Page]
    unread: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = True
    is_history: bool = False
    losses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def could_not_read(self, name: str) -> bool:
        """Whether a document could not be read, or all of the source's part that it stands in."""
        is_missing = not self.is_whole and name not in self.pages
        return is_missing or name in self.unread or any(name.startswith(f"{one}: ") for one in self.unread)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, which `look_of` reads again."""
        return asdict(self)


def look_of(body: Mapping[str, Any]) -> Look:
    """The look that `as_dict` wrote.

    >>> look = Look(on="2026-11-01", version="4", pages={"a.md": Page(document_id="1", told=(Told(what="mention", name="NVIDIA H20", words="w"),))})
    >>> look_of(look.as_dict()) == look
    True
    """
    pages = {
        name: Page(document_id=page["document_id"], told=tuple(Told(**one) for one in page["told"]))
        for name, page in body["pages"].items()
    }
    return Look(**{**body, "pages": pages})


def told_of(mention: Mention, url: str | None = None) -> Told:
    """A mention as a look keeps it.

    Args:
        mention: as extracted, with the words around its quote.
        url: where its document can be seen by anyone.
    """
    words = " ".join(f"{mention.prefix}{mention.quote}{mention.suffix}".split())
    return Told(
        what="mention", name=mention.chip, words=words, quote=mention.quote, purpose=mention.purpose.value, count=mention.count,
        line=mention.line, page=mention.page, url=url, commit=mention.commit,
        first_seen=mention.first_seen.isoformat() if mention.first_seen else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One statement that is new, reworded or gone.

    Attributes:
        kind: which of them.
        source: the source's name.
        seen_on: the day on which this was seen; it happened between `since` and then, or on `happened_on`.
        since: the day of the look before.
        look: how often the source had been looked at, this time included.
        document: where it stands or stood.
        told: the statement as it is now, or as it was when it was last seen.
        before: of a changed one, as it was.
        words_now: of one that is gone, how its line goes on without it.
        happened_on: the day, where a history tells it.
        in_words: the news as a sentence.
        loss: the id of the removal, where a history tells it; the same words may go twice.
    """

    kind: Kind
    source: str
    seen_on: str
    since: str
    look: int
    document: str
    told: Told
    before: Told | None = None
    words_now: str | None = None
    happened_on: str | None = None
    in_words: str = ""
    loss: str = ""

    @property
    def id(self) -> str:
        """The content id: the same news of the same look has the same."""
        more = (self.loss,) if self.loss else ()
        return content_id(
            self.source, self.look, self.seen_on, self.kind, self.document, *self.told.key, *more
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields, `kind` first."""
        told, before = self.told, self.before
        return {
            "kind": self.kind.value, "source": self.source, "seen_on": self.seen_on, "since": self.since,
            "happened_on": self.happened_on, "document": self.document, "what": told.what, "name": told.name,
            "purpose": told.purpose, "count": told.count, "purpose_before": before.purpose if before else None,
            "count_before": before.count if before else None, "words": told.words, "words_before": before.words if before else None,
            "words_now": self.words_now, "quote": told.quote, "line": told.line, "page": told.page, "url": told.url,
            "commit": told.commit, "first_seen": told.first_seen, "standing": told.standing, "in_words": self.in_words, "id": self.id,
        }  # fmt: skip


def news(source: str, before: Look, now: Look, look: int = 2) -> list[News]:
    """What is new, reworded or gone in a source since it was last looked at.

    Args:
        source: its name.
        before: the last look.
        now: this one.
        look: how often the source was looked at, this time included.

    Returns:
        News in the order of documents and places; what is gone comes last in its document.

    >>> def look(on, words, count): return Look(on=on, version="4", pages={"a.md": Page(document_id=on, told=(
    ...     Told(what="mention", name="NVIDIA H20", words=words, count=count),))})
    >>> one, = news("kite", look("2026-11-01", "It takes 16 H20.", 16), look("2026-11-02", "It takes 8 H20.", 8))
    >>> one.kind.value, one.in_words
    ('changed', 'NVIDIA H20 in a.md: 16 became 8')
    """
    between = _Between(source, before, now, look)
    names = [name for name in sorted({*before.pages, *now.pages}) if not now.could_not_read(name)]
    names = [name for name in names if not _has_same_bytes(before.pages.get(name), now.pages.get(name))]
    moved = _moved(before, now, names)
    found = [one for name in names for one in _of_page(between, name, moved.get(name, ()))]
    return found + _losses(between)


def _has_same_bytes(old: Page | None, new: Page | None) -> bool:
    return bool(old and new and old.document_id and old.document_id == new.document_id)


def carried(before: Look | None, now: Look) -> Look:
    """A look in which what could not be read now stands as it stood before.

    Args:
        before: the last look.
        now: this one.
    """
    if before is None:
        return now
    kept = {
        name: page
        for name, page in before.pages.items()
        if now.could_not_read(name) and name not in now.pages
    }
    return replace(now, pages={**now.pages, **kept})


@dataclass(frozen=True, slots=True)
class _Between:
    """The two looks that are compared."""

    source: str
    before: Look
    now: Look
    look: int

    def news(self, kind: Kind, document: str, told: Told, in_words: str, **more: Any) -> News:
        """One piece of news between the two."""
        return News(kind=kind, source=self.source, seen_on=self.now.on, since=self.before.on, look=self.look, document=document,
                    told=told, in_words=in_words, **more)  # fmt: skip

    @property
    def when(self) -> str:
        """The days between which something happened."""
        return (
            f"on {self.now.on}"
            if self.before.on == self.now.on
            else f"between {self.before.on} and {self.now.on}"
        )


def _moved(before: Look, now: Look, names: Iterable[str]) -> Mapping[str, set[Key]]:
    """The statements, by document, that left one document of the source and stand word for word in another."""
    left, came = defaultdict[Key, list[str]](list), defaultdict[Key, list[str]](list)
    for name in names:
        was, is_now = _by_key(before.pages.get(name)), _by_key(now.pages.get(name))
        for key in was.keys() - is_now.keys():
            left[key].append(name)
        for key in is_now.keys() - was.keys():
            came[key].append(name)
    found = defaultdict[str, set[Key]](set)
    for key in left.keys() & came.keys():
        for pair in zip(left[key], came[key], strict=False):
            for name in pair:
                found[name].add(key)
    return found


def _of_page(between: _Between, name: str, moved: Collection[Key]) -> list[News]:
    """The news of one document, without what only moved."""
    new = between.now.pages.get(name)
    was, is_now = _by_key(between.before.pages.get(name)), _by_key(new)
    lost = _lost(one for key, one in was.items() if key not in is_now and key not in moved)
    found: list[News] = []
    for told in is_now.values():
        if told.key in was or told.key in moved:
            continue
        earlier = _earlier(told, lost[told.what, told.name])
        if earlier is None:
            found.append(between.news(Kind.NEW, name, told, _new(name, told)))
            continue
        del lost[told.what, told.name][earlier.words]
        found.append(between.news(Kind.CHANGED, name, told, _changed(name, told, earlier), before=earlier))
    if between.now.is_history:  # it tells its removals itself
        return found
    lines = list(islice(dict.fromkeys(one.words for one in is_now.values()), _MOST_COMPARED))
    where = name if new else f"{name}, which is gone"
    for told in was.values():
        if told.words in lost[told.what, told.name]:
            words_now = _alike(told.words, lines)
            in_words = _gone(where, told, words_now, between.when)
            found.append(between.news(Kind.REMOVED, name, told, in_words, words_now=words_now))
    return found


def _lost(gone: Iterable[Told]) -> dict[tuple[str, str], dict[str, Told]]:
    """Statements that are gone, by what they name and by their words."""
    found = defaultdict[tuple[str, str], dict[str, Told]](dict)
    for one in gone:
        found[one.what, one.name][one.words] = one
    return found


def _by_key(page: Page | None) -> dict[Key, Told]:
    """The statements of a document, each once, in the order of the text."""
    found: dict[Key, Told] = {}
    for one in page.told if page else ():
        found.setdefault(one.key, one)
    return found


def _earlier(told: Told, lost: Mapping[str, Told]) -> Told | None:
    """The statement that was reworded into this one, of those that name the same."""
    if told.what == "setting":
        return next(iter(lost.values()), None)
    words = _alike(told.words, list(islice(lost, _MOST_COMPARED)))
    return lost[words] if words is not None else None


def _alike(words: str, lines: Sequence[str]) -> str | None:
    """The line most like some words, if one is; compared closely are only those that share most pairs of letters."""
    own = _pairs(words)
    likeliest = nlargest(_MOST_MATCHED, lines, key=lambda line: len(own & _pairs(line)))
    found = get_close_matches(words, likeliest, n=1, cutoff=_ALIKE)
    return found[0] if found else None


@lru_cache(maxsize=4 * _MOST_COMPARED)
def _pairs(words: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(words)))


def _losses(between: _Between) -> list[News]:
    """The removals that a history tells and told not when it was last looked at."""
    return [
        between.news(Kind.REMOVED, loss["path"], _told_of_loss(loss), loss["in_words"], words_now=loss["words_now"],
                     happened_on=loss["removed_on"], loss=name)
        for name, loss in between.now.losses.items()
        if name not in between.before.losses
    ]  # fmt: skip


def _told_of_loss(loss: Mapping[str, Any]) -> Told:
    return Told(
        what="mention" if loss["what"] == "chip" else "setting", name=loss["name"], words=loss["words_before"], purpose=loss["purpose"],
        line=loss["line"], commit=loss["commit"], first_seen=loss["first_seen"],
    )  # fmt: skip


def _new(document: str, told: Told) -> str:
    proposed = " (proposed by somebody, not on a branch)" if told.standing == "proposed" else ""
    return f"{_named(told)} now stands in {document}{proposed}"


def _changed(document: str, told: Told, before: Told) -> str:
    changes = [
        f"{_or_none(old)} became {_or_none(new)}"
        for old, new in ((before.count, told.count), (before.purpose, told.purpose))
        if old != new
    ]
    return f"{told.name} in {document}: {', '.join(changes) or 'reworded'}"


def _gone(where: str, told: Told, words_now: str | None, when: str) -> str:
    still = "; its line goes on without it" if words_now else ""
    return f"{_named(told)} no longer stands in {where} ({when}){still}"


def _named(told: Told) -> str:
    count = f"{told.count} x " if told.count is not None else ""
    return f"{count}{told.name}" + (f" ({told.purpose})" if told.purpose else "")


def _or_none(value: object) -> str:
    return "no number" if value is None else str(value)
