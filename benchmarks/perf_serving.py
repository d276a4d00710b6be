"""How far serving is off, and its constants: `python benchmarks/perf_serving.py --rows FILE [--fit] [--each]`.

Takes the infer rows of a table of measured runs; gives the mean error of first-token delays, of decoding and of throughput by group,
with the constants as they stand and with those fitted without the model that is being predicted. `--fit` prints the constants for
data/perf/serving.yaml. Needs scipy.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from chipledger.core.errors import InputError
from chipledger.perf.cluster import Cluster, cluster
from chipledger.perf.models import model
from chipledger.perf.serving import (
    Engine,
    ServingLayout,
    batch_seconds,
    burst_seconds,
    decode_seconds,
    engines,
    prefill_seconds,
)
from chipledger.perf.shape import ModelShape

CHIPS = {
    "A100-80G": "a100-sxm",
    "A100-40G": "a100-sxm-40",
    "H100": "h100",
    "H200": "h200",
    "H800": "h800",
    "H20": "h20",
    "B200": "b200",
    "L40S": "l40s",
    "Ascend 910B": "ascend-910b",
    "RTX 4090": "rtx-4090",
}
ENGINES = {
    "TRT-LLM throughput": "tensorrt-llm-2023",
    "TRT-LLM first token": "tensorrt-llm-2023",
    "MLPerf inference": "tensorrt-llm-2025",
    "H20": "vllm-2024",
    "vLLM decode": "vllm-2024",
    "H800 production": "sglang-2025",
}
FAMILY_2025 = ("vllm-2025", "sglang-2025", "tensorrt-llm-2025")
FAMILY_CHIPS = {
    "nvidia-a100-sxm-80": ("nvidia-a100-sxm-40", "nvidia-a800-sxm-80"),
    "nvidia-h100-sxm": ("nvidia-h200-sxm", "nvidia-h800-sxm"),
    "huawei-910b3": (),
}
"""Chips with a factor of their own, and those of the same die."""
OFFLINE_TOKENS = 290.0
"""Mean answer of the OpenOrca set of MLPerf; its prompts are taken to be as long."""
OFFLINE_REQUESTS = 8192.0


@dataclass(frozen=True)
class Row:
    """One measured run: what it measures, and the seconds of it."""

    id: str
    group: str
    model: str
    chip: str
    framework: str
    what: str
    shape: ModelShape
    cluster: Cluster
    layout: ServingLayout
    engine: str
    requests: float
    input_tokens: float
    output_tokens: float
    seconds: float

    def predicted(self, constants: Mapping[str, Engine] | None = None) -> float:
        """Seconds by the model."""
        one = (constants or engines())[self.engine]
        given = (self.shape, self.cluster, self.layout, one)
        match self.what:
            case "first token":
                return float(prefill_seconds(*given, self.input_tokens, self.requests).total)
            case "token":
                context = self.input_tokens + self.output_tokens / 2
                return float(decode_seconds(*given, context, self.requests).total)
            case "batch":
                return float(batch_seconds(*given, self.requests, self.input_tokens, self.output_tokens))
            case _:
                return float(
                    burst_seconds(*given, self.requests, self.input_tokens, self.output_tokens).total
                )


def read(path: Path) -> tuple[list[Row], list[str]]:
    """The rows of a table that serve, and why others were refused."""
    rows, refused = [], []
    with path.open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            if record["kind"] == "infer":
                try:
                    rows.append(_row(record))
                except (KeyError, ValueError, InputError) as error:
                    refused.append(f"{record['row_id']} {record['group']}: {error}")
    return rows, refused


def _layout(record: dict[str, str]) -> ServingLayout:
    printed, chips = record["format"], record["chips"]
    told = min(2, int(chips)) if record["group"] == "MLPerf inference" else int(chips)
    plain = ServingLayout(tensor_parallel=int(record["tp"] or told), pipeline_parallel=int(record["pp"] or 1))
    by_format: dict[str, Any] = {"format": "fp16" if printed == "fp16" else "bf16"}
    if "mxfp4" in printed:
        by_format = {"weight_bytes": 0.55}
    elif "weight-only" in printed or (printed == "fp8" and record["chip"].startswith("A100")):
        by_format = {"weight_bytes": 1.0}
    elif printed.startswith(("fp8", "int8")):
        cached = 1.0 if record["framework"].startswith("TensorRT-LLM") else 2.0
        by_format = {"weight_bytes": 1.0, "key_value_bytes": cached, "format": "fp8"}
    elif printed == "fp4":
        by_format = {"weight_bytes": 0.56, "key_value_bytes": 1.0, "format": "fp4"}
    return plain.model_copy(update=by_format)


def _engine(group: str, framework: str) -> str:
    if group == "serving burst" or framework.startswith("SGLang"):
        by_name = {"SGLang": "sglang-2025", "TensorRT-LLM": "tensorrt-llm-2025"}
        return by_name.get(framework.split()[0], "vllm-2025")
    return ENGINES[group]


def _row(record: dict[str, str]) -> Row:
    chips, group = int(record["chips"] or 1), record["group"]
    layout = _layout(record)
    requests = float(record["batch"] or 1)
    given, answered = float(record["input_len"] or 0), float(record["output_len"] or 0)
    rate = float(record["tokens_per_s_per_chip"] or 0) * chips
    match group:
        case "TRT-LLM first token":
            what, seconds = "first token", float(record["latency_ms"]) / 1e3
        case "vLLM decode":
            what, seconds = "token", float(record["latency_ms"]) / 1e3
        case "TRT-LLM throughput":
            what, seconds = "batch", requests * answered / rate
        case "serving burst":
            what, seconds = "burst", requests * (given + answered) / rate
        case "MLPerf inference":
            requests, given, answered = OFFLINE_REQUESTS, OFFLINE_TOKENS, OFFLINE_TOKENS
            what, seconds = "burst", requests * answered / (rate * layout.chips / chips)
        case "H20" if "prefill" in record["framework"]:
            requests, answered = 4.0, 1.0
            what, seconds = "first token", requests * given / rate
        case "H20":
            given, answered = 2048.0, 0.0
            what, seconds = "token", requests / rate
        case _:
            raise ValueError("no layout and no lengths are told")
    return Row(
        id=record["row_id"],
        group=group,
        model=record["model"],
        chip=record["chip"],
        framework=record["framework"],
        what=what,
        shape=model(record["model"]),
        cluster=cluster(CHIPS[record["chip"]]).with_chips(chips),
        layout=layout,
        engine=_engine(group, record["framework"]),
        requests=requests,
        input_tokens=given,
        output_tokens=answered,
        seconds=seconds,
    )


PRIORS: dict[str, dict[str, tuple[float, float]]] = {
    "tensorrt-llm-2023": {
        "layer_seconds": (1.5e-4, 0.5),
        "compute_fraction": (0.75, 0.2),
        "memory_fraction": (0.8, 0.1),
        "attention_fraction": (0.4, 0.4),
    },
    "vllm-2024": {
        "layer_seconds": (3e-5, 0.7),
        "mixture_layer_seconds": (5e-4, 0.7),
        "memory_fraction": (0.8, 0.1),
    },
    "2025": {
        "layer_seconds": (5e-5, 0.7),
        "mixture_layer_seconds": (1e-4, 0.7),
        "step_seconds": (2e-3, 0.7),
        "compute_fraction": (0.8, 0.1),
        "mixture_compute_fraction": (0.7, 0.15),
        "layer_passes": (30.0, 1.0),
        "expert_passes": (8.0, 1.0),
        "attention_fraction": (0.6, 0.2),
        "memory_fraction": (0.75, 0.15),
        **{f"{one} request_seconds": (3e-3, 0.7) for one in FAMILY_2025},
        **{f"{one} factor": (1.0, 0.15) for one in FAMILY_2025},
        **{f"{one} chip": (1.0, 0.2) for one in FAMILY_CHIPS},
    },
}
"""The constants of an engine with their priors: middle and standard deviation of the logarithm."""
RESIDUAL = 0.25
"""The standard deviation of log time that the priors are weighed against."""


def refit(rows: Iterable[Row], family: str) -> dict[str, Engine]:
    """The constants of an engine, or of the engines of one year, by robust regression on log time with priors (soft L1).

    The engines of 2025 share all but what a request costs them and one factor on computing.
    """
    members = [row for row in rows if family_of(row.engine) == family]
    names = list(PRIORS[family])
    middle = np.log([PRIORS[family][name][0] for name in names])
    width = np.array([PRIORS[family][name][1] for name in names])

    def with_constants(logs: Any) -> dict[str, Engine]:
        values = dict(zip(names, np.exp(logs).tolist(), strict=True))
        ids = FAMILY_2025 if family == "2025" else (family,)
        return {one: _engine_with(one, values) for one in ids}

    def residuals(logs: Any) -> Any:
        constants = with_constants(logs)
        found = [np.log(row.predicted(constants) / row.seconds) / RESIDUAL for row in members]
        return np.array([*found, *((logs - middle) / width)])

    return with_constants(least_squares(residuals, middle, loss="soft_l1").x)


def _engine_with(id: str, values: Mapping[str, float]) -> Engine:
    factor = values.get(f"{id} factor", 1.0)
    given: dict[str, Any] = {}
    for name, value in values.items():
        if " " not in name:
            scaled = value * factor if name.endswith(("compute_fraction", "attention_fraction")) else value
            given[name] = min(scaled, 1.0) if name.endswith("fraction") else scaled
    if f"{id} request_seconds" in values:
        given["request_seconds"] = values[f"{id} request_seconds"]
        given["chip_factors"] = {
            each: values[f"{chip} chip"] for chip, same in FAMILY_CHIPS.items() for each in (chip, *same)
        }
    return engines()[id].model_copy(update=given)


def family_of(engine_id: str) -> str:
    return "2025" if engine_id in FAMILY_2025 else engine_id


def errors(rows: Iterable[Row], constants: Mapping[str, Engine] | None = None) -> list[tuple[Row, float]]:
    return [(row, row.predicted(constants) / row.seconds - 1) for row in rows]


def left_out(rows: list[Row], group: Callable[[Row], object]) -> list[tuple[Row, float]]:
    """Errors of each group of rows with constants fitted on the others."""
    found = []
    for name in sorted({str(group(row)) for row in rows}):
        inside = [row for row in rows if str(group(row)) == name]
        others = [row for row in rows if str(group(row)) != name]
        constants = dict(engines())
        for family in {family_of(row.engine) for row in inside}:
            constants.update(refit(others, family))
        found += errors(inside, constants)
    return found


def table(name: str, found: list[tuple[Row, float]]) -> None:
    print(f"\n{name}")
    groups: dict[str, list[float]] = defaultdict(list)
    for row, error in found:
        groups[row.group].append(error)
        delay = row.what in ("first token", "token")
        groups[f"all: {'prefill and decode' if delay else 'throughput'}"].append(error)
    for group, each in groups.items():
        mean, median, bias = (
            100 * float(one) for one in (np.mean(np.abs(each)), np.median(np.abs(each)), np.mean(each))
        )
        print(
            f"  {group:26s} {len(each):3d} rows  mean {mean:5.1f} %  median {median:5.1f} %  bias {bias:+5.1f} %"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    rows, refused = read(options.rows)
    print(f"{len(rows)} rows read, refused: {refused or 'none'}")
    if options.fit:
        for family in PRIORS:
            for one in refit(rows, family).values():
                print(
                    {name: value for name, value in one.model_dump().items() if name not in ("cites", "note")}
                )
    standing = errors(rows)
    table("constants as they stand", standing)
    table("without the model", left_out(rows, lambda row: row.model))
    if options.each:
        for row, error in standing:
            load = f"{row.requests:g} x {row.input_tokens:g} + {row.output_tokens:g}"
            print(
                f"  {row.id} {row.model} {row.chip} {row.framework} {load}: {row.seconds:.4g} s {100 * error:+.0f} %"
            )


if __name__ == "__main__":
    main()
