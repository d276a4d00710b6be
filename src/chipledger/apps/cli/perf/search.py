"""`chipledger perf search`: the quickest layouts of a model on so many chips, and what nothing beats on every axis."""

import math
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption
from chipledger.apps.cli.output import Format, emit, emit_json, stdout
from chipledger.apps.cli.perf.asked import (
    LengthOption,
    ModelArgument,
    StepTokensOption,
    cluster_asked,
    formats_asked,
    numbers_asked,
    shape_asked,
)
from chipledger.apps.cli.perf.told import layout_told
from chipledger.apps.cli.perf.waiting import counted
from chipledger.perf.best import Job
from chipledger.perf.cluster import Cluster
from chipledger.perf.compare import price_of
from chipledger.perf.search import Candidates, search
from chipledger.perf.strategy import Layouts, Method
from chipledger.perf.validity import BLOCK, Choices, how_many, layouts_of


def command(
    name: ModelArgument,
    chip: Annotated[str, typer.Option(help="A cluster's preset or a chip.")],
    chips: Annotated[str, typer.Option(help="How many; several numbers with commas between make a front over chips too.")],
    batch: Annotated[int | None, typer.Option(min=1, help="Sequences of a step; from --tokens-per-step if not given.")] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, help="So many of the best.")] = 10,
    front: Annotated[bool, typer.Option("--front", help="Show what nothing beats in time, chips, energy and money at once.")] = False,
    exhaustive: Annotated[bool, typer.Option("--exhaustive", help="Cost every layout that fits, even what cannot win.")] = False,
    precision: Annotated[str, typer.Option(help="The format of products.")] = "bf16",
    sequence_length: LengthOption = None,
    tokens_per_step: StepTokensOption = "8M",
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Search every layout that divides: memory first, then time; the space streams by, whatever its size.

    Example: chipledger perf search gpt3-175b --chip a100-sxm --chips 1024 --batch 1536
    """
    shape = shape_asked(name)
    where = cluster_asked(chip)
    (product_format,) = formats_asked(precision)[:1]
    counts = [int(one) for one in numbers_asked(chips, "--chips")]
    job = Job(
        shape=shape, tokens=1.0, sequence_length=sequence_length,
        tokens_of_a_step=numbers_asked(tokens_per_step, "--tokens-per-step")[0],
    )  # fmt: skip
    method = job.method.model_copy(update={"format": product_format})
    sizes = {count: batch or job.global_batch(count) for count in counts}
    spaces = [_Space(job, where.with_chips(count), count, sizes[count], method) for count in counts]
    blocks = math.ceil(sum(space.size() for space in spaces) / BLOCK) or 1
    price = price_of(where.chip_id)
    with counted("search", blocks, "blocks") as advance:
        found = search(
            shape, where.with_chips(max(counts)), (block for space in spaces for block in space.blocks()), method,
            most=top, is_bounded=not exhaustive, with_front=front,
            price_per_chip_hour=None if price is None else price.usd_per_chip_hour, advance=lambda _: advance(),
        )  # fmt: skip
    listed = _listed(found.front if front else found.best, method)
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


class _Space:
    """All layouts on one number of chips."""

    def __init__(self, job: Job, where: Cluster, chips: int, batch: int, method: Method) -> None:
        self._asked: dict[str, Any] = {
            "chips": chips, "global_batch": batch, "sequence_length": job.length, "method": method,
            "choices": Choices(most_micro_batch=64),
        }  # fmt: skip
        self._shape, self._where = job.shape, where

    def size(self) -> int:
        return how_many(self._shape, self._where, **self._asked)

    def blocks(self) -> Iterator[Layouts]:
        return layouts_of(self._shape, self._where, **self._asked)


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
