"""Score the extractor against labels: `python benchmarks/quality.py --corpus DIR [--mirrors DIR] [--errors N]`.

Takes the same corpora as train_purpose.py. Gives one table: each figure for all documents, for the fifth of the
repositories set aside by hash before any rule was written, by language and for our own labels: Japanese, PDF pages, and
the two halves of the second set, which never mix: rules and weights learn from the development half; to the test half
nothing is fitted and nobody reads its errors. Out of fold (each document read by a model that saw nothing of its
repository) and, in the last rows, with the shipped model: in sample for the corpus, so that the gap between the two shows.

The figures are sets of tuples, as in the labelling guide: repeats in a document neither help nor harm. Two more tables tell how single
mentions of many other repositories fare, each judged alone and out of fold, and how often each confidence is right.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from train_purpose import (
    Labelled,
    check,
    corpus_documents,
    examples,
    fit,
    fold_of,
    is_set_aside,
    marked_candidates,
    own_documents,
    single_documents,
)

from chipledger.core.records import Mention, Purpose
from chipledger.evidence.extract import decide, extract
from chipledger.evidence.subject import language_of
from chipledger.evidence.weighing import NONE, Model

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


def models_of(documents: list[Labelled], folds: int) -> list[Model]:
    """A model for each fold, fitted on all that may be learned from but the fold's repositories."""
    learned = [d for d in documents if d.corpus != check.TEST]
    rows = [example for labelled in learned for example in examples(labelled)]
    return [
        fit([r for r in rows if fold_of(r.repository, folds) != fold], f"fold-{fold}")
        for fold in range(folds)
    ]


def groups(documents: list[Labelled], models: list[Model]) -> dict[str, list[Read]]:
    """What each row of the table is about: its name, and the documents with what was said of them."""
    documents = [d for d in documents if d.corpus != check.SINGLE]
    reads = [
        Read(d, extract(d.document, models[fold_of(d.repository, len(models))]).mentions) for d in documents
    ]
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


@dataclass(frozen=True)
class Single:
    """A mention labelled alone: its chip, its purpose by the label and as told, and the confidence."""

    chip: str
    label: str
    said: str
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether what was told is what the label says."""
        return self.label == self.said


def singles_of(documents: list[Labelled], models: list[Model]) -> list[Single]:
    """The single mentions, each judged alone by a model that saw nothing of its repository."""
    found = []
    for labelled in documents:
        if labelled.corpus == check.SINGLE:
            model = models[fold_of(labelled.repository, len(models))]
            for candidate, label in marked_candidates(labelled):
                said = [(str(purpose), share) for _, purpose, share in decide([candidate], model)] or [
                    (NONE, 1.0)
                ]
                found.append(Single(candidate.spot.name.name, label, *said[0]))
    return found


def of_singles(every: list[Single]) -> list[str]:
    """How many are right, of all and of the named statements, and how well uses are told."""
    stated = [one for one in every if is_named(one.chip) and one.label != NONE]
    both = sum(one.label in USES and one.said in USES for one in every)
    shares = (
        share(sum(one.is_right for one in every), len(every)),
        share(sum(one.is_right for one in stated), len(stated)),
        share(both, sum(one.said in USES for one in every)),
        share(both, sum(one.label in USES for one in every)),
    )
    return [
        str(len(every)),
        str(len(stated)),
        *("–" if value is None else f"{value:.3f}" for value in shares),
    ]


BOUNDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


def reliability(every: list[Single]) -> Iterator[list[str]]:
    """For each stretch of confidence, how many mentions have it and which share of them is right."""
    told = [one for one in every if one.said != NONE]
    for low, high in pairwise(BOUNDS):
        inside = [one for one in told if low <= one.confidence < high]
        right = share(sum(one.is_right for one in inside), len(inside))
        mean = share(sum(one.confidence for one in inside), len(inside))
        if right is not None and mean is not None:
            yield [f"{low:.1f} to {min(high, 1.0):.1f}", str(len(inside)), f"{mean:.2f}", f"{right:.2f}"]


def printed(head: list[str], table: list[list[str]]) -> None:
    for cells in (head, ["---"] * len(head), *table):
        print("| " + " | ".join(cells) + " |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--mirrors", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    documents = [labelled for folder in options.corpus for labelled in corpus_documents(folder)]
    if options.mirrors:
        documents += own_documents(options.mirrors, tuple(check.PARTS))
        documents += single_documents(options.mirrors)
    models = models_of(documents, options.folds)
    table = [row(name, group) for name, group in groups(documents, models).items() if group]
    names = [f"{name} P / R" for name in FIELDS]
    printed(["documents", "n", "labels", *names, "hours R", "false use/10", "spans"], table)
    if options.mirrors:
        every = singles_of(documents, models)
        print()
        printed(
            ["single mentions", "named statements", "right", "right of these", "use P", "use R"],
            [of_singles(every)],
        )
        print()
        printed(["confidence", "mentions", "mean", "right"], list(reliability(every)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
