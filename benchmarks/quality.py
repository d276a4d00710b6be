"""Score the extractor against labels: `python benchmarks/quality.py --corpus DIR [--mirrors DIR] [--errors N]`.

Takes the same corpora as train_purpose.py. Gives one table: each figure for all documents, for the fifth of the
repositories set aside by hash before any rule was written, by language and for our own labels: Japanese, PDF pages, and
the two halves of the second set, which never mix: rules and weights learn from the development half; to the test half
nothing is fitted and nobody reads its errors. Out of fold (each document read by a model that saw nothing of its
repository) and, in the last rows, with the shipped model: in sample for the corpus, so that the gap between the two shows.

The figures are sets of tuples, as in the labelling guide: repeats in a document neither help nor harm.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from train_purpose import (
    LEARNED,
    Labelled,
    check,
    corpus_documents,
    examples,
    fit,
    fold_of,
    is_set_aside,
    own_documents,
)

from chipledger.core.records import Mention, Purpose
from chipledger.evidence.extract import extract
from chipledger.evidence.subject import language_of

USES = {purpose.value for purpose in Purpose if purpose.is_use}
Tuples = set[tuple[object, ...]]


@dataclass(frozen=True)
class Read:
    """A labelled document and what the extractor says of it."""

    labelled: Labelled
    mentions: tuple[Mention, ...]


def is_named(chip: str) -> bool:
    return "(unspecified)" not in chip


def share(hits: int, of: int) -> float | None:
    return hits / of if of else None


def precision_recall(gold: Tuples, said: Tuples) -> tuple[float | None, float | None]:
    return share(len(gold & said), len(said)), share(len(gold & said), len(gold))


def label_tuples(reads: Iterable[Read], fields: Callable[[dict], tuple | None]) -> Tuples:
    return {
        (read.labelled.document.document, *found)
        for read in reads
        for label in read.labelled.labels
        if (found := fields(label))
    }


def said_tuples(reads: Iterable[Read], fields: Callable[[dict], tuple | None]) -> Tuples:
    return {
        (read.labelled.document.document, *found)
        for read in reads
        for mention in read.mentions
        if (found := fields(mention.as_dict()))
    }


FIELDS: dict[str, Callable[[dict], tuple | None]] = {
    "chip": lambda row: (row["chip"],) if is_named(row["chip"]) else None,
    "chip_purpose": lambda row: (row["chip"], row["purpose"]) if is_named(row["chip"]) else None,
    "use": lambda row: (row["chip"],) if is_named(row["chip"]) and row["purpose"] in USES else None,
    "use_purpose": lambda row: (
        (row["chip"], row["purpose"]) if is_named(row["chip"]) and row["purpose"] in USES else None
    ),
    "use_count": lambda row: (
        (row["chip"], row["count"]) if row["purpose"] in USES and row["count"] is not None else None
    ),
}


def hours_recall(reads: list[Read]) -> float | None:
    stated = [
        (read, label["gpu_hours"]) for read in reads for label in read.labelled.labels if label["gpu_hours"]
    ]
    found = sum(
        any(m.gpu_hours and abs(m.gpu_hours - hours) <= 0.01 * hours for m in read.mentions)
        for read, hours in stated
    )
    return share(found, len(stated))


def false_use(reads: list[Read]) -> float | None:
    negatives = [
        read for read in reads if not any(label["purpose"] in USES for label in read.labelled.labels)
    ]
    wrong = said_tuples(negatives, FIELDS["use"])
    return 10 * len(wrong) / len(negatives) if negatives else None


def span_share(reads: list[Read]) -> float | None:
    spans = [
        read.labelled.document.text[m.start : m.end] == m.quote
        for read in reads
        for m in read.mentions
        if m.page is None
    ]
    return share(sum(spans), len(spans))


def row(name: str, reads: list[Read]) -> list[str]:
    cells = [name, str(len(reads)), str(sum(len(read.labelled.labels) for read in reads))]
    for fields in FIELDS.values():
        pair = precision_recall(label_tuples(reads, fields), said_tuples(reads, fields))
        cells.append(" / ".join("–" if value is None else f"{value:.3f}" for value in pair))
    for value in (hours_recall(reads), false_use(reads), span_share(reads)):
        cells.append("–" if value is None else f"{value:.3f}")
    return cells


def groups(documents: list[Labelled], folds: int) -> dict[str, list[Read]]:
    """What each row of the table is about: its name, and the documents with what was said of them."""
    learned = [d for d in documents if d.corpus not in check.PARTS or d.corpus in LEARNED]
    rows = [example for labelled in learned for example in examples(labelled)]
    models = [
        fit([r for r in rows if fold_of(r.repository, folds) != fold], f"fold-{fold}")
        for fold in range(folds)
    ]
    reads = [Read(d, extract(d.document, models[fold_of(d.repository, folds)]).mentions) for d in documents]
    shipped = [Read(d, extract(d.document).mentions) for d in documents]
    corpus = [r for r in reads if r.labelled.corpus not in check.PARTS]
    own = {part: [r for r in reads if r.labelled.corpus == part] for part in check.PARTS}
    found = {
        "corpus, out of fold": corpus,
        "set aside": [r for r in corpus if is_set_aside(r.labelled.repository)],
    }
    for language in ("en", "zh", "ja"):
        found[f"corpus {language}"] = [r for r in corpus if language_of(r.labelled.document.text) == language]
    found["own Japanese"] = [r for r in own[check.FIRST] if r.labelled.document.format != "pdf"]
    found["own PDF pages"] = [r for r in own[check.FIRST] if r.labelled.document.format == "pdf"]
    found |= {part: own[part] for part in (check.DEVELOPMENT, check.TEST)}
    found["corpus, in sample"] = [r for r in shipped if r.labelled.corpus not in check.PARTS]
    for part in (check.DEVELOPMENT, check.TEST):
        found[f"{part}, shipped model"] = [r for r in shipped if r.labelled.corpus == part]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--mirrors", type=Path)
    parser.add_argument("--folds", type=int, default=10)
    options = parser.parse_args()
    documents = [labelled for folder in options.corpus for labelled in corpus_documents(folder)]
    documents += list(own_documents(options.mirrors, tuple(check.PARTS))) if options.mirrors else []
    table = [row(name, group) for name, group in groups(documents, options.folds).items() if group]
    head = [
        "documents",
        "n",
        "labels",
        *(f"{name} P / R" for name in FIELDS),
        "hours R",
        "false use/10",
        "spans",
    ]
    for cells in (head, ["---"] * len(head), *table):
        print("| " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
