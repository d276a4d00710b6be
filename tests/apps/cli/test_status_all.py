import csv
import sys
from datetime import date

import pytest
from pyarrow import parquet

from chipledger.apps.cli.status_all import COLUMNS, write_all
from chipledger.catalogue.chip import chip
from chipledger.core.errors import InputError
from chipledger.rules.item import item_of

UNTIL = date(2025, 5, 1)
H20 = item_of(chip("nvidia-h20"))


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_h20_to_china_in_csv(tmp_path):
    write_all(tmp_path / "all.csv", UNTIL, [H20])
    china = [
        row for row in rows_of(tmp_path / "all.csv") if (row["country"], row["party"]) == ("CN", "unlisted")
    ]
    assert tuple(china[-1]) == COLUMNS
    assert china[0]["effective_from"] == "2022-08-01" and china[0]["license_required"] == "no"
    assert china[-1]["effective_from"] == "2025-04-09" and china[-1]["effective_until"] == "2025-05-02"
    assert (china[-1]["license_required"], china[-1]["enforced"], china[-1]["letters"]) == (
        "yes",
        "no",
        "yes",
    )
    assert china[-1]["paragraphs"] == "Letter of 2025-04-09 to NVIDIA"


def test_parquet_tells_the_same_rows_as_csv(tmp_path):
    write_all(tmp_path / "all.csv", UNTIL, [H20])
    write_all(tmp_path / "all.parquet", UNTIL, [H20])
    found = parquet.read_table(tmp_path / "all.parquet").to_pylist()
    plain = [
        {name: ", ".join(value) if name == "paragraphs" else str(value or "") for name, value in row.items()}
        for row in found
    ]
    assert plain == rows_of(tmp_path / "all.csv")


def test_parquet_without_its_extra_names_the_extra_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"chipledger\[parquet\]"):
        write_all(tmp_path / "all.parquet", UNTIL, [H20])
    assert not list(tmp_path.iterdir())


def test_what_fails_halfway_leaves_the_file_that_stood_there(tmp_path):
    out = tmp_path / "all.csv"
    out.write_text("what stood there")
    with pytest.raises(InputError, match="2022-08-01 or later"):
        write_all(out, date(2022, 7, 31), [H20])
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("all.csv", "what stood there")]


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot write"):
        write_all(tmp_path / "nowhere" / "all.csv", UNTIL, [H20])
