"""All benchmarks in turn: `python -m benchmarks --markdown FOLDER --pdfs FOLDER [--evals]` (or `make bench ARGS='…'`).

Takes a folder of Markdown (50 MB makes steady figures) and one of PDFs; runs store, rules, perf_search, matching, scan and pdf as their
own processes, so that none warms another. Without a folder the benchmarks that need it are named as not run; the simulations of
`evals` take half an hour and are run when asked for.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", type=Path, help="a folder of Markdown files")
    parser.add_argument("--pdfs", type=Path, help="a folder of PDFs")
    parser.add_argument("--evals", action="store_true", help="the simulations of evals too")
    options = parser.parse_args()
    plan = (("matching", options.markdown), ("scan", options.markdown), ("pdf", options.pdfs))
    failed = 0
    for name in ("store", "rules", "perf_search"):
        print(f"\n{name}", flush=True)
        failed |= subprocess.run([sys.executable, HERE / f"{name}.py"], check=False).returncode
    for name, folder in plan:
        if folder is None:
            print(f"NOT RUN: {name} (give --{'pdfs' if name == 'pdf' else 'markdown'} FOLDER)")
            continue
        print(f"\n{name}", flush=True)
        failed |= subprocess.run([sys.executable, HERE / f"{name}.py", folder], check=False).returncode
    for name in ("evals_alarms", "evals_intervals", "evals_ingest", "evals_forecast"):
        if not options.evals:
            print(f"NOT RUN: {name} (give --evals)")
            continue
        print(f"\n{name}", flush=True)
        failed |= subprocess.run([sys.executable, HERE / f"{name}.py"], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
