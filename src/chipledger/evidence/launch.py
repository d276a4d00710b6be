"""The settings with which a document starts or shapes runs: `settings_in(document)`, each with its place.

Read are variables (shell, Python, YAML, JSON, mpirun), flags of launchers and frameworks, `#SBATCH` and `#PBS` lines, keys of DeepSpeed,
Accelerate and Kubernetes files, hostfiles, a model's config.json, mounts and platforms that one operator's machines bear, and the lines
by which a library tells that a path was active; of a LaTeX document only the listings. What each asks for is data (`launch_table`). Prose names settings too ("set X=1 if it hangs"): there
they are found, and ask for nothing.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from chipledger.core.records import LaunchSetting
from chipledger.documents.document import Document, Lines
from chipledger.evidence.launch_table import (
    Meaning,
    fabrics,
    family_of,
    flag_expression,
    meaning_of,
    settings_table,
    variable_expression,
)
from chipledger.evidence.leaves import Leaf, json_leaves, yaml_leaves
from chipledger.evidence.listings import listings_in
from chipledger.evidence.script import Script, script_of
from chipledger.evidence.sweep import Sweep, automaton
from chipledger.evidence.techniques import names as technique_names
from chipledger.evidence.techniques import techniques_in

MOST_SETTINGS = 400
MOST_CHARS = 1_000_000
LONGEST_VALUE = 200
_NOT_READ = frozenset({"pdf", "jsonl", "csv", "xml"})
_PROSE = frozenset({"markdown", "html", "rst", "text"})
_ASSIGNED = re.compile(
    r"[\"']?(?:\]|\))?(?P<blank>[ \t]{0,20})(?P<mark>==?|:=|:|,)?(?P<gap>[ \t]{0,20})(?P<value>\"(?P<d>[^\"\n]{0,2000})\"|'(?P<s>[^'\n]{0,2000})'|(?P<p>[^\s\"'`;&|)},#\\]+(?:,[^\s\"'`;&|)},#\\]+)*))"
)
_VALUE_BELOW = re.compile(
    r"[\"']?[ \t]*\r?\n[ \t]*-?[ \t]*[\"']?value[\"']?[ \t]*:[ \t]*[\"']?(?P<value>[^\s\"']{1,200})"
)
_SPACED = re.compile(r"(?:^|\n)[ \t]*(?:ENV|setenv)[ \t]+$", re.I)
_FLAG_VALUE = re.compile(
    r"(?:=|[ \t]+|[\"'],[ \t]*|[\"']?[ \t]*\r?\n[ \t]*-[ \t]+)[\"']?(?P<value>[^\s\"',\\;|&)\]`]+)"
)
_FLAG_BEFORE = re.compile(r"(?:^|[\s\"'\[(=`])$")
_DEFINED = re.compile(r"add_argument|add_option|click\.option|typer\.Option|Argument\(", re.I)
_SLOTS = r"(?m)^[^\s#]+[ \t]+slots=\d"
_DIRECTIVE = r"#(?:SBATCH|PBS|PJM|\$)[ \t]+[^\n]{1,200}"
_DIRECTIVES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("nodes", re.compile(r"(?<![\w\-])(?:--nodes[= ]|-N ?|select=|node=|rt_\w+=)(?P<number>\d{1,5})\b")),
    (
        "gpus_per_node",
        re.compile(
            r"(?<![\w\-])(?:--gres[= ]gpu:(?:\w+:)?|--gpus-per-node[= ](?:\w+:)?|ngpus=)(?P<number>\d{1,3})\b"
        ),
    ),
    ("gpus", re.compile(r"(?<![\w\-])(?:--gpus[= ](?:\w+:)?|-G ?)(?P<number>\d{1,6})\b")),
    ("tasks_per_node", re.compile(r"(?<![\w\-])(?:--ntasks-per-node[= ])(?P<number>\d{1,4})\b")),
)
_HOST = re.compile(r"^[ \t]*[\w.\-$\{\}]{1,120}[ \t]+slots=(?P<slots>\d{1,3})[ \t]*\r?$", re.M)
# A name that is of no library's family (TP, NODES) counts where a line or an export begins with it, not in a sentence.
_AT_START = re.compile(r"(?:^|\n|;|&&)[ \t]*(?:(?:export|set|local|readonly|ENV|env)[ \t]+)?[\"']?$")
_DEVICES = frozenset({"CUDA_VISIBLE_DEVICES", "ASCEND_RT_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"})
_LISTED = re.compile(r"\d{1,3}(?:,\d{1,3}){0,127}")
_WHOLE = re.compile(r"\d{1,9}")
_GRES = re.compile(r"gpu:(?:[\w\-]+:)?(\d{1,3})", re.I)
_NOT_A_VALUE = frozenset({"type", "default", "help", "action", "required", "choices"})
_MODEL_LEAVES = 80


def settings_in(document: Document, content: bytes | None = None) -> tuple[LaunchSetting, ...]:
    """The launch settings of a document.

    Args:
        document: the document as read.
        content: its text as UTF-8, where it is at hand.

    Returns:
        Settings in the order of the text, at most `MOST_SETTINGS`; `text[start:end]` is each one's quote.

    >>> script = "export NCCL_NET_GDR_LEVEL=2\\ntorchrun --nnodes 2 --nproc_per_node=8 train.py --bf16\\n"
    >>> found = settings_in(Document(document="run.sh", document_id="", text=script, format="shell"))
    >>> [(one.name, one.value, one.techniques, one.requested, one.active) for one in found if one.techniques]
    [('NCCL_NET_GDR_LEVEL', '2', ('NCCL', 'RDMA'), True, None), ('--bf16', '', ('BF16',), True, None)]
    >>> [(one.topic, one.number) for one in found if one.number]
    [('network_gdr', 2), ('nodes', 2), ('gpus_per_node', 8)]
    """
    if document.format in _NOT_READ:
        return ()
    text, format = document.text[:MOST_CHARS], document.format
    if format == "latex":  # of a paper only what it quotes from scripts
        text, format, content = listings_in(text), "shell", None
    sweep = Sweep(text, content if content is not None and len(document.text) <= MOST_CHARS else None)
    script = script_of(text, format)
    found: dict[int, LaunchSetting] = {}
    for one in islice(_every(format, text, sweep, script), 4 * MOST_SETTINGS):
        found.setdefault(one.start, one)
    lines = Lines(text)
    in_order = [found[start] for start in sorted(found)][:MOST_SETTINGS]
    return tuple(_placed(one, lines, script) for one in in_order)


def _every(format: str, text: str, sweep: Sweep, script: Script) -> Iterator[LaunchSetting]:
    present = _present_in(sweep.content)
    if _DIRECTIVE in present:
        yield from _directives(text, sweep)
    if variable_expression() in present:
        yield from _variables(format, text, sweep, script)
    if flag_expression() in present:
        yield from _flags(format, text, sweep, script)
    if format == "json":
        yield from _keys(list(islice(json_leaves(text), 20_000)), script)
    elif format == "config":
        yield from _keys(list(islice(yaml_leaves(text), 20_000)), script)
    if _SLOTS in present:
        yield from _hostfile(text)
    yield from _signs(text, sweep, present)
    yield from _logs(text, sweep, present)


@cache
def _sought() -> tuple[str, ...]:
    """Every expression that is swept for."""
    signs = (sign.expression or "" for sign in (*fabrics().mounts, *fabrics().platforms))
    logs = (log.expression for log in settings_table().logs)
    return _DIRECTIVE, variable_expression(), flag_expression(), _SLOTS, *signs, *logs


@cache
def _automaton() -> Any:
    return automaton((expression,) for expression in _sought())


def _present_in(content: bytes) -> frozenset[str]:
    """Which of the expressions stand in a text, in one pass: a document with settings holds two or three of them."""
    return frozenset(map(_sought().__getitem__, _automaton().Match(content) or ()))


def _variables(format: str, text: str, sweep: Sweep, script: Script) -> Iterator[LaunchSetting]:
    for start, end in sweep.spans(variable_expression()):
        name = text[start:end]
        if not name.isupper() or text[start - 1 : start] in ("$", "{", "-", "."):
            continue
        if (
            family_of(name) is None
            and name not in _DEVICES
            and not _AT_START.search(text, max(0, start - 80), start)
        ):
            continue
        assigned = _assigned(format, text, start, end)
        if assigned is None:
            continue
        value, last = assigned
        meaning = _known("variable", name)
        yield _setting(text, "variable", name, value, start, last, meaning, script, family_of(name) or ())


def _assigned(format: str, text: str, start: int, end: int) -> tuple[str, int] | None:
    """The value that a variable is given and where it ends; None where it is only named."""
    below = _VALUE_BELOW.match(text, end, end + 400)
    if below:
        return below["value"], below.end("value")
    match = _ASSIGNED.match(text, end, end + 2_400)
    if match is None:
        return None
    mark = match["mark"]
    is_code = format not in _PROSE
    if (
        mark == "="
        and (match["blank"] or match["gap"])
        and text[start - 1 : start] not in ("'", '"')
        and not is_code
    ):
        return None
    if mark is None:
        if not match["blank"] or not _SPACED.search(text, max(0, start - 40), start):
            return None
    elif mark in (":", ",", "=="):
        quoted = text[start - 1 : start] in ("'", '"')
        if mark == "==" or (not quoted and (mark == "," or not is_code or format == "source")):
            return None
    group = next(name for name in "dsp" if match[name] is not None)
    return match[group], match.end("value")


def _flags(format: str, text: str, sweep: Sweep, script: Script) -> Iterator[LaunchSetting]:
    for start, end in sweep.spans(flag_expression()):
        if text[start].isspace():
            start += 1
        if not _FLAG_BEFORE.search(text, max(0, start - 1), start) or text[end : end + 1] == "-":
            continue
        name = text[start:end]
        if name != name.lower() or script.is_prose(start) or _is_defined(text, start):
            continue
        meaning = meaning_of("flag", name)
        match = _FLAG_VALUE.match(text, end, end + 2_000)
        value, last = (match["value"], match.end("value")) if match else ("", end)
        if value.startswith("-") or value in ("]", ")") or (meaning.switch and not _is_value(value, meaning)):
            value, last = "", end
        if not value and not meaning.switch:
            continue
        if name.strip("-") == "deepspeed" and value.endswith((".py", ".sh")):
            value, last = "", end
        yield _setting(text, "flag", name, value, start, last, meaning, script)


def _is_value(value: str, meaning: Meaning) -> bool:
    """Whether the word behind a switch is its value, and not the next word of the command."""
    return (
        value in (*meaning.on, *meaning.off)
        or bool(_WHOLE.fullmatch(value))
        or value.startswith("$")
        or (
            meaning.topic in ("deepspeed_config", "sharding", "precision", "recomputation", "offload")
            and not value.endswith(".py")
        )
    )


def _is_defined(text: str, start: int) -> bool:
    """Whether a flag is being defined, not given."""
    line = text.rfind("\n", max(0, start - 200), start) + 1
    return _DEFINED.search(text, max(line, start - 200), start) is not None


def _directives(text: str, sweep: Sweep) -> Iterator[LaunchSetting]:
    for start, end in sweep.spans(_DIRECTIVE):
        for topic, expression in _DIRECTIVES:
            match = expression.search(text, start, end)
            if match:
                first, last = match.span()
                name = text[first : match.start("number")].rstrip("=: ")
                yield LaunchSetting(
                    name=f"{text[start:end].split()[0]} {name}", value=match["number"], kind="directive", topic=topic,
                    number=int(match["number"]), start=first, end=last, quote=text[first:last],
                )  # fmt: skip


def _keys(leaves: list[Leaf], script: Script) -> Iterator[LaunchSetting]:
    """Keys of a configuration; all of a model's config.json, whose sizes tell its parameters."""
    if any(leaf.path == "model_type" for leaf in leaves):
        for leaf in leaves[:_MODEL_LEAVES]:
            yield _leaf_setting(leaf, "model", "model_shape", None, script)
        return
    for leaf in leaves:
        meaning = _known("key", leaf.path)
        if meaning:
            yield _leaf_setting(leaf, "key", meaning.topic, meaning, script)


def _leaf_setting(
    leaf: Leaf, kind: str, topic: str, meaning: Meaning | None, script: Script
) -> LaunchSetting:
    value = leaf.value[:LONGEST_VALUE]
    number = _number(value, script)
    end = min(leaf.end, leaf.start + LONGEST_VALUE)
    techniques, requested = _asked(meaning, value, number, ())
    return LaunchSetting(
        name=leaf.path, value=value, kind=kind, topic=topic, techniques=techniques, requested=requested,
        number=number, start=leaf.start, end=end, quote=script.text[leaf.start : end],
    )  # fmt: skip


def _hostfile(text: str) -> Iterator[LaunchSetting]:
    """A file of hosts with slots, as one setting: how many of each; the names of hosts are not kept."""
    hosts = list(islice(_HOST.finditer(text), 100_000))
    if hosts:
        slots = sum(int(host["slots"]) for host in hosts)
        first = hosts[0]
        start, end = first.start("slots") - len("slots="), first.end("slots")
        yield LaunchSetting(
            name="hostfile", value=f"{len(hosts)} hosts, {slots} slots", kind="hostfile", topic="nodes",
            number=len(hosts), start=start, end=end, quote=text[start:end],
        )  # fmt: skip


def _signs(text: str, sweep: Sweep, present: frozenset[str]) -> Iterator[LaunchSetting]:
    """Mounts and platforms, each once: scripts repeat them."""
    for kind, signs in (("mount", fabrics().mounts), ("platform", fabrics().platforms)):
        seen: set[str] = set()
        for expression in (sign.expression or "" for sign in signs if (sign.expression or "") in present):
            for start, end in sweep.spans(expression):
                value = text[start:end]
                if value not in seen and len(seen) < 20:
                    seen.add(value)
                    yield LaunchSetting(
                        name=kind, value=value, kind=kind, topic="fabric", start=start, end=end, quote=value
                    )


def _logs(text: str, sweep: Sweep, present: frozenset[str]) -> Iterator[LaunchSetting]:
    for log in (log for log in settings_table().logs if log.expression in present):
        for start, end in islice(sweep.spans(log.expression), 1):
            value = text[start:end][:LONGEST_VALUE]
            yield LaunchSetting(
                name="log", value=value, kind="log", topic=log.topic, techniques=log.techniques,
                active=log.active, start=start, end=start + len(value), quote=value,
            )  # fmt: skip


def _setting(
    text: str,
    kind: str,
    name: str,
    value: str,
    start: int,
    end: int,
    meaning: Meaning | None,
    script: Script,
    family: tuple[str, ...] = (),
) -> LaunchSetting:
    value, end = value[:LONGEST_VALUE], min(end, start + LONGEST_VALUE)
    number = _number(value, script)
    topic = meaning.topic if meaning else None
    if topic == "devices":
        number = len(value.split(",")) if _LISTED.fullmatch(value) else None
    if topic == "gpus_per_node" and number is None:
        stated = _GRES.search(value)
        number = int(stated[1]) if stated else None
    techniques, requested = _asked(meaning, script.resolved(value), number, family)
    asks_nothing = script.is_comment(start) or script.is_prose(start)
    return LaunchSetting(
        name=name, value=value, kind=kind, topic=topic, techniques=techniques,
        requested=None if asks_nothing else requested, number=number, condition=script.condition(start),
        is_comment=script.is_comment(start), start=start, end=end, quote=text[start:end],
    )  # fmt: skip


def _asked(
    meaning: Meaning | None, value: str, number: int | None, family: tuple[str, ...]
) -> tuple[tuple[str, ...], bool | None]:
    if meaning is None:
        return family, None
    if meaning.by_value:
        named = tuple(name for name in techniques_in(value) if name in technique_names())
        return named, True if named else None
    return meaning.techniques or family, meaning.asks(value, number)


def _number(value: str, script: Script) -> int | None:
    value = script.resolved(value)
    return int(value) if _WHOLE.fullmatch(value) else None


@cache
def _known(kind: str, name: str) -> Meaning | None:
    try:
        return meaning_of(kind, name)
    except KeyError:
        return None


def _placed(one: LaunchSetting, lines: Lines, script: Script) -> LaunchSetting:
    fields = {name: getattr(one, name) for name in LaunchSetting.__slots__}
    return LaunchSetting(**fields | {"line": lines.line_of(one.start)})


def requests(settings: tuple[LaunchSetting, ...]) -> Mapping[str, bool]:
    """The techniques that settings ask for (True) or ask to be off (False); where both stand, the last outside of a branch wins.

    >>> off = LaunchSetting(name="NCCL_P2P_DISABLE", value="1", kind="variable", techniques=("P2P",), requested=False, start=0, end=1, quote="N")
    >>> dict(requests((off,)))
    {'P2P': False}
    """
    libraries = settings_table().libraries
    asked: dict[str, bool] = {}
    for one in sorted(settings, key=lambda one: (one.condition is None, one.start)):
        if one.requested is not None:
            asked.update({name: one.requested or name in libraries for name in one.techniques})
    return asked
