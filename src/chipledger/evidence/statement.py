"""What a version of a document states, in the shape in which versions are compared: chips in lines, launch settings.

A `Statement` is a chip's mention with the line it stands in, or a setting of the network with its value. Two versions
state the same when kind, name and words are the same, wherever in the file they stand. `telling_lines` is the quick
answer that lets most versions pass.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from chipledger.catalogue.names import pattern
from chipledger.core.records import LaunchSetting, Mention
from chipledger.documents.document import Document
from chipledger.documents.formats import format_of
from chipledger.documents.reading import READ_BEFORE_MATCHING
from chipledger.evidence.extent import CARDS
from chipledger.evidence.extract import VERSION as EXTRACTOR
from chipledger.evidence.sweep import compiled

VERSION = f"{EXTRACTOR}.1"
"""Raised when the statements of the same bytes may change, so that ledgers read them again."""

CHIP, SETTING = "chip", "setting"
MOST_WORDS = 1_000

_NAMED = r"\b(?:NCCL|RCCL|HCCL|BKCL|GLOO|UCX|SHARP)_[A-Z0-9_]{2,40}"
_NETWORK = re.compile(_NAMED)
_MOST_AROUND = 600
_CARDS_BYTES = 5
_CARD_WORDS = frozenset((b"gpu", b"npu", b"cards", "卡".encode()))
_NUMBER_BYTES = 60
_NUMBER = re.compile(r"(?:\d|two|four|eight|sixteen|单|两|四|八)[^\n|]{0,58}\Z".encode(), re.I)
_HOURS = re.compile(r"s?[ \-·.]{0,6}(?:training )?(?:hour|hr|h\b|day|小时|时|天|時間)".encode(), re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that a version of a document states.

    Args:
        kind: "chip" or "setting".
        name: the chip's canonical name, or the setting's name.
        words: the line it stands in, blanks folded and cut to its neighbourhood; of a setting NAME=VALUE.
        line: the line's number in this version, where it has lines.
        mention: the mention, of a chip.
        value: the value, of a setting.
    """

    kind: str
    name: str
    words: str
    line: int | None = None
    mention: Mention | None = None
    value: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same statement in another version."""
        return self.kind, self.name, self.words


def telling_lines(content: bytes) -> bytes:
    """The lines of a text that name a chip, count cards or set a setting, joined; empty where there are none.

    Two versions of a file with the same telling lines state the same, so that one of them need be read closely.

    Args:
        content: the text in UTF-8.

    >>> telling_lines(b"no silicon here\\nour GPU 2")
    b''
    >>> telling_lines("用\\n16卡H20\\n8 GPUs\\nNCCL_IB_HCA=a".encode()).decode().split("\\n")
    ['16卡H20', '8 GPUs', 'NCCL_IB_HCA=a', '']
    """
    lines: list[bytes] = []
    behind = 0
    for match in _names_cards_or_settings().finditer(content):
        start, end = match.span()
        if start < behind or not (end - start > _CARDS_BYTES or _tells(content, start, end)):
            continue
        begins = max(content.rfind(b"\n", max(0, start - _MOST_AROUND), start) + 1, start - _MOST_AROUND, 0)
        stops = content.find(b"\n", end, end + _MOST_AROUND)
        behind = stops if stops >= 0 else min(len(content), end + _MOST_AROUND)
        lines += (content[begins:behind], b"\n")
    return b"".join(lines)


def _tells(content: bytes, start: int, end: int) -> bool:
    """Whether a short match is a chip's name, or a word for cards with a number before or hours behind it."""
    if content[start:end].lower() not in _CARD_WORDS:
        return True
    return bool(_NUMBER.search(content, max(0, start - _NUMBER_BYTES), start) or _HOURS.match(content, end))


def is_veiled(content: bytes, path: str) -> bool:
    """Whether words may stand in the bytes otherwise than in plain UTF-8.

    >>> is_veiled(b"16 H20", "a.md"), is_veiled(b"<b>16</b> H20", "a.html"), is_veiled("训练".encode("gb18030"), "a.md")
    (False, True, True)
    """
    form = format_of(path, content[:4096])
    if form in ("json", "jsonl") and b"\\u" not in content:
        form = "text"
    if form in READ_BEFORE_MATCHING or form == "pdf" or b"\0" in content:
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return False


@cache
def _names_cards_or_settings() -> Any:
    return compiled(f"{pattern().pattern.decode()}|{CARDS}|{_NAMED}")


def statements(
    document: Document, mentions: Iterable[Mention], settings: Iterable[LaunchSetting]
) -> tuple[Statement, ...]:
    """Everything a document states, in the order of kinds and places.

    Args:
        document: as read.
        mentions: those extracted from it.
        settings: its launch settings; of these the variables of the network's libraries are statements.

    >>> from chipledger.evidence.launch import settings_in
    >>> page = Document(document="t.sh", document_id="", text="export NCCL_IB_GID_INDEX=3\\n", format="shell")
    >>> [(one.name, one.value, one.line) for one in statements(page, (), settings_in(page))]
    [('NCCL_IB_GID_INDEX', '3', 1)]
    """
    chips = (
        Statement(kind=CHIP, name=one.chip, words=_line_of(document, one), line=one.line, mention=one)
        for one in mentions
    )
    return (*chips, *_settings(settings))


def _line_of(document: Document, mention: Mention) -> str:
    """The line that a mention stands in, or of a long one what stands around it."""
    if mention.page is not None:
        return folded(f"{mention.prefix}{mention.quote}{mention.suffix}")[:MOST_WORDS]
    text = document.text
    start = text.rfind("\n", max(0, mention.start - MOST_WORDS), mention.start) + 1
    end = text.find("\n", mention.end, mention.end + MOST_WORDS)
    if not 0 < end - start <= MOST_WORDS or (not start and mention.start > MOST_WORDS):
        start, end = max(start, mention.start - MOST_WORDS // 2), mention.end + MOST_WORDS // 2
    return folded(text[start:end].split("\n", 1)[0] if start == mention.start else text[start:end])


def folded(words: str) -> str:
    """Words with every run of blanks as one.

    >>> folded(" 16  H20\\t| ")
    '16 H20 |'
    """
    return " ".join(words.split())


def _settings(settings: Iterable[LaunchSetting]) -> Iterator[Statement]:
    for one in settings:
        if one.kind == "variable" and _NETWORK.fullmatch(one.name):
            words = f"{one.name}={one.value}"[:MOST_WORDS]
            yield Statement(kind=SETTING, name=one.name, words=words, line=one.line, value=one.value)
