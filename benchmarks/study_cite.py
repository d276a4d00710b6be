"""Prints a source and a quote of a study, taken from a clone, as YAML for data/study/<name>/sources.yaml and quotes.yaml.

python benchmarks/study_cite.py --clones FOLDER --at OWNER/NAME@COMMIT:PATH --words "…" --id NAME [--shows "…"]
"""

import argparse
import sys
from pathlib import Path

from chipledger.core.errors import ChipledgerError
from chipledger.findings.study_cite import as_yaml, cite
from chipledger.findings.study_clones import git_dir_in


def main() -> int:
    """Print the records; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, about in (
        ("--clones", "a folder of clones"),
        ("--at", "OWNER/NAME@COMMIT:PATH"),
        ("--words", "the quote, exactly as it stands"),
        ("--id", "of the quote"),
    ):
        parser.add_argument(name, required=True, help=about)
    parser.add_argument("--shows", default="…", help="what the quote shows, and no more")
    asked = parser.parse_args()
    repository, _, place = asked.at.partition("@")
    commit, _, path = place.partition(":")
    git_dir = git_dir_in(Path(asked.clones), [repository])
    if git_dir is None or not path:
        parser.error(f"no clone of {repository!r} in {asked.clones}, or no path in {asked.at!r}")
    try:
        sys.stdout.write(
            as_yaml(*cite(git_dir, repository, commit, path, asked.words, asked.id, asked.shows))
        )
    except ChipledgerError as error:
        print(f"study_cite: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
