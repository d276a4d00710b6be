"""How fast layouts are costed and searched: `python benchmarks/perf_search.py [--calculon CHECKOUT] [--sample 2000] [--quick]`.

Searches GPT-3 175B on 4096 A100 over the 7,126,368 points that Calculon's optimal-execution search visits there, on one core, and prints
seconds, rates and memory, with bounds and without; then one estimate, and the first answer at the terminal. With a checkout of Calculon (git
clone of calculon-ai/calculon, never part of this project) it runs that on a seeded sample of the same points in the same job.

One point is one of Calculon's executions: tensor x pipeline x interleaving x micro-batch x recompute (3) x sharded optimizer (2) x kind of tensor
messages (3) x gathers repeated (2) x overlap of data (2) and tensor messages (3) x offload of weights, activations, optimizer (8) x network of each way
(8), where each makes sense. Here it stands for a `Layouts` and a `Method`. What this model does not tell apart (the network follows from where
ranks are placed, activations are never offloaded, gathers are not repeated) is costed again all the same; the number of points that do differ
is printed too, with the time that they alone take.
"""

import argparse
import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from chipledger.perf.cluster import cluster
from chipledger.perf.estimate import estimate
from chipledger.perf.memory import memory
from chipledger.perf.models import model
from chipledger.perf.search import Found, search
from chipledger.perf.step import step_seconds
from chipledger.perf.strategy import Layouts, Method, Strategy
from chipledger.perf.validity import BLOCK, Choices, Offload, how_many, layouts_of

SHAPE, CHIPS, BATCH, LENGTH = model("gpt3-175b"), 4096, 4096, 2048
CLUSTER = cluster("a100-sxm").with_chips(CHIPS)
KINDS, REPEATS = ("ar", "p2p_rs_ag", "rs_ag"), ("full", "attn_only", "none")
OVERLAPS = ("none", "ring", "pipe")
FLAGS = (
    "recompute", "sharded", "kind", "again", "data_overlap", "tensor_overlap", "weights", "activations", "optimizer",
    "tensor_net", "pipeline_net", "data_net",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What splits the chips, and the micro-batches that go with it."""

    tensor: int
    pipeline: int
    chunks: int
    data: int
    sizes: tuple[int, ...]

    @property
    def flags(self) -> np.ndarray:
        """What else can be chosen."""
        return flags(self.tensor > 1, self.pipeline > 1, self.data > 1)


def divisors(number: int) -> list[int]:
    return [one for one in range(1, number + 1) if number % one == 0]


def cases() -> list[Case]:
    """Every split that divides heads, width, layers and batch."""
    found = []
    for tensor in (
        one for one in divisors(CHIPS) if SHAPE.hidden_size % one == SHAPE.num_attention_heads % one == 0
    ):
        for pipeline in divisors(SHAPE.num_layers):
            data, rest = divmod(CHIPS, tensor * pipeline)
            if rest or not data:
                continue
            sizes = tuple(one for one in divisors(BATCH // data) if one * LENGTH % tensor == 0)
            chunks = divisors(SHAPE.num_layers // pipeline) if pipeline > 1 else [1]
            found += [Case(tensor, pipeline, one, data, sizes) for one in chunks]
    return found  # fmt: skip


@lru_cache
def flags(has_tensor: bool, has_pipeline: bool, has_data: bool) -> np.ndarray:
    """Every combination of flags that makes sense for such a split, one row each, columns as FLAGS."""
    either = (0, 1)
    rows = [
        (again, sharded, kind, redo, over, ring, *away, *nets)
        for again, sharded, kind in product(range(3), either if has_data else (0,), range(3))
        for redo in (either if KINDS[kind] == "rs_ag" and REPEATS[again] != "full" else (0,))
        for over, ring in product(either if has_data else (0,), range(3) if has_tensor else (0,))
        for away in product(either, (0,) if REPEATS[again] == "full" else either, either)
        for nets in product(*(either if one else (0,) for one in (has_tensor, has_pipeline, has_data)))
    ]
    return np.array(rows, dtype=np.int8)


METHODS = {
    (scattered, over, ring): Method(
        scattered_hand_over=bool(scattered), overlap_gradients=bool(over), overlap_parameters=bool(over),
        overlap_tensor=OVERLAPS[ring] == "ring", overlap_tensor_gradients=OVERLAPS[ring] == "pipe",
    )
    for scattered, over, ring in product((0, 1), (0, 1), range(3))
}  # fmt: skip


def layouts(case: Case, rows: np.ndarray) -> Layouts:
    """The layouts of some rows of flags with every micro-batch."""
    column = {name: rows[:, place].astype(np.float64)[:, None] for place, name in enumerate(FLAGS)}
    away = np.where(
        column["weights"] > 0, Offload.ALL_CPU, np.where(column["optimizer"] > 0, Offload.OPTIMIZER_CPU, 0)
    )
    found = Layouts.where(
        tensor=case.tensor, pipeline=case.pipeline, virtual_stages=case.chunks, data=case.data,
        global_batch=BATCH, sequence_length=LENGTH, micro_batch=np.array(case.sizes)[None, :],
        recompute=2 - column["recompute"], sharding=column["sharded"], offload=away,
        sequence_parallel=(column["kind"] == 2) & (case.tensor > 1),
    )  # fmt: skip
    return Layouts(**{one.name: getattr(found, one.name).reshape(-1) for one in fields(Layouts)})


def blocks(method: tuple[int, int, int], distinct: bool = False) -> Iterator[Layouts]:
    """The points that one method stands for, in blocks; interleaving whose micro-batches come in no whole rounds is left out by the search."""
    waiting: list[Layouts] = []
    for case in cases():
        rows = case.flags
        mine = ((rows[:, 2] > 0) == method[0]) & (rows[:, 4] == method[1]) & (rows[:, 5] == method[2])
        waiting.append(layouts(case, told_apart(rows[mine]) if distinct else rows[mine]))
        if sum(map(len, waiting)) >= BLOCK:
            yield from cut(waiting)
            waiting = []
    if waiting:
        yield from cut(waiting)


def told_apart(rows: np.ndarray) -> np.ndarray:
    """One row of each kind that this model tells apart."""
    kinds = np.stack([rows[:, 0], rows[:, 1], rows[:, 2] == 2, np.where(rows[:, 6], 2, rows[:, 8])], axis=1)
    return rows[np.sort(np.unique(kinds, axis=0, return_index=True)[1])]


def cut(waiting: list[Layouts]) -> Iterator[Layouts]:
    whole = Layouts(
        **{one.name: np.concatenate([getattr(each, one.name) for each in waiting]) for one in fields(Layouts)}
    )
    for start in range(0, len(whole), BLOCK):
        yield whole.take(np.arange(start, min(start + BLOCK, len(whole))))


def possible(stream: Iterator[Layouts], seen: list[int]) -> Iterator[Layouts]:
    """Those that can run: interleaved micro-batches come in whole rounds. All are counted."""
    for block in stream:
        seen[0] += len(block)
        yield block.take((block.virtual_stages == 1) | (block.micro_batches % block.pipeline == 0))


def searched(bounded: bool, distinct: bool = False) -> tuple[list[Found], int, float]:
    """The whole space, method by method: what was found, points seen, seconds of this core."""
    began, seen = time.process_time(), [0]
    found = [
        search(SHAPE, CLUSTER, possible(blocks(key, distinct), seen), method, most=10, is_bounded=bounded)
        for key, method in METHODS.items()
    ]
    return found, seen[0], time.process_time() - began


def best_of(found: list[Found]) -> tuple[float, Strategy]:
    place = int(np.argmin([one.best.seconds_per_token[0] for one in found]))
    one = found[place].best
    return float(one.seconds[0]), one.layouts.strategy(0, list(METHODS.values())[place])


def told(name: str, result: tuple[list[Found], int, float]) -> None:
    found, seen, seconds = result
    fitting, costed = sum(one.fitting for one in found), sum(one.costed for one in found)
    print(
        f"{name}: {seen:,} points in {seconds:.1f} s of one core ({seen / seconds:,.0f}/s); {fitting:,} fit, {costed:,} costed; "
        f"peak memory {peak_mib():.0f} MiB", flush=True,
    )  # fmt: skip


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Milliseconds of this core for each run."""
    spent = []
    work()
    for _ in range(runs):
        began = time.process_time()
        work()
        spent.append(1e3 * (time.process_time() - began))
    return spent


def rate_of_everything() -> None:
    """Memory and the whole step of a broad sample of points, fitting or not: what a batch costs with nothing passed over."""
    taken, rates = 0, []
    for key, method in METHODS.items():
        for place, block in enumerate(blocks(key)):
            if place % 12:
                continue
            began = time.process_time()
            memory(SHAPE, CLUSTER, block, method).fits(CLUSTER)
            step_seconds(SHAPE, CLUSTER, block, method)
            rates.append(len(block) / (time.process_time() - began))
            taken += len(block)
    print(f"batch evaluation, memory and every term of all points: median {statistics.median(rates):,.0f}/s of {taken:,} points", flush=True)  # fmt: skip


def own_space() -> None:
    """As many points that all differ: what `layouts_of` gives with context, offload and partial recompute, bounded."""
    wide = Choices(
        context=None,
        offload=(Offload.NONE, Offload.OPTIMIZER_CPU, Offload.ALL_CPU),
        recompute_share=tuple(n / 12 for n in range(1, 13)),
    )
    asked: dict[str, Any] = {
        "chips": CHIPS,
        "global_batch": BATCH,
        "sequence_length": LENGTH,
        "choices": wide,
    }
    count, began = how_many(SHAPE, CLUSTER, **asked), time.process_time()
    found = search(SHAPE, CLUSTER, layouts_of(SHAPE, CLUSTER, **asked), Method(), most=10)
    told(f"a space of our own, {count:,} layouts that all differ, with bounds", ([found], found.seen, time.process_time() - began))  # fmt: skip


def one_estimate() -> None:
    dense = Strategy(
        tensor=8, pipeline=16, data=32, micro_batch=2, global_batch=BATCH, sequence_length=LENGTH, sharding=1,
        sequence_parallel=True, recompute="selective",
    )  # fmt: skip
    mixture = Strategy(
        pipeline=16, data=128, expert=64, global_batch=15360, sequence_length=4096, sharding=1, recompute="selective",
        method=Method(format="fp8_block", overlap_experts=True, deduplicated_dispatch=True),
    )  # fmt: skip
    for name, shape, where, asked in (
        ("GPT-3 175B", SHAPE, CLUSTER, dense),
        ("DeepSeek-V3", model("deepseek-v3"), cluster("h800").with_chips(2048), mixture),
    ):

        def whole(shape: Any = shape, where: Any = where, asked: Strategy = asked) -> None:
            estimate(shape, where, asked)
            memory(shape, where, Layouts.of(asked), asked.method)

        def alone(shape: Any = shape, where: Any = where, asked: Strategy = asked) -> None:
            estimate(shape, where, asked)

        both = [timed(work, 400) for work in (alone, whole)]
        words = [f"median {statistics.median(spent):.2f} ms, least {min(spent):.2f} ms" for spent in both]
        print(f"one estimate with every term, {name}: {words[0]}; with its memory by kind too: {words[1]}", flush=True)  # fmt: skip


def first_answer() -> None:
    words = ["perf", "estimate", "gpt3-175b", "--chip", "a100-sxm", "--chips", "1024", "--layout"]
    spent = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "chipledger", *words, "tp=8 pp=8 mbs=1 cp=1"],
            check=True,
            capture_output=True,
        )
        spent.append(time.perf_counter() - began)
    print(f"first answer at the terminal: median {statistics.median(spent):.2f} s, least {min(spent):.2f} s (wall clock)", flush=True)  # fmt: skip


def calculons(checkout: Path, count: int, seed: int) -> float:
    """Calculon's executions a second on a seeded sample of the points."""
    for name in ("psutil", "pandas"):  # its command line wants them; what is run here does not
        if importlib.util.find_spec(name) is None:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].cpu_count = lambda logical=False: 1  # type: ignore[attr-defined]
    sys.path.insert(0, str(checkout))
    import logging

    import calculon  # type: ignore[import-not-found]
    from calculon.llm import Llm, System  # type: ignore[import-not-found]

    app = Llm.Application(calculon.io.read_json_file(str(checkout / "models" / "gpt3-175B.json")))
    system = System(calculon.io.read_json_file(str(checkout / "systems" / "a100_80g.json")))
    log, spent, best = logging.Logger("sample"), [], (0.0, "none")
    for point in sampled(count, seed):
        began = time.process_time()
        try:
            one = Llm(app, log)
            one.compile(system, Llm.Execution.from_json(point))
            one.run(system)
            rate = one.get_stats_json(False)["sample_rate"]
            spent.append((time.process_time() - began, True))
            best = max(
                best, (rate, f"tp {point['tensor_par']} pp {point['pipeline_par']} dp {point['data_par']}")
            )
        except Llm.Error:
            spent.append((time.process_time() - began, False))
    fit, refused = [one for one, good in spent if good], [one for one, good in spent if not good]
    rate = len(spent) / sum(fit + refused)
    print(
        f"Calculon on {len(spent):,} of the same points (seed {seed}): {rate:,.0f}/s; {len(fit)} fit at {1e3 * statistics.mean(fit):.1f} ms, "
        f"{len(refused)} refused at {1e3 * statistics.mean(refused):.1f} ms; its best of the sample {BATCH / best[0]:.2f} s ({best[1]})", flush=True,
    )  # fmt: skip
    return float(rate)


def sampled(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many points, drawn evenly, in Calculon's words."""
    found = cases()
    ends = np.cumsum([len(one.flags) * len(one.sizes) for one in found])
    for place in np.sort(np.random.default_rng(seed).choice(int(ends[-1]), count, replace=False)):
        number = int(np.searchsorted(ends, place, side="right"))
        case = found[number]
        row, size = divmod(int(place - (ends[number - 1] if number else 0)), len(case.sizes))
        flag = dict(zip(FLAGS, map(int, case.flags[row]), strict=True))
        yield {
            "num_procs": CHIPS, "tensor_par": case.tensor, "pipeline_par": case.pipeline, "data_par": case.data,
            "tensor_par_net": flag["tensor_net"], "pipeline_par_net": flag["pipeline_net"], "data_par_net": flag["data_net"],
            "batch_size": BATCH // case.data * case.data, "microbatch_size": case.sizes[size], "datatype": "float16",
            "fused_activation": True, "attention_type": "multihead", "activation_recompute": REPEATS[flag["recompute"]],
            "pipeline_interleaving": case.chunks, "optimizer_sharding": bool(flag["sharded"]),
            "tensor_par_comm_type": KINDS[flag["kind"]], "tensor_par_overlap": OVERLAPS[flag["tensor_overlap"]],
            "seq_par_ag_redo": bool(flag["again"]), "data_par_overlap": bool(flag["data_overlap"]),
            "weight_offload": bool(flag["weights"]), "activations_offload": bool(flag["activations"]),
            "optimizer_offload": bool(flag["optimizer"]), "training": True,
        }  # fmt: skip


def main() -> int:
    """Run everything on one core and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calculon", type=Path, help="a checkout of calculon-ai/calculon")
    parser.add_argument("--sample", type=int, default=2000, help="points that Calculon runs")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument(
        "--quick", action="store_true", help="leave out the search without bounds and the space of our own"
    )
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    one_estimate()
    first_answer()
    rate_of_everything()
    bounded = searched(bounded=True)
    told("with bounds", bounded)
    best = best_of(bounded[0])
    print(f"best: {best[0]:.3f} s, {best[1].model_dump(exclude_defaults=True, mode='json')}")
    told("with bounds, only points that differ", searched(bounded=True, distinct=True))
    if not options.quick:
        whole = searched(bounded=False)
        told("all that fit", whole)
        same = best_of(whole[0]) == best
        print(f"the same best with bounds and without: {same}")
        own_space()
        if not same:
            return 1
    if options.calculon:
        rate = calculons(options.calculon, options.sample, options.seed)
        print(
            f"ratio of points a second, ours with bounds over Calculon's: {bounded[1] / bounded[2] / rate:,.0f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
