"""arXiv: ids, versions, searches and files, against a server that answers in the shape of arXiv's services."""

import io
import re
import tarfile
from datetime import date
from pathlib import Path

import pytest
from loopback_site import Clock, Page, Site, serving, settings_for, zipped

from chipledger.core.errors import InputError
from chipledger.documents.connect.arxiv_records import papers_in, record_in
from chipledger.documents.connect.connector import FetchError
from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.registry import connector_for
from chipledger.documents.document import Document
from chipledger.documents.snapshot import METADATA, Snapshot, writing
from chipledger.documents.sources import documents

DAY = date(2026, 11, 25)
LATEX = r"\documentclass{article}\begin{document}We trained Kite on 64 H800 GPUs for 9 days.\end{document}"
LICENCE = "http://creativecommons.org/licenses/by/4.0/"
PAPERS = {"2411.00001": 3, "2411.00002": 1, "2411.00003": 1}


def tar_of(**files: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return held.getvalue()


def feed(ids: list[str], total: int) -> str:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{id}v{PAPERS[id]}</id><title>On\n kites</title><summary>Made up.</summary>"
        "<author><name>A. Author</name></author></entry>"
        for id in ids
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><opensearch:totalResults>{total}</opensearch:totalResults>'
        f"{entries}</feed>"
    )


def record(id: str) -> str:
    versions = "".join(
        f'<version version="v{number}"><date>Mon, {number + 3} Nov 2024 17:53:05 GMT</date><size>9kb</size></version>'
        for number in range(1, PAPERS[id] + 1)
    )
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><metadata>'
        f'<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{id}</id>{versions}<license>{LICENCE}</license></arXivRaw>'
        "</metadata></record></GetRecord></OAI-PMH>"
    )


@pytest.fixture
def site():
    with serving() as one:

        def query(handler):
            given = dict(re.findall(r"(\w+)=([^&]*)", handler.path))
            asked = given["id_list"].split("%2C") if "id_list" in given else sorted(PAPERS)
            known = [id for id in asked if re.sub(r"v\d+$", "", id) in PAPERS]
            start, size = int(given.get("start", 0)), int(given["max_results"])
            say(handler, feed(known[start : start + size], len(known)))

        def oai(handler):
            say(handler, record(re.search(r"arXiv.org%3A([\d.]+)", handler.path)[1]))

        def say(handler, body):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body.encode())))
            handler.end_headers()
            handler.wfile.write(body.encode())

        one.pages |= {"/api/query": query, "/oai": oai}
        for number in (1, 2, 3):
            one.pages[f"/e-print/2411.00001v{number}"] = Page(zipped(tar_of(main_tex=LATEX, fig_png="x")))
        one.put("/e-print/2411.00002v1", zipped(LATEX.encode()), Content_Type="application/gzip")
        one.put("/e-print/2411.00003v1", b"%PDF-1.5 made up", Content_Type="application/pdf")
        one.put("/pdf/2411.00001v3", b"%PDF-1.5 made up", Content_Type="application/pdf")
        yield one


def run(site: Site, folder: Path, target: str, clock: Clock | None = None, **options: str) -> list[Step]:
    setting = settings_for(site, clock, options={f"arxiv.{name}": value for name, value in options.items()})
    with writing(folder) as snapshot:
        return list(fetch(connector_for(target, setting), target, snapshot, Terms(on=DAY)))


def files(folder: Path) -> list[str]:
    with Snapshot(folder) as snapshot:
        return [row.name for row in snapshot.fetches() if row.kind != METADATA]


def test_the_newest_version_comes_with_licence_day_and_address(site, tmp_path):
    steps = run(site, tmp_path, "arxiv:2411.00001")
    assert [step.became for step in steps] == ["fetched", "fetched"]
    (paper,) = (one for one in documents(str(tmp_path)) if isinstance(one, Document))
    assert (paper.document, paper.format, paper.text) == (
        "arxiv/2411.00001v3.tar.gz/main.tex",
        "latex",
        LATEX,
    )
    assert (paper.licence, paper.published_on, paper.fetched_on) == (LICENCE, date(2024, 11, 6), DAY)
    assert (paper.url, paper.project) == ("https://arxiv.org/abs/2411.00001v3", "arxiv:2411.00001")


def test_what_is_held_is_never_fetched_again(site, tmp_path):
    run(site, tmp_path, "arxiv:2411.00001")
    before = len(site.asked)
    assert [step.became for step in run(site, tmp_path, "arxiv:2411.00001")] == ["held", "held"]
    assert [path.partition("?")[0] for path in site.paths[before:]] == ["/api/query"]


def test_every_version_has_its_own_day(site, tmp_path):
    run(site, tmp_path, "arxiv:2411.00001@all")
    with Snapshot(tmp_path) as snapshot:
        days = {row.revision: row.published_on for row in snapshot.fetches() if row.kind != METADATA}
    assert days == {"v1": date(2024, 11, 4), "v2": date(2024, 11, 5), "v3": date(2024, 11, 6)}


def test_one_file_in_gzip_is_unpacked_and_a_paper_without_source_is_its_pdf(site, tmp_path):
    run(site, tmp_path, "arxiv:2411.00002,2411.00003")
    assert files(tmp_path) == ["arxiv/2411.00002v1.tex", "arxiv/2411.00003v1.pdf"]
    (paper,) = (one for one in documents(str(tmp_path)) if isinstance(one, Document))
    assert paper.text == LATEX


def test_source_and_pdf_together(site, tmp_path):
    run(site, tmp_path, "arxiv:2411.00001v3", what="source,pdf")
    assert files(tmp_path) == ["arxiv/2411.00001v3.pdf", "arxiv/2411.00001v3.tar.gz"]


def test_a_search_takes_as_many_as_asked_and_tells_how_many_there_are(site, tmp_path):
    told = []
    setting = settings_for(site, options={"arxiv.most": "2"}, tell=told.append)
    target = "arxiv:search:H800 kites"
    with writing(tmp_path) as snapshot:
        list(fetch(connector_for(target, setting), target, snapshot, Terms(on=DAY)))
    assert files(tmp_path) == ["arxiv/2411.00001v3.tar.gz", "arxiv/2411.00002v1.tex"]
    assert told == ["arXiv finds 3 papers; the first 2 are taken (--most)"]
    assert "search_query=all%3AH800+AND+all%3Akites" in site.paths[0]


def test_one_request_in_three_seconds(site, tmp_path):
    clock = Clock()
    setting = settings_for(site, clock)
    setting.pace.between("127.0.0.1", 3.0)
    target = "arxiv:2411.00001"
    with writing(tmp_path) as snapshot:
        list(fetch(connector_for(target, setting), target, snapshot, Terms(on=DAY)))
    assert clock.slept == [3.0] * (len(site.asked) - 1) and len(site.asked) == 3


def test_papers_that_are_not_there_are_errors_and_the_rest_goes_on(site, tmp_path):
    steps = run(site, tmp_path, "arxiv:2499.99999,2411.00001v9,2411.00002")
    reasons = [step.failure.reason for step in steps if step.failure]
    assert reasons == ["arXiv knows no such paper", "the newest version is v3"]
    assert files(tmp_path) == ["arxiv/2411.00002v1.tex"]


def test_an_error_page_is_no_paper(site, tmp_path):
    site.put("/e-print/2411.00002v1", "<html>withdrawn</html>")
    steps = run(site, tmp_path, "arxiv:2411.00002")
    assert [step.became for step in steps] == ["fetched", "failed"] and files(tmp_path) == []


@pytest.mark.parametrize(
    "target",
    ["arxiv:", "arxiv:kites", "arxiv:2411.02265v", "arxiv:../../etc", "arxiv:search:", "arxiv:2411.02265@v1"],
)
def test_a_malformed_target_is_told_what_was_expected(site, tmp_path, target):
    with pytest.raises(InputError, match="expected arxiv:"):
        run(site, tmp_path, target)


@pytest.mark.parametrize(
    "answer",
    [b'<!DOCTYPE a [<!ENTITY b "bb">]><feed>&b;</feed>', b"<feed", b"", b"\xff\xfe<\0a\0", b"<a>" * 5000,
     '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x SYSTEM "http://169.254.169.254/">'.encode("utf-16")],
)  # fmt: skip
def test_hostile_xml_is_refused(answer):
    for read in (papers_in, record_in):
        with pytest.raises(FetchError):
            read(answer)


def test_what_arxiv_says_is_wrong_is_told():
    said = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#x</id><summary>bad id</summary></entry></feed>'
    with pytest.raises(FetchError, match="arXiv says: bad id"):
        papers_in(said.encode())


def test_numbers_and_days_that_are_none_are_left_unknown():
    odd = "<r><version version='v²'><date>Wed, 25 Nov 2020 10:00:30 GMT</date></version>"
    far = "<version version='v2'><date>Wed, 25 Nov 99999999999999999999 10:00:30 GMT</date></version></r>"
    assert record_in((odd + far).encode()).days == {}
    feed = '<feed xmlns:o="http://a9.com/-/spec/opensearch/1.1/"><o:totalResults>²</o:totalResults></feed>'
    assert papers_in(feed.encode()) == (0, [])
