"""A document's fingerprint: what tells its copies, its translations and what was made of it, without keeping its text.

Takes a text; gives a `Fingerprint`. Clauses tell copies. What no translator changes tells translations: numbers in
their rows, addresses, the order of headings, tables and blocks of code. Everything is done to the bytes of the whole
text at once, so that it costs a few per cent of reading a document closely. Of each kind the smallest hashes are kept
(bottom-k sketches), so that two documents are compared on the same sample however long they are.

Source: A. Z. Broder, "On the resemblance and containment of documents" (1997), for the sketches.
"""

import re
import struct
from zlib import adler32, crc32

from chipledger.core.records import Fingerprint

MOST_WORDS, MOST_FIGURES, MOST_LINKS, MOST_CITES, MOST_SHAPE = 96, 48, 24, 24, 64
LEAST_CLAUSE = 20
"""Bytes of a clause without blanks; shorter ones stand in documents that have nothing to do with each other."""
_MOST_CHARS = 2_000_000
_LEAST_ROW, _LEAST_NUMBER, _LONGEST = 6, 4, 200
_MARK = re.compile(rb"\n(?:\|(?:[^\n]*\n\|)*|```|#{1,6}(?= ))")
_IN_SHORT = {b"|": "t", b"`": "`", b"#": ""}
_MOST_LINKS_READ = 400

_LETTERS = bytes(range(256)).lower()
_ENDS = frozenset(b".,;:!?\xef")  # 0xEF begins the marks of full width in UTF-8: ， ； ： ！ ？
_FULL_STOP = "。".encode()
_CLAUSES = bytes(0x0A if byte in _ENDS else _LETTERS[byte] for byte in range(256))
_NO_LETTERS = bytes(
    byte for byte in range(128) if byte != 0x0A and byte not in _ENDS and not chr(byte).isalnum()
)
_DIGITS = frozenset(b"0123456789")
_NUMBERS = bytes(byte if byte in _DIGITS else 0x20 for byte in range(256))
_NO_DIGITS = bytes(byte for byte in range(256) if byte != 0x0A and byte not in _DIGITS)
_LINK = re.compile(rb"https?://([^\s()<>\"'\\\]}|`\x80-\xff]{6,200})")
_NAMED_PAPER = re.compile(rb"arXiv(?::|\s)\s?(\d{4}\.\d{4,5})")
_LINKED = re.compile(
    r"(?:www\.)?(?:arxiv\.org/(?:abs|pdf|html|e-print)/(\d{4}\.\d{4,5})"
    r"|(github\.com|huggingface\.co|modelscope\.cn/models)/([\w.\-]{1,60}/[\w.\-]{1,80})"
    r"|(?:dx\.)?doi\.org/(10\.\d{4,9}/[\w.()/\-]{2,60}))",
    re.I | re.A,
)
_CITED_HOSTS = (b"arxiv.org/", b"www.arxiv.org/", b"github.com/", b"www.github.com/", b"huggingface.co/", b"modelscope.cn/models/",
                b"www.modelscope.cn/models/", b"doi.org/", b"dx.doi.org/")  # fmt: skip
_HOSTS = {"github.com": "github", "huggingface.co": "huggingface", "modelscope.cn/models": "modelscope"}
_NO_REPOSITORY = frozenset(("datasets", "spaces", "docs", "blog", "papers", "collections", "orgs", "topics", "features", "sponsors"))  # fmt: skip


def fingerprint_of(reading: str, text: str, content: bytes | None = None) -> Fingerprint:
    """The fingerprint of a document.

    Args:
        reading: its text as it is read, markup blanked where the format has markup around words.
        text: its text; addresses stand in the markup.
        content: the text in UTF-8, where it is at hand.

    >>> one = fingerprint_of(*["# Kite\\nWe trained Kite from scratch, see https://github.com/lab/kite (arXiv:2401.01234)\\n"] * 2)
    >>> one.shape, one.cites, one.words_count
    ('1', ('github:lab/kite', 'arxiv:2401.01234'), 1)
    >>> one == fingerprint_of(*["Another text altogether."] * 2)
    False
    """
    is_at_hand = content is not None and len(text) <= _MOST_CHARS
    whole = content if content is not None and is_at_hand else text[:_MOST_CHARS].encode("utf-8", "replace")
    raw = whole if text is reading else reading[:_MOST_CHARS].encode("utf-8", "replace")
    links = [link.rstrip(b"/.,") for link in _LINK.findall(whole)]
    words, words_count = _smallest(_clauses(raw), MOST_WORDS)
    figures, figures_count = _smallest(_figures(raw), MOST_FIGURES)
    return Fingerprint(
        words=words,
        words_count=words_count,
        figures=figures,
        figures_count=figures_count,
        links=_smallest(links, MOST_LINKS)[0],
        shape=_shape(whole),
        cites=_cites(links, whole),
    )


def clause_hashes(words: str) -> list[int]:
    """The hashes of the clauses of a few words, as a document's fingerprint has them.

    >>> clause_hashes("Trained on 512 A800 GPUs, in  June") == clause_hashes("trained on 512 A800 gpus.")
    True
    """
    return [_hash(clause) for clause in _clauses(words.encode("utf-8", "replace"))]


def _clauses(raw: bytes) -> list[bytes]:
    parts = raw.replace(_FULL_STOP, b"\n").translate(_CLAUSES, _NO_LETTERS).split(b"\n")
    return [clause for clause in parts if len(clause) >= LEAST_CLAUSE]


def _figures(raw: bytes) -> list[bytes]:
    rows = raw.translate(None, _NO_DIGITS).split()
    numbers = dict.fromkeys(raw.translate(_NUMBERS).split())
    return [row for row in rows if _LEAST_ROW <= len(row) <= _LONGEST] + [
        number for number in numbers if _LEAST_NUMBER <= len(number) <= _LONGEST
    ]


def _smallest(parts: list[bytes], most: int) -> tuple[bytes, int]:
    by_hash = dict(zip(map(crc32, parts), parts, strict=True))
    kept = sorted(by_hash)[:most]
    halves = [half for one in kept for half in (one, adler32(by_hash[one]))]
    return struct.pack(f">{len(halves)}I", *halves), len(by_hash)


def _hash(part: bytes) -> int:
    return crc32(part) << 32 | adler32(part)


def _shape(raw: bytes) -> str:
    """The headings by level, tables and blocks of code, by how lines begin."""
    marks = _MARK.findall(b"\n" + raw)
    return "".join(_IN_SHORT[mark[1:2]] or str(len(mark) - 1) for mark in marks)[:MOST_SHAPE]


def _cites(links: list[bytes], raw: bytes) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for link in links[:_MOST_LINKS_READ]:
        if link.startswith(_CITED_HOSTS):
            match = _LINKED.match(link.decode("ascii"))
            if match and (cited := _cited(*match.groups())):
                found.setdefault(cited)
                if len(found) == MOST_CITES:
                    break
    for paper in _NAMED_PAPER.findall(raw):
        found.setdefault(f"arxiv:{paper.decode()}")
    return tuple(found)[:MOST_CITES]


def _cited(paper: str | None, host: str | None, name: str | None, work: str | None) -> str | None:
    if paper:
        return f"arxiv:{paper}"
    if work:
        return f"doi:{work.rstrip('.').lower()}"
    owner, _, rest = (name or "").lower().partition("/")
    project = rest.removesuffix(".git").strip(".")
    return (
        None
        if owner in _NO_REPOSITORY or not project
        else f"{_HOSTS[(host or '').lower()]}:{owner}/{project}"
    )
