"""WARC files: captured pages are read with address and day; what is cut off, untrue or a bomb costs itself alone."""

import base64
import gzip
import hashlib
import io
import pickle
import resource
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import zstandard
from fastwarc.stream_io import Lz4Writer
from fastwarc.warc import WarcRecord, WarcRecordType

from chipledger.core.records import FailedDocument
from chipledger.documents.document import Document
from chipledger.documents.entry import Entry
from chipledger.documents.limits import Limits
from chipledger.documents.sources import documents, planned, read_entry

PAGE = b"<html><body>Trained on 64 H20.</body></html>"


def a_record(
    url: str = "https://a.org/page",
    body: bytes = PAGE,
    media: str = "text/html; charset=utf-8",
    *,
    head: str = "",
    status: str = "200 OK",
    kind: WarcRecordType = WarcRecordType.response,
    **fields: str,
) -> bytes:
    """One record of a WARC file as fastwarc writes it."""
    record = WarcRecord()
    record.init_headers(record_type=kind)
    record.headers["WARC-Target-URI"] = url
    record.headers["WARC-Date"] = "2024-05-01T10:00:00Z"
    for name, value in fields.items():
        record.headers[name.replace("_", "-")] = value
    if kind == WarcRecordType.response:
        record.headers["Content-Type"] = "application/http; msgtype=response"
        http = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\n{head}\r\n".encode()
        record.set_bytes_content(http + body)
    else:
        record.headers["Content-Type"] = media
        record.set_bytes_content(body)
    out = io.BytesIO()
    record.write(out)
    return out.getvalue()


def lz4(content: bytes) -> bytes:
    out = io.BytesIO()
    writer = Lz4Writer(out)
    writer.write(content)
    writer.close()
    return out.getvalue()


def zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


def plain(content: bytes) -> bytes:
    return content


PACKED = [("a.warc", plain), ("a.warc.gz", gzip.compress), ("a.warc.zst", zst), ("a.warc.lz4", lz4)]
Pack = Callable[[bytes], bytes]


def found(path: Path, limits: Limits | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """The texts and the reasons of a target, by document."""
    got = list(documents(str(path), limits))
    return (
        {one.document: one.text for one in got if isinstance(one, Document)},
        {one.document: one.reason for one in got if isinstance(one, FailedDocument)},
    )


def three() -> list[bytes]:
    return [a_record(f"https://a.org/{number}", b"<p>%d H20</p>" % number) for number in range(3)]


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_records_are_documents_however_the_file_is_compressed(tmp_path: Path, name: str, pack: Pack) -> None:
    (tmp_path / name).write_bytes(b"".join(map(pack, three())))
    texts = {f"https://a.org/{number}": f"<p>{number} H20</p>" for number in range(3)}
    assert found(tmp_path / name) == (texts, {})


@pytest.mark.parametrize(("name", "pack"), PACKED)
def test_a_file_compressed_in_one_piece_is_read_too(tmp_path: Path, name: str, pack: Pack) -> None:
    info = a_record("", b"software: x", "application/warc-fields", kind=WarcRecordType.warcinfo)
    (tmp_path / name).write_bytes(pack(info + b"".join(three())))
    texts, failures = found(tmp_path / name)
    assert (list(texts.values()), failures) == ([f"<p>{number} H20</p>" for number in range(3)], {})


def test_a_capture_has_its_address_and_its_day(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(a_record()))
    (document,) = documents(str(tmp_path))
    assert isinstance(document, Document)
    assert (document.document, document.url) == ("a.warc.gz/https://a.org/page", "https://a.org/page")
    assert document.seen_on == document.fetched_on == date(2024, 5, 1)
    assert (document.format, document.published_on, document.is_page) == ("html", None, True)
    assert document.document_id == hashlib.sha256(PAGE).hexdigest()


def test_an_entry_is_read_in_any_order_and_by_another_process(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"".join(map(gzip.compress, three())))
    (tmp_path / "b.warc.gz").write_bytes(gzip.compress(b"".join(three())))
    with planned(str(tmp_path), Limits()) as plan:
        entries = [pickle.loads(pickle.dumps(one)) for one in plan.entries() if isinstance(one, Entry)]
    assert len({one.key for one in entries}) == 6
    texts = [getattr(read_entry(one, Limits()), "text", None) for one in reversed(entries)]
    assert texts == [f"<p>{number} H20</p>" for number in (2, 1, 0)] * 2


@pytest.mark.parametrize(
    ("media", "url", "format"),
    [("text/html", "https://a.org/", "html"), ("text/plain", "https://a.org/README.md?raw=1", "markdown"),
     ("application/ld+json", "https://a.org/x", "json"), ("text/markdown", "https://a.org/x", "markdown"),
     ("application/xhtml+xml", "https://a.org/x", "html"), ("text/plain", "https://a.org/x", "text")],
)  # fmt: skip
def test_the_format_is_what_the_server_says(tmp_path: Path, media: str, url: str, format: str) -> None:
    (tmp_path / "a.warc").write_bytes(a_record(url, b"8 H20", media))
    (document,) = documents(str(tmp_path / "a.warc"))
    assert isinstance(document, Document)
    assert document.format == format


def test_a_pdf_is_read(tmp_path: Path, make_pdf: Callable[[list[list[str]]], bytes]) -> None:
    (tmp_path / "a.warc").write_bytes(a_record(body=make_pdf([["64 H20"]]), media="application/pdf"))
    (document,) = documents(str(tmp_path / "a.warc"))
    assert isinstance(document, Document)
    assert (document.format, document.text.strip()) == ("pdf", "64 H20")


def test_the_charset_of_the_server_outranks_the_guess(tmp_path: Path) -> None:
    body = "８張 A100 で学習した。".encode("euc_jp")
    (tmp_path / "a.warc").write_bytes(a_record(body=body, media="text/html; charset=EUC-JP"))
    (document,) = documents(str(tmp_path / "a.warc"))
    assert isinstance(document, Document)
    assert (document.text, document.encoding) == ("８張 A100 で学習した。", "euc_jp")


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


CODINGS = {
    "Content-Encoding: gzip\r\n": gzip.compress(PAGE),
    "Transfer-Encoding: chunked\r\n": chunked(PAGE),
    "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n": chunked(gzip.compress(PAGE)),
    "Content-Encoding: zstd\r\n": zst(PAGE),
    "Content-Encoding: gzip\r\nX-Decoded: yes\r\n": PAGE,  # a crawler undid it and left the head as it came
    "Transfer-Encoding: Chunked\r\nX-Decoded: yes\r\n": PAGE,
    "Content-Encoding: identity\r\n": PAGE,
}


@pytest.mark.parametrize("head", CODINGS)
def test_chunks_are_joined_and_compression_undone(tmp_path: Path, head: str) -> None:
    (tmp_path / "a.warc").write_bytes(a_record(body=CODINGS[head], head=head))
    assert found(tmp_path / "a.warc") == ({"https://a.org/page": PAGE.decode()}, {})


def test_an_unknown_compression_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(a_record(head="Content-Encoding: magic\r\n"))
    assert "not known: 'magic'" in found(tmp_path / "a.warc")[1]["https://a.org/page"]


def sha1(content: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(content).digest()).decode()


@pytest.mark.parametrize("of", [0, 1])
def test_a_payload_fits_its_digest_before_or_after_decoding(tmp_path: Path, of: int) -> None:
    packed = gzip.compress(PAGE)
    record = a_record(
        body=packed, head="Content-Encoding: gzip\r\n", WARC_Payload_Digest=sha1((packed, PAGE)[of])
    )
    (tmp_path / "a.warc").write_bytes(record)
    assert list(found(tmp_path / "a.warc")[0].values()) == [PAGE.decode()]


@pytest.mark.parametrize(
    "digest", [sha1(b"other"), "sha256:" + hashlib.sha256(b"other").hexdigest(), "md5:" + "0" * 32]
)
def test_a_payload_that_does_not_fit_its_digest_is_refused(tmp_path: Path, digest: str) -> None:
    (tmp_path / "a.warc").write_bytes(a_record(WARC_Payload_Digest=digest))
    texts, failures = found(tmp_path / "a.warc")
    assert (texts, list(failures.values())) == ({}, ["damaged: the payload does not match its digest"])


def test_what_is_no_document_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    records = [
        a_record("", b"software: x", "application/warc-fields", kind=WarcRecordType.warcinfo),
        a_record(
            "https://a.org/q", b"GET / HTTP/1.1\r\n\r\n", "application/http", kind=WarcRecordType.request
        ),
        a_record("https://a.org/i", b"\x89PNG", "image/png"),
        a_record("https://a.org/gone", b"no such page", status="404 Not Found"),
        a_record("https://a.org/moved", b"", status="301 Moved"),
        a_record("https://a.org/again", b"", "message/http", kind=WarcRecordType.revisit),
        a_record("https://a.org/text", b"8 H20", "text/plain", kind=WarcRecordType.conversion),
    ]
    (tmp_path / "a.warc").write_bytes(b"".join(records))
    with planned(str(tmp_path / "a.warc"), Limits()) as plan:
        assert plan.count == 1
        assert plan.skipped == {
            "binary": 1, "HTTP error": 1, "HTTP redirect": 1, "revisit of an earlier capture": 1
        }  # fmt: skip


def test_a_capture_in_part_is_read_and_told(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(a_record(WARC_Truncated="length"))
    texts, failures = found(tmp_path / "a.warc")
    assert list(texts.values()) == [PAGE.decode()]
    assert list(failures.values()) == ["captured only in part (length); read as far as it goes"]


@pytest.mark.parametrize(("name", "pack"), PACKED)
@pytest.mark.parametrize("lost_bytes", [5, 30, 200])
def test_a_file_that_is_cut_off_gives_what_is_whole(
    tmp_path: Path, name: str, pack: Pack, lost_bytes: int
) -> None:
    whole = b"".join(map(pack, three()))
    (tmp_path / name).write_bytes(whole[:-lost_bytes])
    texts, failures = found(tmp_path / name)
    assert [texts[f"https://a.org/{number}"] for number in range(2)] == ["<p>0 H20</p>", "<p>1 H20</p>"]
    assert failures


@pytest.mark.parametrize(("name", "pack"), PACKED[:3])
def test_a_damaged_record_costs_itself(tmp_path: Path, name: str, pack: Pack) -> None:
    pieces = list(map(pack, three()))
    pieces[1] = pieces[1][:60] + b"\xff" * 40 + pieces[1][100:]
    (tmp_path / name).write_bytes(b"".join(pieces))
    texts, failures = found(tmp_path / name)
    assert {"https://a.org/0", "https://a.org/2"} <= set(texts)
    assert failures or pack is plain


@pytest.mark.parametrize(("name", "pack"), PACKED[:2])
@pytest.mark.parametrize("claimed", ["+100", "-20", "99999999999"])
def test_a_length_that_is_untrue_lends_no_words_to_another_page(
    tmp_path: Path, name: str, pack: Pack, claimed: str
) -> None:
    records = three()
    head, rest = records[1].split(b"Content-Length: ", 1)
    size, rest = rest.split(b"\r\n", 1)
    value = int(size) + int(claimed) if claimed[0] in "+-" else int(claimed)
    records[1] = head + b"Content-Length: %d\r\n" % value + rest
    (tmp_path / name).write_bytes(b"".join(map(pack, records)))
    texts, failures = found(tmp_path / name)
    assert "https://a.org/1" not in texts
    assert texts["https://a.org/0"] == "<p>0 H20</p>"
    assert failures


def test_a_bomb_in_a_payload_costs_bounded_memory(tmp_path: Path) -> None:
    bomb = zstandard.ZstdCompressor(level=1).compress(b"\0" * (300 << 20))
    gz = gzip.compress(b"\0" * (40 << 20))
    records = [a_record("https://a.org/z", bomb, head="Content-Encoding: zstd\r\n"),
               a_record("https://a.org/g", gz, head="Content-Encoding: gzip\r\n"), a_record()]  # fmt: skip
    (tmp_path / "a.warc").write_bytes(b"".join(records))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    texts, failures = found(tmp_path / "a.warc", Limits(document_bytes=1 << 20, pdf_bytes=1 << 20))
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert list(texts) == ["https://a.org/page"]
    assert all("over the limit of 1.0 MB" in reason for reason in failures.values()) and len(failures) == 2
    assert grown_kib < 100 << 10


def test_a_file_that_grows_as_a_bomb_does_is_left(tmp_path: Path) -> None:
    bomb = a_record("https://a.org/z", b"\0" * (80 << 20))
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(a_record()) + gzip.compress(bomb, 1) * 4)
    texts, failures = found(tmp_path / "a.warc.gz")
    assert list(texts) == ["https://a.org/page"]
    assert any("as a bomb does" in reason for reason in failures.values())


@pytest.mark.parametrize("content", [b"", b"no WARC at all", b"\x1f\x8b\x08 damaged", b"WARC/1.0\r\n"])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.warc.gz").write_bytes(content)
    texts, failures = found(tmp_path)
    assert texts == {}
    assert list(failures) == ["a.warc.gz"]


def test_names_of_captures_are_fit_to_print(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(a_record("https://a.org/\u202egpj.md"))
    assert list(found(tmp_path / "a.warc")[0]) == ["https://a.org/\\u202egpj.md"]
