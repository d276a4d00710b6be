"""The leaves of a JSON or YAML text with the path of their keys and their place, without building any value.

Takes text; gives `Leaf`s. Both readers go over the text once, hold no more than the keys above them, and never fail: of a
damaged text what can be told is told. Neither resolves anchors, tags or references.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DEEPEST = 40
_LONGEST_KEY = 120
_LONGEST_VALUE = 2_000
# A string runs to its quote, or to the end of a line or text that cuts it off: it always ends, so that nothing is tried twice.
_JSON = re.compile(r'"([^"\\\n]*(?:\\[\s\S][^"\\\n]*)*)(?:"|\n|\\?\Z)|([{}\[\],:])|([^\s{}\[\],:"]{1,200})')
_YAML = re.compile(
    r"^(?P<indent> *)(?P<items>(?:- +)*)(?:(?P<quote>[\"']?)(?P<key>[A-Za-z_][\w./ -]{0,100}?)(?P=quote) *:(?=\s|$))?"
    r"(?P<rest>[^\n]*)$",
    re.M,
)
_SCALAR = re.compile(
    r"\s*(?:\"(?P<d>[^\"\n]{0,2000})\"|'(?P<s>[^'\n]{0,2000})'|(?P<p>[^\s#][^\n]*?))(?=\s+#|\s*$)"
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value at the end of a path.

    Attributes:
        path: the keys that lead to it, joined by points; items of lists add nothing.
        value: as printed, without quotes.
        start, end: from the key's first character to the value's last.
        is_text: whether it stands in quotes.
    """

    path: str
    value: str
    start: int
    end: int
    is_text: bool = False


def json_leaves(text: str) -> Iterator[Leaf]:
    """The leaves of a JSON text.

    Args:
        text: JSON, also JSON with remarks or damage.

    >>> [(leaf.path, leaf.value) for leaf in json_leaves('{"zero_optimization": {"stage": 3}, "bf16": {"enabled": "auto"}}')]
    [('zero_optimization.stage', '3'), ('bf16.enabled', 'auto')]
    """
    above: list[tuple[str, int] | None] = []
    key: tuple[str, int] | None = None
    held: tuple[str, int, int, bool] | None = None
    for token in _JSON.finditer(text):
        mark = token[2]
        if mark is None:
            words = token[3] if token[1] is None else token[1]
            held = (words, token.start(), token.end(), token[1] is not None)
            continue
        if mark == ":":
            key = (held[0][:_LONGEST_KEY], held[1]) if held and held[3] else None
        elif mark in "{[":
            if len(above) >= _DEEPEST:
                return
            above.append(key)
            key = None
        else:
            if held and key:
                yield _leaf(above, key, held)
            if mark != "," and above:
                above.pop()
            key = None
        held = None


def _leaf(
    above: list[tuple[str, int] | None], key: tuple[str, int], held: tuple[str, int, int, bool]
) -> Leaf:
    path = ".".join([*(one[0] for one in above if one), key[0]])
    return Leaf(path, held[0], key[1], held[2], held[3])


def yaml_leaves(text: str) -> Iterator[Leaf]:
    """The leaves of a YAML text, by its indents; a block of several lines is no leaf.

    Args:
        text: YAML.

    >>> said = "deepspeed_config:\\n  zero_stage: 3\\nenv:\\n- name: NCCL_DEBUG\\n  value: 'INFO' # loud\\n"
    >>> [(leaf.path, leaf.value) for leaf in yaml_leaves(said)]
    [('deepspeed_config.zero_stage', '3'), ('env.name', 'NCCL_DEBUG'), ('env.value', 'INFO')]
    """
    above: list[tuple[int, str]] = []
    for line in _YAML.finditer(text):
        key = line["key"]
        if key is None:
            continue
        depth = len(line["indent"]) + len(line["items"])
        # an item of a list may stand as deep as the key above it
        level = depth if not line["items"] else len(line["indent"]) + 0.5
        while above and above[-1][0] >= level:
            above.pop()
        value = _SCALAR.match(line["rest"][:_LONGEST_VALUE].rstrip("\r"))
        if (
            value is None
            or value["p"] in ("|", ">", "|-", ">-")
            or (value["p"] or "").startswith(("&", "*", "!"))
        ):
            if len(above) >= _DEEPEST:
                return
            above.append((depth, key))
            continue
        group = next(name for name in "dsp" if value[name] is not None)
        path = ".".join([*(name for _, name in above), key])
        yield Leaf(
            path,
            value[group],
            line.start("key"),
            line.start("rest") + value.end(group),
            is_text=group != "p",
        )
