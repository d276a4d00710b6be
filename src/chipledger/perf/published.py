"""Published runs as a table of rows, read and checked.

Takes a CSV of runs, one a row: model and sizes, chip and links, layout, format, software, what was measured, and where it was published. Gives
frozen rows with their lines. Empty cells are unknown, never zero; units are those of the columns' names, and a row whose figures contradict
each other is told apart by `contradiction`. What a row asks of the model is `rows`.
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ConfigDict, Field

from chipledger.core.errors import DataError
from chipledger.core.load import load_csv_lines
from chipledger.core.records import Record

NEEDED = (
    "row_id", "kind", "group", "model", "seq", "chip", "chips", "tp", "pp", "global_batch", "format", "step_time_s",
    "tokens_per_s_per_chip",
)  # fmt: skip
"""Columns without which a table tells no layout and no time."""
AGREEMENT = 0.05
"""How far a step's time and its tokens each second may be apart: both are rounded where they are printed."""


class Row(Record):
    """One published run as the table writes it; names and units are those of the columns."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    row_id: str
    kind: str
    group: str | None = None
    model: str | None = None
    params_b: float | None = Field(default=None, gt=0, lt=1e6)
    active_params_b: float | None = Field(default=None, gt=0, lt=1e6)
    layers: int | None = Field(default=None, gt=0, lt=10_000)
    hidden: int | None = Field(default=None, gt=0, lt=10_000_000)
    heads: int | None = Field(default=None, gt=0, lt=100_000)
    kv_heads: int | None = Field(default=None, gt=0, lt=100_000)
    head_dim: int | None = Field(default=None, gt=0, lt=100_000)
    attn: str | None = None
    ffn: int | None = Field(default=None, gt=0, lt=10_000_000)
    gated: int | None = Field(default=None, ge=0, le=1)
    moe_ffn: int | None = Field(default=None, gt=0, lt=10_000_000)
    experts: int | None = Field(default=None, gt=0, lt=100_000)
    top_k: int | None = Field(default=None, gt=0, lt=100_000)
    shared_experts: int | None = Field(default=None, ge=0, lt=100_000)
    vocab: int | None = Field(default=None, gt=0, lt=100_000_000)
    seq: int | None = Field(default=None, gt=0, lt=1_000_000_000)
    chip: str | None = None
    chips: int | None = Field(default=None, gt=0, lt=10_000_000)
    chips_per_node: int | None = Field(default=None, gt=0, lt=10_000)
    intra_link: str | None = None
    inter_link: str | None = None
    tp: int | None = Field(default=None, gt=0, lt=10_000_000)
    pp: int | None = Field(default=None, gt=0, lt=10_000_000)
    vpp: int | None = Field(default=None, gt=0, lt=10_000)
    cp: int | None = Field(default=None, gt=0, lt=10_000_000)
    ep: int | None = Field(default=None, gt=0, lt=10_000_000)
    dp: int | None = Field(default=None, gt=0, lt=10_000_000)
    dp_sharding: str | None = None
    micro_batch: int | None = Field(default=None, gt=0, lt=10_000_000)
    global_batch: float | None = Field(default=None, gt=0, lt=1e9)
    format: str | None = None
    recompute: str | None = None
    framework: str | None = None
    step_time_s: float | None = Field(default=None, gt=0, lt=1e7)
    tokens_per_s_per_chip: float | None = Field(default=None, gt=0, lt=1e9)
    tflops_per_chip: float | None = Field(default=None, gt=0, lt=1e6)
    tflops_kind: str | None = None
    mfu_pct: float | None = Field(default=None, gt=0, le=100)
    mem_gib: float | None = Field(default=None, gt=0, lt=1e5)
    gpu_hours: float | None = Field(default=None, gt=0, lt=1e12)
    tokens_total: float | None = Field(default=None, gt=0, lt=1e18)
    time_to_train_min: float | None = Field(default=None, gt=0, lt=1e9)
    energy_kwh: float | None = Field(default=None, gt=0, lt=1e12)
    avg_node_power_w: float | None = Field(default=None, gt=0, lt=1e6)
    input_len: float | None = Field(default=None, gt=0, lt=1e9)
    output_len: float | None = Field(default=None, gt=0, lt=1e9)
    batch: float | None = Field(default=None, gt=0, lt=1e9)
    latency_ms: float | None = Field(default=None, gt=0, lt=1e12)
    op: str | None = None
    msg_bytes: float | None = Field(default=None, gt=0, lt=1e18)
    busbw_gb_s: float | None = Field(default=None, gt=0, lt=1e6)
    provenance: str | None = None
    source: str | None = None
    notes: str | None = None

    @property
    def is_training(self) -> bool:
        """Whether steps of a training run were measured."""
        return self.kind in ("train", "finetune")


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """All rows of a table with their lines.

    Args:
        path: a CSV with columns of `Row`; those of `NEEDED` must be there, unknown ones are refused.

    Raises:
        DataError: a column is missing, unknown or there twice, two rows share an id, or a cell holds what it cannot (a unit beside the number,
            a negative or absurd value): file, line and what was expected.
    """
    rows = load_csv_lines(path, Row)
    if not rows:
        raise DataError("no rows", where=f"{path.name}:1", expected="a run on each line below the header")
    missing = [name for name in NEEDED if name not in rows[0][1].model_fields_set]
    if missing:
        raise DataError(
            f"columns are missing: {', '.join(missing)}",
            where=f"{path.name}:1",
            expected=f"at least {', '.join(NEEDED)}; a cell may be empty",
        )
    seen: dict[str, int] = {}
    for line, row in rows:
        first = seen.setdefault(row.row_id, line)
        if first != line:
            raise DataError(
                f"two rows are named {row.row_id[:40]!r}",
                where=f"{path.name}:{line}",
                expected=f"an id that line {first} does not have",
            )
    return rows


def contradiction(row: Row, peak_flop_per_second: float | None = None) -> str | None:
    """Why the figures of a row cannot all be true; None where they can.

    Args:
        row: with its figures.
        peak_flop_per_second: of its chip in its format; None where it is not known.

    >>> told = dict(row_id="1", kind="train", chips=8, seq=4096, global_batch=64, step_time_s=4.0)
    >>> contradiction(Row(**told, tokens_per_s_per_chip=8192)) is None
    True
    >>> contradiction(Row(**told, tokens_per_s_per_chip=65536))
    'a step of 4 s with 64 x 4096 tokens on 8 chips is 8192 tokens/s a chip, not 65536'
    """
    tokens = (row.global_batch or 0) * (row.seq or 0)
    if tokens and row.chips and row.step_time_s and row.tokens_per_s_per_chip:
        rate = tokens / row.step_time_s / row.chips
        if abs(rate / row.tokens_per_s_per_chip - 1) > AGREEMENT:
            return (
                f"a step of {row.step_time_s:g} s with {row.global_batch:g} x {row.seq} tokens on {row.chips} chips is "
                f"{rate:.6g} tokens/s a chip, not {row.tokens_per_s_per_chip:g}"
            )
    rate = row.tokens_per_s_per_chip or (
        tokens / row.step_time_s / row.chips if tokens and row.chips and row.step_time_s else 0
    )
    active = row.active_params_b or (None if row.experts else row.params_b)
    passes = 4 if "LoRA" in " ".join((row.format or "", row.framework or "", row.notes or "")) else 6
    if rate and active and peak_flop_per_second and passes * active * 1e9 * rate > peak_flop_per_second:
        asked = passes * active * 1e9 * rate / 1e12
        return (
            f"{rate:g} tokens/s of {active:g}B parameters are {asked:.0f} TFLOP/s, and the chip has "
            f"{peak_flop_per_second / 1e12:.0f}"
        )
    return None


def groups_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """The groups of rows, one a source or series, in order; a row without one is a group of its own."""
    return tuple(dict.fromkeys(row.group or row.row_id for row in rows))
