"""Check that every label still points at its quote: `python benchmarks/labels/check.py --mirrors DIR`.

Takes DIR, a folder with one git clone per repository named `owner+name` (the git directory may be that folder
itself or lie up to two levels below it), and reads each file of the tables from it with `git show`. A file must
have the SHA-256 of the table, and in its text (of a PDF: in the text of the page) `text[start:end]` must equal the
quote of each label. Gives a line of counts for each part, the slips before them, and exit code 1 when there was any.
"""

import argparse
import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2

HERE = Path(__file__).parent
NOT_TEXT = dict.fromkeys((0xFFFE, 0xFFFF))
FIRST, DEVELOPMENT, TEST = "own", "own, development", "own, test"
# Single mentions of many documents: no other label of the same document follows from them.
SINGLE = "own, single mentions"
PARTS = {
    FIRST: ("sources.csv", "labels.jsonl"),
    DEVELOPMENT: ("development.csv", "development.jsonl"),
    TEST: ("test.csv", "test.jsonl"),
}

Row = dict[str, str]
Label = dict[str, Any]


def sources(part: str = FIRST) -> dict[str, Row]:
    with (HERE / PARTS[part][0]).open(encoding="utf-8", newline="") as table:
        return {row["doc_id"]: row for row in csv.DictReader(table)}


def mentions(part: str = FIRST) -> list[Label]:
    lines = (HERE / PARTS[part][1]).read_text(encoding="utf-8").split("\n")
    return [record for record in map(json.loads, filter(None, lines)) if record.get("kind") != "doc"]


def single_mentions() -> list[Row]:
    """The rows of mentions.csv, each with the commit of its repository."""
    with (HERE / "mentions_sources.csv").open(encoding="utf-8", newline="") as table:
        commits = {row["repo"]: row["commit"] for row in csv.DictReader(table)}
    with (HERE / "mentions.csv").open(encoding="utf-8", newline="") as table:
        return [{**row, "commit": commits[row["repo"]]} for row in csv.DictReader(table)]


def git_directory(mirrors: Path, repo: str) -> Path:
    clone = mirrors / repo.replace("/", "+")
    for folder in (clone, *sorted(clone.glob("*")), *sorted(clone.glob("*/*"))):
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
            return folder
    raise FileNotFoundError(f"{repo}: no git directory in {clone}; clone it there (git clone --bare)")


def file_bytes(mirrors: Path, row: Row) -> bytes:
    folder = git_directory(mirrors, row["repo"])
    command = ["git", f"--git-dir={folder}", "show", f"{row['commit']}:{row['path']}"]
    shown = subprocess.run(command, capture_output=True, check=False)
    if shown.returncode:
        raise FileNotFoundError(f"{row['repo']}: {shown.stderr.decode(errors='replace').strip()}")
    return shown.stdout


def page_texts(data: bytes, pages: list[int]) -> dict[int | None, str]:
    with pypdfium2.PdfDocument(data) as pdf:
        raw = {page: pdf[page - 1].get_textpage().get_text_range() for page in pages}
    return {page: text.replace("\r\n", "\n").translate(NOT_TEXT) for page, text in raw.items()}


def texts(data: bytes, row: Row) -> dict[int | None, str]:
    if row["pages"]:
        return page_texts(data, [int(page) for page in row["pages"].split(";")])
    return {None: data.decode("utf-8")}


def slips(mirrors: Path, row: Row, labels: list[Label]) -> Iterator[str]:
    try:
        data = file_bytes(mirrors, row)
    except FileNotFoundError as missing:
        yield str(missing)
        return
    digest = hashlib.sha256(data).hexdigest()
    if digest != row["sha256"]:
        yield f"{row['doc_id']}: the file's sha256 is {digest}, sources.csv says {row['sha256']}"
        return
    found = texts(data, row)
    for label in labels:
        text = found.get(label["page"], "")
        passage = text[label["start"] : label["end"]]
        if passage != label["quote"]:
            where = f"{row['doc_id']} page {label['page']} at {label['start']}"
            yield f"{where}: expected {label['quote']!r}, found {passage[:200]!r}"


def check_part(part: str, mirrors: Path) -> int:
    """Print the slips of one part and its counts; give the number of slips."""
    rows, labels = sources(part), mentions(part)
    found = [f"{label['doc_id']}: not in {PARTS[part][0]}" for label in labels if label["doc_id"] not in rows]
    for doc_id, row in rows.items():
        found += slips(mirrors, row, [label for label in labels if label["doc_id"] == doc_id])
    for slip in found:
        print(slip, file=sys.stderr)
    repositories = len({row["repo"] for row in rows.values()})
    counts = f"{len(rows)} documents of {repositories} repositories, {len(labels)} labels, {len(found)} slips"
    print(f"{part}: {counts}")
    return len(found)


def main() -> int:
    parser = argparse.ArgumentParser(description="Check every label against the clones it was made from.")
    parser.add_argument("--mirrors", type=Path, required=True, help="folder of clones named owner+name")
    mirrors = parser.parse_args().mirrors
    return 1 if sum([check_part(part, mirrors) for part in PARTS]) else 0


if __name__ == "__main__":
    sys.exit(main())
