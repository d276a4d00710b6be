"""`chipledger chips`: the catalogue listed, one chip shown with every fact and rival, chips compared on all axes."""

from typing import Any

import typer

from chipledger.apps.cli.named import the_chip
from chipledger.apps.cli.output import Format, emit, plain
from chipledger.catalogue.chip import Chip, chips, sources
from chipledger.catalogue.compare import Axis, Cell, compare
from chipledger.catalogue.metrics import (
    Alternative,
    performance_density,
    total_processing_performance,
)
from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.core.units import scale

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

FORMAT = typer.Option(Format.TABLE, "--format", "-f", help="table, json, jsonl or csv.")
MARKS = "≥ a floor   ? recalled only"


@app.callback()
def chips_of_the_catalogue() -> None:
    """The catalogue: list, show, compare.

    Example: chipledger chips compare nvidia-h100-sxm nvidia-h20
    """


@app.command("list")
def list_chips(
    vendor: str = typer.Option("", "--vendor", help="Only chips of this maker."),
    market: str = typer.Option("", "--market", help="data centre, workstation or consumer."),
    min_tpp: float = typer.Option(
        0.0, "--min-tpp", min=0.0, help="Only chips with at least this performance."
    ),
    format: Format = FORMAT,
) -> None:
    """List chips with their total processing performance.

    Example: chipledger chips list --vendor Huawei --min-tpp 4800 --format csv
    """
    listed = _of_vendor(_of_market(list(chips().values()), market), vendor)
    rows = [_summary(each) for each in listed]
    rows = [row for row in rows if min_tpp <= 0 or (row["total_processing_performance"] or 0) >= min_tpp]
    if format is Format.TABLE:
        emit([_summary_text(row) for row in rows], None, format, f"{len(rows)} chips   {MARKS}")
        return
    emit(rows, None, format)


@app.command()
def show(
    name: str = typer.Argument(help="A catalogue id or a name as printed."), format: Format = FORMAT
) -> None:
    """Show one chip: every fact with its source and grade, rivals beside it, computed values last.

    Example: chipledger chips show "昇腾910C" --format json
    """
    each = the_chip(name)
    if format in (Format.JSON, Format.JSONL):
        emit([_whole(each)], None, format)
        return
    rows = [_fact_row(each, fact) for fact in each.facts] + _computed_rows(each)
    emit(rows, list(rows[0]), format, _title(each))


@app.command("compare")
def compare_chips(
    names: list[str] = typer.Argument(help="Two or more catalogue ids or printed names."),
    format: Format = FORMAT,
) -> None:
    """Compare chips on every axis; ratios are to the first, a star marks values on which sources differ.

    Example: chipledger chips compare "H100 SXM" nvidia-h20 huawei-910b3
    """
    ids = list(dict.fromkeys(the_chip(name).id for name in names))
    if len(ids) < 2:
        raise InputError("one chip cannot be compared", expected="two or more ids or names")
    axes = compare(ids)
    if format in (Format.JSON, Format.JSONL):
        emit([_axis_whole(axis) for axis in axes], None, format)
    elif format is Format.CSV:
        rows = [_axis_flat(axis) for axis in axes]
        emit(rows, list(rows[0]) if rows else [], format)
    else:
        emit(
            [_axis_text(axis) for axis in axes],
            None,
            format,
            "* sources differ   ≥ ≤ bounds   ? recalled only",
        )


def _of_vendor(listed: list[Chip], vendor: str) -> list[Chip]:
    kept = [each for each in listed if vendor.casefold() in each.vendor.casefold()]
    if not kept:
        vendors = sorted({each.vendor for each in listed})
        raise InputError(f"no chip of a vendor {vendor!r}", expected=", ".join(vendors))
    return kept


def _of_market(listed: list[Chip], market: str) -> list[Chip]:
    wanted = market.casefold().replace("center", "centre")
    kept = [each for each in listed if wanted in ("", each.market)]
    if not kept:
        raise InputError(f"no market {market!r}", expected="data centre, workstation or consumer")
    return kept


def _summary(each: Chip) -> dict[str, Any]:
    performance, density = total_processing_performance(each), performance_density(each)
    return {
        "id": each.id,
        "name": each.name,
        "vendor": each.vendor,
        "market": each.market,
        "released": each.released,
        "total_processing_performance": performance.value,
        "floor": performance.floor,
        "grade": performance.grade.value if performance.grade else None,
        "performance_density": _rounded(density.value),
        "memory_gb": _in(each.value("memory_capacity"), "GB"),
        "memory_bandwidth_gb_per_second": _in(each.value("memory_bandwidth"), "GB/s"),
        "interconnect_gb_per_second": _in(each.value("interconnect_bidirectional_bandwidth"), "GB/s"),
    }


def _summary_text(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the table shows it: few columns, short heads, marks for what is less than sure."""
    performance = row["total_processing_performance"]
    floor, doubt = "≥" if row["floor"] else "", "?" if row["grade"] == Grade.RECALLED else ""
    return {
        "id": row["id"],
        "market": row["market"],
        "released": row["released"],
        "TPP": "unknown" if performance is None else f"{floor}{plain(performance)}{doubt}",
        "TPP/mm2": row["performance_density"],
        "memory, GB": row["memory_gb"],
        "memory, GB/s": row["memory_bandwidth_gb_per_second"],
        "links, GB/s": row["interconnect_gb_per_second"],
    }


def _in(value: float | None, unit: str) -> float | None:
    return None if value is None else _rounded(value / scale(unit)[0])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _fact_row(each: Chip, fact: Any) -> dict[str, Any]:
    in_use = each.fact(fact.metric, fact.format) == fact
    return {
        "what": fact.metric + (f" {fact.format}" if fact.format else ""),
        "value": fact.value,
        "unit": fact.unit,
        "used": in_use,
        "grade": fact.grade.value,
        "source": fact.source,
        "remark": "; ".join(part for part in (fact.bound, fact.why, fact.note) if part),
    }


def _computed_rows(each: Chip) -> list[dict[str, Any]]:
    performance, density = total_processing_performance(each), performance_density(each)
    rows = []
    for what, unit, result in (
        ("total processing performance", "TPP", performance),
        ("performance density", "TPP/mm2", density),
    ):
        grade = result.grade.value if result.grade else None
        rows.append(_computed(what, result.value, unit, True, grade, "; ".join(result.reasons)))
        rows += [_computed(what, a.value, unit, False, a.grade.value, a.reason) for a in result.alternatives]
    return rows


def _computed(
    what: str, value: float | None, unit: str, used: bool, grade: str | None, remark: str
) -> dict[str, Any]:
    return {
        "what": what,
        "value": _rounded(value),
        "unit": unit,
        "used": used,
        "grade": grade,
        "source": "computed",
        "remark": remark,
    }


def _title(each: Chip) -> str:
    parts = (
        each.vendor,
        each.name,
        f"({each.id})",
        each.status,
        each.released or "date unknown",
        each.market,
    )
    return " · ".join(parts) + (f"\n{each.note}" if each.note else "")


def _whole(each: Chip) -> dict[str, Any]:
    performance, density = total_processing_performance(each), performance_density(each)
    return {
        **each.model_dump(mode="json"),
        "total_processing_performance": {
            "value": performance.value,
            "format": performance.format,
            "grade": performance.grade,
            "floor": performance.floor,
            "vouched_floor": performance.vouched_floor,
            "by_format": {one.format: one.value for one in performance.by_format},
            "alternatives": [_alternative(one) for one in performance.alternatives],
            "reasons": performance.reasons,
        },
        "performance_density": {
            "value": density.value,
            "grade": density.grade,
            "floor": density.floor,
            "applicable": density.applicable,
            "area_mm2": density.area_mm2,
            "crossing_areas_mm2": {f"{line:g}": area for line, area in density.crossing_areas_mm2.items()},
            "alternatives": [_alternative(one) for one in density.alternatives],
            "reasons": density.reasons,
        },
        "source_records": [
            sources()[id].model_dump(mode="json", exclude_none=True)
            for id in sorted({*each.sources, *(fact.source for fact in each.facts)})
        ],
    }


def _alternative(one: Alternative) -> dict[str, Any]:
    return {"value": one.value, "grade": one.grade, "format": one.format, "reason": one.reason}


def _axis_whole(axis: Axis) -> dict[str, Any]:
    return {
        "axis": axis.name,
        "unit": axis.unit,
        "chips": {
            cell.chip: {
                "value": cell.value,
                "ratio": cell.ratio,
                "grade": cell.grade,
                "disputed": cell.disputed,
                "bound": cell.bound,
            }
            for cell in axis.cells
        },
    }


def _axis_flat(axis: Axis) -> dict[str, Any]:
    row: dict[str, Any] = {"axis": axis.name, "unit": axis.unit}
    for cell in axis.cells:
        row |= {
            cell.chip: _rounded(cell.value),
            f"{cell.chip}_ratio": _rounded(cell.ratio),
            f"{cell.chip}_grade": cell.grade.value if cell.grade else None,
            f"{cell.chip}_disputed": cell.disputed,
        }
    return row


def _axis_text(axis: Axis) -> dict[str, str]:
    return {
        "axis": f"{axis.name.replace('_', ' ')}, {axis.unit}",
        **{cell.chip: _cell_text(cell) for cell in axis.cells},
    }


def _cell_text(cell: Cell) -> str:
    if cell.value is None:
        return "unknown"
    bound = {"at_least": "≥", "at_most": "≤"}.get(cell.bound or "", "")
    ratio = "" if cell.ratio is None else f" ({cell.ratio:.2f}x)"
    doubt = ("*" if cell.disputed else "") + ("?" if cell.grade and not cell.grade.decides else "")
    return f"{bound}{plain(round(cell.value, 3))}{doubt}{ratio}"
