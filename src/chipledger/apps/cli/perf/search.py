"""`chipledger perf search`: the quickest layouts of a model on so many chips, and what nothing beats on every axis."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from chipledger.apps.cli.engines import ADDRESS_HELP, ENGINE_HELP, check_engine
from chipledger.apps.cli.evals.options import FormatOption
from chipledger.apps.cli.output import Format, emit, emit_json, stdout
from chipledger.apps.cli.perf.asked import (
    LengthOption,
    ModelArgument,
    StepTokensOption,
    amount,
    checked,
    cluster_asked,
    counts_asked,
    formats_asked,
    shape_asked,
)
from chipledger.apps.cli.perf.told import layout_told
from chipledger.apps.cli.perf.waiting import counted
from chipledger.core.errors import ChipledgerError, InputError
from chipledger.engine.bounds import Bounds
from chipledger.engine.lots import ALONE
from chipledger.engine.run import run
from chipledger.perf.best import Job
from chipledger.perf.compare import price_of
from chipledger.perf.constants import constants
from chipledger.perf.layer import machine
from chipledger.perf.played import Played, played
from chipledger.perf.search import Candidates, Found, merged, nothing_fits
from chipledger.perf.shards import Shard, Space, search_shard, shards_of
from chipledger.perf.strategy import Method, Offload
from chipledger.perf.validity import Choices

SECONDS_OF_A_SHARD = 3600.0
USUAL = Choices(most_micro_batch=64)
WIDE = Choices(
    context=None,
    offload=(Offload.NONE, Offload.OPTIMIZER_CPU, Offload.ALL_CPU),
    recompute_share=(0.25, 0.5, 0.75, 1.0),
)


def command(
    name: ModelArgument,
    chip: Annotated[str, typer.Option(help="A cluster's preset or a chip.")],
    chips: Annotated[str, typer.Option(help="How many; several numbers with commas between make a front over chips too.")],
    batch: Annotated[int | None, typer.Option(min=1, help="Sequences of a step; from --tokens-per-step if not given.")] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, help="So many of the best.")] = 10,
    front: Annotated[bool, typer.Option("--front", help="Show what nothing beats in time, chips, energy and money at once.")] = False,
    exhaustive: Annotated[bool, typer.Option("--exhaustive", help="Cost every layout that fits, even what cannot win.")] = False,
    wide: Annotated[bool, typer.Option("--wide", help="Context parallelism, offload to the host and recompute of some layers too: a hundred times as many.")] = False,
    precision: Annotated[str, typer.Option(help="The format of products.")] = "bf16",
    sequence_length: LengthOption = None,
    tokens_per_step: StepTokensOption = "8M",
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="How many processes work at once; the answer is the same.")] = 1,
    engine: Annotated[str, typer.Option(help=ENGINE_HELP)] = "local",
    address: Annotated[str | None, typer.Option(help=ADDRESS_HELP)] = None,
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Search every layout that divides: memory first, then time; the space streams by, whatever its size.

    Example: chipledger perf search gpt3-175b --chip a100-sxm --chips 1024 --batch 1536
    """
    check_engine(jobs, engine, address)
    shape = shape_asked(name)
    where = cluster_asked(chip)
    formats = formats_asked(precision, "--precision")
    if len(formats) > 1:
        raise InputError("several formats are told", where="--precision", expected="one")
    (product_format,) = formats
    counts = counts_asked(chips, "--chips")
    job = checked(
        Job, shape=shape, tokens=1.0, sequence_length=sequence_length,
        tokens_of_a_step=amount(tokens_per_step, "--tokens-per-step"),
    )  # fmt: skip
    method = job.method.model_copy(update={"format": product_format})
    machine(where, method, constants())  # a format that the chip lacks ends here, not in some process
    spaces = [
        Space(
            shape=shape, cluster=where.with_chips(count), chips=count, global_batch=batch or job.global_batch(count),
            sequence_length=job.length, method=method, choices=WIDE if wide else USUAL,
        )
        for count in counts
    ]  # fmt: skip
    price = price_of(where.chip_id)
    shards = shards_of(
        spaces, most=top, is_bounded=not exhaustive, with_front=front,
        price_per_chip_hour=None if price is None else price.usd_per_chip_hour,
    )  # fmt: skip
    found = _searched(shards, top, front, jobs, engine, address)
    if found is None or not found.fitting:
        raise nothing_fits(shape, spaces[-1].cluster, found)
    listed = _listed(found.front if front else found.best, method)
    again = None if front else played(shape, where, found.best.layouts, method)
    if again is not None:
        for row, seconds, is_played in zip(listed, again.seconds, again.is_played, strict=False):
            row["played_seconds"] = float(seconds) if is_played else None
    summary = {"seen": found.seen, "fitting": found.fitting, "costed": found.costed}
    if format in (Format.JSON, Format.JSONL):
        emit_json({"model": shape.id, "cluster": where.id, **summary, "layouts": listed})
    elif format is Format.CSV:
        emit(listed, None, format)
    elif format is Format.TABLE:
        emit([_short(row) for row in listed], None, format)
        stdout().print(
            f"{found.seen:,} layouts, {found.fitting:,} fit, {found.costed:,} could have won and were costed",
            highlight=False, markup=False,
        )  # fmt: skip
        if again is not None and again.is_played.any():
            stdout().print(_played_told(again), highlight=False, markup=False)


def _played_told(again: Played) -> str:
    """In a sentence, what playing the first few pass by pass changes."""
    count = int(again.is_played.sum())
    few = f"{count} of the first {len(again.seconds)} have fewer than four micro-batches a stage and were played pass by pass"
    if not again.order_changes:
        return f"{few}: the order stays"
    first = int(again.order[0])
    return f"{few}: the order changes, number {first + 1} comes first with {again.seconds[first]:.3f} s"


def _searched(
    shards: Sequence[Shard], top: int, front: bool, jobs: int, engine: str, address: str | None
) -> Found | None:
    """All shards by some runner, joined in order as they come; None where there are none."""
    found: Found | None = None
    with counted("search", len(shards), "shards") as advance:
        for outcome in run(
            search_shard,
            shards,
            jobs=jobs,
            engine=engine,
            bounds=Bounds(SECONDS_OF_A_SHARD),
            address=address,
            weight=lambda shard: ALONE,
        ):
            if outcome.value is None:
                asked = outcome.item
                raise ChipledgerError(
                    f"blocks {asked.first} to {asked.last} were not searched: {outcome.trouble}",
                    where=f"--engine {engine}",
                    remedy="run it again; with --jobs 1 it works in this process",
                )
            found = outcome.value if found is None else merged([found, outcome.value], top, with_front=front)
            advance()
    return found


def _listed(found: Candidates, method: Method) -> list[dict[str, Any]]:
    rows = []
    for place in range(len(found.seconds)):
        one = found.layouts.strategy(place, method)
        rows.append(
            {
                "chips": one.chips,
                "step_seconds": float(found.seconds[place]),
                "tokens_per_second_per_chip": 1.0 / float(found.seconds_per_token[place]) / one.chips,
                "joules_per_token": _known(found.joules_per_token[place]),
                "dollars_per_billion_tokens": _known(found.price_per_token[place] * 1e9),
                "layout": layout_told(one),
                "played_seconds": None,
            }
        )
    return rows


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _short(row: dict[str, Any]) -> dict[str, str]:
    energy, money = row["joules_per_token"], row["dollars_per_billion_tokens"]
    return {
        "chips": f"{row['chips']:,}",
        "step s": f"{row['step_seconds']:.3f}",
        "tokens/s and chip": f"{row['tokens_per_second_per_chip']:,.0f}",
        "J a token": "unknown" if energy is None else f"{energy:.3g}",
        "$ per 1e9 tokens": "no price" if money is None else f"{money:,.0f}",
        "layout": row["layout"],
    }
