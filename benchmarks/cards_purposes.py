"""How often the purposes of cards agree with a reader's: `chipledger scan CARDS --format jsonl | python benchmarks/cards_purposes.py`.

Takes mentions of `cards.py SOURCES CARDS --count 20000 --seed 5` as lines of JSON; compares them with `labels/cards.csv`, 200 mentions
drawn by a seed (of the first extraction, by document and place) and judged by the labelling guide before any answer was seen. A
label `not_a_mention` counts against whatever was said. A mention that is no longer made is told apart.
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path

LABELS = Path(__file__).parent / "labels" / "cards.csv"
USES = ("pretraining", "finetuning", "training_unspecified", "inference", "evaluation")


def main() -> None:
    said = {}
    for line in sys.stdin:
        one = json.loads(line)
        if one["kind"] == "mention":
            said[one["document"], one["chip"], one["start"]] = one["purpose"]
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    gone = 0
    with LABELS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            answer = said.get((row["card"], row["chip"], int(row["start"])))
            if answer is None:
                gone += 1
                continue
            for name in (answer, "all", *(("a use",) if answer in USES else ())):
                total[name] += 1
                right[name] += answer == row["purpose"]
    for name, count in total.most_common():
        print(f"{name}: {right[name]} of {count} ({right[name] / count:.0%})")
    print(f"{gone} labelled mentions are not made any more")


if __name__ == "__main__":
    main()
