"""JSON and JSON Lines with their string escapes read in place.

`\\n` becomes a space and a newline, `\\"` a space and a quote, `\\u4f7f` its character and five spaces: the text
keeps its length and a chip's name no longer leans on the letter of an escape.
"""

import re

from chipledger.documents.blank import replaced

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|([nrtbf"\\/]))')
_SHORT = {"n": " \n", "r": "  ", "t": "  ", "b": "  ", "f": "  ", '"': ' "', "\\": " \\", "/": " /"}


def blank(text: str) -> str:
    """The text of a JSON file with escapes read in place.

    >>> blank('{"note": "8\\\\u00d7H20\\\\nok"}')
    '{"note": "8×     H20 \\nok"}'
    """
    return replaced(_ESCAPE, _read, text) if "\\" in text else text


def _read(match: re.Match[str]) -> str:
    if match[1] is None:
        return _SHORT[match[2]]
    character = chr(int(match[1], 16))
    return ("  " if 0xD800 <= ord(character) < 0xE000 else character).ljust(6)
