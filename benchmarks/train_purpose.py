"""Fit the purpose model and judge it on repositories left out: `python benchmarks/train_purpose.py --corpus DIR …`.

Takes corpora in the layout of the labelling guide (index.csv, gold.jsonl, docs/) and, with --mirrors, the labels of
benchmarks/labels/ read from bare clones. Gives `data/evidence/purpose_model.json`, and with --out FOLDER the
out-of-fold predictions of each corpus as JSON lines for its scorer: every document is read by a model that saw no
document of its repository.

What a candidate may be is taken from the labels: the label that overlaps it; else any purpose that the document's
labels give that chip (a repeat, folded by the guide); else "none". Where several are possible the model's own
reading shares them out, in a few rounds.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from chipledger.documents.document import Document
from chipledger.documents.formats import format_of
from chipledger.documents.reading import reading_of
from chipledger.evidence.extract import Candidate, candidates, extract
from chipledger.evidence.layout import Layout
from chipledger.evidence.purpose import MODES, NONE, USES, Linear, Model, Signals

sys.path.insert(0, str(Path(__file__).parent / "labels"))

import check  # the checker beside the labels knows how to read them

# Nothing is ever fitted to check.TEST, nor are its errors read.
LEARNED = (check.FIRST, check.DEVELOPMENT)
STRENGTH = {MODES: 40.0, USES: 60.0}
FEWEST = 3
ROUNDS = 3
# Where the penalty pulls to: the rule of thumb and the nearest workload speak for their own label until data object.
PRIOR = {
    "verdict:use": "use",
    "verdict:requirement": "requirement",
    "verdict:mention_only": "mention_only",
    "unnamed": "none",
    "unnamed-ran": "use",
    "work:pretrain": "pretraining",
    "work:finetune": "finetuning",
    "work:train": "training_unspecified",
    "work:inference": "inference",
    "work:evaluation": "evaluation",
}
PULL = {MODES: 2.0, USES: 3.0}
WEIGHT_OVERLAP, WEIGHT_FOLDED, WEIGHT_SHARED, WEIGHT_NONE = 1.0, 0.6, 0.35, 0.35
MODEL_PATH = Path(__file__).parents[1] / "src/chipledger/data/evidence/purpose_model.json"


@dataclass(frozen=True)
class Labelled:
    """One document with its labels; `repository` is the unit that is left out."""

    document: Document
    repository: str
    labels: list[dict]
    corpus: str


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


def examples(labelled: Labelled) -> Iterator[Example]:
    """The candidates of a document as examples."""
    reading = reading_of(labelled.document)
    layout = Layout(labelled.document.text, reading, labelled.document.format)
    for candidate in candidates(labelled.document, reading, layout):
        allowed, weight = _allowed(candidate, labelled.labels)
        if allowed == {NONE} and not candidate.spot.name.is_family:
            continue
        yield Example(candidate.signals, frozenset(allowed), weight, labelled.repository)


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
    """The two linear models fitted on examples."""
    mode = _fit([(row.signals.mode, {_mode(p) for p in row.allowed}, row.weight) for row in rows], MODES)
    used = [(row.signals.use, row.allowed.intersection(USES), row.weight) for row in rows]
    return Model(version, mode, _fit([row for row in used if row[1]], USES))


def _mode(purpose: str) -> str:
    return purpose if purpose in MODES else "use"


def _fit(rows: list[tuple[tuple[str, ...], set[str], float]], labels: tuple[str, ...]) -> Linear:
    """A multinomial logistic regression with an L2 penalty over the features seen often enough."""
    seen = Counter(name for features, _, _ in rows for name in set(features))
    names = sorted(name for name, times in seen.items() if times >= FEWEST)
    column = {name: index for index, name in enumerate(names)}
    picked = [sorted({column[name] for name in features if name in column}) for features, _, _ in rows]
    pointers = np.cumsum([0, *map(len, picked)])
    present = csr_matrix(
        (np.ones(pointers[-1]), np.concatenate([np.array(p, int) for p in picked]), pointers),
        shape=(len(rows), len(names)),
    )
    possible = np.array([[label in allowed for label in labels] for _, allowed, _ in rows], float)
    weight = np.array([row[2] for row in rows])
    shares = possible / possible.sum(1, keepdims=True)
    prior = np.zeros((len(names) + 1, len(labels)))
    for name, label in PRIOR.items():
        if name in column and label in labels:
            prior[column[name], labels.index(label)] = PULL[labels]
    theta = prior.ravel()
    for _ in range(ROUNDS):
        given = (present, shares, weight, STRENGTH[labels], prior)
        theta = minimize(_loss, theta, given, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
        shares = _softmax(_scores(theta, present)) * possible
        shares /= shares.sum(1, keepdims=True)
    table = theta.reshape(len(names) + 1, len(labels)).round(3)
    weights = {
        name: tuple(table[index]) for name, index in column.items() if np.abs(table[index]).max() >= 0.02
    }
    return Linear(labels, tuple(table[-1]), weights)


def _scores(theta: np.ndarray, present: csr_matrix) -> np.ndarray:
    table = theta.reshape(present.shape[1] + 1, -1)
    return present @ table[:-1] + table[-1]


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def _loss(
    theta: np.ndarray,
    present: csr_matrix,
    shares: np.ndarray,
    weight: np.ndarray,
    strength: float,
    prior: np.ndarray,
) -> tuple[float, np.ndarray]:
    table = theta.reshape(present.shape[1] + 1, -1)
    chance = _softmax(_scores(theta, present))
    away = (table - prior)[:-1]
    loss = -(weight * (shares * np.log(chance + 1e-12)).sum(1)).sum() + strength / 2 * (away**2).sum()
    slope = (chance - shares) * weight[:, None]
    return loss, np.vstack([present.T @ slope + strength * away, slope.sum(0, keepdims=True)]).ravel()


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
    """The model in its stored form: thousandths, sorted."""
    return {"version": model.version, "mode": _stored(model.mode), "use": _stored(model.use)}


def _stored(linear: Linear) -> dict:
    return {
        "labels": list(linear.labels),
        "bias": [round(value * 1000) for value in linear.bias],
        "weights": {
            name: [round(value * 1000) for value in row] for name, row in sorted(linear.weights.items())
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
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--out", type=Path, help="where the out-of-fold predictions go")
    parser.add_argument(
        "--set-aside", action="store_true", help="leave the fifth set aside by hash out of the training"
    )
    parser.add_argument("--version", default="2026-11-24")
    parser.add_argument("--dry", action="store_true", help="do not write the model")
    options = parser.parse_args()
    if not options.corpus and not options.mirrors:
        parser.error(
            "no labelled documents: give --corpus DIR (or `make train ARGS='--corpus DIR'`), --mirrors DIR or both"
        )
    documents = [labelled for folder in options.corpus for labelled in corpus_documents(folder)]
    documents += list(own_documents(options.mirrors)) if options.mirrors else []
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
        print(
            f"{len(model.mode.weights)} + {len(model.use.weights)} features -> {MODEL_PATH.name}, {MODEL_PATH.stat().st_size:,} bytes"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
