"""How large the pages of a Parquet file are, by their heads alone: what reading a column will ask of memory.

A reader unpacks a page at a time, whatever it grows to, and the footer does not say how large that is. The heads stand
between the pages, in Thrift's compact protocol; only two of their fields matter here and the rest is passed over.

Source: apache/parquet-format, parquet.thrift (PageHeader); Thrift compact protocol specification.
"""

import os
from typing import IO, NamedTuple

_HEAD_BYTES = 64 * 1024
_MOST_PAGES = 1_000_000
_MOST_DEPTH = 8
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
_PLAIN_SIZE, _PACKED_SIZE, _TYPE, _DICTIONARY = 2, 3, 1, 2


class Pages(NamedTuple):
    """The largest page of a column once unpacked, and the largest dictionary, in bytes."""

    largest_bytes: int
    dictionary_bytes: int


def pages_of(stream: IO[bytes], start: int, size_bytes: int) -> Pages:
    """The pages of one column in one row group.

    Args:
        stream: the open file.
        start: where its first page begins.
        size_bytes: how long its pages are together.

    Raises:
        ValueError: the heads make no sense.
    """
    largest = dictionary = 0
    at, end = start, start + size_bytes
    for _ in range(_MOST_PAGES):
        if at >= end:
            return Pages(largest, dictionary)
        head = _Head(os.pread(stream.fileno(), min(_HEAD_BYTES, end - at), at))
        fields = head.fields()
        plain, packed = fields.get(_PLAIN_SIZE, -1), fields.get(_PACKED_SIZE, -1)
        if plain < 0 or packed < 0:
            raise ValueError("damaged: the head of a page makes no sense")
        largest = max(largest, plain)
        dictionary = max(dictionary, plain) if fields.get(_TYPE) == _DICTIONARY else dictionary
        at += head.at + packed
    raise ValueError(f"over {_MOST_PAGES} pages in one column")


class _Head:
    """A struct of Thrift's compact protocol, read from its bytes."""

    def __init__(self, content: bytes) -> None:
        self._content, self.at = content, 0

    def fields(self) -> dict[int, int]:
        """The whole numbers at the top of the struct, by field."""
        found: dict[int, int] = {}
        number = 0
        while kind := self._byte():
            step, kind = kind >> 4, kind & 15
            number = number + step if step else self._number()
            if kind in _INTEGERS:
                found[number] = self._number()
            else:
                self._pass(kind, 0)
        return found

    def _byte(self) -> int:
        if self.at >= len(self._content):
            raise ValueError("damaged: the head of a page is cut off or over 64 KiB")
        self.at += 1
        return self._content[self.at - 1]

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("damaged: a number in the head of a page is too long")

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _pass(self, kind: int, depth: int) -> None:
        if depth > _MOST_DEPTH:
            raise ValueError("damaged: the head of a page is too deep")
        if kind in _INTEGERS:
            self._varint()
        elif kind in (_BYTE, _DOUBLE):
            self.at += 1 if kind == _BYTE else 8
        elif kind == _BINARY:
            length = self._varint()
            self.at += length
        elif kind in (_LIST, _SET):
            self._pass_list(depth)
        elif kind == _STRUCT:
            while inner := self._byte():
                if not inner >> 4:
                    self._varint()
                self._pass(inner & 15, depth + 1)
        elif kind not in (_TRUE, _FALSE):
            raise ValueError("damaged: the head of a page holds what none does")

    def _pass_list(self, depth: int) -> None:
        head = self._byte()
        count, kind = head >> 4, head & 15
        for _ in range(self._varint() if count == 15 else count):
            if kind in (_TRUE, _FALSE):
                self.at += 1
            else:
                self._pass(kind, depth + 1)
            if self.at > len(self._content):
                raise ValueError("damaged: the head of a page is cut off")
