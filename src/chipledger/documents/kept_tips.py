"""Old tips of branches that their owner wrote anew or deleted, kept in a mirror under a name of their own.

They are kept before anything is fetched over them, so that a kill in between loses none; afterwards those go that a
present ref still reaches.
"""

import subprocess
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from chipledger.core.errors import InputError
from chipledger.documents.repository import offline_command, offline_environment

KEPT = "refs/kept"


def in_the_way(before: Iterable[str], theirs: Iterable[str]) -> set[str]:
    """Refs held that leave no room for a new one: git holds no branch "a" beside a branch "a/b".

    >>> sorted(in_the_way(["refs/heads/dev", "refs/heads/x/y"], ["refs/heads/dev/1", "refs/heads/x"]))
    ['refs/heads/dev', 'refs/heads/x/y']
    """
    names = set(theirs)
    folders = {parent for name in names for parent in _parents(name)}
    return {name for name in before if name not in names and (name in folders or names & set(_parents(name)))}


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def keep(git_dir: Path, tips: Mapping[str, str], on: date, let_go: Iterable[str] = ()) -> dict[str, str]:
    """Give tips a name that nothing is fetched over.

    Args:
        git_dir: the mirror's.
        tips: objects by ref.
        on: the day.
        let_go: refs that are deleted, their tips kept.

    Returns:
        The tips by their kept names.

    Raises:
        InputError: git cannot write them.
    """
    kept = {f"{KEPT}/{on}/{name.removeprefix('refs/')}@{tip[:12]}": tip for name, tip in tips.items()}
    lines = [f"update {name} {tip}" for name, tip in sorted(kept.items())]
    _input(git_dir, ["update-ref", "--stdin"], [*lines, *(f"delete {name}" for name in sorted(let_go))])
    return kept


def let_go_of_reached(git_dir: Path, kept: Mapping[str, str], refs: Mapping[str, str]) -> int:
    """Delete the kept names of tips that another ref reaches.

    Args:
        git_dir: the mirror's.
        kept: tips by the names just given.
        refs: every ref of the mirror.

    Returns:
        How many stay.
    """
    others = {f"^{tip}" for name, tip in refs.items() if name not in kept}
    lost = (
        _input(git_dir, ["rev-list", "--stdin"], [*dict.fromkeys(kept.values()), *sorted(others)])
        if kept
        else b""
    )
    alone = set(lost.decode("ascii", "replace").split())
    reached = [name for name, tip in kept.items() if tip not in alone]
    _input(git_dir, ["update-ref", "--stdin"], [f"delete {name}" for name in sorted(reached)])
    return len(kept) - len(reached)


def _input(git_dir: Path, arguments: list[str], lines: list[str]) -> bytes:
    """What a git command says that reads lines."""
    if not lines:
        return b""
    done = subprocess.run(
        offline_command(str(git_dir), *arguments), env=offline_environment(), capture_output=True, check=False,
        input="".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"),
    )  # fmt: skip
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise InputError(f"git cannot keep what was there before: {said[-1]}", where=git_dir.name)
    return done.stdout
