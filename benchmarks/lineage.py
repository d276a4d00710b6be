"""How well copies, translations and derivatives are told: `python benchmarks/lineage.py --mirrors DIR [--errors] [--made 100000]`.

Reads the pairs of `labels/lineage.csv` from clones named owner+name and prints precision and recall of each kind of link
for both halves, beside MinHash of the library datasketch on the same pairs in the same run (where it is installed), with
the threshold that suits the development half best. With --made it measures grouping of documents made on the spot: of
every ten, six are alone, two are near copies of an earlier one, one is a copy, one shares boilerplate only.
"""

import argparse
import csv
import random
import re
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from chipledger.core.records import DocumentFacts, Mention
from chipledger.documents.document import Document
from chipledger.evidence.extract import extract
from chipledger.evidence.fingerprint import fingerprint_of
from chipledger.evidence.subject import language_of
from chipledger.findings.kin import Kin, kin_of
from chipledger.findings.kinship import Kind
from chipledger.findings.likeness import link_between
from chipledger.findings.lineage import Lineage
from chipledger.findings.postings import Postings

PAIRS = Path(__file__).parent / "labels" / "lineage.csv"
HALVES = ("development", "test")
KINDS = ("copy", "near_copy", "translation", "derivative")
APART = "independent"
Row = dict[str, str]


def text_of(mirrors: Path, repo: str, commit: str, path: str) -> str:
    folder = mirrors / repo.replace("/", "+")
    git_dir = (
        folder / "repo"
        if (folder / "repo").exists()
        else next(one for one in folder.iterdir() if one.is_dir())
    )
    command = ["git", "-C", str(git_dir), "show", f"{commit}:{path}"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")


def kin_at(mirrors: Path, repo: str, commit: str, path: str, sha256: str) -> tuple[Kin, str]:
    text = text_of(mirrors, repo, commit, path)
    owner, _, project = repo.partition("/")
    form = "rst" if path.endswith(".rst") else "markdown"
    said = extract(
        Document(
            document=path,
            document_id=sha256,
            text=text,
            format=form,
            project=project,
            organisation=owner,
            commit=commit,
        )
    )
    facts = replace(said.facts, language=language_of(text), fingerprint=fingerprint_of(text, text))
    return kin_of(facts, said.mentions), text


def predicted(left: Kin, right: Kin, weigh: Postings) -> str:
    link = link_between(left, right, weigh.weigh) or link_between(right, left, weigh.weigh)
    if link is None:
        return APART
    return "near_copy" if link.kind in (Kind.MIRROR, Kind.VERSION) else link.kind.value


def ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part}/{whole})" if whole else "-"


def table(told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line for each kind: precision and recall of the kind, then of any link at all."""
    pairs = list(told)
    for kind in KINDS:
        right = sum(label == guess == kind for label, guess in pairs)
        yield f"  {kind:12} precision {ratio(right, sum(guess == kind for _, guess in pairs)):16} recall {ratio(right, sum(label == kind for label, _ in pairs))}"
    yield "  " + any_link(pairs)


def any_link(pairs: list[tuple[str, str]]) -> str:
    linked = sum(guess != APART for _, guess in pairs)
    kin = sum(label != APART for label, _ in pairs)
    right = sum(label != APART and guess != APART for label, guess in pairs)
    return f"{'any link':12} precision {ratio(right, linked):16} recall {ratio(right, kin)}"


def peer(texts: list[tuple[Row, str, str]]) -> None:
    try:
        from datasketch import MinHash
    except ModuleNotFoundError:
        print("datasketch is not installed; no peer")
        return

    def hashed(text: str) -> "MinHash":
        words = re.findall(r"[a-z0-9]+|[\u3040-\u9fff\uac00-\ud7af]", text.lower())
        made = MinHash(num_perm=128)
        made.update_batch([" ".join(words[at : at + 5]).encode() for at in range(max(1, len(words) - 4))])
        return made

    began = time.process_time()
    alike = [(row, hashed(left).jaccard(hashed(right))) for row, left, right in texts]
    seconds = time.process_time() - began

    def guesses(half: str, least: float) -> list[tuple[str, str]]:
        return [
            (row["kind"], "near_copy" if one >= least else APART) for row, one in alike if row["half"] == half
        ]

    def f_score(least: float) -> float:
        pairs = guesses("development", least)
        right = sum(label != APART and guess != APART for label, guess in pairs)
        return (
            2
            * right
            / (sum(guess != APART for _, guess in pairs) + sum(label != APART for label, _ in pairs))
        )

    best = max((one / 100 for one in range(1, 100)), key=f_score)
    print(
        f"datasketch MinHash, 128 permutations, runs of 5 words, threshold {best} (best on development), {seconds:.1f} s of processor"
    )
    for half in HALVES:
        print(f"  {half:12} {any_link(guesses(half, best))}")


def pairs(mirrors: Path, *, has_errors: bool) -> None:
    with PAIRS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    read: dict[tuple[str, str], tuple[Kin, str]] = {}
    for row in rows:
        for side in ("left", "right"):
            key = row[f"{side}_repo"], row[f"{side}_path"]
            if key not in read:
                read[key] = kin_at(mirrors, key[0], row[f"{side}_commit"], key[1], row[f"{side}_sha256"])
    began = time.process_time()
    weigh = Postings([kin for kin, _ in read.values()])
    told = []
    for row in rows:
        left, right = (read[row[f"{side}_repo"], row[f"{side}_path"]] for side in ("left", "right"))
        told.append((row, predicted(left[0], right[0], weigh)))
    seconds = time.process_time() - began
    print(f"{len(rows)} pairs of {len(read)} documents; comparing took {seconds:.2f} s of processor")
    for half in HALVES:
        print(half, dict(sorted(Counter(row["kind"] for row in rows if row["half"] == half).items())))
        print("\n".join(table((row["kind"], guess) for row, guess in told if row["half"] == half)))
    if has_errors:  # of the development half alone: nobody reads the errors of the other
        for row, guess in told:
            if guess != row["kind"] and row["half"] == "development":
                print(
                    row["pair"],
                    row["kind"],
                    "->",
                    guess,
                    row["left_repo"],
                    row["left_path"],
                    "|",
                    row["right_repo"],
                    row["right_path"],
                )
    peer(
        [
            (row, *(read[row[f"{side}_repo"], row[f"{side}_path"]][1] for side in ("left", "right")))
            for row in rows
        ]
    )


def made_up(count: int) -> Iterator[tuple[DocumentFacts, list[Mention]]]:
    """Documents made on the spot, one after the other from one seed."""
    chance = random.Random(5)
    common = [
        f"this is sentence number {number} that thousands of pages share word for word"
        for number in range(40)
    ]
    texts: list[str] = []
    for number in range(count):
        kind = number % 10
        if kind in (7, 8) and texts:
            lines = texts[chance.randrange(len(texts))].split("\n")
            lines[chance.randrange(len(lines))] = (
                f"a line that was changed in page {number} and nowhere else at all"
            )
            text = "\n".join(lines)
        elif kind == 9 and texts:
            text = texts[chance.randrange(len(texts))]
        else:
            own = [" ".join(f"w{chance.randrange(50_000)}" for _ in range(9)) for _ in range(25)]
            text = "\n".join([*own, *chance.sample(common, 12)])
            if len(texts) < 20_000:
                texts.append(text)
        name = f"pages/{number}.md"
        day = date(2024, 1, 1) + timedelta(days=number % 500)
        mention = Mention(
            document=name, document_id=str(number), start=0, end=4, quote="A100", chip="NVIDIA A100", count=8
        )
        yield (
            DocumentFacts(
                document=name,
                document_id=str(number),
                project=f"p{number}",
                published_on=day,
                language="en",
                fingerprint=fingerprint_of(text, text),
            ),
            [mention],
        )


def made(count: int) -> None:
    documents = list(made_up(count))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.process_time()
    lineage = Lineage(documents)
    seconds = time.process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    linked = list(lineage.linked())
    right = sum(
        int(kin.source.document_id) % 10 >= 7 or int(link.of.document_id) % 10 >= 7 for kin, link in linked
    )
    print(
        f"{count:,} made documents: {seconds:.1f} s of processor, {most:.0f} MB at most ({held:.0f} MB of them the documents)"
    )
    print(
        f"  {len(linked):,} linked, {len(linked) - right:,} of them wrongly; {count * 3 // 10:,} are copies or near copies"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirrors", type=Path)
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--made", type=int, default=0)
    given = parser.parse_args()
    if given.mirrors:
        pairs(given.mirrors, has_errors=given.errors)
    if given.made:
        made(given.made)


if __name__ == "__main__":
    main()
