"""A quote for a study, taken from a clone: the file with its hash, the words with their place, and what the extractor reads there.

Takes a clone, a commit, a path and words; gives the two records that data/study keeps, and their YAML. So no place, hash or
reading of a study is written by hand.
"""

import json
from datetime import date
from pathlib import Path

from chipledger.core.errors import InputError
from chipledger.documents.document import Document, Lines
from chipledger.documents.repository import ran
from chipledger.findings.study_clones import Clones, size_of
from chipledger.findings.study_rebuild import read_within, settings_within
from chipledger.findings.study_records import QUOTE_CHARS, StudyFile, StudyQuote

HOST = "https://github.com"


def cite(git_dir: Path, repository: str, commit: str, path: str, words: str, id: str, shows: str = "…") -> tuple[StudyFile, StudyQuote]:  # fmt: skip
    """The file and the quote of some words, as a clone holds them.

    Args:
        git_dir: of the clone.
        repository: owner/name.
        commit: any name of it that git knows.
        path: inside the repository.
        words: of the quote, exactly as they stand; the first place counts.
        id: of the quote; the file takes it with "-file" behind it.
        shows: what the quote shows.

    Raises:
        InputError: the commit, the file or the words are not there, or the words are too many.
    """
    if len(words) > QUOTE_CHARS:
        raise InputError(
            f"{len(words)} characters are too many for a quote", expected=f"at most {QUOTE_CHARS}"
        )
    whole, day = _commit(git_dir, commit)
    of = StudyFile(id=f"{id}-file", repository=repository, address=f"{HOST}/{repository}", commit=whole, path=path,
                   sha256="0" * 64, size_bytes=1, encoding="utf-8", committed_on=day)  # fmt: skip
    clones = Clones({repository: git_dir})
    document = clones.document(of)
    if not isinstance(document, Document):
        raise InputError(document, where=of.place)
    start = document.text.find(words)
    if start < 0:
        raise InputError(f"the words {words[:60]!r} do not stand there", where=of.place)
    size = size_of(git_dir, f"{whole}:{path}") or 1
    of = of.model_copy(
        update={"sha256": document.document_id, "encoding": document.encoding, "size_bytes": size}
    )
    end, said = start + len(words), clones.said(of, document)
    return of, StudyQuote(
        id=id, file=of.id, start=start, end=end, line=Lines(document.text).line_of(start), quote=words,
        reads=read_within(said, start, end), settings=settings_within(said, start, end), shows=shows,
    )  # fmt: skip


def as_yaml(of: StudyFile, quote: StudyQuote) -> str:
    """Both records as their files keep them.

    Args:
        of: for sources.yaml.
        quote: for quotes.yaml.
    """
    parts = []
    for record in (of, quote):
        fields = record.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        lines = [f"  {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
        parts.append("- " + "\n".join(lines).lstrip())
    return "\n".join(parts) + "\n"


def _commit(git_dir: Path, name: str) -> tuple[str, date]:
    """A commit's full hash and day, by its committer's own calendar."""
    answer = ran(str(git_dir), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    whole = answer.stdout.decode("ascii", "replace").strip()
    if answer.returncode != 0 or not whole:
        raise InputError(f"no commit is called {name[:60]!r}", where=str(git_dir))
    told = (
        ran(str(git_dir), "log", "-1", "--format=%cs", whole, "--").stdout.decode("ascii", "replace").strip()
    )
    return whole, date.fromisoformat(told)
