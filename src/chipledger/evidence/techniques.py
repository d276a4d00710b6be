"""Which techniques a text names: number formats, sharding, fabrics, offload.

Takes `data/techniques.yaml`; gives the names in the order of the file. A mention carries the techniques of its own
sentence, a document those of its whole text. The pass over a whole text also tells whether it may hold launch settings.
"""

from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.evidence.launch_table import MAY_SET
from chipledger.evidence.remembered import REMEMBERED
from chipledger.evidence.sweep import automaton


class Techniques(Record):
    """The technique expressions by name."""

    source: str
    checked_on: str
    techniques: dict[str, tuple[str, ...]]


@cache
def _listed() -> Techniques:
    return load_yaml(Path(str(files("chipledger") / "data" / "techniques.yaml")), Techniques)


@cache
def names() -> tuple[str, ...]:
    """The closed list of techniques."""
    return tuple(_listed().techniques)


@cache
def _automaton() -> Any:
    return automaton([*_listed().techniques.values(), (MAY_SET,)])


def techniques_in(text: str | bytes) -> tuple[str, ...]:
    """The techniques that a text names, in the order of the closed list.

    >>> techniques_in("LoRA with DeepSpeed ZeRO-3 and bf16 on two nodes over RoCE")
    ('BF16', 'DeepSpeed', 'ZeRO', 'RoCE')
    """
    return _techniques_of(text) if isinstance(text, str) else seen_in(text)[0]


@lru_cache(maxsize=REMEMBERED)
def _techniques_of(text: str) -> tuple[str, ...]:
    return seen_in(text.encode("utf-8", "replace"))[0]


def seen_in(content: bytes) -> tuple[tuple[str, ...], bool]:
    """The techniques that a text names, and whether it may hold launch settings, in one pass.

    >>> seen_in(b"export NCCL_NET_GDR_LEVEL=2"), seen_in(b"a walk in the park")
    ((('NCCL', 'RDMA'), True), ((), False))
    """
    found = _automaton().Match(content) or ()
    listed = names()
    return tuple(listed[index] for index in sorted(found) if index < len(listed)), len(listed) in found
