"""The list of sources that are watched: a YAML file, each source a target of `scan` with a name."""

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import field_validator

from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record, content_id

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|[\w.-]+@[\w.-]+:")
_MOST_NAME = 80


class Source(Record):
    """One source.

    Attributes:
        name: what news call it; stays the same.
        target: what `scan` would be given; a path begins at the folder of the list.
        organisation: whose documents these are, where the user says so.
        history: whether to read every version in every branch, tag and pull request.
        chips: tell only of these chips, by catalogue id or canonical name; empty tells of all.
        note: for people.
    """

    name: str
    target: str
    organisation: str | None = None
    history: bool = False
    chips: tuple[str, ...] = ()
    note: str | None = None

    @field_validator("name", "target")
    @classmethod
    def _is_said(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("say it in a word or more")
        return value.strip()

    @property
    def id(self) -> str:
        """The content id under which its last look is kept: another target is another source."""
        return content_id(self.name, self.target, self.history)


def sources_in(path: Path, only: Sequence[str] = ()) -> list[Source]:
    """The sources of a list, their paths made whole.

    Args:
        path: the YAML file.
        only: names of those that are wanted; empty takes all.

    Raises:
        DataError: the file is missing, not YAML, or has keys that are not a source's.
        InputError: it lists nothing, a name twice, or not one that is wanted.
    """
    listed = load_yaml_list(path, Source)
    if not listed:
        raise InputError(
            "the list names no source", where=path.name, expected="a list of `- name: …` with a `target: …`"
        )
    names = [one.name for one in listed]
    for name in names:
        if names.count(name) > 1 or len(name) > _MOST_NAME:
            what = (
                f"two sources are called {name!r}"
                if names.count(name) > 1
                else f"a name of {len(name)} letters"
            )
            raise InputError(
                what, where=path.name, expected=f"a name of its own for each, of {_MOST_NAME} letters at most"
            )
    for name in only:
        if name not in names:
            raise InputError(
                f"no source is called {name!r}", where=path.name, expected=f"one of {', '.join(names)[:200]}"
            )
    folder = path.resolve().parent
    return [_whole(one, folder) for one in listed if not only or one.name in only]


def _whole(source: Source, folder: Path) -> Source:
    """A source whose path does not depend on where the command is run."""
    if source.target == "-":
        raise InputError(
            "standard input cannot be watched", where=source.name, expected="a path or an address"
        )
    if is_address(source.target):
        return source
    return source.model_copy(update={"target": str(folder / Path(source.target).expanduser())})


def is_address(target: str) -> bool:
    """Whether a target is no path of this machine.

    >>> [is_address(target) for target in ("https://example.org/a", "git@example.org:a/b.git", "papers/2026", "arxiv:2411.02265")]
    [True, True, False, True]
    """
    return _ADDRESS.match(target) is not None
