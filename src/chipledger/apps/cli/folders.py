"""Which project the documents of a target belong to where no repository says so.

A folder of projects is told from a project by what lies loose at its top: a README, a licence, sources, build or
configuration files make it one project. A loose note, page or PDF does not, so that putting one beside the folders of
several projects renames none of them.
"""

from pathlib import Path

from chipledger.documents.formats import format_of
from chipledger.documents.repository import is_url
from chipledger.documents.snapshot import is_snapshot
from chipledger.documents.sources import STDIN

_MADE_BY_A_PROJECT = frozenset({"source", "shell", "latex", "config"})
_TOP_OF_A_PROJECT = ("readme", "license", "licence", "copying", "changelog", "contributing")


def project_of(target: str) -> str | None:
    """The project of a target as a whole: the folder's own name; None for what is no folder, or holds what was fetched.

    Documents of two folders are two, though both be called README.md.
    """
    path = Path(target)
    if target == STDIN or is_url(target) or not path.is_dir() or is_snapshot(path):
        return None
    return path.resolve().name or None


def holds_projects(target: str) -> bool:
    """Whether each folder of a target is a project: several folders, and no file that would belong to all of them."""
    path = Path(target)
    if target == STDIN or is_url(target) or not path.is_dir() or is_snapshot(path):
        return False
    try:
        listed = [one for one in path.iterdir() if not one.name.startswith(".")]
        folders = [one for one in listed if one.is_dir()]
    except OSError:
        return False
    return len(folders) > 1 and not any(belongs_to_all(one.name) for one in listed if one not in folders)


def belongs_to_all(name: str) -> bool:
    """Whether a file at the top of a folder says that the folder is one project.

    >>> [belongs_to_all(name) for name in ("README_zh.md", "main.tex", "notes.md", "paper.pdf")]
    [True, True, False, False]
    """
    return name.lower().startswith(_TOP_OF_A_PROJECT) or format_of(name) in _MADE_BY_A_PROJECT
