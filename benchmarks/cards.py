"""Model cards for a benchmark: `python benchmarks/cards.py SOURCES OUT --count 1100000 [--seed 5] [--form folder|tar]`.

Takes a folder of bare clones (`owner+name/repo`) or of README files; writes cards of about 2.5 kB, no two the same, made of sections of
those READMEs: front matter, a title, and sections until the card is long enough. Four in ten hold one to three sections that name a chip,
so that such a card has 1.5 mentions or more on average; the other six hold none. The same sources, count and seed give the same bytes.
A section is a paragraph, list, table or block of code with the heading above it. The cards are for timing, and are never committed.
"""

import argparse
import io
import random
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gather import contents, listed  # the script beside this one

from chipledger.documents.document import Document
from chipledger.evidence.extract import extract
from chipledger.evidence.spots import may_name_a_chip

WITH_A_CHIP = 0.4
CARD_BYTES = 2500
SECTION_BYTES = (80, 1400)
MOST_SECTIONS_OF_A_README = 12
MOST_MENTIONS_OF_A_SECTION = 3
A_FOLDER, A_TAR = 1000, 100_000
"""Cards in one folder, and in one archive: as many as a scan takes from an archive unless told otherwise."""

_FENCE = re.compile(r"^(```|~~~)")
_LICENCES = ("apache-2.0", "mit", "cc-by-4.0", "llama3", "other", "openrail", "cc-by-nc-4.0")
_TASKS = (
    "text-generation",
    "text-classification",
    "text-to-image",
    "fill-mask",
    "automatic-speech-recognition",
)
_STEMS = ("Kite", "Heron", "Basalt", "Willow", "Lumen", "Ginkgo", "Tern", "Quartz", "Maple", "Finch")


@dataclass(frozen=True)
class Section:
    """A piece of a README, and how many mentions of chips it makes by itself."""

    text: str
    mentions: int


def readmes(sources: Path) -> Iterator[bytes]:
    """The READMEs of clones at their HEAD, in the order of their names; else the Markdown files of the folder."""
    clones = sorted(sources.glob("*+*/repo"))
    for git_dir in clones:
        files = [file for file in listed(git_dir) if Path(file.path).name.lower().startswith("readme")]
        yield from (content for _, content in contents(git_dir, files[:40]))
    if not clones:
        yield from (path.read_bytes() for path in sorted(sources.rglob("*.md")))


def sections(text: str) -> Iterator[str]:
    """The sections of a README: blocks between blank lines, code whole, each with the heading above it.

    >>> list(sections("# A\\n\\none\\ntwo\\n\\n```\\nx\\n\\ny\\n```\\n"))
    ['# A\\n\\none\\ntwo', '# A\\n\\n```\\nx\\n\\ny\\n```']
    """
    heading, block, in_code = "", [], False
    for line in [*text.splitlines(), ""]:
        in_code ^= bool(_FENCE.match(line))
        if line.strip() or (in_code and block):
            block.append(line)
            continue
        if block and block[0].startswith("#") and len(block) == 1:
            heading = block[0]
        elif block:
            yield "\n".join([heading, "", *block] if heading else block)
        block = []


def gathered(sources: Path) -> tuple[list[Section], list[Section]]:
    """Every usable section once: those that name a chip, and those in which no spelling of one stands."""
    told, silent, seen = [], [], set()
    for content in readmes(sources):
        text = content.decode("utf-8", "replace")
        fit = [
            one
            for one in dict.fromkeys(sections(text))
            if SECTION_BYTES[0] <= len(one.encode()) <= SECTION_BYTES[1]
        ]
        taken = 0
        for one in fit:
            if one in seen or "\ufffd" in one:
                continue
            seen.add(one)
            if not may_name_a_chip(one.encode()):
                taken += 1
                if taken <= MOST_SECTIONS_OF_A_README:
                    silent.append(Section(one, 0))
                continue
            mentions = len(
                extract(Document(document="README.md", document_id="", text=one, format="markdown")).mentions
            )
            if 1 <= mentions <= MOST_MENTIONS_OF_A_SECTION:
                told.append(Section(one, mentions))
    return told, silent


def card(number: int, told: list[Section], silent: list[Section], rng: random.Random) -> str:
    """The card of a number: its name and number stand in it, so that no other card has its bytes."""
    name = f"{rng.choice(_STEMS)}-{rng.choice((1, 3, 7, 8, 13, 34, 70))}B-{number}"
    head = (
        f"---\nlicense: {rng.choice(_LICENCES)}\npipeline_tag: {rng.choice(_TASKS)}\nlibrary_name: transformers\n"
        f"tags:\n- card-{number}\n- generated_from_trainer\n---\n\n# {name}\n"
    )
    chosen = []
    if rng.random() < WITH_A_CHIP:
        mentions, enough = 0, rng.choice((1, 1, 2))
        while mentions < enough:
            chosen.append(rng.choice(told))
            mentions += chosen[-1].mentions
    size = len(head) + sum(len(one.text.encode()) + 2 for one in chosen)
    wanted = rng.randint(CARD_BYTES - 800, CARD_BYTES + 200)
    while size < wanted:
        chosen.append(rng.choice(silent))
        size += len(chosen[-1].text.encode()) + 2
    rng.shuffle(chosen)
    return "\n".join([head, *(f"{one.text}\n" for one in chosen)])


def write_folder(cards: Iterator[tuple[str, bytes]], out: Path) -> None:
    for number, (name, content) in enumerate(cards):
        folder = out / f"{number // A_FOLDER:04}"
        if number % A_FOLDER == 0:
            folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def write_tars(cards: Iterator[tuple[str, bytes]], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    archive: tarfile.TarFile | None = None
    for number, (name, content) in enumerate(cards):
        if number % A_TAR == 0:
            if archive:
                archive.close()
            archive = tarfile.open(out / f"cards-{number // A_TAR:02}.tar", "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        assert archive
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    if archive:
        archive.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", type=Path, help="a folder of bare clones, or of README files")
    parser.add_argument("out", type=Path, help="a new folder")
    parser.add_argument("--count", type=int, default=1_100_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--form", choices=("folder", "tar"), default="folder")
    asked = parser.parse_args()
    told, silent = gathered(asked.sources)
    print(f"{len(told)} sections that name a chip, {len(silent)} that name none", flush=True)
    total = 0

    def cards() -> Iterator[tuple[str, bytes]]:
        nonlocal total
        for number in range(asked.count):
            content = card(number, told, silent, random.Random(f"{asked.seed} {number}")).encode()
            total += len(content)
            yield f"card-{number:07}.md", content

    (write_tars if asked.form == "tar" else write_folder)(cards(), asked.out)
    print(f"{asked.count} cards, {total / 1e6:.1f} MB, {total / max(asked.count, 1) / 1000:.2f} kB each")


if __name__ == "__main__":
    main()
