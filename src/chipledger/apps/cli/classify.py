"""`chipledger classify`: which paragraphs of 3A090 a part meets on a day, from figures alone or from the catalogue.

Takes the figures of a data sheet, or a chip of the catalogue; prints every paragraph in effect with its truth, reasons
and cite, and the lines that lie near; with `--explain` the same as a paragraph for the file.
"""

import json
import sys
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import typer

from chipledger.apps.cli.named import the_chip
from chipledger.apps.cli.output import Format, emit
from chipledger.apps.cli.status import Answer
from chipledger.catalogue.chip import Format as NumberFormat
from chipledger.core.errors import InputError
from chipledger.core.truth import Truth, Verdict
from chipledger.rules.classify import Classification, classify
from chipledger.rules.control import Attester
from chipledger.rules.explain import explained
from chipledger.rules.item import Item, item_of
from chipledger.rules.law import law
from chipledger.rules.presumption import presumed
from chipledger.rules.stated import FORMATS, Specification
from chipledger.rules.transaction import UNKNOWN_PLACE

COLUMNS = ("eccn", "truth", "reasons", "near", "cite")


def command(
    tpp: float | None = typer.Option(None, help="Total processing performance: dense TOP/s times bit length, the highest over the formats."),
    rate: list[str] = typer.Option([], metavar="FORMAT=TFLOPS", help="A dense rate instead of --tpp, such as fp8=296; may be repeated."),
    die_area: float | None = typer.Option(None, help="Area in mm2 of all logic dies made with non-planar transistors."),
    performance_density: float | None = typer.Option(None, help="TPP per mm2 of applicable die area, where the area is not given."),
    planar: bool = typer.Option(False, "--planar", help="Made on a planar process: no die area counts."),
    data_center: Answer | None = typer.Option(None, help="Designed or marketed for data centers; unknown if not given."),
    on: datetime | None = typer.Option(None, formats=["%Y-%m-%d"], help="The day whose text counts; today if not given."),
    interconnect: float | None = typer.Option(None, help="All inputs and outputs other than memory, both directions, GB/s (the text of 2022)."),
    pcie: float | None = typer.Option(None, help="The host link, both directions, GB/s, where --interconnect leaves it out."),
    memory_bandwidth: float | None = typer.Option(None, help="Total DRAM bandwidth, GB/s."),
    host: str | None = typer.Option(None, help="The entry that describes it but for its speed, such as 5A992.c or 5A002.a: names its .z paragraph."),
    memory_density: float | None = typer.Option(None, help="Of high-bandwidth memory: GB/s per mm2 of package or stack (3A090.c)."),
    with_logic: Answer | None = typer.Option(None, help="Whether that memory shares a package whose main function is processing."),
    attested_by: Attester | None = typer.Option(None, help="A foundry or packager exports it: who attests that it is not 3A090.a."),
    packaged_in: str = typer.Option("??", help="For that: where the final package is made, ISO code."),
    transistors: float | None = typer.Option(None, help="For that: transistors of the final package, in billions."),
    contains_memory: Answer | None = typer.Option(None, help="For that: whether the package holds high-bandwidth memory."),
    node: float | None = typer.Option(None, help="For that: process node in nm."),
    non_planar: bool = typer.Option(False, "--non-planar", help="For that: made with non-planar transistors."),
    name: str = typer.Option("the part", help="What the part is called."),
    vendor: str = typer.Option("", help="Its maker."),
    chip: str = typer.Option("", help="A chip of the catalogue instead of figures: its id, or its name as printed."),
    explain: bool = typer.Option(False, "--explain", help="One paragraph for the file instead of a table."),
    format: Format = typer.Option(Format.TABLE, help="table, json, jsonl or csv."),
) -> None:  # fmt: skip
    """Which paragraphs of ECCN 3A090 a part meets on a day, from its figures. Not legal advice.

    Example: chipledger classify --tpp 2368 --die-area 814 --data-center yes --on 2024-03-01

    Example: chipledger classify --chip L40S --host 5A992.c

    Example: chipledger classify --non-planar --transistors 25 --attested-by fabricator --packaged-in TW
    """
    stated = Specification(
        name=name,
        vendor=vendor,
        total_processing_performance=tpp,
        rates_tflop_per_second=_rates(rate),
        die_area_mm2=die_area,
        performance_density=performance_density,
        is_planar=planar,
        marketed_for_data_center=_verdict(data_center),
        interconnect_gb_per_second=interconnect,
        pcie_gb_per_second=pcie,
        memory_bandwidth_gb_per_second=memory_bandwidth,
        memory_density_gb_per_second_per_mm2=memory_density,
        shares_package_with_logic=_verdict(with_logic),
        contains_memory=_verdict(contains_memory),
        transistors_billion=transistors,
        node_nm=node,
        is_non_planar=True if non_planar else None,
    )
    item = _of_catalogue(chip, stated) if chip else stated.item()
    day = on.date() if on else date.today()
    found = classify(item, day, host)
    presumption = None if attested_by is None else presumed(item, day, attested_by, _place(packaged_in))
    _print(item, found, explain, format, presumption)


def _verdict(answer: Answer | None) -> Verdict | None:
    return Verdict(answer.value) if answer else None


def _place(code: str) -> str:
    return code if code == UNKNOWN_PLACE else law().groups.destination(code)


def _rates(given: list[str]) -> dict[NumberFormat, float]:
    rates: dict[NumberFormat, float] = {}
    for one in given:
        name, equals, value = one.partition("=")
        name = name.strip().lower()
        if name not in FORMATS or not equals:
            raise InputError(
                f"--rate {one!r} names no format", expected=f"FORMAT=TFLOPS with one of {', '.join(FORMATS)}"
            )
        if name in rates:
            raise InputError(
                f"--rate {name} is given twice", remedy="give the dense rate of each format once"
            )
        rates[name] = _number(one, value)
    return rates  # fmt: skip


def _number(option: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(
            f"--rate {option!r} has no number", expected="a dense rate in TFLOP/s, such as fp16=148"
        ) from None


def _of_catalogue(name: str, stated: Specification) -> Item:
    """A chip's recorded facts; only what it is marketed for may be stated beside them."""
    marketed = stated.marketed_for_data_center
    if stated != Specification(marketed_for_data_center=marketed):
        raise InputError(
            "--chip takes all figures from the catalogue", remedy="leave the others out, or leave out --chip"
        )
    item = item_of(the_chip(name))
    return (
        replace(item, marketed_for_data_center=stated.item().marketed_for_data_center) if marketed else item
    )


def _print(
    item: Item, found: Classification, explain: bool, format: Format, presumption: Truth | None
) -> None:
    if format in (Format.JSON, Format.JSONL):
        answer = found.as_dict() | ({"explanation": explained(item, found)} if explain else {})
        if presumption is not None:
            answer["presumed"] = {"truth": presumption.value.value, "reasons": list(presumption.reasons)}
        indent = 2 if format is Format.JSON else None
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=indent) + "\n")
    elif explain:
        typer.echo(explained(item, found))
    else:
        emit(_rows(found), COLUMNS, format, _title(item, found))
    if presumption is not None and format is Format.TABLE:
        why = "; ".join(presumption.reasons)
        typer.echo(
            f"A foundry or packager must presume 3A090.a, made for data centers: {presumption.value.value} ({why})"
        )


def _rows(found: Classification) -> list[dict[str, Any]]:
    return [
        {**met.as_dict(), "near": [near.reason for near in found.near if near.eccn == met.eccn]}
        for met in found.paragraphs
    ]


def _title(item: Item, found: Classification) -> str:
    said = {
        Verdict.YES: "; ".join([", ".join(found.ic), *_homes(found)]),
        Verdict.NO: "no paragraph of 3A090"
        + (f"; it remains {', '.join(found.otherwise)}" if found.otherwise else ""),
        Verdict.UNKNOWN: "not decided by what is known",
    }[found.truth.value]
    why = f" ({'; '.join(found.truth.reasons)})" if not found.paragraphs else ""
    return f"{item.name} on {found.on}: {said}{why}"


def _homes(found: Classification) -> list[str]:
    """Where the part stands once it is on a board, or described by a host entry."""
    board = [f"a board with it {found.board}"] if found.board else []
    return board + ([f"by its host entry {', '.join(found.z)}"] if found.z else [])
