"""From a link of the register to a run: the folder, the task, the allowance and what the log will say of itself.

Takes a use case, a benchmark of it, a model and the name of a look; gives a plan, and carries it out through the adapter. What a
benchmark needs and this machine has not is refused before anything starts; what an endpoint does wrong ends as a failed or
partial measurement with its reason, and the next call takes the run up where it stopped.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from chipledger import __version__
from chipledger.core.errors import ChipledgerError, InputError
from chipledger.core.records import content_id
from chipledger.evals.benchmark import Benchmark
from chipledger.evals.inspect_adapter import Allowance, GeneratedTask, ModelSettings, run_set
from chipledger.evals.inspect_log import read_header, read_inspect_log
from chipledger.evals.measurement import Measurement
from chipledger.evals.register import UseCase
from chipledger.evals.rule import Elicitation

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_REMEDIES = {
    "sandbox": "install Docker and start it",
    "network": "run it where the task may fetch its items",
    "judge": "name a model that judges",
    "human": "have a person at hand who answers",
    "gpu": "run it on a machine with a GPU",
    "owner's consent": "ask the owner of the benchmark for its items",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One look at one benchmark of one use case on one model.

    Args:
        task: a generated task, or Inspect's name of one.
        model: which model.
        allowance: what it may use.
        log_dir: where its logs go; one for each use case, benchmark, model and look.
        metadata: what its log will say of it.
        judge: the model that grades, None where the task needs none.
    """

    task: GeneratedTask | str
    model: ModelSettings
    allowance: Allowance
    log_dir: Path
    metadata: dict[str, str]
    judge: ModelSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a plan.

    Args:
        complete: the run ended well.
        logs: its logs.
        measurements: what they hold, one a log.
    """

    complete: bool
    logs: tuple[Path, ...]
    measurements: tuple[Measurement, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not complete, in the order of the logs."""
        return tuple(one.reason for one in self.measurements if one.reason)


def planned(
    use_case: UseCase,
    benchmark: Benchmark,
    model: ModelSettings,
    *,
    look: str,
    on: date,
    into: Path,
    allowance: Allowance | None = None,
    elicitation: Elicitation = Elicitation.BARE,
    has: Collection[str] = (),
    judge: ModelSettings | None = None,
    seed: int = 0,
) -> PlannedRun:
    """The plan of one look.

    Args:
        use_case: the entry.
        benchmark: one that it links.
        model: which model.
        look: the look's name; the same name takes up the same run, another begins a new one.
        on: the day on which it is asked for.
        into: the folder that holds all runs.
        allowance: what it may use; None for the epochs that the rule asks for and Inspect's defaults.
        elicitation: how hard the task draws the capability out; our generated tasks only ask.
        has: what is at hand of sandbox, network, gpu, human and whatever else benchmarks of the register need.
        judge: the model that grades, where the benchmark needs one.
        seed: of a generated set.

    Raises:
        InputError: the entry does not link the benchmark, nothing can run it, or what it needs is not there.
    """
    link = use_case.link(benchmark.id)
    allowance = allowance or Allowance(epochs=link.rule.epochs)
    _refuse_what_is_missing(benchmark, {*has, *(["judge"] if judge else [])})
    if benchmark.generated and elicitation is not Elicitation.BARE:
        raise InputError(f"{benchmark.id} cannot be run at the level {elicitation.value}",
                         expected=Elicitation.BARE.value, where=use_case.id)  # fmt: skip
    task = _task(benchmark, allowance, link.rule.items, seed)
    if isinstance(task, GeneratedTask):
        allowance = replace(allowance, items=min(allowance.items, task.n) if allowance.items else None)
    metadata = {
        "version": __version__,
        "use_case": use_case.id,
        "use_case_version": str(use_case.version),
        "benchmark": benchmark.id,
        "rule_hash": use_case.rule_hash(link),
        "elicitation": elicitation.value,
        "look": look,
        "asked_on": on.isoformat(),
    }
    folder = into / folder_name(use_case.id) / folder_name(benchmark.id) / folder_name(model.name)
    return PlannedRun(
        task=task,
        model=model,
        allowance=allowance,
        log_dir=folder / folder_name(look),
        metadata=metadata,
        judge=judge,
    )


def run(plan: PlannedRun, *, shows_progress: bool = False) -> Ran:
    """Carry a plan out, or what is left of it.

    Args:
        plan: from `planned`.
        shows_progress: draw a progress bar on the terminal.

    Returns:
        The logs and what they hold. An endpoint that hangs, refuses or talks nonsense gives a failed or partial
        measurement with its reason; what was scored before is kept.

    Raises:
        InputError: the folder holds logs of another rule, Inspect is not installed, or it knows no such task or model.
        KeyboardInterrupt: stopped by hand; the next call does the rest.
    """
    _refuse_other_rule(plan)
    done = run_set([plan.task], plan.model, plan.log_dir, allowance=plan.allowance, metadata=plan.metadata,
                   judge=plan.judge, shows_progress=shows_progress)  # fmt: skip
    return Ran(complete=done.complete, logs=done.logs,
               measurements=tuple(read_inspect_log(log, log.name) for log in done.logs))  # fmt: skip


def folder_name(name: str) -> str:
    """A name as one folder: what a file system may not like is replaced, and then the name's own mark tells two apart.

    >>> folder_name("cybench"), folder_name("mockllm/a").startswith("mockllm-a~")
    ('cybench', True)
    """
    safe = _UNSAFE.sub("-", name).strip(".-")[:80]
    return safe if name and safe == name else f"{safe}~{content_id(name)[:8]}"


def _task(benchmark: Benchmark, allowance: Allowance, rule_items: int, seed: int) -> GeneratedTask | str:
    if benchmark.generated:
        size = benchmark.items or max(rule_items, allowance.items or 0)
        return GeneratedTask(benchmark.id.removeprefix("generated-"), seed, size)
    if benchmark.task is None:
        raise InputError(f"Inspect has no task for {benchmark.id}",
                         remedy="run it where its owner offers it and read the results with `chipledger evals ingest`")  # fmt: skip
    return benchmark.task


def _refuse_what_is_missing(benchmark: Benchmark, has: Collection[str]) -> None:
    missing = [need for need in benchmark.needs if need not in has]
    if missing:
        raise InputError(
            f"{benchmark.id} needs {' and '.join(missing)}, which this machine does not offer",
            remedy="; ".join(_REMEDIES.get(need, f"provide {need}") for need in missing),
        )


def _refuse_other_rule(plan: PlannedRun) -> None:
    """A log of another rule in the folder would be taken up as if it had been run under this one."""
    for log in sorted(plan.log_dir.glob("*.eval")):
        try:
            found = read_header(log).ours.get("rule_hash")
        except ChipledgerError:
            continue  # a damaged log is Inspect's to replace; it holds no run to take up
        if found != plan.metadata["rule_hash"]:
            raise InputError(f"the look {plan.metadata['look']!r} was begun under another rule ({found})",
                             where=str(plan.log_dir.name), expected=plan.metadata["rule_hash"],
                             remedy="give the new look a name of its own")  # fmt: skip
