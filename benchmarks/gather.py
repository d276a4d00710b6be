"""Real Markdown for the benchmarks: `python benchmarks/gather.py MIRRORS OUT [--mb 6] [--files 1000] [--named]`.

Takes a folder of bare clones (`owner+name/repo`); writes the Markdown files of each HEAD as they come, whether or not
they name a chip, under OUT. Of a repository beyond a cap every k-th file is taken, in the order of their paths, so
that no one of them makes the figure. With --named only the files that hold some spelling of a chip are kept: the
dense corpus, which is not what a folder of documents looks like.
"""

import argparse
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chipledger.evidence.spots import may_name_a_chip

_MARKDOWN = (".md", ".markdown")
_LINK = b"120000"


class Listed(NamedTuple):
    """A file of a repository's HEAD."""

    path: str
    object_id: bytes
    size_bytes: int


def listed(git_dir: Path) -> list[Listed]:
    """The Markdown files of a repository's HEAD in the order of their paths; none where it has no HEAD."""
    asked = subprocess.run(
        ["git", "--git-dir", str(git_dir), "ls-tree", "-r", "-l", "-z", "HEAD"],
        capture_output=True,
        check=False,
    )
    found = []
    for line in filter(None, asked.stdout.split(b"\0")):
        said, _, raw = line.partition(b"\t")
        mode, kind, object_id, size = said.split()
        path = raw.decode("utf-8", "replace")
        if kind == b"blob" and mode != _LINK and path.lower().endswith(_MARKDOWN):
            found.append(Listed(path, object_id, int(size)))
    return sorted(found)


def thinned(files: list[Listed], most_bytes: int, most_files: int) -> list[Listed]:
    """Every k-th file, k the least that keeps to both caps.

    >>> [file.path for file in thinned([Listed(name, b"", 4) for name in "abcd"], 8, 9)]
    ['a', 'c']
    """
    total = sum(file.size_bytes for file in files)
    return files[:: max(1, -(-total // most_bytes), -(-len(files) // most_files))]


def contents(git_dir: Path, files: list[Listed]) -> Iterator[tuple[Listed, bytes]]:
    """The files with their bytes, one git process for all; an object that is missing is passed over."""
    command = ["git", "--git-dir", str(git_dir), "cat-file", "--batch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        for file in files:
            process.stdin.write(file.object_id + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            if head[-1] == b"missing":
                continue
            yield file, process.stdout.read(int(head[2]))
            process.stdout.read(1)
        process.stdin.close()


def main() -> None:
    """Write the files and say how many of which size, and how many of them name a chip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mb", type=float, default=6, help="most megabytes of one repository")
    parser.add_argument("--files", type=int, default=1000, help="most files of one repository")
    parser.add_argument("--named", action="store_true", help="only files that hold some spelling of a chip")
    asked = parser.parse_args()
    repositories = named = written = size_bytes = 0
    for git_dir in sorted(asked.mirrors.glob("*+*/repo")):
        files = thinned(listed(git_dir), int(asked.mb * 1e6), asked.files)
        repositories += bool(files)
        for file, content in contents(git_dir, files):
            names_a_chip = may_name_a_chip(content)
            if asked.named and not names_a_chip:
                continue
            target = asked.out / git_dir.parent.name / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written, size_bytes, named = written + 1, size_bytes + len(content), named + names_a_chip
    print(
        f"{written} files of {repositories} repositories, {size_bytes / 1e6:.1f} MB, "
        f"{size_bytes / max(written, 1) / 1000:.1f} kB each, {named} with some spelling of a chip"
    )


if __name__ == "__main__":
    main()
