"""How the verbs of `chipledger perf` tell numbers and layouts: short for people, whole for programs."""

from math import isfinite
from typing import Any

from chipledger.perf.best import Best
from chipledger.perf.strategy import Offload, Sharding, Strategy


def hours_told(hours: float) -> str:
    """Chip-hours in three digits.

    >>> hours_told(5_904_128.2), hours_told(812.4)
    ('5.9M', '812')
    """
    for size, ending in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if hours >= size:
            return f"{hours / size:.3g}{ending}"
    return f"{hours:.3g}"


def tokens_told(tokens: float) -> str:
    """Tokens as people write them.

    >>> tokens_told(7e12), tokens_told(300e9), tokens_told(1.5e6)
    ('7T', '300B', '1.5M')
    """
    for size, ending in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if tokens >= size:
            return f"{tokens / size:.3g}{ending}"
    return f"{tokens:,.0f}"


def bytes_told(size: float) -> str:
    """Bytes in GiB, which makers of chips print as GB; "unknown" where they are not known.

    >>> bytes_told(96 * 2.0**30), bytes_told(float("inf"))
    ('96.0 GiB', 'unknown')
    """
    return f"{size / 2.0**30:.1f} GiB" if isfinite(size) else "unknown"


def factor_told(factor: float, low: float | None = None, high: float | None = None) -> str:
    """A factor with its interval where there is one.

    >>> factor_told(1.354, 1.29, 1.41), factor_told(2.0)
    ('x 1.35 (1.29 to 1.41)', 'x 2.00')
    """
    return f"x {factor:.2f}" if low is None or high is None else f"x {factor:.2f} ({low:.2f} to {high:.2f})"


def layout_told(one: Strategy) -> str:
    """A layout in the words of its field.

    >>> layout_told(Strategy(tensor=8, data=4, global_batch=64, sequence_length=2048, sharding=Sharding.OPTIMIZER))
    'tp 8, dp 4, ZeRO-1, micro-batch 1, batch 64 x 2048, bf16'
    """
    parts = [
        (one.tensor, "tp"), (one.pipeline, "pp"), (one.virtual_stages, "interleaved"), (one.expert, "ep"),
        (one.context, "cp"), (one.data, "dp"),
    ]  # fmt: skip
    words = [f"{name} {value}" for value, name in parts if value > 1]
    if one.sharding is not Sharding.NONE:
        words.append(f"ZeRO-{int(one.sharding)}")
    if one.recompute.value != "none":
        words.append(f"recompute {one.recompute.value}")
    if one.offload is not Offload.NONE:
        words.append(f"offload {one.offload.name.casefold().replace('_', ' ')}")
    words += [
        f"micro-batch {one.micro_batch}",
        f"batch {one.global_batch} x {one.sequence_length}",
        one.method.format,
    ]
    return ", ".join(words)


def found_told(found: Best) -> dict[str, Any]:
    """A best layout with its estimate, ready for JSON."""
    step, run, one = found.estimate, found.run, found.strategy
    return {
        "chips": step.chips,
        "layout": layout_told(one),
        "strategy": one.model_dump(mode="json"),
        "step_seconds": step.seconds,
        "low_seconds": step.low_seconds,
        "high_seconds": step.high_seconds,
        "terms": dict(step.terms),
        "tokens_per_second_per_chip": step.tokens_per_second_per_chip,
        "utilization": step.utilization,
        "node_watts": step.node_watts,
        "chip_hours": run.chip_hours,
        "low_chip_hours": run.low_chip_hours,
        "high_chip_hours": run.high_chip_hours,
        "days": run.days,
        "reasons": list(step.reasons),
    }
