"""`chipledger parties export`: the parties for OpenSanctions and Aleph, as FollowTheMoney entities or statements."""

import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chipledger.apps.cli.output import harmless
from chipledger.apps.cli.parties.options import DayOption, day_of
from chipledger.core.files import written_whole
from chipledger.parties.events import listings_on
from chipledger.parties.followthemoney import Export, entities
from chipledger.parties.lists import lists
from chipledger.parties.register import parties, stakes
from chipledger.parties.stakes import identified, joined, read_stakes


class Form(StrEnum):
    """What is written, a line each."""

    FTM = "ftm"
    STATEMENTS = "ftm-statements"


def command(
    format: Annotated[
        Form, typer.Option(help="ftm: an entity a line; ftm-statements: a statement a line.")
    ] = Form.FTM,
    on: DayOption = None,
    ownership: Annotated[
        list[Path] | None,
        typer.Option(help="Stakes beside the bundled ones (see `parties owners`); may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file; standard output if not given.")] = None,
) -> None:
    """Parties, the lists they stood on that day and their owners, for OpenSanctions and Aleph.

    What is only recalled is left out, or a weak alias. A row of stakes that cannot be used is told and the rest is read
    (exit status 1).

    Example: chipledger parties export --format ftm --on 2026-11-01 --out parties.ftm.json
    """
    day = day_of(on)
    read = identified(joined(map(read_stakes, ownership or [])), parties())
    given = Export(
        parties=parties(),
        on=day,
        listings={name: listings_on(one.events, day) for name, one in parties().items()},
        stakes=(*stakes(), *read.stakes),
        names=read.names,
        lists={name: (one.title, one.publisher) for name, one in lists().items()},
    )
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(given, format))
    count = _written(lines, out)
    print(f"chipledger: {count:,} {'entities' if format is Form.FTM else 'statements'}", file=sys.stderr)
    for reject in read.rejects:
        print(f"chipledger: {harmless(str(reject))}", file=sys.stderr)
    if read.rejects:
        raise typer.Exit(1)


def _rows(given: Export, format: Form) -> Iterator[dict[str, Any]]:
    for one in entities(given):
        if format is Form.FTM:
            yield one.as_dict()
        else:
            yield from one.statements(given.on)


def _written(lines: Iterable[str], out: Path | None) -> int:
    if out is None:
        return sum(bool(sys.stdout.write(line)) for line in lines)
    with written_whole(out) as partial, partial.open("w", encoding="utf-8", newline="\n") as stream:
        return sum(bool(stream.write(line)) for line in lines)
