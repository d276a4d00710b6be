"""How fast the ledger writes, finds and answers: `python benchmarks/store.py [--mentions 200000]`.

Writes made-up documents in three languages (four mentions each, quotes of about 300 characters; then documents without
a mention), times them on one core, and searches the result while counting what substring truth says.
"""

import argparse
import random
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

from chipledger.core.records import DocumentFacts, Mention, Purpose, content_id
from chipledger.store import search
from chipledger.store.ledger import Ledger
from chipledger.store.write import Scan

DAY = date(2026, 11, 1)
ENGLISH = (
    "The model was trained on {n} NVIDIA A100 GPUs for two weeks with DeepSpeed ZeRO-3 and bf16. ",
    "Inference runs on a single node; throughput was measured at batch size {n}. ",
    "We release the weights and the code under the Apache licence. ",
)
CHINESE = (
    "本模型在{n}张加速卡上完成，整个过程历时三周。",
    "推理阶段使用{n}卡H20。",
    "训练使用A100，批大小为{n}。",
    "评测覆盖数学、代码与常识，结果见表{n}。",
)
JAPANESE = (
    "実験には{n}基のNVIDIA H100を使用しました。",
    "学習は{n}時間で終わりました。",
    "結果を表{n}に示す。",
)
RARE = (*CHINESE, "预训练使用{n}张昇腾910B。")
PIECES = (ENGLISH,) * 12 + (CHINESE,) * 5 + (JAPANESE,) * 2 + (RARE,)


def mention_of(name: str, document_id: str, number: int, rng: random.Random) -> Mention:
    pieces = rng.choice(PIECES)
    quote = "".join(rng.choice(pieces).format(n=rng.randrange(1, 4096)) for _ in range(12))[:300]
    return Mention(
        document=name,
        document_id=document_id,
        start=number * 1000,
        end=number * 1000 + len(quote),
        quote=quote,
        chip="NVIDIA A100",
        chips=("nvidia-a100-40gb-sxm", "nvidia-a100-80gb-sxm"),
        count=rng.randrange(1, 4096),
        purpose=Purpose.PRETRAINING,
        subject="Model",
        organisation=f"Lab {rng.randrange(50)}",
        techniques=("BF16", "ZeRO"),
        confidence=0.9,
        rule_id="bench",
        line=number,
    )


def document_of(number: int, mentions: int, rng: random.Random) -> tuple[DocumentFacts, list[Mention]]:
    name, document_id = f"project-{number // 20}/doc-{number}.md", content_id(number) * 3 + "0000"
    facts = DocumentFacts(
        document=name,
        document_id=document_id,
        format="markdown",
        encoding="utf-8",
        language="en",
        project=f"lab/project-{number // 20}",
        techniques=("BF16",),
        chars=4000,
        published_on=DAY,
    )
    return facts, [mention_of(name, document_id, index, rng) for index in range(mentions)]


def timed_writing(ledger: Ledger, documents: list[tuple[DocumentFacts, list[Mention]]]) -> float:
    start = time.perf_counter()
    with ledger.writing(Scan(target="bench", started=DAY)) as writer:
        for facts, mentions in documents:
            writer.add(facts, mentions)
    return time.perf_counter() - start


def report_search(ledger: Ledger, query: str, quotes: list[str]) -> None:
    times = []
    for _ in range(30):
        start = time.perf_counter()
        search.search(ledger, query)
        times.append((time.perf_counter() - start) * 1000)
    found, truth = search.count(ledger, query), sum(query.lower() in quote.lower() for quote in quotes)
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"search {query}: {found} found, {truth} by substring, p50 {statistics.median(times):.2f} ms, p95 {p95:.2f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mentions", type=int, default=200_000)
    wanted = parser.parse_args().mentions
    rng = random.Random(7)
    told = [document_of(number, 4, rng) for number in range(wanted // 4)]
    silent = [document_of(len(told) + number, 0, rng) for number in range(20_000)]
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "bench.sqlite") as ledger:
        seconds = timed_writing(ledger, told)
        print(
            f"mentions: {wanted / seconds:.0f} rows/s, {len(told) / seconds:.0f} documents/s ({seconds:.1f} s)"
        )
        seconds = timed_writing(ledger, silent)
        print(f"documents without a mention: {len(silent) / seconds:.0f} documents/s")
        seconds = timed_writing(ledger, told)
        print(f"the same again: {len(told) / seconds:.0f} documents/s")
        start = time.perf_counter()
        for facts, _ in told[:2000]:
            ledger.done(facts.document_id, "")
        print(f"done(): {2000 / (time.perf_counter() - start):.0f} questions/s")
        print(f"size: {(Path(folder) / 'bench.sqlite').stat().st_size / 1e6:.0f} MB")
        quotes = [mention.quote for _, mentions in told for mention in mentions]
        for query in ("昇腾", "训练", "A100", "学習"):
            report_search(ledger, query, quotes)


if __name__ == "__main__":
    main()
