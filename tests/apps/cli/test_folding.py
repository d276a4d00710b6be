"""Lines are broken where their script allows it and never hold more than the terminal does."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, Group

from chipledger.apps.cli.folding import Folded, breaks, pieces, widest

LINES = st.text(alphabet=st.sampled_from(list("aA0 -，。（「训练昇データ・ー🙂é")), max_size=60)


@given(LINES)
def test_pieces_together_are_the_line(line: str) -> None:
    assert "".join(pieces(line)) == line


@given(LINES, st.integers(min_value=2, max_value=20))
def test_no_part_is_wider_than_the_room(line: str, cells: int) -> None:
    places = [0, *breaks(line, cells), len(line)]
    parts = [line[start:end] for start, end in pairwise(places)]
    assert places == sorted(places) and "".join(parts) == line
    assert all(cell_len(part.rstrip()) <= cells for part in parts)


def printed(text: str, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(Group(Folded(text)))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_chinese_sentence_fills_the_line_it_begins_on() -> None:
    assert printed("模型在 token 上预训练，共64台", 14) == ["模型在 token", "上预训练，共64", "台"]


def test_a_closing_mark_begins_no_line() -> None:
    assert printed("训练三周。推理", 8) == ["训练三", "周。推理"]


def test_lines_of_the_text_stay_lines() -> None:
    assert printed("README.md\n\nA100", 20) == ["README.md", "", "A100"]


@pytest.mark.parametrize(("text", "cells"), [("", 0), ("训练", 2), ("no licence", 7)])
def test_the_widest_piece_is_counted_in_cells(text: str, cells: int) -> None:
    assert widest([text]) == cells
