"""The register: uses of AI that threaten public safety, and for each the benchmarks, thresholds and rules that speak of it.

Takes data/evals, or a folder of the same shape that a user keeps; gives one frozen Register. A slip in a file is a
DataError that names file, line and remedy. What a benchmark does not show is a field that must be filled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_yaml, load_yaml_list, named, parse_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Cite, Source
from chipledger.evals.benchmark import Benchmark, Hazard
from chipledger.evals.crosswalk import Framework
from chipledger.evals.rule import DecisionRule, Elicitation, Side, Threshold, rule_hash

DATA = Path(str(files("chipledger"))) / "data"
BUNDLED = DATA / "evals"


class Trigger(StrEnum):
    """What makes a run due before its day."""

    NEW_MODEL = "new_model"
    NEW_WEIGHTS = "new_weights"
    PRICE_DROP = "price_drop"
    NEW_SCAFFOLD = "new_scaffold"


class Cadence(Record):
    """When a benchmark is due again: every so many days, and on these events."""

    every_days: int = Field(gt=0)
    triggers: tuple[Trigger, ...] = ()


class Anchor(Record):
    """A law or a lab's own framework that names this use as one to watch.

    Args:
        framework: id of a framework of the register, None where the anchor is a law or a report of its own.
        level: the level or category that it names, as it prints it.
        dated_on: the day of the text.
        says: what it says, in our own words.
        cite: where.
    """

    framework: str | None = None
    level: str | None = None
    dated_on: date
    says: str
    cite: Cite


class Link(Record):
    """One benchmark as a witness for one use case.

    Args:
        benchmark: its id.
        shows: what a high score speaks for.
        does_not_show: what it leaves open.
        elicitation: how hard the capability must be drawn out before its absence may be claimed.
        threshold: the score that counts as reached.
        rule: how runs become a verdict.
        cadence: when it is due again.
    """

    benchmark: str
    shows: str = Field(min_length=20)
    does_not_show: str = Field(min_length=20)
    elicitation: Elicitation
    threshold: Threshold
    rule: DecisionRule
    cadence: Cadence


class UseCase(Record):
    """A use of AI that threatens public safety (data/evals/use_cases).

    Args:
        id: the file's name; never renamed.
        version: raised with every change of a threshold or a rule.
        title: in a few words.
        pathway: how harm would come of it, step by step, in our own words and with no instruction in them.
        hazard: of the gravest items that its benchmarks hold.
        owner: who answers for the entry.
        anchors: laws and frameworks that name it.
        links: the benchmarks that speak of it.
    """

    id: str
    version: int = Field(gt=0)
    title: str
    pathway: str = Field(min_length=40)
    hazard: Hazard
    owner: str
    anchors: tuple[Anchor, ...] = Field(min_length=1)
    links: tuple[Link, ...] = Field(min_length=1)
    note: str | None = None

    def link(self, benchmark: str) -> Link:
        """The link to a benchmark.

        Raises:
            InputError: the use case has none of that id.
        """
        for one in self.links:
            if one.benchmark == benchmark:
                return one
        raise InputError(
            f"{self.id} has no benchmark {benchmark!r}", expected=" or ".join(x.benchmark for x in self.links)
        )

    def rule_hash(self, link: Link) -> str:
        """The name of the link's rule; see `chipledger.evals.rule.rule_hash`."""
        return rule_hash(self.id, link.benchmark, link.elicitation, link.threshold, link.rule)


RecordT = TypeVar("RecordT", bound=Record)
Lines = dict[tuple[Any, ...], int]  # the line of every key and item of a file


@dataclass(frozen=True)
class Register:
    """Every use case, benchmark and framework, by id."""

    use_cases: dict[str, UseCase]
    benchmarks: dict[str, Benchmark]
    frameworks: dict[str, Framework]
    sources: dict[str, Source]

    @cached_property
    def task_names(self) -> dict[str, str]:
        """Which benchmark a task of a log stands for: Inspect's name, with its package and without, and our own id."""
        tasks = {one.task: one.id for one in self.benchmarks.values() if one.task}
        alone = {task.rpartition("/")[2]: name for task, name in tasks.items()}
        return alone | tasks | {name: name for name in self.benchmarks}

    def use_case(self, name: str) -> UseCase:
        """The use case of an id.

        Raises:
            InputError: there is none; the message names the nearest.
        """
        return _of_id(self.use_cases, name, "use case", "register list")

    def benchmark(self, name: str) -> Benchmark:
        """The benchmark of an id.

        Raises:
            InputError: there is none; the message names the nearest.
        """
        return _of_id(self.benchmarks, name, "benchmark", "register benchmarks")


def _of_id(known: dict[str, RecordT], name: str, kind: str, listing: str) -> RecordT:
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3, cutoff=0.4)
    raise InputError(f"no such {kind}: {name!r}", expected=" or ".join(near),
                     remedy="" if near else f"see `chipledger evals {listing}`")  # fmt: skip


def load_register(folder: Path | None = None) -> Register:
    """The register that the project carries, or a user's own over it.

    Args:
        folder: holds use_cases/*.yaml and, where they add any, benchmarks/*.yaml, frameworks/*.yaml and sources.yaml; its
            use cases stand alone, the rest is added to what the project carries. None for the bundled register.

    Returns:
        The register, checked whole: every name that one file uses exists in another.

    Raises:
        DataError: a file does not fit its record or names what is not there.
        InputError: the folder holds no use case.
    """
    if folder is None:
        return bundled()
    base = bundled()
    found = _read(folder, folder / "sources.yaml")
    if not found.use_cases:
        raise InputError("no use case in this register", where=str(folder), expected="use_cases/<id>.yaml, at least one",
                         remedy="copy one from `chipledger evals register show ID --format yaml`")  # fmt: skip
    whole = Register(
        use_cases=found.use_cases,
        benchmarks=base.benchmarks | found.benchmarks,
        frameworks=base.frameworks | found.frameworks,
        sources=base.sources | found.sources,
    )
    _check_names(whole, folder)
    return whole


@cache
def bundled() -> Register:
    """The register that the project carries."""
    register = _read(BUNDLED, DATA / "sources" / "evals.yaml")
    _check_names(register, BUNDLED)
    return register


def _read(folder: Path, sources: Path) -> Register:
    return Register(
        use_cases=_by_id(folder / "use_cases", UseCase),
        benchmarks=_by_id(folder / "benchmarks", Benchmark),
        frameworks=_by_id(folder / "frameworks", Framework),
        sources={one.id: one for one in load_yaml_list(sources, Source)} if sources.exists() else {},
    )


def _by_id(folder: Path, record: type[RecordT]) -> dict[str, RecordT]:
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        one = load_yaml(path, record)
        if one.id != path.stem:  # type: ignore[attr-defined]
            raise DataError(f"id {one.id!r} is not the file's name", where=f"{path.name}:1",  # type: ignore[attr-defined]
                            expected=f"id: {path.stem}")  # fmt: skip
        found[path.stem] = one
    return found


def _check_names(register: Register, folder: Path) -> None:
    """Refuse a name that nothing bears and a link that cannot work: its file, its line, and the way out."""
    known = {
        "source": set(register.sources),
        "benchmark": set(register.benchmarks),
        "framework": set(register.frameworks),
        "use_cases": set(register.use_cases),
    }
    for kind in ("use_cases", "benchmarks", "frameworks"):
        for path in sorted((folder / kind).glob("*.yaml")):
            raw, lines = parse_yaml(path)
            _check_file(path, raw, lines, known)
            if kind == "use_cases":
                _check_use_case(register, register.use_cases[path.stem], path, lines)
    _check_families(register.frameworks.values(), folder / "frameworks")


def _check_file(path: Path, raw: Any, lines: Lines, known: dict[str, set[str]]) -> None:
    for field, name, at in named(raw):
        if field in known and name not in known[field]:
            near = get_close_matches(name, known[field], n=3, cutoff=0.4)
            raise DataError(f"{field} {name!r} does not exist", where=f"{path.name}:{lines.get(at, 1)}",
                            expected=" or ".join(near) or f"one of the register's: see its {field} files")  # fmt: skip


def _check_use_case(register: Register, use_case: UseCase, path: Path, lines: Lines) -> None:
    for index, anchor in enumerate(use_case.anchors):
        if anchor.framework and anchor.level:
            names = [level.name for level in register.frameworks[anchor.framework].levels]
            if anchor.level not in names:
                raise DataError(f"{anchor.framework} names no level {anchor.level!r}",
                                where=f"{path.name}:{lines.get(('anchors', index, 'level'), 1)}",
                                expected=" or ".join(get_close_matches(anchor.level, names, cutoff=0.2) or names))  # fmt: skip
    seen: set[str] = set()
    for index, link in enumerate(use_case.links):
        if link.benchmark in seen:
            raise DataError(f"{use_case.id} links {link.benchmark!r} twice",
                            where=f"{path.name}:{lines.get(('links', index), 1)}", remedy="keep one of them")  # fmt: skip
        seen.add(link.benchmark)
        _check_link(link, register.benchmarks[link.benchmark], path, lines, index)


def _check_link(link: Link, benchmark: Benchmark, path: Path, lines: Lines, index: int) -> None:
    """A rule that could never decide, or was not fixed first, is found before anything is run."""
    rule, threshold = link.rule, link.threshold
    at_rule, at_threshold = (
        f"{path.name}:{lines.get(('links', index, x), 1)}" for x in ("rule", "threshold")
    )
    if rule.fixed_on < threshold.set_on:
        raise DataError(f"the rule for {benchmark.id} was fixed on {rule.fixed_on}, before its threshold was set",
                        where=at_rule, expected=f"fixed_on of {threshold.set_on} or later")  # fmt: skip
    if benchmark.items is not None and rule.items > benchmark.items:
        raise DataError(f"the rule for {benchmark.id} asks for {rule.items} items",
                        where=at_rule, expected=f"at most the {benchmark.items} that there are")  # fmt: skip
    if threshold.danger is Side.ABOVE and threshold.low <= benchmark.chance:
        raise DataError(f"a guesser scores {benchmark.chance:g} on {benchmark.id}, and the threshold's low is {threshold.low:g}",
                        where=at_threshold, expected=f"more than {benchmark.chance:g}")  # fmt: skip


def _check_families(frameworks: Iterable[Framework], folder: Path) -> None:
    """Each family has at most one version a day."""
    by_family = sorted(frameworks, key=lambda one: (one.family, one.effective_from, one.id))
    for before, after in pairwise(by_family):
        if before.family == after.family and before.period.intersection(after.period):
            path = folder / f"{before.id}.yaml"
            lines = parse_yaml(path)[1] if path.exists() else {}
            raise DataError(f"{before.id} and {after.id} of family {before.family!r} both stand on {after.effective_from}",
                            where=f"{path.name}:{lines.get(('effective_until',), 1)}",
                            expected=f"effective_until: {after.effective_from}")  # fmt: skip
