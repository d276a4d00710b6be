"""What sort of text a document is, where that settles what its chip names can mean.

Takes a document; gives "vocabulary" (a tokenizer's tokens: its numbers name no chip), "dataset" (rows of other
people's words: a chip named there is mentioned, never used) or "words" (everything else). Told by the shape of the
text, not by its path.
"""

import re
from enum import StrEnum

from chipledger.documents.document import Document

_SAMPLE = 20_000
_TOKEN_LINE = re.compile(
    r"^(?:[A-Za-z0-9+/=]{1,200} \d{1,7}|\S{1,40}(?:\t-?\d+(?:\.\d+)?)?|\S{1,30} \S{1,30})\r?$"
)
_TOKEN_PAIR = re.compile(r'"(?:[^"\\]|\\.){1,60}"\s*:\s*\d{1,7}\s*[,}]')
_ROW_KEY = re.compile(
    r'"(?:messages|conversations?|instruction|prompt|response|completion|question|answer|content|text|input|output|'
    r'sentence|summary|caption|title|body|review|comment|query|context|chosen|rejected|dialog(?:ue)?)"\s*:',
    re.I,
)


class Setting(StrEnum):
    """The sort of text."""

    WORDS = "words"
    DATASET = "dataset"
    VOCABULARY = "vocabulary"


def setting_of(document: Document) -> Setting:
    """The sort of text a document is.

    Args:
        document: the document as read.

    >>> rows = '{"messages": [{"content": "my rtx 3090"}]}\\n' * 3
    >>> setting_of(Document(document="a.jsonl", document_id="", text=rows, format="jsonl"))
    <Setting.DATASET: 'dataset'>
    >>> setting_of(Document(document="b", document_id="", text="IHdh 3090\\n" * 300, format="text"))
    <Setting.VOCABULARY: 'vocabulary'>
    """
    text = document.text
    middle = max(0, len(text) // 2 - _SAMPLE // 2)
    sample = text[middle : middle + _SAMPLE] if len(text) > 2 * _SAMPLE else text[: 2 * _SAMPLE]
    if document.format in ("text", "csv") and _is_token_list(sample):
        return Setting.VOCABULARY
    if document.format in ("json", "text") and _is_token_table(sample):
        return Setting.VOCABULARY
    if document.format in ("jsonl", "csv"):
        return Setting.DATASET
    if document.format == "json" and _ROW_KEY.search(sample) and '"cells"' not in text[:200]:
        return Setting.DATASET
    return Setting.WORDS


def _is_token_list(sample: str) -> bool:
    lines = sample.split("\n")[1:-1]
    fitting = sum(_TOKEN_LINE.match(line) is not None for line in lines)
    return len(lines) >= 200 and fitting >= 0.95 * len(lines)


def _is_token_table(sample: str) -> bool:
    pairs = [match.group() for match in _TOKEN_PAIR.finditer(sample)]
    return len(pairs) >= 200 and sum(map(len, pairs)) >= 0.7 * len(sample.replace(" ", ""))
