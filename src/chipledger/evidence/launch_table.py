"""What each launch setting asks for, as data: `data/evidence/settings.yaml` and `fabrics.yaml`, read once.

Gives `meaning_of` a name of some kind, and the expressions of mounts, platforms and log lines. A meaning says what topic a setting
is of, which techniques it speaks of, and which of its values ask for them or ask that they be off.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field

from chipledger.core.load import load_yaml, load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Cite, Source

_DATA = Path(str(files("chipledger") / "data"))
# Most documents hold none of these; one pass that is made anyway (`techniques.seen_in`) tells.
MAY_SET = (
    r"\b(?:t?o?r?c?h?_?n|r|h)ccl_[a-z]|\bgloo_|\bucx_|\btp_socket_|#sbatch|#pbs|nnodes|nproc[-_]per[-_]node|num[-_](?:nodes|machines|gpus)\b"
    r"|gpus?[-_]per[-_]node|host_gpu_num|parallel[-_]size|hostfile|\bslots=\d|zero_optimization|zero[-_]stage|\"model_type\"|/gpu\b ?:|--gres"
    r"|\bmpirun|visible_devices|via (?:net|p2p)/|net/ib ?:|--(?:bf16|fp16|fp8|dtype|deepspeed|load|offload|cpu[-_]offload|use[-_]lora)\b|mixed_precision"
    r"|/apdcephfs|/mnt/petrelfs|/cognitive_comp|/share/project|/weka/oe-|/gpfs\w+/rech|/lustre/fsw|/etc/taiji"
)


class Meaning(Record):
    """What a setting of these names asks for.

    Args:
        names: of the variable, the flag (without dashes) or the last keys of a path.
        topic: what it is about.
        techniques: of the closed list, those that it speaks of.
        on: values that ask for them.
        off: values that ask that they be off.
        other: what any other value asks: "yes", "number" (yes where it is above 1), or None for nothing certain.
        switch: a flag that asks without a value.
        by_value: the value names the techniques itself ("bfloat16").
        note: what a reader should know.
        cite: where that stands.
    """

    names: tuple[str, ...]
    topic: str
    techniques: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    other: Literal["yes", "number"] | None = None
    switch: bool = False
    by_value: bool = False
    note: str | None = None
    cite: Cite

    def asks(self, value: str, number: int | None) -> bool | None:
        """Whether a value asks for the techniques (True), that they be off (False), or nothing certain (None).

        Args:
            value: as printed, without quotes; "" for a flag without one.
            number: the whole number that it gives, where one is known.

        >>> meaning_of("variable", "NCCL_IB_DISABLE").asks("0", 0)
        True
        >>> meaning_of("key", "bf16.enabled").asks("auto", None) is None
        True
        """
        if not self.techniques:
            return None
        if value == "":
            return True if self.switch else None
        plain = str(number) if number is not None else value
        if plain in self.on or plain in self.off:
            return plain in self.on
        if value.startswith("$") and number is None:
            return None
        if self.other == "number":
            return number > 1 if number is not None else None
        return True if self.other == "yes" else None


class LogLine(Record):
    """A line that a library prints while it runs: the only sign that a path was active."""

    expression: str
    topic: str
    techniques: tuple[str, ...]
    active: bool
    cite: Cite


class Settings(Record):
    """The file settings.yaml."""

    checked_on: str
    libraries: tuple[str, ...]
    families: dict[str, tuple[str, ...]]
    bare_families: tuple[str, ...]
    variables: tuple[Meaning, ...]
    flags: tuple[Meaning, ...]
    keys: tuple[Meaning, ...]
    logs: tuple[LogLine, ...]


class Sign(Record):
    """A mount, a platform's name or an order of adapters that one operator's scripts bear.

    Args:
        expression: of a mount or platform, as re2; None of adapters.
        value: of adapters, as printed.
        operator: whose machines bear it.
        strength: how far it speaks for the operator when it stands alone.
        note: what a reader should know.
        cite: where it was seen.
    """

    expression: str | None = None
    value: str | None = None
    operator: str
    strength: Literal["weak", "very weak"]
    note: str | None = None
    cite: Cite


class Fabrics(Record):
    """The file fabrics.yaml."""

    checked_on: str
    alternatives: tuple[str, ...] = Field(min_length=1)
    mounts: tuple[Sign, ...]
    platforms: tuple[Sign, ...]
    adapters: tuple[Sign, ...]


@cache
def settings_table() -> Settings:
    """The meanings of launch settings.

    >>> len(settings_table().variables) > 10
    True
    """
    return load_yaml(_DATA / "evidence" / "settings.yaml", Settings)


@cache
def fabrics() -> Fabrics:
    """The signs of operators' machines.

    >>> fabrics().mounts[0].operator
    'Tencent'
    """
    return load_yaml(_DATA / "evidence" / "fabrics.yaml", Fabrics)


@cache
def sources() -> Mapping[str, Source]:
    """The sources of both files by id.

    >>> "nccl-environment" in sources()
    True
    """
    return {source.id: source for source in load_yaml_list(_DATA / "sources" / "launch.yaml", Source)}


def meaning_of(kind: str, name: str) -> Meaning:
    """The meaning of a setting.

    Args:
        kind: variable, flag or key.
        name: of a flag with or without dashes, of a key with its path.

    Raises:
        KeyError: nothing is known of it.

    >>> meaning_of("flag", "--tensor_parallel_size").topic
    'tensor_parallel'
    >>> meaning_of("key", "deepspeed.zero_optimization.stage").topic
    'zero_stage'
    """
    if kind == "variable":
        return _variables()[name]
    if kind == "flag":
        return _flags()[name.strip("-").replace("_", "-").lower()]
    parts = name.split(".")
    for start in range(max(0, len(parts) - 3), len(parts)):
        found = _keys().get(".".join(parts[start:]))
        if found:
            return found
    raise KeyError(name)


def family_of(name: str) -> tuple[str, ...] | None:
    """The techniques that a variable's beginning tells of; () where a family has none, None where it is of no family.

    >>> family_of("NCCL_DEBUG"), family_of("UCX_TLS"), family_of("HOME")
    (('NCCL',), (), None)
    """
    for technique, beginnings in settings_table().families.items():
        if name.startswith(tuple(beginnings)):
            return (technique,)
    return () if name.startswith(settings_table().bare_families) else None


@cache
def _variables() -> Mapping[str, Meaning]:
    return {name: one for one in settings_table().variables for name in one.names}


@cache
def _flags() -> Mapping[str, Meaning]:
    return {name: one for one in settings_table().flags for name in one.names}


@cache
def _keys() -> Mapping[str, Meaning]:
    return {name: one for one in settings_table().keys for name in one.names}


@cache
def variable_expression() -> str:
    """A re2 expression of every variable's name: those that are known, and families by their beginning.

    >>> import re
    >>> re.search(variable_expression(), "export NCCL_NET_GDR_LEVEL=2").group()
    'NCCL_NET_GDR_LEVEL'
    """
    beginnings = [one for some in settings_table().families.values() for one in some]
    families = "|".join(sorted({*beginnings, *settings_table().bare_families}))
    names = "|".join(
        sorted((name for name in _variables() if family_of(name) is None), key=len, reverse=True)
    )
    return rf"\b(?:(?:{families})[A-Z0-9_]{{1,60}}|{names})\b"


@cache
def flag_expression() -> str:
    """A re2 expression of every flag with its dashes, in either spelling."""
    long = "|".join(sorted((name.replace("-", "[-_]") for name in _flags()), key=len, reverse=True))
    return rf"(?:--(?:{long})|\s-(?:tp|pp|np))\b"
