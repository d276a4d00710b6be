"""The process that runs pdfium: PDF bytes in, page texts out, again and again.

pdfium is native code, and a hostile file may hang or crash it; so it runs here, with its memory bounded, where the
parent can end it. One request on stdin: a line of JSON (size_bytes, pages, characters, seconds) and the bytes. One
reply on stdout: a line of JSON (sizes of the pages in bytes, or error) and the pages' UTF-8 text. Started by `pdf`.
"""

import json
import resource
import sys
import time
from typing import Any, BinaryIO

import pypdfium2

_JOINS = "\ufffe\uffff\x02\xad"
_PASSWORD = "password"


def page_texts(content: bytes, pages: int, characters: int, seconds: float) -> list[str]:
    """The text of each page, soft hyphens joined and newlines as "\\n".

    Args:
        content: the PDF's bytes.
        pages: most pages.
        characters: most characters over all pages.
        seconds: longest time.

    Raises:
        ValueError: a limit is crossed; the message says which.
        pypdfium2.PdfiumError: the bytes are no PDF that pdfium can open.
    """
    started, texts, held = time.monotonic(), list[str](), 0
    with pypdfium2.PdfDocument(content) as document:
        if len(document) > pages:
            raise ValueError(
                f"{len(document)} pages are over the limit of {pages}; raise it with --max-pages"
            )
        for number in range(len(document)):
            texts.append(_text(document, number))
            held += len(texts[-1])
            if held > characters:
                raise ValueError(
                    f"page {number + 1} brings the text over the limit of {characters} characters"
                )
            if time.monotonic() - started > seconds:
                raise ValueError(
                    f"page {number + 1} of {len(document)} came after the limit of {seconds:g} s"
                )
    return texts


def _text(document: Any, number: int) -> str:
    page = document[number]
    text_page = page.get_textpage()
    text: str = text_page.get_text_range()
    text_page.close()
    page.close()
    for join in _JOINS:
        text = text.replace(join, "")
    return text.replace("\r\n", "\n").replace("\0", " ").replace("\f", " ")


def _reply(content: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        texts = page_texts(content, asked["pages"], asked["characters"], asked["seconds"])
    except (ValueError, MemoryError, pypdfium2.PdfiumError) as error:
        reason = str(error) or type(error).__name__
        if _PASSWORD in reason.lower():
            reason = "the PDF is encrypted and needs a password"
        return {"error": " ".join(reason.split())}, b""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    return {"sizes": [len(page) for page in encoded]}, b"".join(encoded)


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until stdin ends."""
    while line := requests.readline():
        asked = json.loads(line)
        head, body = _reply(requests.read(asked["size_bytes"]), asked)
        replies.write(json.dumps(head).encode() + b"\n" + body)
        replies.flush()


if __name__ == "__main__":
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)
