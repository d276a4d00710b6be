"""What fetching costs beside the network: a made-up Hub on loopback, asked three times, and an index of many rows.

    python benchmarks/fetching.py [--files 2000] [--rows 20000]

States user seconds of this process, server and client together, without any pace: first fetch, the same day again, the
next day with nothing changed; then one look-up and a listing in an index of many rows.
"""

import argparse
import json
import resource
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "documents" / "connect"))
from loopback_site import Site, serving, settings_for

from chipledger.documents.connect.fetching import Terms, fetch
from chipledger.documents.connect.registry import connector_for
from chipledger.documents.snapshot import Fetched, writing

HEAD = "a" * 40
DAY, NEXT = date(2026, 1, 1), date(2026, 1, 2)


def user_seconds() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def hub(site: Site, files: int) -> None:
    tree = [{"type": "file", "path": f"{n:06}.md", "oid": f"{n:040}", "size": 2500} for n in range(files)]
    site.put("/api/models/lab/kite/revision/main", json.dumps({"sha": HEAD}))
    site.put(f"/api/models/lab/kite/tree/{HEAD}", json.dumps(tree))
    for n in range(files):
        site.put(f"/lab/kite/resolve/{HEAD}/{n:06}.md", f"{n} trained on 64 H20. " + "x" * 2480)


def fetched(site: Site, folder: Path, on: date) -> str:
    target = "hf:lab/kite"
    began, asked = user_seconds(), len(site.asked)
    with writing(folder) as snapshot:
        steps = fetch(connector_for(target, settings_for(site)), target, snapshot, Terms(on=on))
        became = Counter(step.became for step in steps)
    return f"{dict(became)}: {user_seconds() - began:.2f} s user, {len(site.asked) - asked} requests"


def looked_up(rows: int) -> str:
    with TemporaryDirectory() as folder, writing(Path(folder)) as snapshot:
        for n in range(rows):
            with snapshot.receiving() as sink:
                name = f"hf/lab/kite-{n}/README.md"
                row = Fetched(
                    connector="hub", item=name, name=name, url=name, fetched_on=DAY, last_seen_on=DAY
                )
                snapshot.keep(sink, row)
        began = user_seconds()
        for n in range(0, rows, max(1, rows // 1000)):
            snapshot.newest(f"hf/lab/kite-{n}/README.md")
        each = (user_seconds() - began) / min(rows, 1000) * 1000
        began = user_seconds()
        count = sum(1 for _ in snapshot.fetches())
        return f"{count:,} rows: {each:.3f} ms a look-up, listed in {user_seconds() - began:.1f} s user"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    with serving() as site, TemporaryDirectory() as folder:
        hub(site, options.files)
        for label, on in (("first", DAY), ("same day", DAY), ("next day", NEXT)):
            print(f"{label:9} {fetched(site, Path(folder) / 'kept', on)}", flush=True)
    print(looked_up(options.rows))


if __name__ == "__main__":
    main()
