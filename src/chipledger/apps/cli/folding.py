"""Text that folds as its script does: Latin between words, Chinese and Japanese between any two characters.

Rich folds at spaces alone, which leaves half a line empty before a Chinese sentence, and counts a sentence without
spaces as one word. Here a line ends before the piece that no longer fits; closing marks stay with what they close.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.containers import Lines
from rich.text import Text

_WIDE = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_CLOSING = "、。，．：；！？）」』】〉》〕’”…ー々\uff5d"
_OPENING = "（「『【〈《〔‘“\uff5b"
_PIECE = re.compile(
    rf"[{_OPENING}]*[{_WIDE}][{_CLOSING}]*[^\S\n]*"
    rf"|[{_OPENING}]*[^\s{_WIDE}{_OPENING}{_CLOSING}]+[{_CLOSING}]*[^\S\n]*"
    rf"|[{_OPENING}{_CLOSING}]+[^\S\n]*|[^\S\n]+"
)


def pieces(line: str) -> list[str]:
    """The pieces of a line between which it may be broken; joined they are the line.

    >>> pieces("使用64张 A100，历时三周。")
    ['使', '用', '64', '张 ', 'A100，', '历', '时', '三', '周。']
    """
    return _PIECE.findall(line)


def widest(texts: Sequence[str]) -> int:
    """How many cells the widest piece of these texts takes.

    >>> widest(["a licence", "训练"])
    7
    """
    return max(
        (cell_len(piece.rstrip()) for text in texts for line in text.split("\n") for piece in pieces(line)),
        default=0,
    )


def breaks(line: str, cells: int) -> Iterator[int]:
    """Where to break a line so that no part is wider; a piece that is wider by itself is cut.

    Args:
        line: without newlines.
        cells: the room there is.

    >>> list(breaks("模型在 64 张 A100 上", 8))
    [4, 9]
    """
    at = used = 0
    for piece in pieces(line):
        wide = cell_len(piece.rstrip())
        if used + wide > cells and used:
            yield at
            used = 0
        if wide > cells:
            *cut, piece = chop_cells(piece, cells)
            for part in cut:
                at += len(part)
                yield at
        at, used = at + len(piece), used + cell_len(piece)


class Folded(Text):
    """A text whose lines are broken by `breaks`."""

    def wrap(self, console: Console, width: int, **given: Any) -> Lines:
        """The text in lines of at most this width."""
        folded = Lines()
        for line in self.split("\n", allow_blank=True):
            parts = line.divide(breaks(line.plain, width))
            for part in parts:
                part.rstrip_end(width)
            if given.get("justify"):
                parts.justify(console, width, justify=given["justify"], overflow="fold")
            folded.extend(parts)
        return folded
