"""The strict loader: what it reads, and every slip it refuses with file, line and remedy."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as draw
from pydantic import Field

from chipledger.core import load
from chipledger.core.errors import DataError
from chipledger.core.load import load_csv, load_yaml, load_yaml_list, parse_yaml
from chipledger.core.records import Record
from chipledger.core.sources import Source


class Version(Record):
    eccn: str
    effective_from: date | None = None
    at_least: float | None = None
    quantity: int | None = Field(default=None, ge=0)
    destinations: tuple[str, ...] = ()
    is_enforced: bool | None = None


class Law(Record):
    id: str
    versions: tuple[Version, ...]


@pytest.fixture
def written(tmp_path):
    """A function that writes words to a file and gives the path."""

    def write(words, name="law.yaml"):
        path = tmp_path / name
        path.write_bytes(words if isinstance(words, bytes) else words.encode())
        return path

    return write


def refusal(call, *arguments):
    with pytest.raises(DataError) as caught:
        call(*arguments)
    return str(caught.value)


# What is read


def test_a_file_becomes_a_record_with_dates_numbers_and_codes(written):
    law = load_yaml(
        written(
            "id: us-ear-3a090-a\n"
            "versions:\n"
            '  - {eccn: "3A090.a", effective_from: 2022-10-21, at_least: 4_800, destinations: [CN, "NO"]}\n'
            "  - {eccn: 3A090.a, effective_from: null, at_least: 3.2, is_enforced: false}\n"
        ),
        Law,
    )

    first, second = law.versions
    assert (first.effective_from, first.at_least, first.destinations) == (
        date(2022, 10, 21),
        4800,
        ("CN", "NO"),
    )
    assert (second.eccn, second.effective_from, second.is_enforced) == ("3A090.a", None, False)


def test_a_list_of_records_keeps_its_order(written):
    listed = load_yaml_list(written('- {eccn: "3A090.a"}\n- {eccn: "4A090.a"}\n'), Version)

    assert [each.eccn for each in listed] == ["3A090.a", "4A090.a"]


@pytest.mark.parametrize(
    "code", ["3E001", "4E091", "5E002", "NO", "no", "off", "010", "0x1F", "1e3", "~", ".inf"]
)
def test_a_quoted_code_stays_the_text_it_is(written, code):
    assert load_yaml(written(f'eccn: "{code}"'), Version).eccn == code


@pytest.mark.parametrize("code", ["3A090", "3A090.a", "5A992.z", "D:5", "2022-10", "1:30", "R200", "CN"])
def test_a_code_that_no_parser_mistakes_needs_no_quotes(written, code):
    assert load_yaml(written(f"eccn: {code}"), Version).eccn == code


def test_a_key_is_always_text(written):
    assert parse_yaml(written("NO: Norway\n3E001: technology"))[0] == {"NO": "Norway", "3E001": "technology"}


@given(words=draw.text(draw.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])))
def test_any_text_in_single_quotes_comes_back_as_it_is(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("quoted") / "law.yaml"
    path.write_text("eccn: '" + words.replace("'", "''").replace("\ufeff", "") + "'", "utf-8")

    assert load_yaml(path, Version).eccn == words.replace("\ufeff", "")


# What YAML would turn into something else


@pytest.mark.parametrize(
    "word",
    [
        "3E001",
        "4E091",
        "5E002",
        "1e3",
        "NO",
        "no",
        "Yes",
        "on",
        "OFF",
        "y",
        "n",
        "~",
        "010",
        "0x1F",
        "0o7",
        ".nan",
        ".inf",
    ],
)
def test_an_ambiguous_bare_word_is_refused_with_the_line_and_the_remedy(written, word):
    message = refusal(load_yaml, written(f"at_least: 1\neccn: {word}\n"), Version)

    assert message == f"'{word}' is ambiguous in YAML (law.yaml:2); write \"{word}\" in quotes"


# Slips of the pen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("eccn: a\neccn: b\n", "repeated key 'eccn' (law.yaml:2); keep one of them"),
        ("eccn: a\n<<: {at_least: 1}\n", "key '<<' is not plain text (law.yaml:2)"),
        ("eccn: !code 3A090\n", "tag '!code' is refused (law.yaml:1); write a plain value"),
        ("id: x\nversions:\n  - eccn: a\n    eccn: b\n", "repeated key 'eccn' (law.yaml:4)"),
        ("eccn: a\ndestinations:\n  - CN\n  - NO\n", "'NO' is ambiguous in YAML (law.yaml:4)"),
        ("eccn: 3090\n", "eccn: input should be a valid string (law.yaml:1)"),
        ("eccn: a\nat_lest: 1\n", "at_lest: extra inputs are not permitted (law.yaml:2); expected a Version"),
        ("eccn: a\nat_least: many\n", "at_least: input should be a valid number"),
        ("eccn: a\n\nquantity: -1\n", "quantity: input should be greater than or equal to 0 (law.yaml:3)"),
        ("eccn: a\neffective_from: 2022-13-01\n", "(law.yaml:2); expected a Version"),
        ("at_least: 1\n", "eccn: field required (law.yaml:1)"),
        ("- a\n", "the record: input should be a valid dictionary"),
        ("", "the record: input should be a valid dictionary"),
        ("eccn: [a\n", "not YAML:"),
        ("\teccn: a\n", "not YAML: found character that cannot start any token (law.yaml:1)"),
        ("eccn: a\n---\neccn: b\n", "not YAML: but found another document (law.yaml:2)"),
        ("eccn: a\x07\n", "not YAML:"),
    ],
)
def test_a_slip_is_told_with_its_line(written, words, message):
    assert message in refusal(load_yaml, written(words), Version)


def test_a_slip_deep_inside_is_told_with_its_own_line(written):
    words = "id: x\nversions:\n  - eccn: a\n    at_least: 1\n  - eccn: b\n    at_least: high\n"

    assert "versions.1.at_least" in refusal(load_yaml, written(words), Law)
    assert "(law.yaml:6)" in refusal(load_yaml, written(words), Law)


def test_what_is_missing_is_told_with_the_line_of_the_item_that_lacks_it(written):
    words = "id: x\nversions:\n  - eccn: a\n  - at_least: 1\n"

    assert "versions.1.eccn: field required (law.yaml:4)" in refusal(load_yaml, written(words), Law)


def test_a_slip_in_a_list_is_told_with_the_line_of_its_item(written):
    assert "(law.yaml:3)" in refusal(
        load_yaml_list, written("- eccn: a\n- eccn: b\n  at_least: high\n"), Version
    )


def test_a_mapping_where_a_list_is_meant_is_refused(written):
    assert "the file holds no list (law.yaml:1); expected a list of records" in refusal(
        load_yaml_list, written("eccn: a\n"), Version
    )


@pytest.mark.parametrize("load", [load_yaml, load_yaml_list, load_csv])
def test_a_missing_file_and_a_folder_are_told_by_their_path(tmp_path, load):
    assert "No such file or directory" in refusal(load, tmp_path / "none.yaml", Version)
    assert str(tmp_path) in refusal(load, tmp_path, Version)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("eccn: &code a\n", "(law.yaml:1)"),
        ("eccn: a\ndestinations: &all [*all]\n", "(law.yaml:2)"),
        ("eccn: a\ndestinations: !set [CN]\n", "tag '!set' is refused (law.yaml:2)"),
        ("!law {eccn: a}\n", "tag '!law' is refused (law.yaml:1)"),
        ("eccn: !!binary aGk=\n", "is refused (law.yaml:1)"),
        ("? [eccn]\n: a\n", "is not plain text (law.yaml:1)"),
        ("eccn: " + "[" * 5_000 + "]" * 5_000 + "\n", "(law.yaml:1)"),
        (b"eccn: \xff\n", "law.yaml"),
    ],
)
def test_what_only_yaml_can_say_is_refused(written, words, message):
    assert message in refusal(load_yaml, written(words), Version)


def test_a_bomb_of_aliases_is_refused_at_once(written):
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))

    assert "anchors" in refusal(parse_yaml, written("l0: &l0 [x]\n" + levels))


def test_every_key_and_item_has_its_line(written):
    _, lines = parse_yaml(written("eccn: a\ndestinations:\n  - CN\n  - MO\n"))

    assert (lines["eccn",], lines["destinations", 1]) == (1, 4)


# CSV


class Row(Record):
    country: str
    code: str | None = None


def test_cells_are_text_and_empty_cells_unknown(written):
    rows = load_csv(written('country,code\nNA,3E001\nNO,\n"a, b",010\n', "rows.csv"), Row)

    assert [(row.country, row.code) for row in rows] == [("NA", "3E001"), ("NO", None), ("a, b", "010")]


def test_a_file_too_large_for_data_is_refused_before_it_is_read(written, monkeypatch):
    monkeypatch.setattr(load, "LARGEST_BYTES", 10)
    assert "more than 10 bytes (rows.csv); expected a data file" in refusal(load_csv, written("country\nCN\n" * 3, "rows.csv"), Row)  # fmt: skip


def test_a_mark_of_the_encoding_is_no_part_of_the_first_column(written):
    assert [
        row.code for row in load_csv(written(b"\xef\xbb\xbfcountry,code\r\nCN,1\r\n", "rows.csv"), Row)
    ] == ["1"]


def test_a_header_alone_is_a_table_of_no_rows(written):
    assert load_csv(written("country,code\n", "rows.csv"), Row) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "no header row (rows.csv:1)"),
        ("country,country\nCN,CN\n", "repeated columns ['country'] (rows.csv:1)"),
        ("country,code\nCN,1\nNO\n", "1 cells under 2 columns (rows.csv:3); quote a cell that holds a comma"),
        ("country,code\nCN,1,2\n", "3 cells under 2 columns (rows.csv:2)"),
        ("country,code\nCN,1\n\n", "0 cells under 2 columns (rows.csv:3)"),
        (
            "country,capital\nCN,Beijing\n",
            "unknown columns ['capital'] (rows.csv:1); expected those of a Row: country, code",
        ),
        ("country,code\n,1\n", "country: input should be a valid string (rows.csv:2)"),
        ('country,code\n"C\nN",1\nNO\n', "1 cells under 2 columns (rows.csv:4)"),
    ],
)
def test_a_row_that_does_not_fit_is_told_with_its_line(written, words, message):
    assert message in refusal(load_csv, written(words, "rows.csv"), Row)


@pytest.mark.parametrize(
    "words",
    [
        b'country,code\n"CN"x,1\n',
        b'country,code\n"CN,1\n',
        b"country,code\n\xff,1\n",
        b"country,code\n" + b"x" * 200_000 + b",1\n",
    ],
)
def test_a_damaged_table_is_told_with_its_file(written, words):
    assert "rows.csv" in refusal(load_csv, written(words, "rows.csv"), Row)


def test_a_misspelt_key_is_told_rather_than_the_key_it_leaves_missing(tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text("id: one\ntitel: A text\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"^titel: .*\(one\.yaml:2\)"):
        load_yaml(path, Source)
