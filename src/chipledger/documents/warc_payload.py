"""What a web server sent, from the block of a WARC record: head parsed, chunks joined, compression undone, digest checked."""

import base64
import binascii
import hashlib
import io
import zlib
from typing import NamedTuple

from fastwarc.stream_io import BrotliReader, ChunkedReader, GzipReader, ZstdReader
from fastwarc.warc import WarcRecord

from chipledger.core.errors import LimitError

_READERS = {"gzip": GzipReader, "x-gzip": GzipReader, "br": BrotliReader, "zstd": ZstdReader}
_DIGESTS = frozenset({"sha1", "sha256", "sha512", "md5"})


class Payload(NamedTuple):
    """The bytes as the server's reader sees them, and the encoding that the server names."""

    content: bytes
    charset: str | None


def payload(record: WarcRecord, limit_bytes: int) -> Payload:
    """The payload of a record.

    Args:
        record: its HTTP head may be parsed.
        limit_bytes: most bytes, before and after decompression.

    Raises:
        LimitError: it is larger.
        ValueError: it is damaged, does not match its digest, or is compressed in a way that is not known.
        OSError: it cannot be read.
    """
    record.parse_http(quirks_mode=True)
    raw = record.reader.read(limit_bytes + 1)
    _check(len(raw), limit_bytes)
    heads = record.http_headers
    chunked = heads is not None and "chunked" in (heads.get("Transfer-Encoding") or "").lower()
    encodings = (heads.get("Content-Encoding") or "") if heads is not None else ""
    is_plain = not chunked and encodings.strip().lower() in ("", "identity")
    content = raw if is_plain else _decoded(raw, chunked, encodings, limit_bytes)
    digest = record.headers.get("WARC-Payload-Digest")
    if digest and not record.headers.get("WARC-Truncated"):
        _verify(digest, raw, content, chunked, limit_bytes)
    return Payload(content, record.http_charset or None)


def _check(size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise LimitError(
            f"over the limit of {limit_bytes / 1e6:.1f} MB for one document; raise it with --max-bytes"
        )


def _decoded(raw: bytes, chunked: bool, encodings: str, limit_bytes: int) -> bytes:
    """The payload without chunks and compression; some crawlers undo them and leave the head as it came."""
    content = _joined(raw, limit_bytes) if chunked else raw
    for encoding in reversed([one.strip().lower() for one in encodings.split(",") if one.strip()]):
        if encoding == "identity":
            continue
        if encoding == "deflate":
            content = _inflated(content, limit_bytes)
        elif encoding in ("gzip", "x-gzip") and not content.startswith(b"\x1f\x8b"):
            continue
        elif reader := _READERS.get(encoding):
            content = reader(io.BytesIO(content)).read(limit_bytes + 1)
        else:
            raise ValueError(f"compressed in a way that is not known: {encoding[:40]!r}")
        _check(len(content), limit_bytes)
    return content


def _joined(raw: bytes, limit_bytes: int) -> bytes:
    first = raw.split(b"\n", 1)[0].split(b";")[0].strip()
    if not first or first.strip(b"0123456789abcdefABCDEF"):
        return raw  # joined already
    return bytes(ChunkedReader(io.BytesIO(raw)).read(limit_bytes + 1))


def _inflated(content: bytes, limit_bytes: int) -> bytes:
    try:
        return zlib.decompressobj(15).decompress(content, limit_bytes + 1)
    except zlib.error:
        pass  # servers send either form
    try:
        return zlib.decompressobj(-15).decompress(content, limit_bytes + 1)
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from None


def _verify(digest: str, raw: bytes, content: bytes, chunked: bool, limit_bytes: int) -> None:
    """Refuse a payload that its digest does not fit; crawlers disagree on whether it is of the bytes before or after decoding."""
    name, _, value = digest.strip().partition(":")
    name = name.lower().replace("-", "")
    expected = _digest_bytes(value)
    if name not in _DIGESTS or expected is None:
        return
    forms = [raw] if content is raw else [raw, content, *([_joined(raw, limit_bytes)] if chunked else [])]
    if not any(hashlib.new(name, form, usedforsecurity=False).digest() == expected for form in forms):
        raise ValueError("damaged: the payload does not match its digest")


def _digest_bytes(value: str) -> bytes | None:
    for size, read in ((32, base64.b32decode), (52, base64.b32decode), (56, base64.b32decode)):
        if len(value) == size and not (size == 32 and value.lower() == value and value.isdigit()):
            try:
                return read(value.upper())
            except (binascii.Error, ValueError):
                break
    try:
        return bytes.fromhex(value)
    except ValueError:
        return None
