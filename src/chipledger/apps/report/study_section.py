"""A study's claims as the report shows them: what the template of the section asks beside the pages themselves."""

from typing import Any

from chipledger.findings.study import sources_of
from chipledger.findings.study_claim import Side
from chipledger.findings.study_page import StudyPages

_SIDES = ((Side.FOR, "For"), (Side.AGAINST, "Against"), (Side.BESIDE, "Beside it"))


def in_page(study: StudyPages | None) -> dict[str, Any]:
    """What the template of the section needs, by name; of no study, names that say so.

    Args:
        study: to be shown.

    >>> in_page(None)["study"] is None
    True
    """
    if study is None:
        return {"study": None}
    return {
        "study": study,
        "sides": _SIDES,
        "sources": {one.id: one for one in sources_of(study.study, [page.claim for page in study.pages])},
        "quote_of": {id: change.quote for id, change in study.study.changes.items()},
    }


def capitalize_first(text: str) -> str:
    """A clause as it begins a sentence; the rest keeps its letters.

    >>> capitalize_first("the H20 stayed")
    'The H20 stayed'
    """
    return text[:1].upper() + text[1:]
