"""`chipledger witness`: what speaks for or against the quotes of a ledger beside themselves.

Three kinds of lines: arithmetic (do the stated figures add up?), translation (what stands in one language version of a document and
not in the other?), fabric (which projects' scripts were written for one operator's machines?). None is a verdict on anybody.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from chipledger.apps.cli.output import Format, emit
from chipledger.core.records import Mention
from chipledger.findings.context import in_context
from chipledger.findings.fabric import ties
from chipledger.findings.model_size import ModelSizes
from chipledger.findings.project import project_of
from chipledger.findings.sum import Verdict
from chipledger.findings.twins import differences
from chipledger.findings.witness import sums, verdict_of
from chipledger.store import read
from chipledger.store.ledger import Ledger

_COLUMNS = ("kind", "verdict", "reason", "quote", "place")
_TITLE = "What speaks beside the quotes: consistent or not, never proof"


class Kind(StrEnum):
    """What a line is about."""

    ARITHMETIC = "arithmetic"
    TRANSLATION = "translation"
    FABRIC = "fabric"


def command(
    ledger: Annotated[str, typer.Option(help="The ledger: a file or postgresql://…")] = "chipledger.sqlite",
    project: Annotated[str | None, typer.Option(help="Part of the name of the project.")] = None,
    only: Annotated[Kind | None, typer.Option(help="One kind of lines.")] = None,
    undecided: Annotated[bool, typer.Option(help="Also the sums that decide nothing.")] = False,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.TABLE,
) -> None:
    """Whether what the quotes state adds up, what differs between languages, and which scripts share a fabric.

    agree means consistent with the sum, disagree that the words cannot be meant as they are read.

    Example: chipledger witness --ledger chips.sqlite --project hunyuan
    """
    with Ledger.open(ledger, create=False) as opened:
        wanted = (project or "").casefold()
        found = [
            line
            for kind, lines in (
                (Kind.ARITHMETIC, _arithmetic),
                (Kind.TRANSLATION, _translation),
                (Kind.FABRIC, _fabric),
            )
            if only in (None, kind)
            for line in lines(opened, wanted)
            if undecided or line.get("verdict") != Verdict.UNDECIDED.value
        ]
    if format in (Format.JSON, Format.JSONL):
        emit(found, None, format)
    else:
        emit([_row(line) for line in found], _COLUMNS, format, _TITLE)


def _arithmetic(opened: Ledger, wanted: str) -> Iterator[dict[str, Any]]:
    sizes = ModelSizes(read.facts(opened))
    for facts, mentions in read.documents(opened):
        if wanted not in project_of(facts).casefold():
            continue
        for mention in mentions:
            found = sums([mention], sizes)
            if found:
                yield {
                    "kind": Kind.ARITHMETIC.value,
                    "project": project_of(facts),
                    **_place(mention),
                    "verdict": verdict_of(found).value,
                    "reason": "; ".join(one.reason for one in found),
                    "sums": [one.as_dict() for one in found],
                }


def _place(mention: Mention) -> dict[str, Any]:
    names = ("document", "commit", "line", "page", "start", "end", "quote", "chip", "count", "subject")
    return {"mention_id": mention.id, **{name: getattr(mention, name) for name in names}} | {
        "purpose": mention.purpose.value,
        "in_words": str(in_context(mention.prefix, mention.quote, mention.suffix)),
    }


def _translation(opened: Ledger, wanted: str) -> Iterator[dict[str, Any]]:
    for one in differences(read.documents(opened)):
        if wanted in one.project.casefold():
            yield {"kind": Kind.TRANSLATION.value, **one.as_dict()}


def _fabric(opened: Ledger, wanted: str) -> Iterator[dict[str, Any]]:
    for one in ties(read.facts(opened)):
        if any(wanted in name.casefold() for name in one.projects):
            yield {"kind": Kind.FABRIC.value, **one.as_dict()}


def _row(line: dict[str, Any]) -> dict[str, Any]:
    """A line as a row of the table."""
    if line["kind"] == Kind.ARITHMETIC.value:
        return {
            "kind": line["kind"],
            "verdict": line["verdict"],
            "reason": line["reason"],
            "quote": line["in_words"],
            "place": _where(line["project"], line),
        }
    if line["kind"] == Kind.TRANSLATION.value:
        first = line["quotes"][0]
        place, verdict = _where(line["project"], first), "differs"
        return {
            "kind": line["kind"], "verdict": verdict, "reason": line["reason"], "quote": first["quote"], "place": place,
        }  # fmt: skip
    first = line["places"][0]
    return {
        "kind": line["kind"],
        "verdict": line["strength"],
        "reason": line["statement"],
        "quote": first["quote"],
        "place": _where(first["project"], first),
    }


def _where(project: str, at: dict[str, Any]) -> str:
    """Project, document and line: files of many projects bear one name."""
    return f"{project} {at['document']}" + (f":{at['line']}" if at["line"] else "")
