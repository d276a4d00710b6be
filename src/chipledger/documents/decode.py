"""Bytes to text: which encoding, in which order of trust.

A byte order mark decides; then what the file declares (HTML, XML, LaTeX, Python), if its bytes agree; then strict
UTF-8; then what the bytes look like (resiliparse). What is left is UTF-8 with replacements and says so. A byte order
mark stays in the text as U+FEFF, so that `content.decode(encoding) == text` for every encoding but a damaged one.
A declared single-byte encoding accepts any bytes and therefore never outvotes valid UTF-8.
"""

import codecs
import re
from functools import partial
from typing import NamedTuple

from resiliparse.parse.encoding import detect_encoding

DAMAGED = "utf-8 (damaged)"

_HEAD_BYTES = 4096
_SNIFF_BYTES = 8192
_DETECT_BYTES = 65536
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""(?ix) <meta\s[^>]{0,200}? charset\s*=\s*["']?\s*([\w.:-]{1,40})
       | <\?xml\s[^>]{0,200}? encoding\s*=\s*["']([\w.:-]{1,40})
       | \\usepackage\s*\[([\w-]{1,40})\]\s*\{inputenc\}
       | ^[ \t]*\#[^\n]{0,80}?coding[:=][ \t]*([\w.-]{1,40})
       | ^%[ ]*!TeX\s+encoding\s*=\s*([\w.-]{1,40})""",
    re.MULTILINE,
)
# The web's and LaTeX's labels for the codec that reads everything so labelled: gb2312 in the wild holds GBK and
# GB 18030 characters, shift_jis holds Microsoft's (WHATWG Encoding Standard, section 4.2).
_LABELS = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "x-gbk": "gb18030", "hz-gb-2312": "hz",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "cp932": "cp932", "euc-jp": "euc_jp", "eucjp": "euc_jp",
    "iso-2022-jp": "iso2022_jp", "euc-kr": "cp949", "cp949": "cp949", "ks-c-5601-1987": "cp949",
    "utf-8": "utf-8", "utf8": "utf-8", "utf8x": "utf-8", "utf-16": "utf-16-le", "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be", "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "utf-8",
    "ascii": "utf-8", "windows-1252": "cp1252", "cp1252": "cp1252", "ansinew": "cp1252", "iso-8859-15": "iso8859-15",
    "latin9": "iso8859-15", "iso8859-1": "cp1252", "windows-1251": "cp1251", "koi8-r": "koi8-r", "iso-8859-2": "iso8859-2",
    "windows-1250": "cp1250",
}  # fmt: skip
_MULTIBYTE = {
    "gb18030",
    "big5hkscs",
    "cp932",
    "euc_jp",
    "iso2022_jp",
    "hz",
    "cp949",
    "utf-16-le",
    "utf-16-be",
}
_MAGIC = (
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a zip archive"), (b"\x1f\x8b", "gzip data"), (b"\xfd7zXZ", "xz data"), (b"BZh", "bzip2 data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"), (b"\x7fELF", "an ELF program"), (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"), (b"\x93NUMPY", "a NumPy array"), (b"\x80\x02", "a Python pickle"),
    (b"wOFF", "a font"), (b"wOF2", "a font"), (b"OggS", "audio or video"), (b"ID3", "audio"), (b"%!PS", "PostScript"),
)  # fmt: skip
_EAST_ASIAN = re.compile(r"[\x00-\x7f\u3000-\u30ff\u4e00-\u9fff\uff00-\uff5e\u2010-\u2026\u00d7]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_PAIR = re.compile(rb"[\x80-\xff]{2}")  # no East Asian text is without two such bytes in a row
_ORDINARY = re.compile(
    r"[\t\n\r\f -~\u00a0-\u024f\u2000-\u206f\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef\ufeff]+"
)


_BOM_STARTS = tuple(bom for bom, _ in _BOMS)
_MAGIC_STARTS = tuple(magic for magic, _ in _MAGIC)


class Decoded(NamedTuple):
    """Text and the codec that gave it."""

    text: str
    encoding: str


def decode(content: bytes, charset: str | None = None) -> Decoded | None:
    """The text of a document's bytes.

    Args:
        content: the bytes as they lie in the file.
        charset: the encoding that came with the bytes, as a web server names it; it outranks what they declare.

    Returns:
        The text without newline translation and its encoding, or None where the bytes are no text.

    Source: order of trust as measured on gb18030, Shift-JIS and UTF-8 samples (docs/documents.md).

    >>> decode("使用512块H20训练".encode("gb18030"))
    Decoded(text='使用512块H20训练', encoding='gb18030')
    >>> decode("8 张 A100".encode() + b" \\xff").encoding
    'utf-8 (damaged)'
    >>> decode(b"\\x89PNG...") is None
    True
    """
    if content.startswith(_BOM_STARTS):
        codec = next(codec for bom, codec in _BOMS if content.startswith(bom))
        return _strictly(content, codec) or _damaged(content)
    if content.startswith(_MAGIC_STARTS):
        return None
    if b"\0" in content[:_SNIFF_BYTES]:
        return _utf16_without_mark(content)
    declared = (_codec(charset) if charset else None) or _declared(content)
    if declared in _MULTIBYTE and (decoded := _strictly(content, declared)):
        return decoded
    return _strictly(content, "utf-8") or _by_looks(content, declared)


def binary_kind(content: bytes) -> str | None:
    """What the bytes are when they are certainly no text, in words for an error; None otherwise.

    >>> binary_kind(b"PK\\x03\\x04rest")
    'a zip archive'
    """
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if b"\0" in content[:_SNIFF_BYTES] and not content.startswith(_BOM_STARTS):
        return None if _utf16_without_mark(content) else "binary data"
    return None


def _declared(content: bytes) -> str | None:
    head = content[:_HEAD_BYTES]
    words = head.lower()
    match = _DECLARED.search(head) if _may_declare(words) else None
    if not match:
        return "iso2022_jp" if b"\x1b" in head and b"\x1b$" in head else None
    label = next(group for group in match.groups() if group).decode("ascii", "replace")
    return _codec(label)


def _may_declare(words: bytes) -> bool:
    """Whether any of the signs of a declaration stands there; the word encoding alone, on every other page of software, is none."""
    if b"coding" in words and any(sign in words for sign in (b"coding:", b"coding=", b"<?xml", b"!tex")):
        return True
    # a single byte is found twenty times as fast as a word, and most pages lack it
    return (b"<" in words and b"charset" in words) or (b"\\" in words and b"inputenc" in words)


def _codec(label: str) -> str | None:
    return _LABELS.get(label.lower().replace("_", "-"))


def _strictly(content: bytes, codec: str) -> Decoded | None:
    try:
        return Decoded(content.decode(codec), codec)
    except UnicodeDecodeError:
        return None


def _damaged(content: bytes) -> Decoded:
    return Decoded(content.decode("utf-8", "replace"), DAMAGED)


def _by_looks(content: bytes, declared: str | None) -> Decoded:
    damaged = _damaged(content)
    if _is_mostly_valid(damaged.text):
        return damaged
    if not _PAIR.search(content) and (decoded := _strictly(content, "cp1252")):
        return decoded
    looks = _codec(str(detect_encoding(_sample(content))))
    for codec in (declared, looks):
        if codec and codec != "utf-8" and (decoded := _strictly(content, codec) or _nearly(content, codec)):
            return decoded
    return next(filter(None, map(partial(_if_east_asian, content), ("gb18030", "cp932"))), damaged)


def _nearly(content: bytes, codec: str) -> Decoded | None:
    """Text in a multi-byte encoding but for a few broken characters, which are replaced."""
    text = content.decode(codec, "replace")
    return Decoded(text, f"{codec} (damaged)") if codec in _MULTIBYTE and _is_mostly_valid(text) else None


def _if_east_asian(content: bytes, codec: str) -> Decoded | None:
    """Text in an East Asian encoding where all that is not ASCII is Han, kana or their punctuation."""
    decoded = _strictly(content, codec)
    return decoded if decoded and _EAST_ASIAN.fullmatch(decoded.text) else None


def _is_mostly_valid(replaced: str) -> bool:
    """Whether the characters beyond ASCII that were valid outnumber the replaced ones by ten to one."""
    bad = replaced.count("\ufffd")
    beyond_ascii = sum(map(len, _BEYOND_ASCII.findall(replaced)))
    return beyond_ascii - bad > 10 * bad


def _sample(content: bytes) -> bytes:
    """The stretch of bytes that tells encodings apart: from the first one that is not ASCII."""
    first = re.search(rb"[\x80-\xff]", content)
    start = max(0, first.start() - 256) if first else 0
    return content[start : start + _DETECT_BYTES]


def _utf16_without_mark(content: bytes) -> Decoded | None:
    """UTF-16 told by its NUL bytes: nearly all characters ordinary, and a space or newline among them."""
    for codec in ("utf-16-le", "utf-16-be"):
        sample = content[:_SNIFF_BYTES].decode(codec, "replace")
        ordinary = sum(len(run) for run in _ORDINARY.findall(sample))
        if ordinary >= 0.95 * len(sample) and (" " in sample or "\n" in sample):
            return _strictly(content, codec)
    return None
