"""All benchmarks in turn: `python -m benchmarks --markdown FOLDER --pdfs FOLDER [--evals]` (or `make bench ARGS='…'`).

Takes a folder of Markdown (50 MB makes steady figures) and one of PDFs, and for the screening of names three lists; runs store, rules,
perf_search, matching, scan, pdf and parties_screen as their own processes, so that none warms another. What lacks its folder or lists is
named as not run; the simulations of `evals` take half an hour and are run when asked for.
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
    for name, text in (("csl", "the compact Consolidated Screening List"), ("meti", "METI's list as JSON"),
                       ("bench", "nomenklatura's name_bench cases.csv")):  # fmt: skip
        parser.add_argument(f"--{name}", type=Path, help=f"{text}, for parties_screen")
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
    lists = [(f"--{name}", getattr(options, name)) for name in ("csl", "meti", "bench")]
    if all(path for _, path in lists):
        print("\nparties_screen", flush=True)
        given = [str(part) for pair in lists for part in pair]
        failed |= subprocess.run([sys.executable, HERE / "parties_screen.py", *given], check=False).returncode
    else:
        print("NOT RUN: parties_screen (give --csl, --meti and --bench)")
    for name in ("evals_alarms", "evals_intervals", "evals_ingest", "evals_forecast"):
        if not options.evals:
            print(f"NOT RUN: {name} (give --evals)")
            continue
        print(f"\n{name}", flush=True)
        failed |= subprocess.run([sys.executable, HERE / f"{name}.py"], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
