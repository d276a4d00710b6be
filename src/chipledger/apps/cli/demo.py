"""`chipledger demo`: the whole job on documents that come with the package: scan, findings, report; no network."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from chipledger.apps.cli import findings
from chipledger.apps.cli.mentions import printer
from chipledger.apps.cli.output import Format
from chipledger.apps.cli.scanning import Item, Settings, Tally, scan
from chipledger.apps.report import write_report
from chipledger.core.load import load_yaml
from chipledger.core.records import FailedDocument, Record
from chipledger.documents.limits import Limits
from chipledger.documents.sources import planned
from chipledger.store.ledger import Ledger

DEMO = Path(str(files("chipledger") / "data" / "demo"))


class Published(Record):
    """A demo document: its file, who published it, and when."""

    file: str
    title: str
    organisation: str
    language: str
    date: date
    note: str


class Manifest(Record):
    """The demo's documents."""

    documents: tuple[Published, ...]


def command(
    ledger: Annotated[
        str | None, typer.Option(help="Keep the demo's ledger in this file; without, it is gone at the end.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The report to write; replaced if it exists.")] = Path(
        "chipledger-demo.html"
    ),
) -> None:
    """Scan the bundled documents, print their findings and write the report; no network, under a minute.

    Organisations, people and models in the documents are made up; chips, rules and dates of rules are real.

    Example: chipledger demo --out demo.html
    """
    with TemporaryDirectory(prefix="chipledger-demo-") as folder:
        address = ledger or str(Path(folder, "demo.sqlite"))
        tally = _scanned(address)
        findings.command(ledger=address)
        with Ledger.open(address, create=False) as opened:
            written = write_report(opened, out, destination="CN", on=date.today())
    typer.echo(f"{tally.in_words()}; all names of organisations and models are made up")
    typer.echo(f"report: {written.resolve()}")


def _scanned(address: str) -> Tally:
    """Scan the demo's documents into the ledger."""
    tally = Tally()
    with Ledger.open(address) as opened, planned(str(DEMO / "documents"), Limits(), git=False) as plan:
        settings = Settings(on=date.today(), is_quiet=True)
        scan(
            plan, settings, printer(Format.NONE), tally, (opened, address), _published(DEMO / "manifest.yaml")
        )
    return tally


def _published(manifest: Path) -> Callable[[Item], Item]:
    """Adds to an entry the publisher and the day that the manifest states."""
    stated = {published.file: published for published in load_yaml(manifest, Manifest).documents}

    def add(item: Item) -> Item:
        if isinstance(item, FailedDocument) or item.name not in stated:
            return item
        published = stated[item.name]
        origin = replace(item.origin, organisation=published.organisation)
        return replace(item, published_on=published.date, origin=origin)

    return add
