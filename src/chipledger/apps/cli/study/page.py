"""A claim of a study as lines for a terminal, and a study as a page in Markdown."""

from collections.abc import Iterator
from typing import Any

from chipledger.core.sources import Cite
from chipledger.findings.study import NOTICE, sources_of
from chipledger.findings.study_claim import Evidence, Side
from chipledger.findings.study_page import ClaimPage, PlacedQuote, StudyPages

COLUMNS = ("claim", "axis", "what", "verdict", "grade", "for", "against", "finding")
_SIDES = {Side.FOR: "For", Side.AGAINST: "Against", Side.BESIDE: "Beside it"}
_KINDS = {"rules": "rules on the day", "days": "removed", "sum": "arithmetic", "cost": "cost", "routes": "routes", "rival": "rival",
          "stock": "stock", "axes": "axes", "link": "link", "frontier": "domestic against exportable"}  # fmt: skip


def lines(told: StudyPages, page: ClaimPage) -> Iterator[str]:
    """One claim in full, as lines.

    Args:
        told: the study.
        page: of the claim.
    """
    claim, grade = page.claim, page.claim.grade()
    yield f"{claim.id}: {claim.title} ({claim.axis.value})"
    yield f"What is claimed: {claim.says}. It rests on {claim.rests_on}. Known from {cited(claim.known_from)}"
    yield f"Verdict: {claim.verdict.in_words}; best evidence {grade.value if grade else 'none'}. {claim.finding}"
    yield from (f"  {part.says}: {part.verdict.in_words}; {part.why}" for part in claim.parts)
    for side, word in _SIDES.items():
        found = claim.on_side(side)
        if found:
            yield f"{word} ({claim.count(side)} independent):"
            for one in found:
                yield from _evidence(told, page, one)
    yield from _listed("Reckoned", [f"{_KINDS[one.kind]}, {one.about}: {one.says}" for one in page.figures])
    yield from _listed("Rivals", [f"{one.says}: {one.stands_on}" for one in claim.rivals])
    yield from _listed("What would settle it", list(claim.would_settle))
    yield from _listed("Sources", [_source(one) for one in sources_of(told.study, [claim])])


def _evidence(told: StudyPages, page: ClaimPage, one: Evidence) -> Iterator[str]:
    yield f"  {one.says} [{one.basis.value}]{f' {cited(one.cites)}' if one.cites else ''}"
    for quote in page.quotes_of(one, _quote_of(told)):
        yield f'    "{quote.words}"'
        yield f"      {quote.place}, {quote.file.committed_on}; {_state(quote)}: {quote.quote.shows}"
    for id in one.changes:
        yield f"    removed: {page.changes[id]}"
    for id in one.absences:
        yield f"    not there: {page.absences[id]}"


def _quote_of(told: StudyPages) -> dict[str, str]:
    return {id: change.quote for id, change in told.study.changes.items()}


def _state(quote: PlacedQuote) -> str:
    third = ", by a third party" if quote.file.is_third_party else ""
    why = f" ({quote.why})" if quote.why else ""
    return f"{quote.state.value}{why}{third}"


def _listed(title: str, found: list[str]) -> Iterator[str]:
    if found:
        yield f"{title}:"
        yield from (f"  {line}" for line in found)


def _source(one: Any) -> str:
    parts = (one.title, one.publisher, f"of {one.published_on}" if one.published_on else None, one.url,
             f"read {one.accessed_on}" if one.accessed_on else None)  # fmt: skip
    return f"{one.id}: {', '.join(part for part in parts if part)}"


def cited(cites: tuple[Cite, ...]) -> str:
    """Cites in brackets, each with its place and grade.

    >>> from chipledger.core.sources import Grade
    >>> cited((Cite(source="a", at="p. 2", grade=Grade.SECONDARY),))
    '[a, p. 2: secondary]'
    """
    return (
        "["
        + "; ".join(f"{one.source}{f', {one.at}' if one.at else ''}: {one.grade.value}" for one in cites)
        + "]"
    )


def quote_rows(told: StudyPages) -> list[dict[str, Any]]:
    """The quotes of each claim with their side, as rows.

    Args:
        told: the study.
    """
    return [
        {"claim": page.claim.id, "side": one.side.value, "state": quote.state.value, "quote": quote.words, "place": quote.place,
         "shows": quote.quote.shows, "url": quote.url}
        for page in told.pages
        for one in page.claim.evidence
        for quote in page.quotes_of(one, _quote_of(told))
    ]  # fmt: skip


def whole(told: StudyPages) -> Iterator[str]:
    """The study as a page in Markdown.

    Args:
        told: the study, or some of its claims.
    """
    head = told.study.head
    yield from (
        f"# {head.title}",
        "",
        f"{head.kind}, {head.published_on}: {head.about}.",
        "",
        f"How much was read: {head.read}.",
        "",
    )
    yield from (*(f"- {one}" for one in head.limits), "", f"{told.state}.", "")
    yield from ("| claim | what | verdict | grade | for | against |", "| --- | --- | --- | --- | --- | --- |")
    for page in told.pages:
        row = page.row()
        yield f"| {row['claim']} | {row['what']} | {row['verdict']} | {row['grade']} | {row['for']} | {row['against']} |"
    for page in told.pages:
        yield from ("", *_marked(told, page))
    yield from (
        "",
        "## Sources",
        "",
        *(f"- {_source(one)}" for one in sources_of(told.study, [page.claim for page in told.pages])),
    )
    yield from ("", f"{NOTICE[:1].upper()}{NOTICE[1:]}.")


def _marked(told: StudyPages, page: ClaimPage) -> Iterator[str]:
    claim, grade = page.claim, page.claim.grade()
    yield from (
        f"## {claim.id}: {claim.title}",
        "",
        f"Claimed: {claim.says}. It rests on {claim.rests_on}. {cited(claim.known_from)}",
        "",
    )
    yield from (
        f"**{claim.verdict.in_words.capitalize()}** (best evidence {grade.value if grade else 'none'}). {claim.finding}",
        "",
    )
    yield from (f"- {part.says}: **{part.verdict.in_words}**; {part.why}" for part in claim.parts)
    for side, word in _SIDES.items():
        if found := claim.on_side(side):
            yield from ("", f"### {word}", "")
            for one in found:
                yield from _marked_evidence(told, page, one)
    for title, found_lines in (
        ("Reckoned", [f"{_KINDS[one.kind]}, {one.about}: {one.says}" for one in page.figures]),
        ("Rivals", [f"{one.says}: {one.stands_on}" for one in claim.rivals]),
        ("What would settle it", list(claim.would_settle)),
    ):
        if found_lines:
            yield from ("", f"### {title}", "", *(f"- {line}" for line in found_lines))


def _marked_evidence(told: StudyPages, page: ClaimPage, one: Evidence) -> Iterator[str]:
    yield f"- {one.says} [{one.basis.value}]{f' {cited(one.cites)}' if one.cites else ''}"
    for quote in page.quotes_of(one, _quote_of(told)):
        yield f"  - ``{quote.words}`` — [{quote.place}]({quote.url}), {quote.file.committed_on}; {_state(quote)}: {quote.quote.shows}"
    yield from (f"  - removed: {page.changes[id]}" for id in one.changes)
    yield from (f"  - not there: {page.absences[id]}" for id in one.absences)
