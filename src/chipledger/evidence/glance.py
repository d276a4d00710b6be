"""What an expression cannot do without, as one of re2's: a text that does not hold it is told off in a microsecond.

Takes an expression for Python's engine; gives one for re2 that matches wherever the first does, and maybe more: looking ahead and
behind is left out, long counts become open ones, a boundary stays only where a letter of ASCII stands at it (re2 knows no other
letters there). Python's engine tries every place of a text, ten times as slow, and most texts hold nothing of most expressions.
"""

import string
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from chipledger.evidence.sweep import automaton

_parser = import_module("re._parser")  # of the standard library, without a public name
_WORD = frozenset(string.ascii_letters + string.digits + "_")
_LONGEST_COUNT = 3
_HELD = {"CATEGORY_DIGIT": r"\p{Nd}", "CATEGORY_WORD": r"\pL\pN\pM_", "CATEGORY_SPACE": r"\s\x{0b}\x{1c}-\x{1f}\x{85}\pZ",
         "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_NOT_WORD": r"\W", "CATEGORY_NOT_SPACE": r"\S"}  # fmt: skip
# Within a negated class what is left out must be no more than Python leaves out.
_LEFT_OUT = {"CATEGORY_DIGIT": "0-9", "CATEGORY_WORD": "0-9A-Za-z_", "CATEGORY_SPACE": r"\s"}
_AT = {"AT_BEGINNING": r"\A", "AT_BEGINNING_STRING": r"\A", "AT_END": r"(?:\n?\z)", "AT_END_STRING": r"\z"}

Ops = Sequence[tuple[Any, Any]]


def glance(expression: str) -> Any:
    r"""An automaton whose `Match(bytes)` gives something wherever the expression may match in a text, or None where none can be made.

    Args:
        expression: for Python's engine, of a text in small letters.

    >>> look = glance(r"\bran\b(?! away)|\d{1,9} ?秒")
    >>> [bool(look.Match(said.encode())) for said in ("it ran", "branch", "12秒", "they ran away")]
    [True, False, True, True]
    """
    needed = necessary(expression)
    return None if needed is None else automaton([(needed,)])


def necessary(expression: str) -> str | None:
    r"""The expression for re2, or None where one part has none (a reference back to a group).

    Args:
        expression: for Python's engine.

    >>> necessary(r"(?<!\w)h20\b|用\b"), necessary(r"(a)\1") is None
    ('(?:h20\\b|用)', True)
    """
    try:
        return _in_order(list(_parser.parse(expression)))
    except KeyError:
        return None


def _in_order(ops: Ops) -> str:
    return "".join(_part(ops, at) for at in range(len(ops)))


def _part(ops: Ops, at: int) -> str:
    op, value = ops[at]
    match str(op):
        case "LITERAL":
            return _escaped(value)
        case "NOT_LITERAL":
            return f"[^{_escaped(value)}]"
        case "ANY":
            return "(?s:.)"
        case "IN":
            return _class(value)
        case "BRANCH":
            return f"(?:{'|'.join(_in_order(list(one)) for one in value[1])})"
        case "SUBPATTERN":
            return f"(?:{_in_order(list(value[3]))})"
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeated(*value)
        case "ATOMIC_GROUP":
            return f"(?:{_in_order(list(value))})"
        case "ASSERT" | "ASSERT_NOT":
            return ""
        case "AT":
            return _place(str(value), ops[:at], ops[at + 1 :])
    raise KeyError(op)


def _repeated(least: int, most: int, ops: Any) -> str:
    low = min(int(least), _LONGEST_COUNT)
    high = str(int(most)) if int(most) <= _LONGEST_COUNT else ""
    return f"(?:{_in_order(list(ops))}){{{low},{high}}}"


def _place(kind: str, before: Ops, after: Ops) -> str:
    if kind == "AT_BOUNDARY":
        return r"\b" if _begins_in_ascii(after) or _begins_in_ascii(before[::-1], backwards=True) else ""
    return "" if kind == "AT_NON_BOUNDARY" else _AT[kind]


def _begins_in_ascii(ops: Ops, *, backwards: bool = False) -> bool:
    """Whether whatever matches begins (or, read backwards, ends) with a letter or digit of ASCII."""
    for op, value in ops:
        match str(op):
            case "LITERAL":
                return chr(value) in _WORD
            case "IN":
                return all(_is_ascii(*item) for item in value)
            case "BRANCH":
                return all(_begins_in_ascii(_turned(one, backwards), backwards=backwards) for one in value[1])
            case "SUBPATTERN":
                return _begins_in_ascii(_turned(value[3], backwards), backwards=backwards)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                begins = _begins_in_ascii(_turned(value[2], backwards), backwards=backwards)
                if value[0] or not begins:
                    return begins
            case "ASSERT" | "ASSERT_NOT" | "AT":
                continue
            case _:
                return False
    return False


def _turned(ops: Any, backwards: bool) -> Ops:
    return list(ops)[::-1] if backwards else list(ops)


def _is_ascii(op: Any, value: Any) -> bool:
    match str(op):
        case "LITERAL":
            return chr(value) in _WORD
        case "RANGE":
            return (
                all(chr(one) in _WORD for one in range(value[0], min(value[1], 128) + 1)) and value[1] < 128
            )
    return False


def _class(items: Ops) -> str:
    is_negated = str(items[0][0]) == "NEGATE"
    said = (_item(str(op), value, _LEFT_OUT if is_negated else _HELD) for op, value in items[is_negated:])
    return f"[{'^' if is_negated else ''}{''.join(said)}]"


def _item(op: str, value: Any, categories: dict[str, str]) -> str:
    match op:
        case "LITERAL":
            return _escaped(value)
        case "RANGE":
            return f"{_escaped(value[0])}-{_escaped(value[1])}"
        case "CATEGORY":
            return categories[str(value)]
    raise KeyError(op)


def _escaped(code: int) -> str:
    character = chr(code)
    if character in _WORD or (code >= 0xA0 and character.isprintable()):
        return character
    return f"\\x{{{code:x}}}"
