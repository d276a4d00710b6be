from datetime import date

import pytest

from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.evals.epoch_models import epoch_models

HEAD = "Model,Organization,Publication date,Training compute (FLOP),Training hardware,Hardware quantity,Abstract\n"


@pytest.fixture
def table(tmp_path):
    def written(*rows, head=HEAD):
        path = tmp_path / "models.csv"
        path.write_text(head + "".join(f"{row}\n" for row in rows), "utf-8")
        return path

    return written


def test_a_row_becomes_a_training_run_of_a_lower_grade(table):
    found = epoch_models(table('Kite V3,Example Lab,2024-12-26,3.4e+24,NVIDIA H800 SXM5,2048.0,"two\nlines"'))

    run = found["Kite V3"]
    assert (run.organisation, run.released_on, run.training_flop) == (
        "Example Lab",
        date(2024, 12, 26),
        3.4e24,
    )
    assert (run.hardware, run.hardware_count, run.grade) == ("NVIDIA H800 SXM5", 2048, Grade.QUOTED)


def test_a_row_without_compute_or_date_is_no_training_run(table):
    assert epoch_models(table("Kite,Lab,2024-12-26,,,,", "Brook,Lab,,1e24,,,")) == {}


def test_of_a_repeated_name_the_first_stands(table):
    found = epoch_models(table("Kite,Lab,2024-12-26,1e24,,,", "Kite,Lab,2025-12-26,9e24,,,"))

    assert found["Kite"].training_flop == 1e24


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Kite,Lab,soon,1e24,,,", "models.csv:2"),
        ("Kite,Lab,2024-12-26,lots,,,", "could not convert"),
        ("Kite,Lab,2024-12-26,-1,,,", "greater than 0"),
        ("Kite,Lab,2024-12-26,inf,,,", "finite"),
        ("Kite,Lab,2024-12-26,1e24,H800,1e999,", "infinity"),
    ],
)
def test_a_figure_that_cannot_be_read_is_told_with_its_line(table, row, told):
    with pytest.raises(InputError, match=told):
        epoch_models(table(row))


def test_another_table_is_refused_by_the_column_it_lacks(table):
    with pytest.raises(InputError, match="no column 'Training compute \\(FLOP\\)'"):
        epoch_models(table(head="Model,Publication date\n"))


def test_a_file_that_is_no_text_or_not_there_is_told(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00Model")

    for name in ("a.csv", "nowhere.csv"):
        with pytest.raises(InputError, match="cannot be read"):
            epoch_models(tmp_path / name)
