import shutil

import pytest

from chipledger.core.errors import DataError
from chipledger.rules.law import DATA, law


@pytest.fixture
def a_copy(tmp_path):
    for part in (
        "instruments",
        "controls",
        "remaining",
        "end_uses",
        "letters",
        "practices",
        "guidance",
        "presumptions",
    ):
        shutil.copytree(DATA / part, tmp_path / part)
    for file in ("approved_parties.yaml", "exclusions.yaml", "z_paragraphs.yaml"):
        shutil.copy(DATA / file, tmp_path / file)
    (tmp_path / "sources").mkdir()
    shutil.copy(DATA / "sources" / "rules.yaml", tmp_path / "sources" / "rules.yaml")
    shutil.copy(DATA / "country_groups.yaml", tmp_path / "country_groups.yaml")
    return tmp_path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_copy_loads_like_the_original(a_copy):
    assert law(a_copy).boundaries == law().boundaries


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("controls/us-ear-3a090-b.yaml", "board:", "bord:", r"us-ear-3a090-b.yaml:\d+"),
        ("controls/us-ear-3a090-b.yaml", "id: us-ear-3a090-b", "id: us-ear-3a090-x", "is not the file's name"),
        ("controls/us-ear-3a090-b.yaml", "instrument: us-2026-07-10-uae", "instrument: us-2026-07-11-uae", "instrument 'us-2026-07-11-uae' does not exist"),
        ("controls/us-ear-3a090-b.yaml", "headquartered_in: d5-and-macau", "headquartered_in: d6", "headquartered_in 'd6' does not exist"),
        ("controls/us-ear-3a090-b.yaml", "source: ecfr-2025", "source: ecfr", "source 'ecfr' does not exist"),
        ("controls/us-ear-3a090-b.yaml", "at_least: 2400", "at_least: high", r"us-ear-3a090-b.yaml:\d+"),
        ("controls/us-ear-3a090-a.yaml", 'eccn: "3A090.a"', "eccn: 3E090", r"us-ear-3a090-a.yaml:\d+.*quotes"),
        ("letters/us-2022-08-amd.yaml", "effective_until: 2022-10-21", "effective_until: 2022-08-01", r"must hold a day.*us-2022-08-amd.yaml:\d+"),
    ],
)  # fmt: skip
def test_a_slip_in_a_data_file_is_told_with_its_place(a_copy, file, old, new, message):
    edit(a_copy / file, old, new)
    with pytest.raises(DataError, match=message):
        law(a_copy)


@pytest.mark.parametrize(("ends", "message"), [("2023-11-18", "overlap"), ("2023-11-16", "gap")])
def test_versions_of_a_control_may_neither_overlap_nor_leave_a_gap(a_copy, ends, message):
    text = (a_copy / "controls/us-ear-3a090-a.yaml").read_text(encoding="utf-8")
    version = text[text.index("  - effective_from") : text.index("requirements:")]
    early = version.replace(
        "effective_from: 2023-11-17", f"effective_from: 2022-10-21\n    effective_until: {ends}"
    )
    (a_copy / "controls/us-ear-3a090-a.yaml").write_text(
        text.replace("versions:\n", "versions:\n" + early), encoding="utf-8"
    )
    with pytest.raises(DataError, match=message):
        law(a_copy)
