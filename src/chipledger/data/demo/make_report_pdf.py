"""The demo's PDF, made without any library: Kestrin Research's yearly report, two pages of plain Helvetica.

Takes nothing, gives the bytes of `documents/kestrin/annual_report_2025.pdf`: the same bytes on every run, since no
clock, compression or random id goes in. Run it as a script to write the file anew after a change of the words.
The firm, its branch and its model are invented.
"""

from collections.abc import Sequence
from pathlib import Path

REPORT_PATH = Path(__file__).parent / "documents" / "kestrin" / "annual_report_2025.pdf"

PAGES = (
    (
        "Kestrin Research Pte. Ltd.",
        "Annual technical report 2025",
        "Singapore, 30 September 2025",
        "",
        "1  The year in brief",
        "",
        "Kestrin Research builds language models for freight and customs papers. In 2025 we",
        "released Kestrin-22B, our first model trained from scratch, and moved the public chat",
        "service of our Shenzhen branch to hardware of its own.",
        "",
        "Revenue grew by a fifth. The team grew from 31 to 44 people; the lease of rooms L4 to",
        "L6 was renewed. Suppliers rated A1 or A2 now carry 80 per cent of our purchases",
        "(Annex A3).",
        "",
        "2  What Kestrin-22B can do",
        "",
        "The model reads bills of lading in eleven languages. On our own suite of 3090 forms it",
        "fills 94 per cent of the fields correctly, up from 88 per cent for the licensed model",
        "that we used before.",
        "",
        "Page 1 of 2",
    ),
    (
        "3  Hardware statement",
        "",
        "3.1  Pre-training. Kestrin-22B was pre-trained between March and June 2025 on",
        "96 AMD Instinct MI300X accelerators rented in the Halden Cloud. The run took 27 days,",
        "62,208 GPU-hours, for 0.8 trillion tokens in BF16 with FSDP; nodes were joined by RoCE.",
        "",
        "3.2  Fine-tuning. Instruction tuning used 16 of the same MI300X for four days.",
        "",
        "3.3  Serving. Since 3 February 2025 the chat service of the Shenzhen branch has run on",
        "40 NVIDIA L20 cards with INT8 weights, bought through a local distributor.",
        "",
        "3.4  Not used. An offer for 64 H200 was declined in April for reasons of price.",
        "",
        "4  Energy",
        "",
        "Halden Cloud metered 58 MWh for the pre-training run, cooling included. The Shenzhen",
        "machine room drew 14 kW on average.",
        "",
        "5  Outlook",
        "",
        "A smaller model for hand-held scanners is due in 2026.",
        "",
        "Page 2 of 2",
    ),
)

_PAGE_WIDTH_PT, _PAGE_HEIGHT_PT = 595, 842
_MARGIN_PT, _FONT_SIZE_PT, _LINE_HEIGHT_PT = 72, 11, 15
_FIRST_PAGE_OBJECT = 5


def report_pdf(pages: Sequence[Sequence[str]] = PAGES) -> bytes:
    """The report as a PDF 1.4 file.

    Args:
        pages: for each page its lines, in ASCII.

    Returns:
        The file's bytes; equal for equal lines.

    >>> report_pdf() == report_pdf()
    True
    >>> report_pdf()[:8], report_pdf([["one"], ["two"]]).count(b"/Type /Page ")
    (b'%PDF-1.4', 2)
    """
    return _file_of(_objects_of(pages))


def _objects_of(pages: Sequence[Sequence[str]]) -> list[bytes]:
    """The PDF objects 1, 2, 3 ... : catalogue, page tree, font, facts, then each page and its words."""
    page_numbers = range(_FIRST_PAGE_OBJECT, _FIRST_PAGE_OBJECT + 2 * len(pages), 2)
    kids = " ".join(f"{number} 0 R" for number in page_numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title (Annual technical report 2025) /Author (Kestrin Research) /CreationDate (D:20250930090000Z) >>",
    ]
    for number, lines in zip(page_numbers, pages, strict=True):
        objects += [_page_object(number + 1), _words_object(lines)]
    return objects


def _page_object(words_number: int) -> bytes:
    """A page whose words are the object of that number."""
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_PAGE_WIDTH_PT} {_PAGE_HEIGHT_PT}] "
        f"/Resources << /Font << /F1 3 0 R >> >> /Contents {words_number} 0 R >>"
    ).encode("ascii")


def _words_object(lines: Sequence[str]) -> bytes:
    """The stream that shows the lines from the top margin down."""
    start = f"BT /F1 {_FONT_SIZE_PT} Tf {_LINE_HEIGHT_PT} TL {_MARGIN_PT} {_PAGE_HEIGHT_PT - _MARGIN_PT} Td"
    stream = "\n".join([start, *(f"({_escaped(line)}) Tj T*" for line in lines), "ET"]).encode("ascii")
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)


def _escaped(line: str) -> str:
    r"""A line as the inside of a PDF string.

    >>> _escaped("(Annex A3)")
    '\\(Annex A3\\)'
    """
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file_of(objects: Sequence[bytes]) -> bytes:
    """Header, numbered objects, the table of their offsets, trailer."""
    body, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, table_at = len(objects) + 1, len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    body += b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, table_at)
    return bytes(body)


if __name__ == "__main__":
    REPORT_PATH.write_bytes(report_pdf())
