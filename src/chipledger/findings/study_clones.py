"""The files of a study as clones hold them: found by name, read at their commits from git's objects, each once.

Nothing is checked out, nothing of a repository runs, and no network is asked; what cannot be read is said in words.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from chipledger.core.records import FailedDocument
from chipledger.documents.blobs import read_blob
from chipledger.documents.document import Document
from chipledger.documents.entry import Blob, Entry, Origin
from chipledger.documents.limits import Limits
from chipledger.documents.parse import document_of
from chipledger.documents.repository import Repository, git_dir_of, ran
from chipledger.evidence.extract import Extraction, extract
from chipledger.findings.study_records import StudyFile

LIMITS = Limits(document_bytes=8 << 20, history_seconds=10.0)


def git_dir_in(folder: Path, names: Iterable[str]) -> Path | None:
    """The git directory of a repository's clone in a folder of clones.

    Args:
        folder: that holds owner+name, owner/name or name, each a work tree, a bare repository, or a folder with one in it.
        names: owner/name, the first that is there counts.

    >>> git_dir_in(Path("no/such/folder"), ["owner/name"]) is None
    True
    """
    for name in names:
        owner, _, short = name.partition("/")
        for place in (f"{owner}+{short}", f"{owner}+{short}.git", name, f"{name}.git", short, f"{short}.git"):
            where = folder / place
            for candidate in (where, where / "repo", where / "repo.git"):
                if found := git_dir_of(candidate):
                    return found
    return None


class Clones:
    """The files of a study, read from clones each once.

    Args:
        git_dirs: the git directory of each repository, by owner/name.
        limits: what a document may ask for.
    """

    def __init__(self, git_dirs: Mapping[str, Path], limits: Limits = LIMITS) -> None:
        self._git_dirs, self._limits = git_dirs, limits
        self._read: dict[str, Document | str] = {}
        self._said: dict[str, Extraction] = {}

    @classmethod
    def of_folder(cls, folder: Path, files: Iterable[StudyFile]) -> "Clones":
        """The clones that a folder holds of the repositories of some files."""
        found = {}
        for one in files:
            if one.repository not in found and (git_dir := git_dir_in(folder, (one.repository, *one.also))):
                found[one.repository] = git_dir
        return cls(found)

    @property
    def git_dirs(self) -> dict[str, Path]:
        """The git directories that can be read, by owner/name."""
        return dict(self._git_dirs)

    def document(self, one: StudyFile) -> Document | str:
        """A file as the clone holds it, or why it cannot be read there."""
        if one.id not in self._read:
            self._read[one.id] = self._document(one)
        return self._read[one.id]

    def said(self, one: StudyFile, document: Document) -> Extraction:
        """What today's extractor reads in a file."""
        if one.id not in self._said:
            self._said[one.id] = extract(document)
        return self._said[one.id]

    def repository(self, one: StudyFile) -> Repository | None:
        """The repository of a file at the file's commit, where the clone holds it."""
        git_dir = self._git_dirs.get(one.repository)
        if git_dir is None or _object(git_dir, f"{one.commit}^{{commit}}") is None:
            return None
        return Repository(str(git_dir), one.commit, _origin(one))

    def _document(self, one: StudyFile) -> Document | str:
        git_dir = self._git_dirs.get(one.repository)
        if git_dir is None:
            return f"no clone of {one.repository}"
        if _object(git_dir, f"{one.commit}^{{commit}}") is None:
            return f"the clone of {one.repository} lacks commit {one.commit[:12]}{_hint(one)}"
        blob = _object(git_dir, f"{one.commit}:{one.path}")
        size = size_of(git_dir, blob) if blob else None
        if blob is None or size is None:
            return f"an object of {one.place} is missing from the clone"
        entry = Entry(name=one.path, key="", size_bytes=size, place=Blob(str(git_dir), blob), path=one.path, origin=_origin(one))  # fmt: skip
        if over := self._limits.over_size(one.path, size):
            return over
        content = read_blob(Blob(str(git_dir), blob))
        if content is None:
            return f"an object of {one.place} is missing from the clone or cannot be unpacked"
        found = document_of(content, entry, self._limits)
        return found.reason if isinstance(found, FailedDocument) else found


def _object(git_dir: Path, name: str) -> str | None:
    answer = ran(str(git_dir), "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    return answer.stdout.decode("ascii", "replace").strip() or None if answer.returncode == 0 else None


def size_of(git_dir: Path, blob: str) -> int | None:
    """The bytes of a blob, by any name that git knows; None where it is missing or none.

    Args:
        git_dir: of the repository.
        blob: its hash, or commit:path.
    """
    answer = ran(str(git_dir), "cat-file", "-s", blob)
    text = answer.stdout.strip()
    kind = ran(str(git_dir), "cat-file", "-t", blob).stdout.strip()
    return int(text) if answer.returncode == 0 and text.isdigit() and kind == b"blob" else None


def _origin(one: StudyFile) -> Origin:
    owner, _, name = one.repository.partition("/")
    return Origin(
        commit=one.commit,
        seen_on=one.committed_on,
        organisation=owner,
        project=name,
        web=f"{one.address}/blob/{one.commit}",
    )


def _hint(one: StudyFile) -> str:
    return f"; fetch {one.ref}" if one.ref else ""
