"""The nouns and verbs of the command line; the file of a noun is imported only when that noun is called for."""

import errno
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import typer

from chipledger import __version__
from chipledger.core.collecting import uncollected
from chipledger.core.errors import ChipledgerError

# name -> (module under apps.cli, the Typer app or the function in it, one line of help)
COMMANDS = {
    "scan": ("scan", "command", "Read documents and print or store what they say of AI chips."),
    "fetch": ("fetch", "command", "Fetch papers, model cards and pages into a folder, each once."),
    "findings": ("findings", "command", "Who used which chip for what, with quotes and the rule of the day."),
    "projects": ("projects", "app", "Projects under all their names: owners and authors by date, squatters."),
    "lineage": ("lineage", "command", "How many pages say it, and to how many sources they come down."),
    "witness": ("witness", "command", "Does what the quotes state add up? Two languages, shared fabrics."),
    "report": ("report", "command", "One self-contained HTML page: timeline, findings, quotes."),
    "watch": ("watch", "command", "A list of sources, looked at again: what is new, changed or removed."),
    "status": ("status", "command", "What the rules said of a chip on a day."),
    "classify": ("classify", "command", "Which paragraphs of 3A090 a part meets, from its figures."),
    "timeline": ("timeline", "command", "The rules as a dated list."),
    "rules": ("rules", "app", "Distance to each line, what changed, what a proposal would change."),
    "chips": ("chips", "app", "The catalogue: list, show, compare."),
    "screen": ("screen", "command", "Who a name may be, on which lists on a day, owned by whom."),
    "parties": ("parties", "VERBS", "Who owns whom, judgements of names, export to FollowTheMoney."),
    "routes": ("routes", "command", "How a documented chip may have got there: windows, evidence, rivals."),
    "study": (
        "study.command",
        "command",
        "A study's claims: evidence, verdicts, quotes rebuilt from clones.",
    ),
    "evals": (
        "evals",
        "VERBS",
        "Dangerous uses, their benchmarks and thresholds: plan, run, decide, replay.",
    ),
    "perf": (
        "perf",
        "VERBS",
        "What a training run takes on a cluster, and how far off that is on published runs.",
    ),
    "ledger": ("ledger", "app", "Verify, export or back up a ledger."),
    "demo": ("demo", "command", "The main job on the bundled examples, under a minute, no network."),
}


EVERY = frozenset(COMMANDS)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHECKERS_WORDS = {"Value error, ": "", "Input should be": "expected", "the formats '%Y-%m-%d'": "YYYY-MM-DD"}
_EXTRAS = {"numpy": "stats", "scipy": "stats", "rapidfuzz": "screen", "pypinyin": "screen", "opencc": "screen",
           "anyascii": "screen", "httpcore": "connect", "certifi": "connect"}  # fmt: skip
_ENDED_BY_CTRL_C = 130  # what Typer makes of a KeyboardInterrupt


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"chipledger {__version__}")
        raise typer.Exit


def _top(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and leave."
    ),
) -> None:
    """From public documents to quoted, dated evidence of AI-chip use, and the rules of the day.

    Example: chipledger scan ./papers --ledger chips.sqlite && chipledger findings --ledger chips.sqlite
    """


def _stub(help_line: str) -> Callable[[], None]:
    def never_called() -> None:
        raise AssertionError("a noun that was not asked for cannot run")

    never_called.__doc__ = help_line
    return never_called


@uncollected()
def application(asked: frozenset[str] = EVERY, verbs: frozenset[str] | None = None) -> typer.Typer:
    """The Typer application in which the asked nouns are loaded and the others only listed.

    Args:
        asked: nouns to load.
        verbs: of a noun whose verbs have files of their own, those to load; None loads all.
    """
    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top)
    _fill(app, "chipledger.apps.cli", COMMANDS, asked, verbs)
    return app


def _fill(
    app: typer.Typer,
    package: str,
    commands: Mapping[str, tuple[str, str, str]],
    asked: frozenset[str] | None,
    verbs: frozenset[str] | None,
) -> None:
    """Put the commands of a table into an application; one that was not asked for is only listed."""
    for name, (module_name, attribute, line) in commands.items():
        thing: Any = _stub(line)
        if asked is None or name in asked:
            thing = getattr(import_module(f"{package}.{module_name}"), attribute)
        if isinstance(thing, Mapping):
            group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
            _fill(group, f"{package}.{module_name}", thing, verbs, None)
            thing = group
        if isinstance(thing, typer.Typer):
            app.add_typer(thing, name=name, help=line)
        else:
            app.command(name)(thing)


def run(arguments: list[str]) -> int:
    """Run the command line with these arguments; returns the exit status."""
    completing = "_CHIPLEDGER_COMPLETE" in os.environ
    asked = EVERY if completing else EVERY.intersection(arguments[:1])
    try:
        status = application(asked, None if completing else frozenset(arguments[1:2]))(
            arguments, prog_name="chipledger", standalone_mode=False
        )
        sys.stdout.flush()
    except typer.TyperException as error:
        print(_misused(error, arguments), file=sys.stderr)
        return 2
    except ChipledgerError as error:
        print(f"chipledger: {_told(error)}", file=sys.stderr)
        return error.exit_status
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        extra = "screen" if arguments[:1] == ["screen"] else _EXTRAS[error.name]
        print(
            f"chipledger: this needs {error.name}; install it with `pip install chipledger[{extra}]`",
            file=sys.stderr,
        )
        return 2
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except BrokenPipeError:
        return _unheard(0)  # whoever read our output has seen enough
    except SystemExit as ended:
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return _unheard(0)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        print(f"chipledger: no room to write: {error.strerror}; make room and run it again", file=sys.stderr)
        return _unheard(2)
    if status == _ENDED_BY_CTRL_C:
        return _interrupted()
    return status if isinstance(status, int) else 0


def _told(error: ChipledgerError) -> str:
    """An error's sentence; a name in it may hold what a terminal would obey."""
    from chipledger.apps.cli.output import harmless

    return harmless(str(error))


def _unheard(status: int) -> int:
    """Send what is left of the output nowhere, so that Python's own last flush does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _misused(error: typer.TyperException, arguments: list[str]) -> str:
    """What was wrong with the words of the command, on one line; a noun alone gets its help."""
    said = error.format_message()
    if said.startswith("Usage:"):
        return said
    noun = f" {arguments[0]}" if arguments and arguments[0] in EVERY else ""
    for theirs, ours in _CHECKERS_WORDS.items():
        said = said.replace(theirs, ours)
    line = " ".join(said.split()).rstrip(".")
    return f"chipledger: {line[:1].lower()}{line[1:]}; see `chipledger{noun} --help`"


def _interrupted() -> int:
    print(
        "chipledger: interrupted; what was stored is consistent, run the same command again", file=sys.stderr
    )
    return 3
