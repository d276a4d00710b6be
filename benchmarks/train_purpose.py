"""Fit the purpose model and judge it on repositories left out: `python benchmarks/train_purpose.py --corpus DIR …`.

Takes corpora in the layout of the labelling guide (index.csv, gold.jsonl, docs/) and, with --mirrors, the labels of
benchmarks/labels/ read from bare clones. Gives `data/evidence/purpose_model.json`, and with --out FOLDER the
out-of-fold predictions of each corpus as JSON lines for its scorer: every document is read by a model that saw no
document of its repository.

What a candidate may be is taken from the labels: the label that overlaps it; else any purpose that the document's
labels give that chip (a repeat, folded by the guide), in equal shares; else "none". Of `labels/mentions.csv`, where single
mentions are labelled, nothing is concluded about others of their documents.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from chipledger.core.records import Purpose
from chipledger.documents.document import Document
from chipledger.documents.formats import format_of
from chipledger.documents.reading import reading_of
from chipledger.evidence.extract import Candidate, candidates, extract
from chipledger.evidence.layout import Layout
from chipledger.evidence.weighing import LABELS, NONE, Model, Signals

sys.path.insert(0, str(Path(__file__).parent / "labels"))

import check  # the checker beside the labels knows how to read them

USES = tuple(purpose.value for purpose in Purpose if purpose.is_use)
# Nothing is ever fitted to check.TEST, nor are its errors read.
LEARNED = (check.FIRST, check.DEVELOPMENT)
# Of the penalty on the squares of weights; chosen, as all here, by out-of-fold figures of what is learned from.
STRENGTH = 50.0
FEWEST = 5  # documents' candidates that must have a feature
LEAST = 0.03  # weights that move nothing are not stored
# Where the penalty pulls to: the rule of thumb and the nearest work speak for their own labels until data object.
PULL = 2.5
PRIOR = {
    "verdict:use": USES,
    "verdict:requirement": ("requirement",),
    "verdict:mention_only": ("mention_only",),
    "work:pretrain": ("pretraining",),
    "work:finetune": ("finetuning",),
    "work:train": ("training_unspecified",),
    "work:inference": ("inference",),
    "work:evaluation": ("evaluation",),
    "unnamed": (NONE,),
    "unnamed-ran": USES,
}
WEIGHT_OVERLAP, WEIGHT_FOLDED, WEIGHT_SHARED, WEIGHT_NONE = 1.0, 0.6, 0.35, 0.35
# The corpus is what the model is judged by: it teaches little, so that the figure on it says much.
WEIGHT_OF_CORPUS = 0.2
MODEL_PATH = Path(__file__).parents[1] / "src/chipledger/data/evidence/purpose_model.json"


@dataclass(frozen=True)
class Labelled:
    """One document with its labels; `repository` is the unit that is left out."""

    document: Document
    repository: str
    labels: list[dict]
    corpus: str

    @property
    def marked(self) -> dict[tuple[int, str, bool], str] | None:
        """Where single mentions alone are labelled: the purpose of each, by place, chip and whether it is implicit."""
        if self.corpus != check.SINGLE:
            return None
        return {
            (int(row["start"]), row["chip"], row["implicit_chip"] == "1"): row["purpose"]
            for row in self.labels
        }


@dataclass(frozen=True)
class Example:
    """One candidate, what it may be, and how much it counts."""

    signals: Signals
    allowed: frozenset[str]
    weight: float
    repository: str


def corpus_documents(folder: Path) -> Iterator[Labelled]:
    """The documents of a corpus folder with their labels."""
    labels: dict[str, list[dict]] = {}
    for line in (folder / "gold.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        if record.get("kind") != "doc":
            labels.setdefault(record["doc_id"], []).append(record)
    with (folder / "index.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            path = folder / row["file"]
            text = path.read_bytes().decode("utf-8", "replace")
            document = Document(
                document=row["file"],
                document_id=row["sha256"],
                text=text,
                format=format_of(row["file"], b"") or "text",
            )
            yield Labelled(document, row["repo"], labels.get(row["doc_id"], []), str(folder))


def own_documents(mirrors: Path, parts: tuple[str, ...] = LEARNED) -> Iterator[Labelled]:
    """The documents of benchmarks/labels read from bare clones; a labelled PDF page counts as a document."""
    for part in parts:
        yield from _part_documents(mirrors, part)


def _part_documents(mirrors: Path, part: str) -> Iterator[Labelled]:
    labels = check.mentions(part)
    for doc_id, row in check.sources(part).items():
        for page, text in check.texts(check.file_bytes(mirrors, row), row).items():
            name = row["path"] if page is None else f"{row['path']}#page={page}"
            mine = [label for label in labels if label["doc_id"] == doc_id and label["page"] == page]
            kind = "pdf" if page is not None else format_of(row["path"], b"") or "text"
            document = Document(document=f"{doc_id}/{name}", document_id=doc_id, text=text, format=kind)
            yield Labelled(document, row["repo"], mine, part)


def single_documents(mirrors: Path) -> Iterator[Labelled]:
    """The documents of which single mentions are labelled, read from bare clones."""
    rows = groupby(check.single_mentions(), key=lambda row: (row["repo"], row["path"]))
    for (repository, path), group in rows:
        labels = list(group)
        name = f"{repository}/{path}"
        text = check.file_bytes(mirrors, labels[0]).decode("utf-8")
        kind = format_of(path, b"") or "text"
        document = Document(document=name, document_id=name, text=text, format=kind)
        yield Labelled(document, repository, labels, check.SINGLE)


def marked_candidates(labelled: Labelled) -> Iterator[tuple[Candidate, str]]:
    """The candidates of a document that are labelled one by one, each with its purpose."""
    marked = labelled.marked or {}
    for candidate in _candidates(labelled):
        purpose = marked.get((candidate.spot.start, candidate.spot.name.name, candidate.implicit))
        if purpose is not None:
            yield candidate, purpose


def _candidates(labelled: Labelled) -> Iterator[Candidate]:
    reading = reading_of(labelled.document)
    layout = Layout(labelled.document.text, reading, labelled.document.format)
    return candidates(labelled.document, reading, layout)


def examples(labelled: Labelled) -> Iterator[Example]:
    """The candidates of a document as examples."""
    if labelled.marked is not None:
        for candidate, purpose in marked_candidates(labelled):
            yield Example(candidate.signals, frozenset({purpose}), WEIGHT_OVERLAP, labelled.repository)
        return
    share = 1.0 if labelled.corpus in check.PARTS else WEIGHT_OF_CORPUS
    for candidate in _candidates(labelled):
        allowed, weight = _allowed(candidate, labelled.labels)
        if allowed == {NONE} and not candidate.spot.name.is_family:
            continue
        yield Example(candidate.signals, frozenset(allowed), weight * share, labelled.repository)


def _allowed(candidate: Candidate, labels: list[dict]) -> tuple[set[str], float]:
    spot = candidate.spot
    same = [label for label in labels if label["chip"] == spot.name.name]
    over = [label for label in same if spot.start < label["end"] and spot.end > label["start"]]
    if over:
        return {min(over, key=lambda label: label["end"] - label["start"])["purpose"]}, WEIGHT_OVERLAP
    purposes = {label["purpose"] for label in same}
    if purposes and not candidate.implicit:
        return purposes, WEIGHT_FOLDED if len(purposes) == 1 else WEIGHT_SHARED
    return {NONE}, WEIGHT_NONE


def fit(rows: list[Example], version: str) -> Model:
    """A multinomial logistic regression with an L2 penalty over the features seen often enough."""
    features = [tuple(dict.fromkeys(row.signals.every())) for row in rows]
    seen = Counter(name for present in features for name in present)
    names = sorted(name for name, times in seen.items() if times >= FEWEST)
    column = {name: index for index, name in enumerate(names)}
    picked = [sorted(column[name] for name in present if name in column) for present in features]
    pointers = np.cumsum([0, *map(len, picked)])
    present = csr_matrix(
        (np.ones(pointers[-1]), np.concatenate([np.array(p, int) for p in picked]), pointers),
        shape=(len(rows), len(names)),
    )
    possible = np.array([[label in row.allowed for label in LABELS] for row in rows], float)
    shares = possible / possible.sum(1, keepdims=True)
    weight = np.array([row.weight for row in rows])
    prior = np.zeros((len(names), len(LABELS)))
    for name, labels in PRIOR.items():
        if name in column:
            prior[column[name], [LABELS.index(label) for label in labels]] = PULL
    start = np.vstack([prior, np.zeros(len(LABELS))]).ravel()
    given = (present, present.T.tocsr(), shares, weight, prior)
    found = minimize(_loss, start, given, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x
    table = found.reshape(len(names) + 1, len(LABELS)).round(2)
    weights = {
        name: tuple(table[index]) for name, index in column.items() if np.abs(table[index]).max() >= LEAST
    }
    return Model(version, tuple(table[-1]), weights)


def _scores(theta: np.ndarray, present: csr_matrix) -> np.ndarray:
    table = theta.reshape(present.shape[1] + 1, -1)
    return present @ table[:-1] + table[-1]


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def _loss(
    theta: np.ndarray,
    present: csr_matrix,
    turned: csr_matrix,
    shares: np.ndarray,
    weight: np.ndarray,
    prior: np.ndarray,
) -> tuple[float, np.ndarray]:
    table = theta.reshape(present.shape[1] + 1, -1)
    chance = _softmax(_scores(theta, present))
    away = table[:-1] - prior
    loss = -(weight * (shares * np.log(chance + 1e-12)).sum(1)).sum() + STRENGTH / 2 * (away**2).sum()
    slope = (chance - shares) * weight[:, None]
    return loss, np.vstack([turned @ slope + STRENGTH * away, slope.sum(0, keepdims=True)]).ravel()


def fold_of(repository: str, folds: int) -> int:
    """The fold of a repository, by hash: the same in every run."""
    return int(hashlib.sha256(repository.encode()).hexdigest(), 16) // 5 % folds


def is_set_aside(repository: str) -> bool:
    """Whether a repository belongs to the fifth that no rule was written against."""
    return int(hashlib.sha256(repository.encode()).hexdigest(), 16) % 5 == 0


def out_of_fold(documents: list[Labelled], rows: list[Example], folds: int, folder: Path) -> None:
    """Write the predictions of every document by a model that saw nothing of its repository."""
    folder.mkdir(parents=True, exist_ok=True)
    models = [
        fit([row for row in rows if fold_of(row.repository, folds) != fold], f"fold-{fold}")
        for fold in range(folds)
    ]
    for corpus in sorted({labelled.corpus for labelled in documents}):
        with (folder / f"{Path(corpus).name}.jsonl").open("w", encoding="utf-8") as stream:
            for labelled in documents:
                if labelled.corpus == corpus:
                    said = extract(labelled.document, models[fold_of(labelled.repository, folds)])
                    stream.writelines(
                        json.dumps(mention.as_dict(), ensure_ascii=False) + "\n" for mention in said.mentions
                    )


def stored(model: Model) -> dict:
    """The model in its stored form: hundredths, sorted."""
    return {
        "version": model.version,
        "labels": list(LABELS),
        "bias": [round(value * 100) for value in model.bias],
        "weights": {
            name: [round(value * 100) for value in row] for name, row in sorted(model.weights.items())
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--corpus", type=Path, action="append", default=[], help="a folder with index.csv, gold.jsonl, docs/"
    )
    parser.add_argument(
        "--mirrors", type=Path, help="bare clones (owner+name) of the sources in benchmarks/labels"
    )
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="where the out-of-fold predictions go")
    parser.add_argument(
        "--set-aside", action="store_true", help="leave the fifth set aside by hash out of the training"
    )
    parser.add_argument("--version", default="2026-11-25")
    parser.add_argument("--dry", action="store_true", help="do not write the model")
    options = parser.parse_args()
    if not options.corpus and not options.mirrors:
        parser.error(
            "no labelled documents: give --corpus DIR (or `make train ARGS='--corpus DIR'`), --mirrors DIR or both"
        )
    documents = [labelled for folder in options.corpus for labelled in corpus_documents(folder)]
    if options.mirrors:
        documents += [*own_documents(options.mirrors), *single_documents(options.mirrors)]
    used = [
        labelled for labelled in documents if not (options.set_aside and is_set_aside(labelled.repository))
    ]
    rows = [row for labelled in used for row in examples(labelled)]
    print(
        f"{len(documents)} documents, {len({d.repository for d in documents})} repositories, {len(rows)} examples"
    )
    if options.out:
        out_of_fold(documents, rows, options.folds, options.out)
    if not options.dry:
        model = fit(rows, options.version)
        MODEL_PATH.write_text(
            json.dumps(stored(model), ensure_ascii=False, indent=None, separators=(",", ":")) + "\n", "utf-8"
        )
        print(f"{len(model.weights)} features -> {MODEL_PATH.name}, {MODEL_PATH.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
