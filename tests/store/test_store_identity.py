"""Author blocks, faces and lines of repositories in the ledger: written, read back, exported, verified, read anew."""

import json
from datetime import date

from sqlalchemy import update

from chipledger.core.byline import AuthorAffiliation, Face, Line, Sign, Tie
from chipledger.core.records import DocumentFacts
from chipledger.store import read, schema
from chipledger.store.export import lines as exported
from chipledger.store.ledger import Ledger
from chipledger.store.lines import lines_of, put_lines
from chipledger.store.verify import problems
from chipledger.store.write import Scan

DAY = date(2026, 11, 1)
TIES = (
    AuthorAffiliation(organisation="Kite Lab", quote="Kite Lab, 北京", start=10, end=22, line=2, authors=("Wei Li",), first=True, rule_id="latex/icml"),
    AuthorAffiliation(organisation="Heron", quote="Heron", start=40, end=45, tie=Tie.INTERNSHIP, grade="secondary"),
)  # fmt: skip
FACE = Face(title="Kite", authors=("Wei Li",), addresses=("arxiv:2411.00001",), sentences=(7, 2**47), signs=(Sign(kind="renamed", quote="formerly Heron", start=0, end=14, name="Heron"),),
            address="https://kite.org/", saved_on=date(2024, 9, 13))  # fmt: skip
FACTS = DocumentFacts(
    document="README.md", document_id="a" * 64, project="kite", affiliations=TIES, face=FACE
)
LINE = Line(repository="r1", organisation="lab", project="kite", seen_on=DAY, roots=("0" * 40,), commits=3, sketch=("0" * 16,), first_on=date(2024, 1, 1), domains=(("kite.org", 2),))  # fmt: skip


def keep(ledger: Ledger, facts: DocumentFacts, version: str = "1") -> None:
    with ledger.writing(Scan(target="x", started=DAY, extractor_version=version)) as writer:
        writer.add(facts, [])


def test_what_is_written_is_read_back(ledger: Ledger) -> None:
    keep(ledger, FACTS)
    put_lines(ledger, [LINE])

    (facts,) = read.facts(ledger)
    assert (facts.affiliations, facts.face) == (TIES, FACE)
    assert [one.facts for one in read.faced_documents(ledger)] == [facts]
    assert lines_of(ledger) == [LINE]
    assert problems(ledger) == []


def test_a_line_is_replaced_by_the_next_look(ledger: Ledger) -> None:
    put_lines(ledger, [LINE])
    put_lines(ledger, [Line(**{name: getattr(LINE, name) for name in LINE.__slots__} | {"commits": 4})])

    assert [one.commits for one in lines_of(ledger)] == [4]


def test_a_document_read_anew_has_its_new_author_block_alone(ledger: Ledger) -> None:
    keep(ledger, FACTS)
    keep(
        ledger,
        DocumentFacts(document="README.md", document_id="a" * 64, project="kite", affiliations=TIES[:1]),
        "2",
    )

    (facts,) = read.facts(ledger)
    assert (facts.affiliations, facts.face) == (TIES[:1], None)


def test_the_export_tells_affiliations_and_lines_and_no_day_of_looking(ledger: Ledger) -> None:
    keep(ledger, FACTS)
    put_lines(ledger, [LINE])
    told = list(exported(ledger))

    assert [one["kind"] for one in told] == ["document", "line"]
    assert [one["organisation"] for one in told[0]["affiliations"]] == ["Kite Lab", "Heron"]
    assert told[0]["face"]["title"] == "Kite"
    assert "seen_on" not in told[1]
    assert json.loads(json.dumps(told)) == told


def test_a_span_that_does_not_fit_its_quote_is_found(ledger: Ledger) -> None:
    keep(ledger, FACTS)
    with ledger.transaction() as connection:
        connection.execute(update(schema.document_affiliations).values(end_char=99))

    assert [one.where for one in problems(ledger)] == [
        "affiliation Kite Lab in README.md",
        "affiliation Heron in README.md",
    ]
