"""The content codings of HTTP undone piece by piece, so that a small body cannot become a large one in memory.

Takes the pieces of a body as they come; gives pieces of at most 64 KiB. Who writes them down counts them.
"""

import zlib
from collections.abc import Iterator

_PIECE_BYTES = 65_536
_TAKEN_BYTES = 4_096
ACCEPTED = "gzip, deflate"
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 47}


class DamagedError(Exception):
    """The body is not what its header says, or is cut off."""


def unpacked(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """A body without its content coding.

    Args:
        pieces: as they come over the network.
        coding: the value of Content-Encoding; "" and "identity" leave the body as it is.

    Raises:
        DamagedError: the coding is unknown, the body does not follow it or ends too early.

    >>> import gzip
    >>> b"".join(unpacked(iter([gzip.compress(b"8 H20")]), "gzip"))
    b'8 H20'
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        yield from pieces
    elif coding in _WINDOWS:
        yield from _inflated(pieces, _WINDOWS[coding])
    else:
        raise DamagedError(f"the body is packed as {coding[:40]!r}, which was not asked for")


def _inflated(pieces: Iterator[bytes], window: int) -> Iterator[bytes]:
    machine, came = zlib.decompressobj(window), False
    try:
        for waiting in _small(pieces):
            while waiting:
                came = True
                if machine.eof:  # another member follows, as gzip allows
                    machine = zlib.decompressobj(window)
                yield machine.decompress(waiting, _PIECE_BYTES)
                waiting = machine.unconsumed_tail or machine.unused_data
    except zlib.error as error:
        raise DamagedError(f"the packed body is damaged ({error})") from None
    while tail := _rest(machine):
        yield tail
    if came and not machine.eof:
        raise DamagedError("the packed body is cut off")


def _small(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces cut small: what zlib has not used yet is copied each time it stops."""
    for piece in pieces:
        for at in range(0, len(piece), _TAKEN_BYTES):
            yield piece[at : at + _TAKEN_BYTES]


def _rest(machine: "zlib._Decompress") -> bytes:
    return b"" if machine.eof else machine.decompress(machine.unconsumed_tail, _PIECE_BYTES)
