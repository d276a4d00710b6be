"""`chipledger perf estimate`: one training run on one cluster in one layout, every term by name."""

from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption
from chipledger.apps.cli.output import Format, emit_json, stdout
from chipledger.apps.cli.perf.asked import (
    FormatsOption,
    GoodputOption,
    LengthOption,
    ModelArgument,
    StepTokensOption,
    TokensOption,
    checked,
    cluster_asked,
    job_asked,
    layout_words,
    shape_asked,
)
from chipledger.apps.cli.perf.told import bytes_told, found_told, hours_told
from chipledger.core.errors import InputError
from chipledger.perf.best import Best, Job, best, formats_of
from chipledger.perf.cluster import Cluster
from chipledger.perf.estimate import estimate
from chipledger.perf.flop import Recompute
from chipledger.perf.memory import KINDS, memory, usable_bytes
from chipledger.perf.strategy import Layouts, Sharding, Strategy
from chipledger.perf.validity import why_not

_NAMES = {
    "tp": "tensor", "pp": "pipeline", "vpp": "virtual_stages", "ep": "expert", "cp": "context",
    "mbs": "micro_batch", "gbs": "global_batch", "zero": "sharding", "shard": "shard_group",
}  # fmt: skip


def command(
    name: ModelArgument,
    chip: Annotated[str, typer.Option(help="A cluster's preset or a chip, such as h20.")],
    chips: Annotated[int, typer.Option(min=1, help="How many.")],
    tokens: TokensOption = "1T",
    layout: Annotated[
        list[str] | None,
        typer.Option(help="tp=8 pp=4 vpp=2 ep=8 cp=1 mbs=1 gbs=1024 zero=1: the layout; the quickest that fits if none is given."),
    ] = None,
    recompute: Annotated[Recompute, typer.Option(help="With --layout: what is computed again.")] = Recompute.NONE,
    formats: FormatsOption = "bf16",
    sequence_length: LengthOption = None,
    tokens_per_step: StepTokensOption = "8M",
    goodput: GoodputOption = 0.9,
    format: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Estimate a step by term, memory by kind, and the whole run, with an 80 % interval.

    Example: chipledger perf estimate hunyuan-large --chip h20 --chips 4096 --tokens 7T
    """
    job = job_asked(shape_asked(name), tokens, formats, sequence_length, tokens_per_step, goodput)
    where = cluster_asked(chip).with_chips(chips)
    found = best(job, where, chips) if not layout else _in_layout(job, where, chips, layout, recompute)
    if format in (Format.JSON, Format.JSONL):
        emit_json(_answer(job, where, found))
    elif format is not Format.NONE:
        _tell(job, where, found)


def _in_layout(job: Job, where: Cluster, chips: int, words: list[str], recompute: Recompute) -> Best:
    given = layout_words([part for word in words for part in word.replace(",", " ").split()])
    unknown = sorted(set(given) - set(_NAMES))
    if unknown:
        raise InputError(
            f"no such part of a layout: {unknown[0]!r}", where="--layout", expected=", ".join(_NAMES)
        )
    told: dict[str, Any] = {_NAMES[word]: number for word, number in given.items()}
    parts = told.get("tensor", 1) * told.get("pipeline", 1) * told.get("context", 1)
    data, rest = divmod(chips, parts)
    if rest or not data:
        raise InputError(
            f"{chips} chips are no multiple of tp x pp x cp = {parts}",
            where="--layout",
            expected="numbers that divide the chips",
        )
    if told.get("sharding", 1) > max(Sharding):
        raise InputError(f"no stage {told['sharding']} of ZeRO", where="--layout", expected="zero=1, 2 or 3")
    told["sharding"] = Sharding(told.get("sharding", 1))
    told.setdefault("global_batch", job.global_batch(chips))
    method = job.method.model_copy(update={"format": formats_of(where, job.formats)[0]})
    strategy = checked(
        Strategy, data=data, sequence_length=job.length, recompute=recompute, sequence_parallel=told.get("tensor", 1) > 1,
        method=method, **told,
    )  # fmt: skip
    refusal = why_not(job.shape, where, strategy)
    if refusal is not None:
        raise InputError(refusal.reasons[0], where="--layout", remedy=refusal.remedy)
    step = estimate(job.shape, where, strategy)
    kept = memory(job.shape, where, Layouts.of(strategy), method)
    return Best(
        strategy=strategy, estimate=step, run=step.run(job.tokens, job.goodput), memory_bytes=float(kept.needed[0]), seen=1
    )  # fmt: skip


def _answer(job: Job, where: Cluster, found: Best) -> dict[str, Any]:
    return {
        "model": job.shape.id,
        "cluster": where.id,
        **found_told(found),
        "memory_bytes": _memory(job, where, found),
    }


def _memory(job: Job, where: Cluster, found: Best) -> dict[str, float]:
    kept = memory(job.shape, where, Layouts.of(found.strategy), found.strategy.method)
    kinds = {name: float(getattr(kept, name)[0]) for name in KINDS}
    return {**kinds, "used": float(kept.used[0])}


def _tell(job: Job, where: Cluster, found: Best) -> None:
    console, step = stdout(), found.estimate
    told = found_told(found)
    console.print(
        f"{job.shape.name} on {where.chips} x {where.rates.name}: {told['layout']}",
        highlight=False,
        markup=False,
    )
    console.print(
        f"step {step.seconds:.3g} s (80 %: {step.low_seconds:.3g} to {step.high_seconds:.3g}), "
        f"{step.tokens_per_second_per_chip:,.0f} tokens/s and chip, "
        f"{'utilization unknown' if step.utilization is None else f'{step.utilization:.0%} of the 16-bit rate'}",
        highlight=False, markup=False,
    )  # fmt: skip
    for name, seconds in sorted(step.terms.items(), key=lambda one: -one[1]):
        if seconds > 0.0005 * step.seconds:
            console.print(
                f"  {name:<12} {seconds:9.3f} s  {seconds / step.seconds:6.1%}", highlight=False, markup=False
            )
    kept = _memory(job, where, found)
    console.print(
        f"memory {bytes_told(found.memory_bytes)} of {bytes_told(usable_bytes(where)[0])} a chip, "
        f"and {bytes_told(kept['fragmentation'])} that the allocator holds while there is room:",
        highlight=False,
        markup=False,
    )
    for name, size in sorted(kept.items(), key=lambda one: -one[1]):
        if name not in ("used", "fragmentation") and size > 0.005 * kept["used"]:
            console.print(f"  {name:<14} {bytes_told(size)}", highlight=False, markup=False)
    run = found.run
    console.print(
        f"{job.tokens:.3g} tokens at a goodput of {job.goodput:g}: {hours_told(run.chip_hours)} chip-hours "
        f"({hours_told(run.low_chip_hours)} to {hours_told(run.high_chip_hours)}), {run.days:.3g} days",
        highlight=False, markup=False,
    )  # fmt: skip
    for reason in step.reasons:
        console.print(f"  {reason}", highlight=False, markup=False)
