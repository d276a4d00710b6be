"""Which project a document belongs to, and what its name is without its language."""

import re
from pathlib import PurePosixPath

from chipledger.core.records import DocumentFacts

_LANGUAGE = re.compile(
    r"(?:(?<=/)|(?<=^)|[._-])"
    r"(?:zh(?:[_-]?(?:cn|tw|hk|hans|hant))?|cn|en(?:[_-]?(?:us|gb))?|ja(?:[_-]?jp)?|jp|ko(?:[_-]?kr)?|fr|ru|es|de|pt[_-]?br"
    r"|chinese|english|japanese|korean)"
    r"(?=[./]|$)",
    re.IGNORECASE,
)


def untranslated(document: str) -> str:
    """A document's name without the part that tells its language.

    >>> untranslated("README_zh-CN.md"), untranslated("README.md"), untranslated("docs/ja/guide.md")
    ('readme.md', 'readme.md', 'docs/guide.md')
    """
    return re.sub("/{2,}", "/", _LANGUAGE.sub("", document)).lstrip("/").lower()


def home_of(facts: DocumentFacts) -> tuple[str, str]:
    """Owner and project of a document as they are compared: repositories of one name and two owners are two homes.

    >>> one = DocumentFacts(document="README.md", document_id="", project="Kite", organisation="Lab")
    >>> home_of(one), home_of(DocumentFacts(document="papers/kite/main.tex", document_id=""))
    (('lab', 'kite'), ('', 'papers/kite'))
    """
    return (facts.organisation or "").casefold(), project_of(facts).casefold()


def project_of(facts: DocumentFacts) -> str:
    """The project that a document belongs to: as it is known, else its folder, else its own name.

    >>> project_of(DocumentFacts(document="a/README.md", document_id="", project="tencent/hunyuan"))
    'tencent/hunyuan'
    >>> project_of(DocumentFacts(document="papers/kite/zh/main.tex", document_id=""))
    'papers/kite'
    >>> project_of(DocumentFacts(document="report_ja.html", document_id=""))
    'report'
    """
    if facts.project:
        return facts.project
    name = PurePosixPath(untranslated(facts.document))
    folder = str(name.parent)
    return name.stem if folder in (".", "/") else folder
