"""A drawing into a file: whole or not at all."""

from pathlib import Path

from chipledger.core.errors import InputError
from chipledger.core.files import written_whole


def drawable(path: Path | None) -> None:
    """Refuse a name that cannot be drawn into, before anything is reckoned.

    Raises:
        InputError: the name does not end in .svg, or its folder is not there.
    """
    if path is None:
        return
    if path.suffix.casefold() != ".svg":
        raise InputError(
            f"cannot tell what to write from {path.name[:80]!r}",
            where="--chart",
            expected="a name that ends in .svg",
        )
    if not path.absolute().parent.is_dir():
        raise InputError(
            f"no such folder: {str(path.parent)[:200]}", where="--chart", expected="a folder that is there"
        )


def drawn(path: Path, drawing: str) -> None:
    """Write an SVG whole or not at all.

    Args:
        path: of a file that is `drawable`.
        drawing: the SVG.
    """
    with written_whole(path) as partial:
        partial.write_text(f"{drawing}\n", encoding="utf-8", newline="\n")
