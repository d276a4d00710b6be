"""`chipledger evals register`: what is watched, by which benchmarks, at which thresholds, and who says so."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from chipledger.apps.cli.evals.options import DayOption, FormatOption, RegisterOption, day_of, emit_figures
from chipledger.apps.cli.output import Format, emit, stdout
from chipledger.core.sources import Cite
from chipledger.evals.crosswalk import crosswalk as crossings
from chipledger.evals.register import Link, Register, UseCase, load_register

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Shown(StrEnum):
    """How one entry is printed."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


@app.command("list")
def listed(register: RegisterOption = None, format: FormatOption = Format.TABLE) -> None:
    """Every link of every use case: benchmark, threshold with its origin, test, cadence.

    Example: chipledger evals register list --format csv
    """
    loaded = load_register(register)
    rows = [_row(use_case, link, loaded) for use_case in loaded.use_cases.values() for link in use_case.links]
    columns = (
        "use_case",
        "benchmark",
        "items",
        "threshold",
        "origin",
        "elicitation",
        "test",
        "alpha",
        "every_days",
    )
    emit_figures(rows, columns, format, "Uses that are watched, and by what")


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="USE_CASE", help="The id of a use case.")],
    register: RegisterOption = None,
    format: Annotated[Shown, typer.Option("--format", help="text, json or yaml.")] = Shown.TEXT,
) -> None:
    """One use case whole: pathway, anchors, what each benchmark shows and does not, thresholds, rules. YAML can be copied.

    Example: chipledger evals register show self-test --format yaml
    """
    loaded = load_register(register)
    use_case = loaded.use_case(name)
    fields = use_case.model_dump(mode="json", exclude_defaults=format is Shown.YAML)
    if format is Shown.JSON:
        hashes = {link.benchmark: use_case.rule_hash(link) for link in use_case.links}
        sys.stdout.write(json.dumps({**fields, "rule_hashes": hashes}, ensure_ascii=False, indent=2) + "\n")
    elif format is Shown.YAML:
        sys.stdout.write(yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=120))
    else:
        stdout().print("\n".join(_told(use_case, loaded)), markup=False, soft_wrap=True)


@app.command()
def benchmarks(register: RegisterOption = None, format: FormatOption = Format.TABLE) -> None:
    """Every benchmark: what it asks, how many items, what running it needs. Items of hazardous sets are never kept here.

    Example: chipledger evals register benchmarks
    """
    loaded = load_register(register)
    rows = [
        {
            "id": one.id,
            "title": one.title,
            "domain": one.domain,
            "items": one.items,
            "metric": one.metric,
            "hazard": one.hazard.value,
            "licence": one.licence,
            "needs": list(one.needs),
            "task": one.task,
            "published_on": one.published_on.isoformat() if one.published_on else None,
            "asks": one.asks,
        }
        for one in loaded.benchmarks.values()
    ]
    columns = ("id", "domain", "items", "metric", "hazard", "needs", "task")
    emit_figures(rows, columns, format, "Benchmarks; definitions only")


@app.command()
def crosswalk(
    on: DayOption = None,
    use_case: Annotated[str | None, typer.Option(help="Only this use case.")] = None,
    register: RegisterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """What each lab's and agency's framework, in the version of the day, calls the same use.

    Example: chipledger evals register crosswalk --on 2025-06-01 --use-case cyber-offence-autonomous
    """
    loaded, day = load_register(register), day_of(on)
    if use_case:
        loaded.use_case(use_case)
    rows = [
        {
            "use_case": cell.use_case,
            "family": cell.framework.family,
            "framework": cell.framework.title,
            "version": cell.framework.version,
            "published_on": cell.framework.published_on.isoformat(),
            "level": cell.level.name,
            "says": cell.level.says,
            "numeric": cell.level.numeric,
            "binding": cell.framework.binding,
            "grade": cell.grade.value,
            "cite": _cited(cell.level.cite, loaded),
        }
        for cell in crossings(loaded.frameworks.values(), day)
        if use_case in (None, cell.use_case)
    ]
    columns = ("use_case", "family", "version", "level", "says", "grade")
    emit_figures(rows, columns, format, f"Frameworks in effect on {day}")


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A folder with use_cases/*.yaml of your own.")],
    format: FormatOption = Format.TABLE,
) -> None:
    """Check a register of your own: every field, name and source; a slip is told with file, line and remedy.

    Example: chipledger evals register check ./my-register
    """
    loaded = load_register(folder)
    rows = [
        {
            "use_case": one.id,
            "version": one.version,
            "benchmark": link.benchmark,
            "rule_hash": one.rule_hash(link),
        }
        for one in loaded.use_cases.values()
        for link in one.links
    ]
    emit(rows, None, format, f"{folder} is in order")


def _row(use_case: UseCase, link: Link, register: Register) -> dict[str, Any]:
    threshold, rule = link.threshold, link.rule
    return {
        "use_case": use_case.id,
        "benchmark": link.benchmark,
        "items": register.benchmarks[link.benchmark].items,
        "threshold": threshold.value,
        "threshold_low": threshold.low,
        "threshold_high": threshold.high,
        "danger": threshold.danger.value,
        "origin": threshold.origin.value,
        "set_on": threshold.set_on.isoformat(),
        "elicitation": link.elicitation.value,
        "test": rule.test.value,
        "alpha": rule.alpha,
        "items_a_look": rule.items,
        "epochs": rule.epochs,
        "looks": rule.looks,
        "fixed_on": rule.fixed_on.isoformat(),
        "every_days": link.cadence.every_days,
        "triggers": [one.value for one in link.cadence.triggers],
        "does_not_show": link.does_not_show,
        "rule_hash": use_case.rule_hash(link),
    }


def _told(use_case: UseCase, register: Register) -> list[str]:
    lines = [f"{use_case.title} ({use_case.id}, version {use_case.version})", "", use_case.pathway, "",
             f"hazard {use_case.hazard.value}, owner {use_case.owner}", "", "anchors"]  # fmt: skip
    lines += [f"  {one.dated_on}  {one.says} [{_cited(one.cite, register)}]" for one in use_case.anchors]
    for link in use_case.links:
        lines += ["", *_link_told(use_case, link, register)]
    return lines


def _link_told(use_case: UseCase, link: Link, register: Register) -> list[str]:
    threshold, rule = link.threshold, link.rule
    looks = f"{rule.looks} look" if rule.looks else "any number of looks"
    cites = "; ".join(_cited(one, register) for one in threshold.cites) or "no source: our own convention"
    return [
        f"{link.benchmark}: {register.benchmarks[link.benchmark].title}",
        f"  shows          {link.shows}",
        f"  does not show  {link.does_not_show}",
        f"  threshold      {threshold.value:g} ({threshold.low:g} to {threshold.high:g}, danger {threshold.danger.value}), "
        f"{threshold.origin.value}, set {threshold.set_on}: {threshold.why} [{cites}]",
        f"  rule           {rule.test.value}, alpha {rule.alpha:g}, {rule.items} items x {rule.epochs}, {looks}, "
        f"elicited {link.elicitation.value}, fixed {rule.fixed_on}, hash {use_case.rule_hash(link)}",
        f"  due            every {link.cadence.every_days} days; "
        + (", ".join(one.value.replace("_", " ") for one in link.cadence.triggers) or "no events"),
    ]


def _cited(cite: Cite, register: Register) -> str:
    quote = f': "{cite.quote}"' if cite.quote else ""
    return f"{register.sources[cite.source].title}{f', {cite.at}' if cite.at else ''} ({cite.grade.value}){quote}"
