"""Throw documents made at random at every reader and at the extractor: `python benchmarks/fuzz.py --documents N`.

Takes a seed and a number; makes documents of every format from true fragments (tables, headings, chips, code, CJK,
broken markup), splices and damages their bytes, decodes and reads them, extracts, and checks what must always hold:
no exception but those of ours, every quote at its span, every reading as long as its text, bounded time a document.
Gives a line of counts; exit status 1 and the failing document's seed on a breach, so that `--seed S --documents 1`
repeats it. PDF and archives take their turn less often, since each costs a process or a file.
"""

import argparse
import io
import random
import sys
import time
import zipfile
from multiprocessing import get_context

from chipledger.core.errors import ChipledgerError
from chipledger.core.records import FailedDocument
from chipledger.documents.decode import decode
from chipledger.documents.document import Document
from chipledger.documents.formats import format_of
from chipledger.documents.reading import reading_of
from chipledger.documents.sources import documents
from chipledger.evidence.extract import extract

NAMES = (
    "a.md",
    "a.html",
    "a.tex",
    "a.txt",
    "a.rst",
    "a.py",
    "a.sh",
    "a.json",
    "a.jsonl",
    "a.csv",
    "a.xml",
    "a.yaml",
)
ENCODINGS = ("utf-8", "utf-8", "utf-8", "gb18030", "shift_jis", "utf-16", "latin-1", "euc-jp", "big5")
LONGEST_SECONDS = 20.0
FRAGMENTS = (
    "NVIDIA A100-SXM4-80GB", "8xH800", "16卡H20", "ＲＴＸ ４０９０", "Ascend 910A/B", "H/A100", "3090", "L4", "A2", "昇腾910B",
    "trained on 16 nodes of 8 ", "使用512块", "at least 32 GPUs", "1.46M GPU hours", "をで学習しました。", "推荐", "We tested ",
    "| Model | #GPUs | GPU hours |\n|---|---|---|\n| Foo-7B | 8 | 1.5k |\n", "# Hardware Requirements\n", "```bash\n", "```", "~~~",
    "<table><tr><td>", "</td></tr></table>", "<script>", "<!--", "-->", "<pre>", "&nbsp;", "&#x41;", "&amp;", "<h2>", "\\section{", "}",
    "\\begin{tabular}{ll}", "&", "\\\\", "%", "$", "\\cite{", "~", "[a](http://x/", ")", "![", "](", "**", "`", "- ", "1. ", "> ", "\n\n", "\r\n",
    "\r", "\t", "\x0c", "\u2028", "\ufeff", "\u200b", "\u202e", "😀", '{"messages": [{"content": "', '"}]}', "\\u0041", "\\n", "---\n", "===\n",
    "100", "0", "9" * 40, ".", "。", "?", "!", ",", "、", " ", " " * 50, "x", "e.g. ", "(", ")", "（", "）", "*", "×", "/", "|", "||||",
)  # fmt: skip


def document_bytes(rng: random.Random) -> tuple[str, bytes]:
    """A name and hostile bytes."""
    size = rng.choice((1, 2, 3, 4, 6, 8, 12, 16, 24, 120))
    text = "".join(rng.choice(FRAGMENTS) for _ in range(rng.randint(0, size)))
    if rng.random() < 0.001:
        text *= rng.randint(2, 60)
    content = text.encode(rng.choice(ENCODINGS), "replace")
    if rng.random() < 0.3:
        content = damaged(rng, content)
    return rng.choice(NAMES), content


def damaged(rng: random.Random, content: bytes) -> bytes:
    """The bytes with some flipped, cut out or put in."""
    spoilt = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        at = rng.randint(0, len(spoilt))
        match rng.randint(0, 2):
            case 0:
                spoilt[at : at + rng.randint(0, 20)] = b""
            case 1:
                spoilt[at:at] = rng.randbytes(rng.randint(1, 6))
            case _:
                spoilt[at : at + 1] = bytes([rng.randint(0, 255)])
    return bytes(spoilt)


def check(name: str, content: bytes) -> int:
    """Read and extract one document; the number of its mentions.

    Raises:
        AssertionError: something that must always hold did not.
    """
    decoded = decode(content)
    if decoded is None:
        return 0
    text = decoded.text
    document = Document(
        document=name,
        document_id="fuzz",
        text=text,
        format=format_of(name, content[:512]),
        encoding=decoded.encoding,
    )
    assert len(reading_of(document)) == len(text), "the reading is not as long as the text"
    mentions = extract(document).mentions
    for mention in mentions:
        assert text[mention.start : mention.end] == mention.quote, f"quote off its span: {mention}"
        assert mention.quote and mention.chip and 0.0 <= mention.confidence <= 1.0, f"odd mention: {mention}"
    return len(mentions)


def check_archive(rng: random.Random) -> int:
    """A zip of a few documents, damaged now and then, through the whole of documents()."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for _ in range(rng.randint(0, 4)):
            name, content = document_bytes(rng)
            archive.writestr(rng.choice(("", "../", "/", "a/b/")) + name, content)
    content = buffer.getvalue()
    content = damaged(rng, content) if rng.random() < 0.5 else content
    try:
        found = list(documents("-", stdin=io.BytesIO(content)))
    except ChipledgerError:
        return 0
    return sum(not isinstance(one, FailedDocument) for one in found)


def run(task: tuple[int, int]) -> tuple[int, int, float, str]:
    """Check documents seed, seed+1, …; (documents, mentions, slowest seconds, the breach or nothing)."""
    seed, count = task
    mentions, slowest = 0, 0.0
    for one in range(seed, seed + count):
        rng = random.Random(one)
        began = time.process_time()
        try:
            mentions += check_archive(rng) if one % 2000 == 0 else check(*document_bytes(rng))
        except Exception as error:
            return one - seed, mentions, slowest, f"seed {one}: {type(error).__name__}: {error}"
        slowest = max(slowest, time.process_time() - began)
        if slowest > LONGEST_SECONDS:
            return one - seed, mentions, slowest, f"seed {one}: took {slowest:.1f} s"
    return count, mentions, slowest, ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    began, batch = time.monotonic(), max(1, min(5_000, options.documents // options.jobs))
    starts = range(options.seed, options.seed + options.documents, batch)
    tasks = [(start, min(batch, options.seed + options.documents - start)) for start in starts]
    done = mentions = 0
    slowest = 0.0
    with get_context("spawn").Pool(options.jobs) as pool:
        for count, found, slow, breach in pool.imap(run, tasks):
            if breach:
                print(f"\n{breach}; repeat it with --seed {breach.split()[1].rstrip(':')} --documents 1")
                return 1
            done, mentions, slowest = done + count, mentions + found, max(slowest, slow)
            rate = done / (time.monotonic() - began)
            print(f"\r{done:,} documents, {rate:,.0f}/s", end="", file=sys.stderr, flush=True)
    print(
        f"\n{done:,} documents, {mentions:,} mentions, no breach, slowest {slowest:.2f} CPU s, {time.monotonic() - began:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
