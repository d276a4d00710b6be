"""A drawing into a file: whole or not at all."""

from pathlib import Path

from chipledger.core.errors import InputError
from chipledger.core.files import written_whole


def drawn(path: Path, drawing: str) -> None:
    """Write an SVG.

    Raises:
        InputError: the name does not end in .svg.
    """
    if path.suffix.casefold() != ".svg":
        raise InputError(
            f"cannot tell what to write from {path.name[:80]!r}",
            where="--chart",
            expected="a name that ends in .svg",
        )
    with written_whole(path) as partial:
        partial.write_text(f"{drawing}\n", encoding="utf-8", newline="\n")
