"""Dumps: a row is a document with name, owner, day and licence from its columns; what is hostile costs itself."""

import gzip
import json
import pickle
import random
import resource
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents import parquet_rows
from chipledger.documents.column_names import Asked, asked, resolve
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry
from chipledger.documents.limits import Limits
from chipledger.documents.row import as_day
from chipledger.documents.sources import planned, read, read_entry

pa = pytest.importorskip("pyarrow", reason="reading Parquet needs pyarrow, the extra [parquet]")
pq = pytest.importorskip("pyarrow.parquet")

CARDS = [
    {"modelId": f"acme/kite-{number}", "author": "acme", "last_modified": datetime(2024, 5, 1, 10, tzinfo=UTC),
     "downloads": number, "tags": ["pytorch", "license:mit"], "card": f"# Kite\n\nTrained on {number} H20."}
    for number in range(1, 6)
]  # fmt: skip
AUTO = Asked()


def parquet(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def plain(content: bytes) -> bytes:
    return content


def zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


PACKED = [("a.jsonl", plain), ("a.jsonl.gz", gzip.compress), ("a.ndjson.zst", zst)]
Pack = Callable[[bytes], bytes]


def json_lines(path: Path, rows: list[Any], pack: Pack = plain) -> Path:
    path.write_bytes(pack("".join(json.dumps(row, default=str) + "\n" for row in rows).encode()))
    return path


def found(
    path: Path, rows: Asked | None = AUTO, limits: Limits | None = None
) -> list[Document | FailedDocument]:
    with planned(str(path), limits or Limits(), rows=rows) as plan:
        return list(read(plan))


def test_the_daily_set_of_model_cards_needs_no_word_about_its_columns(tmp_path: Path) -> None:
    path = parquet(tmp_path / "cards.parquet", CARDS, row_group_size=2)
    with planned(str(path), Limits()) as plan:
        assert plan.count == 5
        assert plan.notes == (
            "cards.parquet: a document a row: text=card,name=modelId,organisation=author,date=last_modified,"
            "licence=tags,format=markdown",
        )
        documents = list(read(plan))
    third = documents[2]
    assert isinstance(third, Document)
    assert (third.document, third.text, third.format) == (
        "acme/kite-3",
        "# Kite\n\nTrained on 3 H20.",
        "markdown",
    )
    assert (third.organisation, third.project, third.licence) == ("acme", "kite-3", "mit")
    assert (third.published_on, third.url) == (date(2024, 5, 1), None)


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_json_lines_are_rows_when_the_user_says_so(tmp_path: Path, name: str, pack: Pack) -> None:
    path = json_lines(tmp_path / name, CARDS, pack)
    documents = found(path)
    assert [getattr(one, "document", None) for one in documents] == [
        f"acme/kite-{number}" for number in range(1, 6)
    ]
    assert isinstance(documents[0], Document)
    assert (documents[0].text, documents[0].licence, documents[0].published_on) == (
        "# Kite\n\nTrained on 1 H20.", "mit", date(2024, 5, 1)
    )  # fmt: skip


def test_json_lines_are_one_document_unless_the_user_says_so(tmp_path: Path) -> None:
    (document,) = found(json_lines(tmp_path / "a.jsonl", CARDS), rows=None)
    assert isinstance(document, Document)
    assert document.format == "jsonl"


def test_dumps_in_a_folder_are_rows_only_when_the_user_says_so(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", CARDS[:2])
    json_lines(tmp_path / "b.jsonl.gz", CARDS[2:3], gzip.compress)
    (tmp_path / "notes.md").write_text("8 A100")
    assert sorted(one.document for one in found(tmp_path)) == [
        "acme/kite-1", "acme/kite-2", "acme/kite-3", "notes.md"
    ]  # fmt: skip
    with planned(str(tmp_path), Limits()) as plan:
        assert plan.skipped == {"binary": 1}


def test_weighing_reads_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "a.parquet", CARDS)
    monkeypatch.setattr(parquet_rows, "pages_of", None)
    with planned(str(path), Limits()) as plan:
        assert plan.count == 5
        assert plan.total_bytes > 0


def test_the_users_word_outranks_the_guess(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", [{"card": "no", "body": "8 H20", "id": 7, "who": "Tencent"}])
    words = "text=body,name=id,organisation=who,format=html,url=https://a.org/{name}"
    (document,) = found(path, asked(words))
    assert isinstance(document, Document)
    assert (document.text, document.document, document.organisation, document.format, document.url) == (
        "8 H20", "7", "Tencent", "html", "https://a.org/7"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "what"),
    [("text", "cannot tell what"), ("words=a", "cannot tell what"), ("text=a,text=b", "cannot tell what"),
     ("format=docx", "no such format"), ("url=ftp://{name}", "no address")],
)  # fmt: skip
def test_words_about_columns_that_mean_nothing_are_refused(words: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        asked(words)


def test_columns_that_do_not_tell_are_refused_with_their_list(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", [{"text": "a", "content": "b", "n": 1}])
    with pytest.raises(
        InputError, match=r"several columns may hold the text: text, content.*columns text, content, n"
    ):
        found(path)
    with pytest.raises(InputError, match=r"no column 'card'.*one of the columns text, content, n"):
        found(path, asked("text=card"))
    with pytest.raises(InputError, match="no column is sure to hold the text"):
        found(parquet(tmp_path / "b.parquet", [{"n": 1}]))
    other = parquet(tmp_path / "c.parquet", CARDS[:1])
    assert [type(one) for one in found(tmp_path)] == [FailedDocument, FailedDocument, Document], other


def test_a_row_without_text_is_passed_over(tmp_path: Path) -> None:
    rows = [
        {"name": "a", "text": None},
        {"name": "b", "text": " \n"},
        {"name": "c", "text": "8 H20"},
        {"name": "d"},
    ]
    for path in (parquet(tmp_path / "a.parquet", rows), json_lines(tmp_path / "a.jsonl", rows)):
        documents = found(path)
        assert [getattr(one, "stage", "read") for one in documents] == ["skip", "skip", "read", "skip"]
        assert [one.document for one in documents] == ["a", "b", "c", "d"]


def test_the_format_of_a_row_is_told_by_its_name_or_by_looking(tmp_path: Path) -> None:
    rows = [{"path": "a.tex", "text": "8 H20"}, {"path": "b", "text": "<html>8 H20"}, {"path": "c", "text": "# 8 H20"},
            {"path": "d", "text": "8 H20"}]  # fmt: skip
    documents = found(parquet(tmp_path / "a.parquet", rows))
    assert [getattr(one, "format", None) for one in documents] == ["latex", "html", "markdown", "text"]


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.jsonl.gz"])
def test_a_row_is_read_in_any_order_and_by_another_process(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.parquet":
        parquet(path, CARDS, row_group_size=2)
    else:
        json_lines(path, CARDS, gzip.compress if name.endswith("gz") else plain)
    with planned(str(path), Limits(), rows=AUTO) as plan:
        entries = [pickle.loads(pickle.dumps(one)) for one in plan.entries() if isinstance(one, Entry)]
    assert len({one.key for one in entries}) == 5
    read = [read_entry(one, Limits()).document for one in [*reversed(entries), entries[2]]]
    assert read == [f"acme/kite-{number}" for number in (5, 4, 3, 2, 1, 3)]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet at all", b"PAR1" + b"\0" * 60 + b"\xff\xff\xff\x7fPAR1",
                                     b"PAR1" + b"\0" * 64 + b"\x10\0\0\0PAR1"])  # fmt: skip
def test_a_parquet_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(InputError, match="no Parquet file"):
        found(tmp_path / "a.parquet")
    (failure,) = found(tmp_path)
    assert isinstance(failure, FailedDocument)


def test_a_cell_that_would_fill_memory_costs_its_row_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_rows, "_PAGE_BYTES", 16 << 20)
    schema = pa.schema([("name", pa.string()), ("text", pa.string())])
    with pq.ParquetWriter(tmp_path / "a.parquet", schema, compression="zstd") as writer:
        for size_bytes in (10, 80 << 20, 10):
            writer.write_table(pa.table({"name": [str(size_bytes)], "text": ["x" * size_bytes]}, schema))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    documents = found(tmp_path / "a.parquet")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 << 10
    assert [one.document for one in documents] == ["10", "a.parquet/rows 2 to 2", "10"]
    assert isinstance(documents[1], FailedDocument)
    assert "over the limit of 16.8 MB" in documents[1].reason


def test_a_cell_that_is_told_by_every_row_is_held_a_few_times_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"name": str(number), "text": "x" * (8 << 20)} for number in range(40)]
    path = parquet(tmp_path / "a.parquet", rows, compression="zstd", dictionary_pagesize_limit=64 << 20)
    assert path.stat().st_size < 1 << 20
    del rows
    monkeypatch.setattr(parquet_rows, "_BATCH_BYTES", 32 << 20)
    with planned(str(path), Limits()) as plan:
        entries = [one for one in plan.entries() if isinstance(one, Entry)]
        assert {getattr(one.place, "batch_rows", 0) for one in entries} == {3}
        assert all(isinstance(read_entry(one, Limits()), Document) for one in entries[:4])


def test_a_cell_over_the_limit_costs_its_row(tmp_path: Path) -> None:
    rows = [{"name": "a", "text": "x" * 2000}, {"name": "b", "text": "8 H20"}]
    for path in (parquet(tmp_path / "a.parquet", rows), json_lines(tmp_path / "a.jsonl", rows)):
        documents = found(path, limits=Limits(document_bytes=1500, pdf_bytes=1500))
        assert [type(one) for one in documents] == [FailedDocument, Document]


@pytest.mark.parametrize(("name", "pack"), PACKED[:1])
def test_a_line_of_200_mb_costs_itself_and_no_memory(tmp_path: Path, name: str, pack: Pack) -> None:
    with (tmp_path / "plain").open("wb") as stream:
        stream.write(b'{"text": "8 H20"}\n{"text": "')
        blocks = [random.Random(number).randbytes(1 << 20).hex().encode() for number in range(3)]
        stream.writelines(blocks * 34)
        stream.write(b'"}\n{"text": "16 H20"}\n')
    content = (tmp_path / "plain").read_bytes()
    (tmp_path / name).write_bytes(content if pack is plain else pack(content))
    del content
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    documents = found(tmp_path / name)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120 << 10
    assert [getattr(one, "text", None) for one in documents] == ["8 H20", None, "16 H20"]


def test_lines_that_are_no_objects_cost_themselves(tmp_path: Path) -> None:
    lines = [b'{"text": "8 H20"}', b"[1]", b"{", b"", b"[" * 100_000, b'{"text": 7}', b'{"text": "9 H20"}']
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    documents = found(tmp_path / "a.jsonl")
    assert [getattr(one, "text", None) for one in documents] == ["8 H20", None, None, None, None, "9 H20"]
    assert [getattr(one, "stage", "") for one in documents] == ["", "json", "json", "json", "skip", ""]


def test_a_packed_file_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    path = json_lines(
        tmp_path / "a.jsonl.gz", [{"text": f"{n} H20 {n * 7919}"} for n in range(20_000)], gzip.compress
    )
    path.write_bytes(path.read_bytes()[:-4_000])
    documents = found(path)
    assert isinstance(documents[0], Document)
    assert len(documents) > 10_000
    assert isinstance(documents[-1], FailedDocument)
    assert "read to its row" in documents[-1].reason


def test_a_packed_bomb_is_left(tmp_path: Path) -> None:
    line = b'{"text": "8 H20"}\n'
    (tmp_path / "a.jsonl.zst").write_bytes(zst(line + b" " * (100 << 20)))
    documents = found(tmp_path / "a.jsonl.zst")
    assert isinstance(documents[0], Document)
    assert "as a bomb does" in documents[-1].reason if isinstance(documents[-1], FailedDocument) else False


@pytest.mark.parametrize(
    ("cell", "day"),
    [(datetime(2024, 5, 1, 23, tzinfo=UTC), date(2024, 5, 1)), (date(2024, 5, 1), date(2024, 5, 1)),
     ("2024-05-01", date(2024, 5, 1)), (1714557600000, date(2024, 5, 1)), (True, None), (0, None), (None, None),
     (1e300, None), (float("nan"), None), ("2024-13-01", None)],
)  # fmt: skip
def test_days_are_read_from_what_dumps_hold(cell: object, day: date | None) -> None:
    assert as_day(cell) == day


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400), st.integers(0, 400), st.integers(0, 2000))
def test_any_damage_to_a_parquet_file_is_told(damage: bytes, cut: int, at: int) -> None:
    import io
    import tempfile

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(CARDS), out)
    whole = out.getvalue()
    at = at % len(whole)
    content = whole[:at] + damage + whole[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.parquet").write_bytes(content)
        for one in found(Path(folder)):
            assert isinstance(one, Document | FailedDocument)


def test_resolving_is_the_same_whatever_the_order_of_columns() -> None:
    kinds = {"modelId": "text", "card": "text", "license": "text", "likes": "other"}
    turned = dict(reversed(kinds.items()))
    assert resolve(AUTO, kinds, "a") == resolve(AUTO, turned, "a")
