"""What a repository's commits show of its line: roots, a sketch of its commits, committers as digests, pull requests.

One listing of commits, no file is read. Takes a git directory; gives a `core.byline.Line`, by which a moved project is
told from a fork and a stranger's new repository from a project's own.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from hashlib import sha256
from heapq import nsmallest
from pathlib import Path

from chipledger.core.byline import Line
from chipledger.core.records import content_id
from chipledger.documents.repository import origin_of, ran

_MOST_COMMITS = 300_000
_SKETCH = 256
_SHORT = 16
_MOST_COMMITTERS = 400
_MOST_PROPOSALS = 60
_PROPOSED = re.compile(r"^([0-9a-f]{40,64}) refs/(?:pull|merge-requests)/(\d+)/head$", re.MULTILINE)
_MOST_DOMAINS = 20
_OF_A_MACHINE = re.compile(
    r"\.(?:local|lan|home|internal|localdomain|corp)$|\.internal\.|^[0-9a-f]{16,}|^ip-|^vm-", re.IGNORECASE
)
_MACHINE = re.compile(r"(?:s|de)?-?(?:macbook|imac|mac|laptop|pc|desktop)[\w\-]*$", re.IGNORECASE)


def line_of(
    git_dir: Path, on: date, domain_of: Callable[[str], str | None], organisation: str | None = None
) -> Line | None:
    """The line of a repository's commits.

    Args:
        git_dir: its git directory.
        on: the day of the look.
        domain_of: the organisation's domain of an address, None for a mail provider's.
        organisation: the owner, where it is known better than the repository's address tells.

    Returns:
        The line; None where no commit can be listed.
    """
    commits = list(_commits(git_dir))
    if not commits:
        return None
    origin = origin_of(git_dir)
    owner = organisation or origin.organisation
    days = sorted(day for _, _, day, _, _ in commits if day)
    is_cut = (Path(git_dir) / "shallow").exists()
    return Line(
        repository=content_id(owner or "", origin.project or ""),
        organisation=owner,
        project=origin.project,
        seen_on=on,
        roots=() if is_cut else tuple(sorted(commit for commit, parents, *_ in commits if not parents)),
        commits=len(commits),
        sketch=tuple(nsmallest(_SKETCH, (commit[:_SHORT] for commit, *_ in commits))),
        first_on=days[0] if days else None,
        last_on=days[-1] if days else None,
        proposals=_proposals(git_dir),
        committers=_committers(commits),
        domains=_domains(domain_of(address) for *_, address in commits),
        is_cut=is_cut,
    )


def keys_of_name(name: str) -> frozenset[str]:
    """Digests by which a name is found again, whichever way round it is written.

    >>> keys_of_name("Xuanhua He") == keys_of_name("he, xuanhua"), keys_of_name("Wei") == frozenset()
    (True, True)
    """
    parts = re.findall(r"[^\W\d_]+", name.casefold())
    joined = "".join(parts)
    if len(parts) < 2 and len(joined) < 8 and joined.isascii():
        return frozenset()
    if len(parts) > 4:
        return frozenset()
    return frozenset(_digest(one) for one in {joined, "".join(reversed(parts)), "".join(sorted(parts))})


def _commits(git_dir: Path) -> Iterator[tuple[str, str, date | None, str, str]]:
    """(hash, parents, day, author's name, author's address) of every commit of every ref."""
    listed = ran(
        str(git_dir), "log", "--all", f"--max-count={_MOST_COMMITS}", "--format=%H%x00%P%x00%as%x00%an%x00%ae"
    ).stdout
    for row in listed.decode("utf-8", "replace").split("\n"):
        parts = row.split("\0")
        if len(parts) == 5:
            yield parts[0], parts[1], _day(parts[2]), parts[3], parts[4]


def _committers(commits: list[tuple[str, str, date | None, str, str]]) -> tuple[str, ...]:
    """Digests of addresses and of names: two repositories share one where a person committed to both."""
    found: dict[str, None] = {}
    for _, _, _, name, address in commits:
        if len(found) > _MOST_COMMITTERS:
            break
        for one in _signs_of(name, address):
            found[one] = None
    return tuple(sorted(found))


def _signs_of(name: str, address: str) -> Iterator[str]:
    lower = address.strip().lower()
    if (
        lower
        and not lower.startswith(("noreply@", "root@"))
        and not re.search(r"\[bot\]|bot@|^action@", lower)
    ):
        yield _digest(lower)
    yield from keys_of_name(name)
    local, _, host = lower.partition("@")
    login = local.split("+", 1)[-1]
    for said in (
        login,
        _MACHINE.sub("", host.split(".", 1)[0]) if _MACHINE.search(host.split(".", 1)[0]) else "",
    ):
        yield from keys_of_name(re.sub(r"[\d._-]+", " ", said))


def _domains(named: Iterable[str | None]) -> tuple[tuple[str, int], ...]:
    """The domains of addresses with their commits, the commonest; those of single machines are left out."""
    counts = Counter(one for one in named if one and not _OF_A_MACHINE.search(one))
    return tuple(sorted(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST_DOMAINS]))


def _proposals(git_dir: Path) -> tuple[str, ...]:
    listed = ran(
        str(git_dir), "for-each-ref", "--format=%(objectname) %(refname)", "refs/pull", "refs/merge-requests"
    ).stdout
    found = sorted(
        (int(number), commit) for commit, number in _PROPOSED.findall(listed.decode("utf-8", "replace"))
    )
    return tuple(f"{number}:{commit[:_SHORT]}" for number, commit in found[:_MOST_PROPOSALS])


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
