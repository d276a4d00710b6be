"""Fit the weights of screening: `python benchmarks/parties_train.py --csl FILE --meti FILE --bench FILE [--out FILE]`.

Learns only from half 0 of each set of benchmarks/parties_names.py, and from generated sets of seeds that no report uses;
writes data/parties/match_model.json. --csl is the compact copy of the Consolidated Screening List, --meti the entities of
METI's list as JSON, --bench nomenklatura's contrib/name_bench/cases.csv.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from parties_names import (
    Entry,
    Query,
    companies,
    csl,
    half,
    hide_aliases,
    look_alikes,
    meti,
    name_bench,
    perturbed,
)
from scipy.optimize import minimize

from chipledger.core.errors import InputError
from chipledger.parties.align import align
from chipledger.parties.calibrated import FEATURES, features
from chipledger.parties.index import Index
from chipledger.parties.legal_forms import DATA
from chipledger.parties.lexicon import Lexicon
from chipledger.parties.views import view

# Whatever a fit may find, these speak for one party and those against: more agreement never lowers a probability.
FOR = {"query_share", "name_share", "least_share", "least_share_cubed", "both_shares", "matched_weight", "equal", "whole",
       "one_slip", "two_slips", "forms_same"}  # fmt: skip
AGAINST = {"query_left", "name_left", "query_words_left", "name_words_left", "places_differ", "place_missing", "numbers_differ", "number_missing",
           "number_share", "forms_differ", "whole_other_form", "clash", "far_word", "other_word", "spelling",
           "first_differs", "other_start"}  # fmt: skip
Rows = list[
    tuple[tuple[float, ...], int, int, bool, float, str]
]  # features, query, party, same party, weight, name


def candidate_rows(
    index: Index, entries: list[Entry], queries: list[Query], first: int, weight: float
) -> Rows:
    same = {one.id: one.same or {one.id} for one in entries}
    rows: Rows = []
    for at, query in enumerate(queries):
        asked = view(query.text)
        for name, _ in index.candidates(asked):
            held = index.held[name]
            found = align(asked, held.view, index.words.lexicon)
            rows.append((features(asked, held.view, found), first + at, held.party,
                         query.party is not None and index.parties[held.party].id in same[query.party], weight,
                         held.view.joined))  # fmt: skip
    return rows


def pair_rows(pairs: list[tuple[str, str, bool]], first: int, weight: float) -> Rows:
    lexicon = Lexicon()
    rows: Rows = []
    for at, (one, other, truth) in enumerate(pairs):
        try:
            left, right = view(one), view(other)
        except InputError:
            continue
        rows.append((features(left, right, align(left, right, lexicon)), first + at, 0, truth, weight, other))
    return rows


def everything(options: argparse.Namespace) -> Iterator[tuple[str, Rows]]:
    entries, learn, _ = hide_aliases(csl(options.csl))
    index = Index.build(entries, hanzi=False)
    yield "aliases", candidate_rows(index, entries, learn, 0, 1.0)
    yield "look-alikes", candidate_rows(index, entries, look_alikes(entries, 1000, seed=7), 10_000, 1.0)
    rng = random.Random(11)
    made = companies(9000, seed=5)
    own = [Entry(f"made-{at}", (name,)) for at, name in enumerate(made[:8000])]
    index = Index.build(own, hanzi=False)
    asked = [Query(perturbed(one.names[0], rng), one.id) for one in own[:700]]
    yield "perturbed", candidate_rows(index, own, asked, 20_000, 1.0)
    yield (
        "outsiders",
        candidate_rows(index, own, [Query(name, None) for name in made[8000:8700]], 30_000, 1.0),
    )
    listed = meti(options.meti)
    latin = [Entry(one.id, one.latin) for one in listed if one.latin]
    index = Index.build(latin, hanzi=False)
    asked = [Query(hanzi, one.id) for one in listed if one.latin and half(one.id) == 0 for hanzi in one.hanzi]
    yield "hanzi", candidate_rows(index, latin, asked, 40_000, 1.0)
    pairs = [(a, b, truth) for _, a, b, truth in name_bench(options.bench) if half(f"{a}|{b}") == 0]
    yield "bench", pair_rows(pairs, 50_000, 8.0)


def best_of_party(rows: Rows, scores: np.ndarray) -> np.ndarray:
    """The row of each query and party that scores best."""
    best: dict[tuple[int, int], int] = {}
    for at, (_, query, party, *_) in enumerate(rows):
        if (query, party) not in best or scores[at] > scores[best[query, party]]:
            best[query, party] = at
    return np.array(sorted(best.values()))


def fit(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, ridge: float, centre: np.ndarray | None = None
) -> np.ndarray:
    """Logistic weights, the bias first."""
    x = np.hstack([np.ones((len(x), 1)), x])
    middle = np.zeros(x.shape[1]) if centre is None else centre

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w
        pull = w - middle
        pull[0] = 0
        value = float(np.sum(weight * (np.logaddexp(0, z) - y * z)) + ridge * np.sum(pull * pull) / 2)
        return value, x.T @ (weight * (1 / (1 + np.exp(-z)) - y)) + ridge * pull

    bounds = [(None, None)] * x.shape[1]
    if x.shape[1] == len(FEATURES) + 2:
        signs = [0, *(1 if name in FOR else -1 if name in AGAINST else 0 for name in FEATURES), 1]
        bounds = [(0, None) if sign > 0 else (None, 0) if sign < 0 else (None, None) for sign in signs]
        bounds[1 + FEATURES.index("whole_one_form")] = (0, 0)
        bounds[1 + FEATURES.index("numbers_differ")] = (
            None,
            -1.0,
        )  # the 10th institute is not the 29th, whatever pairs of funds say
    return minimize(loss, middle, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 4000}).x


def main() -> None:
    """Fit, print how each set is told apart in sample, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("csl", "meti", "bench"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=DATA / "match_model.json")
    parser.add_argument("--ridge", type=float, default=2.0)
    options = parser.parse_args()
    sets = dict(everything(options))
    rows = [row for found in sets.values() for row in found]
    x = np.array([row[0] for row in rows])
    y = np.array([row[3] for row in rows], dtype=float)
    weight = np.array([row[4] for row in rows])
    scores = x[:, 2] + x[:, 4]
    rival = np.zeros(len(rows))
    for _ in range(6):
        best = best_of_party(rows, scores)
        w = fit(np.column_stack([x, -rival])[best], y[best], weight[best], options.ridge)
        scores = w[0] + x @ w[1:-1]
        rival = rivals(rows, scores, best_of_party(rows, scores))
    calibrated = {"scale": 1.0, "rivals": round(float(w[-1]), 4), "shift": 0.0}
    for name in sets:
        print(name, len(sets[name]))
    for name, value in zip(FEATURES, w[1:-1], strict=True):
        print(f"{name:20s} {value:+.2f}")
    print("bias", w[0], "calibrated", calibrated)
    found = {
        "bias": round(float(w[0]), 4),
        "weights": {name: round(float(value), 4) for name, value in zip(FEATURES, w[1:-1], strict=True)},
        **calibrated,
        "review": options_review(),
        "hit": 0.75,
        "same": 0.5,
        "fitted_by": "benchmarks/parties_train.py",
    }
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def options_review() -> float:
    """The probability from which a person should look."""
    return 0.05


def rivals(rows: Rows, scores: np.ndarray, best: np.ndarray) -> np.ndarray:
    """For each row the logarithm of one and the odds of the other parties that its query may mean."""
    odds: dict[int, dict[str, float]] = {}
    for at in best:
        of_query = odds.setdefault(rows[at][1], {})
        of_query[rows[at][5]] = max(of_query.get(rows[at][5], 0.0), float(np.exp(min(scores[at], 30.0))))
    return np.array(
        [np.log1p(sum(value for name, value in odds[row[1]].items() if name != row[5])) for row in rows]
    )


if __name__ == "__main__":
    main()
