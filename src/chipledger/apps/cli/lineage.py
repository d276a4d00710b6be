"""`chipledger lineage`: how many documents say it, how many of them speak for themselves, and which only repeat which."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from chipledger.apps.cli.output import Format, emit, harmless, stdout
from chipledger.core.errors import InputError
from chipledger.core.records import DocumentFacts, Mention
from chipledger.findings.choose import chip_asked
from chipledger.findings.context import in_context
from chipledger.findings.lineage import Lineage
from chipledger.findings.project import project_of
from chipledger.findings.sources import Origin, Teller, origins
from chipledger.store import read
from chipledger.store.ledger import Ledger

_CSV = ("source", "origin", "document", "published_on", "kind", "of", "strength", "is_dated", "reasons", "chip", "count", "quote", "place")  # fmt: skip
_MOST_TREES = 200


def command(
    ledger: Annotated[str, typer.Option(help="The ledger: a file or postgresql://…")] = "chipledger.sqlite",
    chip: Annotated[str | None, typer.Option(help="Only what is said of this chip: a name (H20) or catalogue id.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Part of the name of the organisation or project.")] = None,
    count: Annotated[int | None, typer.Option(help="Only statements of so many chips.")] = None,
    on: Annotated[str | None, typer.Option(help="Only what had been seen by this day (YYYY-MM-DD).")] = None,
    alone: Annotated[bool, typer.Option(help="Also the documents that nothing repeats.")] = False,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TABLE,
) -> None:  # fmt: skip
    """How many documents say it, how many of them speak for themselves, and which only repeat which.

    Copies, mirrors, translations and pages made of one source are one source, each with the reasons.

    Example: chipledger lineage --ledger chips.sqlite --chip H20
    """
    seen_by = _day(on) if on else None
    asked = _Asked(chip, organisation, count)
    with Ledger.open(ledger, create=False) as opened:
        told = [(facts, said) for facts, said in read.documents(opened, seen_by=seen_by) if said]
    found = origins(told, Lineage(told), asked.wants)
    shown = [one for one in found if alone or len(one.tellers) > 1 or one.tellers[0].carried]
    if format is Format.TABLE:
        _print(found, shown, asked.in_words)
    elif format is Format.CSV:
        emit([row for number, one in enumerate(shown, 1) for row in _rows(number, one)], _CSV, format)
    else:
        emit([one.as_dict() for one in shown], None, format)


class _Asked:
    """Which statements are asked for."""

    def __init__(self, chip: str | None, organisation: str | None, count: int | None) -> None:
        self._chip, self._fits = chip, chip_asked(chip) if chip else None
        self._owner, self._count = (organisation or "").casefold(), count

    @property
    def in_words(self) -> str:
        """What the documents say, as a clause."""
        what = self._chip or "a chip"
        return f"state {self._count} x {what}" if self._count is not None else f"name {what}"

    def wants(self, facts: DocumentFacts, mention: Mention) -> bool:
        """Whether a statement is asked for."""
        owners = (mention.organisation or "", facts.organisation or "", project_of(facts))
        return (
            (self._fits is None or self._fits(mention.chip, mention.chips))
            and (self._count is None or mention.count == self._count)
            and any(self._owner in owner.casefold() for owner in owners)
        )


def _print(found: Sequence[Origin], shown: Sequence[Origin], what: str) -> None:
    console = stdout()
    documents = {teller.source for one in found for teller in one.tellers}
    console.print(Text(summary(len(documents), len(found), what)))
    for number, one in enumerate(shown[:_MOST_TREES], 1):
        console.print(_tree(number, one))
    if len(shown) > _MOST_TREES:
        console.print(f"… and {len(shown) - _MOST_TREES} more; --format jsonl prints them all")
    left = len(found) - len(shown)
    if left:
        console.print(
            f"{_counted(left, 'document')} that nothing repeats left out (`lineage --alone` shows all)"
        )


def summary(documents: int, sources: int, what: str) -> str:
    """How many documents, how many sources, in a sentence.

    >>> summary(7, 2, "name NVIDIA H20")
    '7 documents name NVIDIA H20; they come down to 2 sources.'
    >>> summary(1, 1, "name NVIDIA H20")
    '1 document names NVIDIA H20; it comes down to 1 source.'
    """
    if documents == 1:
        verb, _, rest = what.partition(" ")
        return f"1 document {verb}s {rest}; it comes down to {_counted(sources, 'source')}."
    return f"{documents:,} documents {what}; they come down to {_counted(sources, 'source')}."


def _tree(number: int, one: Origin) -> Tree:
    order = "first by date" if one.is_dated else "first among those known"
    here = next((teller for teller in one.tellers if teller.source == one.source), None)
    only = len(one.tellers) == 1 and here
    title = f"{number}. {_named(one.source)}" + (
        "" if only else f" ({order})" if here else " (cited; not among the documents)"
    )
    tree = Tree(Text(harmless(title)))
    branches = {one.source: tree}
    for teller in one.tellers:
        if teller.carried is None:
            branches[teller.source] = tree
            tree.add(Text(harmless(_words(teller))))
            continue
        link = teller.carried.link
        branch = branches.get(link.of, tree).add(
            Text(harmless(f"{_named(teller.source)}: {link.in_words} [{link.strength.value}]"))
        )
        branch.add(Text(harmless(_words(teller))))
        branch.add(Text(harmless("because " + "; ".join(link.reasons))))
        branches[teller.source] = branch
    return tree


def _named(source: Any) -> str:
    return f"{source}, {source.published_on}" if source.published_on else str(source)


def _words(teller: Teller) -> str:
    first = next((one for one in teller.mentions if one.count is not None), teller.mentions[0])
    more = f" (and {len(teller.mentions) - 1} more)" if len(teller.mentions) > 1 else ""
    spot = f" p. {first.page}" if first.page else f" line {first.line}" if first.line else ""
    return f"“{in_context(first.prefix, first.quote, first.suffix)}”{spot}{more}"


def _rows(number: int, one: Origin) -> Iterator[dict[str, Any]]:
    for teller in one.tellers:
        link = teller.carried.link if teller.carried else None
        for mention in teller.mentions:
            yield {
                "source": number, "origin": str(one.source), "document": str(teller.source),
                "published_on": str(teller.source.published_on or ""), "kind": link.kind.value if link else "origin",
                "of": str(link.of) if link else "", "strength": link.strength.value if link else "",
                "is_dated": link.is_dated if link else one.is_dated, "reasons": "; ".join(link.reasons) if link else "",
                "chip": mention.chip, "count": mention.count, "quote": mention.quote,
                "place": f"{mention.document}:{mention.page or mention.line or ''}",
            }  # fmt: skip


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise InputError(f"not a day: {on!r}", where="--on", expected="YYYY-MM-DD") from None


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
