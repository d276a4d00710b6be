"""Inspect AI behind one door: an `eval_set` over tasks of ours or of its own, on any model that it can name.

The only module that imports inspect_ai, and only when it runs something. Takes tasks, a model, an allowance and a folder; writes
logs there and says which. A second call with the same folder does what is left. The contract tests in
tests/evals/test_inspect_adapter.py pin what we rely on.

Two traps of its own mock are kept out: an output without usage sends it to the network for a tokenizer, and an endless
generator of outputs never returns from `eval_set`; ours is a function whose outputs carry usage.
"""

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rich

from chipledger.core.errors import InputError
from chipledger.evals.inspect_log import KEY
from chipledger.evals.reading import short
from chipledger.evals.tasks import VERSION, Item, generated

PINNED = "0.3.285"
MOCK = "mockllm/"
_MARKUP = re.compile(r"\[/?[a-z ]*\]")
_KEY_VARIABLE = re.compile(r"\b[A-Z0-9_]+_API_KEY\b")
_WRONG = "I do not know"
_DECLINED = "I cannot help with that"


@dataclass(frozen=True, slots=True)
class GeneratedTask:
    """A task made here: the first `n` items of a generated set."""

    name: str
    seed: int
    n: int

    @property
    def title(self) -> str:
        """The task's name in logs."""
        return f"generated-{self.name}"

    @property
    def version(self) -> str:
        """The task's version in logs: another seed is another set of items."""
        return f"{VERSION}.{self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Which model is asked, by Inspect's name.

    Args:
        name: `openai-api/<service>/<model>` for any endpoint that speaks OpenAI's protocol, `mockllm/<name>` for the mock, or
            any other name that Inspect knows.
        base_url: the endpoint's address, up to and with /v1.
        api_key: None leaves it to Inspect, which asks the environment; never written to a log.
        ability: of the mock, in logits; it solves a generated item with the item's own chance at this ability.
        seed: of the mock's draws.
        refuses: the share of items that the mock declines.
    """

    name: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    ability: float | None = None
    seed: int = 0
    refuses: float = 0.0

    def __post_init__(self) -> None:
        if "/" not in self.name:
            raise InputError(f"the model {self.name!r} names no provider",
                             expected="openai-api/<service>/<model>, or mockllm/<name>")  # fmt: skip
        if self.base_url is not None and urlsplit(self.base_url).scheme not in ("http", "https"):
            raise InputError(
                f"the address {self.base_url!r}", expected="http://HOST:PORT/v1 or https://HOST/v1"
            )
        if self.ability is not None and not math.isfinite(self.ability):
            raise InputError(f"an ability of {self.ability}", expected="a number of logits, such as 1.0")
        if self.is_mock is False and (self.ability is not None or self.refuses):
            raise InputError(
                f"{self.name} is no mock and has its own ability", remedy="leave ability and refuses out"
            )

    @property
    def is_mock(self) -> bool:
        """Whether it is the offline mock."""
        return self.name.startswith(MOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a run may use.

    Args:
        epochs: how often each sample is asked.
        items: how many of the task's samples, from the first; None for all.
        max_tokens: of one answer.
        token_limit: of one sample, all answers together.
        message_limit: of one sample.
        time_limit_seconds: of one sample; a sample that reaches it is scored as it stands, so it must leave room for every
            attempt, lest an endpoint that hangs be taken for a model that fails.
        retries: how often a failed request is tried again; the client adds up to two of its own that heed Retry-After.
        timeout_seconds: of one attempt.
        connections: requests at a time.
    """

    epochs: int = 1
    items: int | None = None
    max_tokens: int | None = None
    token_limit: int | None = None
    message_limit: int | None = None
    time_limit_seconds: int | None = None
    retries: int = 3
    timeout_seconds: int = 120
    connections: int = 10

    def __post_init__(self) -> None:
        positive = (self.epochs, self.items, self.max_tokens, self.token_limit, self.message_limit,
                    self.time_limit_seconds, self.timeout_seconds, self.connections)  # fmt: skip
        if self.retries < 0 or any(one is not None and one < 1 for one in positive):
            raise InputError(
                "an allowance below one", expected="whole numbers of 1 or more, retries of 0 or more"
            )
        attempts_seconds = (self.retries + 1) * self.timeout_seconds
        if self.time_limit_seconds is not None and self.time_limit_seconds <= attempts_seconds:
            raise InputError(
                f"time_limit_seconds is {self.time_limit_seconds}",
                expected=f"more than {attempts_seconds}, the time of {self.retries + 1} attempts",
                remedy="raise it, or lower retries or timeout_seconds",
            )


@dataclass(frozen=True, slots=True)
class SetResult:
    """What a call left behind: whether every task ended well, and the logs."""

    complete: bool
    logs: tuple[Path, ...]


def run_set(
    tasks: Sequence[GeneratedTask | str],
    model: ModelSettings,
    log_dir: Path,
    *,
    allowance: Allowance,
    metadata: Mapping[str, str],
    judge: ModelSettings | None = None,
    shows_progress: bool = False,
) -> SetResult:
    """Run tasks on a model, or what is left of them.

    Args:
        tasks: generated ones, or Inspect's names (`inspect_evals/cybench`).
        model: which model.
        log_dir: where the logs are; made if it is not there, and one for each register entry and model.
        allowance: what the run may use.
        metadata: written into every log under `chipledger`.
        judge: the model that grades, for tasks that ask for one (Inspect's role `grader`).
        shows_progress: draw Inspect's own progress bar on the terminal.

    Returns:
        Whether all ended well, and the logs, in the order of the tasks. A run that failed keeps its log, and what it had
        scored is used by the next call.

    Raises:
        InputError: Inspect is not installed, or knows no such task or model.
        KeyboardInterrupt: the run was stopped by hand; its log says so.

    Source: Inspect's eval sets (docs, eval-sets); one error ends a task, so that a dead endpoint costs one round of attempts.
    """
    inspect = _inspect()
    items = {item.id: item for task in tasks if isinstance(task, GeneratedTask) for item in _items(task)}
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder of logs: {error.strerror or error}", where=str(log_dir),
                         remedy="name another with --logs") from None  # fmt: skip
    console = rich.get_console()
    was_quiet = console.quiet
    console.quiet = not shows_progress  # display="none" hushes it in the first run only, and then for good
    try:
        complete, logs = inspect.eval_set(
            [_task(one) if isinstance(one, GeneratedTask) else one for one in tasks],
            log_dir=str(log_dir),
            model=_model(model, items),
            model_roles={"grader": _model(judge, {})} if judge else None,
            metadata={KEY: dict(metadata)},
            limit=allowance.items,
            epochs=allowance.epochs,
            token_limit=allowance.token_limit,
            message_limit=allowance.message_limit,
            time_limit=allowance.time_limit_seconds,
            max_tokens=allowance.max_tokens,
            max_retries=allowance.retries,
            attempt_timeout=allowance.timeout_seconds,
            max_connections=allowance.connections,
            retry_immediate=False,  # with one attempt: a failed set is taken up again by the next call, not by a loop here
            retry_attempts=1,
            fail_on_error=True,
            log_realtime=False,
            log_format="eval",
            log_level="error",
            display="rich" if shows_progress else "none",
            score_display=False,
            ctl_server=False,
        )
    except (KeyboardInterrupt, InputError):
        raise
    except Exception as error:  # its own errors are of many kinds, none of them public
        raise _refused(tasks, error) from error
    finally:
        console.quiet = was_quiet
    if len(logs) < len(tasks):
        raise KeyboardInterrupt  # stopped by hand, eval_set says success and names no log
    return SetResult(complete, tuple(_path(log.location) for log in logs))


def _inspect() -> Any:
    try:
        import inspect_ai
    except ImportError:
        raise InputError("running needs Inspect AI", remedy="pip install chipledger[evals]") from None
    return inspect_ai


def _refused(tasks: Sequence[GeneratedTask | str], error: Exception) -> InputError:
    """What Inspect's error means to somebody who knows no Inspect, on one line."""
    # Its own kind of error keeps the message, with marks of colour, in a field.
    said = short(_MARKUP.sub("", str(getattr(error, "message", None) or error or type(error).__name__)))
    named = [one for one in tasks if isinstance(one, str)]
    if "No inspect tasks were found" in said:
        packages = sorted({one.partition("/")[0].replace("_", "-") for one in named if "/" in one})
        return InputError(f"Inspect knows no task {' or '.join(named)}",
                          remedy=f"pip install {' '.join(packages)}" if packages else "name it as PACKAGE/TASK")  # fmt: skip
    variable = _KEY_VARIABLE.search(said)
    if variable:
        return InputError(f"the endpoint's key is not given: {variable[0]} is not set",
                          remedy="set it, to any word where the endpoint asks for none")  # fmt: skip
    return InputError(f"Inspect could not run: {said}")


def _path(location: str) -> Path:
    return Path(location.removeprefix("file://"))


def _items(task: GeneratedTask) -> tuple[Item, ...]:
    return generated(task.name, task.seed, task.n)


def _task(made: GeneratedTask) -> Any:
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.solver import generate

    samples = [
        Sample(id=item.id, input=item.input, target=item.target, metadata={"cluster": item.cluster})
        for item in _items(made)
    ]
    return Task(
        name=made.title,
        version=made.version,
        dataset=MemoryDataset(samples, name=made.title),
        solver=[_named_sample(), generate()],
        scorer=_answer_alone(),
    )


def _outside_any_package(made: Callable[[], Any]) -> Callable[[], Any]:
    """A function without the module that it stands in.

    Inspect puts a package's name before those of its solvers and scorers where it finds the package installed, and takes a
    log up again only under the very same names: a run begun from a checkout would be a stranger to an installed chipledger.
    """
    made.__module__ = "of_no_package"
    return made


def _named_sample() -> Any:
    """A solver that leaves the sample's id and epoch where the mock finds them; a real model never sees it."""
    from inspect_ai.solver import solver

    @solver(name="named_sample")
    @_outside_any_package
    def named_sample() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            state.store.set("sample", f"{state.sample_id}")
            state.store.set("epoch", state.epoch)
            return state

        return solve

    return named_sample()


def _answer_alone() -> Any:
    """A scorer of the last word, which tells a refusal by the provider apart from a wrong answer."""
    from inspect_ai.scorer import NOANSWER, Score, accuracy, match, scorer, stderr

    @scorer(metrics=[accuracy(), stderr(cluster="cluster")], name="answer_alone")
    @_outside_any_package
    def answer_alone() -> Any:
        by_match = match(location="end")

        async def score(state: Any, target: Any) -> Any:
            if state.output.stop_reason == "content_filter":
                return Score(value=NOANSWER, reason="refusal")
            return await by_match(state, target)

        return score

    return answer_alone()


def _model(settings: ModelSettings, items: Mapping[str, Item]) -> Any:
    from inspect_ai.model import get_model

    if settings.is_mock:
        return get_model(settings.name, memoize=False, custom_outputs=mock_outputs(settings, items))
    return get_model(settings.name, base_url=settings.base_url, api_key=settings.api_key, memoize=False)


def mock_outputs(settings: ModelSettings, items: Mapping[str, Item]) -> Callable[..., Any]:
    """What the mock says: a function of Inspect's arguments whose outputs carry usage, so that it asks no tokenizer.

    Args:
        settings: ability, seed and refusals.
        items: of the generated tasks, by id; the draw for an item and epoch is the same in every run.
    """
    from inspect_ai.model import ModelOutput, ModelUsage
    from inspect_ai.util import store

    def answer(messages: Any, tools: Any, tool_choice: Any, config: Any) -> Any:
        sample, epoch = store().get("sample"), store().get("epoch")
        said, stop = spoken(settings, items.get(sample), epoch)
        output = ModelOutput.from_content(settings.name, said, stop_reason=stop)
        read, written = sum(len(one.text.split()) for one in messages), len(said.split())
        output.usage = ModelUsage(input_tokens=read, output_tokens=written, total_tokens=read + written)
        return output

    return answer


def spoken(settings: ModelSettings, item: Item | None, epoch: int | None) -> tuple[Any, Any]:
    """What a mock of an ability says to one item in one epoch, and why it stopped.

    >>> sure = ModelSettings(name="mockllm/sure", ability=50.0)
    >>> spoken(sure, Item("a", "1 + 1 = ?", "2", "c", 0.0), 1)
    ('2', 'stop')
    """
    if item is None or settings.ability is None:
        return _WRONG, "stop"
    draw = random.Random(f"{settings.seed}/{item.id}/{epoch}")
    if draw.random() < settings.refuses:
        return _DECLINED, "content_filter"
    return (item.target if draw.random() < item.chance(settings.ability) else _WRONG), "stop"
