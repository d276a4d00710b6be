"""Which classes of cue words a piece of text holds.

Takes `data/evidence/cues.yaml` (English, Chinese and Japanese expressions by class); gives, for any text, the set of
classes present, by one pass of an automaton whatever their number.
"""

from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from chipledger.core.load import load_yaml
from chipledger.core.records import Record
from chipledger.evidence.sweep import automaton


class Cues(Record):
    """The cue expressions by class."""

    source: str
    checked_on: str
    cues: dict[str, tuple[str, ...]]


@cache
def classes() -> tuple[str, ...]:
    """The names of the cue classes, in the order of the file."""
    return tuple(_cues().cues)


@cache
def _cues() -> Cues:
    return load_yaml(Path(str(files("chipledger") / "data" / "evidence" / "cues.yaml")), Cues)


# An automaton has a state for every set of classes met so far. One for all of them would make thousands of states
# that a scan meets once; several make a few hundred.
_AUTOMATA = 4
_REMEMBERED = 512  # one text in thirty comes again, and soon


@cache
def _automata() -> tuple[Any, ...]:
    expressions = tuple(_cues().cues.values())
    return tuple(automaton(expressions[first::_AUTOMATA]) for first in range(_AUTOMATA))


@lru_cache(maxsize=_REMEMBERED)
def cues_in(text: str) -> frozenset[str]:
    """The classes of cue words in a text.

    Args:
        text: a clause, a sentence, a cell or a heading.

    >>> sorted(cues_in("fine-tuned on 8 cards") & {"finetune", "train", "require"})
    ['finetune']
    >>> "infer" in cues_in("部署")
    True
    """
    if not text or text.isspace():
        return frozenset()
    content = text.encode("utf-8", "replace")
    return frozenset(
        classes()[first + _AUTOMATA * index]
        for first, one in enumerate(_automata())
        for index in one.Match(content) or ()
    )
