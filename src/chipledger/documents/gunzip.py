"""A gzip stream that gives everything it can before it says that the file is cut off."""

import zlib
from typing import IO

_PIECE = 1 << 16


class Gunzip:
    """The decompressed bytes of a gzip file of any number of members.

    Args:
        stream: the packed bytes.

    >>> import gzip, io
    >>> cut = Gunzip(io.BytesIO(gzip.compress(b"8 H20")[:-4]))
    >>> cut.read(100)
    b'8 H20'
    >>> cut.read(100)
    Traceback (most recent call last):
    EOFError: the file is cut off
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._member, self._packed, self._has_begun = stream, zlib.decompressobj(31), b"", False

    def read(self, size_bytes: int) -> bytes:
        """Some bytes, b"" at the end.

        Args:
            size_bytes: how many at most.

        Raises:
            EOFError: the file ends before its last member does.
            zlib.error: it is damaged.
        """
        while True:
            if self._member.eof:
                self._packed = self._member.unused_data.lstrip(b"\0")
                self._member, self._has_begun = zlib.decompressobj(31), False
            packed = self._packed or self._stream.read(_PIECE)
            if not packed and not self._has_begun:
                return b""
            if not packed:
                raise EOFError("the file is cut off")
            self._has_begun = True
            plain = self._member.decompress(packed, size_bytes)
            self._packed = self._member.unconsumed_tail
            if plain:
                return plain
