"""Rows as blocks of lines, for a terminal that is too narrow for a table: a line for each field that has a value."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chipledger.apps.cli.folding import Folded, widest

_BETWEEN_COLUMNS = 3  # two spaces and a rule


def is_too_narrow(cells: int, columns: Sequence[Sequence[str]], word_cells: int) -> bool:
    """Whether a table of these columns would break common words to pieces.

    Args:
        cells: the width of the terminal.
        columns: of each column the texts, its head among them.
        word_cells: a column has room enough when words of this width fit; wider ones may be cut.

    >>> is_too_narrow(40, [["chip", "NVIDIA A100"], ["licence needed"]], 16)
    False
    >>> is_too_narrow(18, [["chip", "NVIDIA A100"], ["licence needed"]], 16)
    True
    """
    return sum(min(widest(texts), word_cells) + _BETWEEN_COLUMNS for texts in columns) > cells


def blocks(rows: Sequence[Mapping[str, str]], title: str) -> RenderableType:
    """The rows one under the other.

    Args:
        rows: texts by the names of their fields.
        title: above all of them.
    """
    parts: list[RenderableType] = [Folded(title, style="italic")] if title else []
    for row in rows:
        block = Table.grid(padding=(0, 2))
        block.add_column(style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for name, value in row.items():
            if value:
                block.add_row(name.replace("_", " "), Folded(value))
        parts += [Text(""), block]
    return Group(*parts)
