"""How quickly captures and dumps are read on one core: `python benchmarks/dumps.py [--rows 1100000] [--records 40000]`.

Makes a WARC file and a Parquet file of model cards of its own, all rows distinct, from words of the project's pages; gives
megabytes and documents a second of processor time: listing, reading to decoded documents with their hashes, and beside
them fastwarc and pyarrow bare, and warcio where it is installed. Nothing is extracted here.
"""

import argparse
import gzip
import importlib
import importlib.util
import io
import random
import resource
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from chipledger.documents.column_names import Asked
from chipledger.documents.document import Document
from chipledger.documents.limits import Limits
from chipledger.documents.sources import planned, read

PAGES = Path(__file__).parent.parent / "docs"
WORDS = [word for page in sorted(PAGES.glob("*.md")) for word in page.read_text().split()]
GROUP_ROWS = 1000


def seconds() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def timed(name: str, work: Callable[[], tuple[int, int]]) -> None:
    """Print documents and megabytes a second of processor time."""
    began = seconds()
    documents, size_bytes = work()
    took, peak = seconds() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = f"{size_bytes / 1e6 / took:.0f} MB/s, {documents / took:,.0f}/s"
    print(f"{name}: {documents:,} in {took:.2f} s, {rate}, peak of memory so far {peak:.0f} MiB", flush=True)


def cards(count: int) -> Iterator[dict[str, Any]]:
    chosen = random.Random(1)
    paragraphs = [" ".join(chosen.choices(WORDS, k=60)) for _ in range(5000)]
    day = datetime(2024, 5, 1, 10, tzinfo=UTC)
    for number in range(count):
        text = "\n\n".join(chosen.choices(paragraphs, k=6))
        yield {"modelId": f"lab{number % 997}/kite-{number}", "author": f"lab{number % 997}", "last_modified": day,
               "downloads": number, "tags": ["transformers", "license:mit"], "card": f"# Kite {number}\n\n{text}"}  # fmt: skip


def make_parquet(path: Path, count: int) -> None:
    rows, writer = cards(count), None
    for _ in range(0, count, GROUP_ROWS):
        table = pa.Table.from_pylist([row for _, row in zip(range(GROUP_ROWS), rows, strict=False)])
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def make_warc(path: Path, count: int) -> None:
    chosen = random.Random(2)
    pages = [" ".join(chosen.choices(WORDS, k=4000)).encode() for _ in range(200)]
    with path.open("wb") as stream:
        for number in range(count):
            record = WarcRecord()
            record.init_headers(record_type=WarcRecordType.response)
            record.headers["WARC-Target-URI"] = f"https://example.org/{number}"
            record.headers["WARC-Date"] = "2024-05-01T10:00:00Z"
            record.headers["Content-Type"] = "application/http; msgtype=response"
            body = b"<html><p>%d</p><p>%s</p></html>" % (number, chosen.choice(pages))
            record.set_bytes_content(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
            )
            plain = io.BytesIO()
            record.write(plain)
            stream.write(gzip.compress(plain.getvalue(), 6))


def bare_parquet(path: Path) -> tuple[int, int]:
    batches = pq.ParquetFile(path).iter_batches(columns=["card"], use_threads=False, batch_size=2048)
    sizes = [len(text) for batch in batches for text in batch.column(0).to_pylist()]
    return len(sizes), sum(sizes)


def bare_warc(path: Path) -> tuple[int, int]:
    records = ArchiveIterator(str(path), record_types=WarcRecordType.response, fsspec_args=False)
    sizes = [len(record.reader.read()) for record in records]
    return len(sizes), sum(sizes)


def warcio(path: Path) -> tuple[int, int]:
    iterator = importlib.import_module("warcio.archiveiterator").ArchiveIterator
    with path.open("rb") as stream:
        sizes = [len(record.content_stream().read()) for record in iterator(stream)]
    return len(sizes), sum(sizes)


def weighed(path: Path) -> tuple[int, int]:
    with planned(str(path), Limits(), rows=Asked()) as plan:
        return plan.count, plan.total_bytes


def listed(path: Path) -> tuple[int, int]:
    with planned(str(path), Limits(), rows=Asked()) as plan:
        return sum(1 for _ in plan.entries()), plan.total_bytes


def documents(path: Path) -> tuple[int, int]:
    with planned(str(path), Limits(), rows=Asked()) as plan:
        sizes = [len(one.text) for one in read(plan) if isinstance(one, Document)]
    return len(sizes), sum(sizes)


def main() -> None:
    """Make both files, time each reader once, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--records", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parquet, warc = Path(folder, "cards.parquet"), Path(folder, "pages.warc.gz")
        make_parquet(parquet, options.rows)
        make_warc(warc, options.records)
        print(f"{parquet.stat().st_size / 1e6:.0f} MB of Parquet, {warc.stat().st_size / 1e6:.0f} MB of WARC")
        timed("Parquet, weighed", lambda: weighed(parquet))
        timed("Parquet, weighed and listed", lambda: listed(parquet))
        timed("Parquet, weighed, listed and read", lambda: documents(parquet))
        timed("Parquet, pyarrow bare, one column", lambda: bare_parquet(parquet))
        timed("WARC, weighed", lambda: weighed(warc))
        timed("WARC, weighed, listed and read", lambda: documents(warc))
        timed("WARC, fastwarc bare", lambda: bare_warc(warc))
        if importlib.util.find_spec("warcio"):
            timed("WARC, warcio bare", lambda: warcio(warc))


if __name__ == "__main__":
    main()
