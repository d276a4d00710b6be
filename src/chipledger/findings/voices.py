"""Which documents of a project speak for themselves, and which only repeat another: copies, versions, translations.

A README and its Chinese twin are one voice: that both say so makes it no surer than that one does. Takes names and
quotes; gives groups. Two documents are one voice when their names differ in the language alone, when their bytes are
the same, or when they share a quote long enough that it was copied.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from pathlib import PurePosixPath

from chipledger.core.records import DocumentFacts, Mention

_TELLING_CHARS = 20  # a shorter quote may stand in two documents by chance
_LANGUAGE = re.compile(
    r"(?:(?<=/)|(?<=^)|[._-])"
    r"(?:zh(?:[_-]?(?:cn|tw|hk|hans|hant))?|cn|en(?:[_-]?(?:us|gb))?|ja(?:[_-]?jp)?|jp|chinese|english|japanese)"
    r"(?=[./]|$)",
    re.IGNORECASE,
)


def untranslated(document: str) -> str:
    """A document's name without the part that tells its language.

    >>> untranslated("README_zh-CN.md"), untranslated("README.md"), untranslated("docs/ja/guide.md")
    ('readme.md', 'readme.md', 'docs/guide.md')
    """
    return re.sub("/{2,}", "/", _LANGUAGE.sub("", document)).lstrip("/").lower()


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


def voices(mentions: Iterable[Mention]) -> list[list[Mention]]:
    """The mentions in groups, one for each document that speaks for itself.

    Args:
        mentions: of one project.

    Returns:
        Groups in the order in which their first mention came.

    >>> one = Mention(document="README.md", start=0, end=4, quote="A100", chip="NVIDIA A100", document_id="1")
    >>> twin = Mention(document="README_zh.md", start=0, end=4, quote="A100", chip="NVIDIA A100", document_id="2")
    >>> paper = Mention(document="paper.tex", start=0, end=4, quote="A100", chip="NVIDIA A100", document_id="3")
    >>> [len(group) for group in voices([one, twin, paper])]
    [2, 1]
    """
    listed = list(mentions)
    leaders = list(range(len(listed)))
    first_with: dict[Hashable, int] = {}
    for index, mention in enumerate(listed):
        for sign in _signs(mention):
            earlier = first_with.setdefault(sign, index)
            leaders[_leader(leaders, max(earlier, index))] = _leader(leaders, min(earlier, index))
    groups: dict[int, list[Mention]] = {}
    for index, mention in enumerate(listed):
        groups.setdefault(_leader(leaders, index), []).append(mention)
    return list(groups.values())


def _signs(mention: Mention) -> Iterable[Hashable]:
    yield "name", untranslated(mention.document)
    if mention.document_id:
        yield "bytes", mention.document_id
    quote = " ".join(mention.quote.split()).casefold()
    if len(quote) >= _TELLING_CHARS:
        yield "quote", quote


def _leader(leaders: list[int], index: int) -> int:
    while leaders[index] != index:
        leaders[index] = leaders[leaders[index]]
        index = leaders[index]
    return index


def confidence(mentions: Sequence[Mention]) -> float:
    """How sure the mentions make their common claim: each voice by its surest mention, voices by noisy-or.

    >>> a = Mention(document="a.md", start=0, end=1, quote="q", chip="c", confidence=0.8)
    >>> b = Mention(document="b.tex", start=0, end=1, quote="q", chip="c", confidence=0.5)
    >>> confidence([a, b]), confidence([a, a])
    (0.9, 0.8)
    """
    doubt = 1.0
    for group in voices(mentions):
        doubt *= 1 - max(mention.confidence for mention in group)
    return round(1 - doubt, 4)
