"""Web pages: robots.txt, main content in its own place, what a page says of itself, and what is kept of it."""

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback_site import Clock, Site, serving, settings_for

from chipledger.core.errors import InputError
from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.page_facts import PageFacts, facts_of
from chipledger.documents.connect.registry import beginning_of, canonical, connector_for
from chipledger.documents.connect.robots import rules_in
from chipledger.documents.document import Document
from chipledger.documents.html_text import blank
from chipledger.documents.main_content import only_main
from chipledger.documents.reading import reading_of
from chipledger.documents.snapshot import Snapshot, writing
from chipledger.documents.sources import documents
from chipledger.evidence.extract import extract

NOVEMBER, DECEMBER = date(2026, 11, 25), date(2026, 12, 1)
STORY = (
    "<p>The laboratory says that Kite-7B was pretrained on 2,048 H800 cards for nine weeks, in a hall that it rents.</p>"
    "<p>数据中心位于内蒙古，共有512块A100参与了后续的微调，历时三周，费用没有公布。</p>"
    "<p>学習後の評価には8基のH20が使われ、結果は来月の論文で公表される予定だという。</p>"
)
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Kites trained on H800</title>
<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"><meta property="og:site_name" content="Example News">
<meta property="article:published_time" content="2026-10-01T08:00:00Z"></head><body>
<header><nav><ul><li><a href="/b200">B200 prices</a></li><li><a href="/mi300">MI300X news</a></li></ul></nav></header>
<main><article><h1>Kites trained on H800</h1>{STORY}</article></main>
<aside><h3>Related</h3><ul><li><a href="/1">Ten thousand V100 for sale</a></li></ul></aside>
<footer><p>Advertise with us: GB200 systems</p></footer></body></html>"""


@pytest.fixture
def site():
    with serving() as one:
        yield one


def fetched(
    site: Site, folder: Path, path: str, on: date = NOVEMBER, clock: Clock | None = None, **more: object
) -> list[Step]:
    setting = settings_for(site, clock, **more)
    target = site.url + path
    with writing(folder) as snapshot:
        return list(fetch(connector_for(target, setting), target, snapshot, Terms(on=on)))


def read(folder: Path) -> list[Document]:
    return [one for one in documents(str(folder)) if isinstance(one, Document)]


def test_a_page_is_kept_as_it_is_and_only_its_main_content_is_evidence(site, tmp_path):
    site.put("/news/kites?id=7", PAGE, Content_Type="text/html; charset=utf-8", ETag='"one"')
    (step,) = fetched(site, tmp_path, "/news/kites?id=7")
    (page,) = read(tmp_path)
    assert (step.became, page.text, page.licence) == (
        "fetched",
        PAGE,
        "https://creativecommons.org/licenses/by/4.0/",
    )
    assert (page.published_on, page.fetched_on, page.url) == (
        date(2026, 10, 1),
        NOVEMBER,
        f"{site.url}/news/kites?id=7",
    )
    assert page.document == f"127.0.0.1_{site.port}/news/kites,id=7.html" and page.organisation is None
    found = extract(page).mentions
    assert {one.chip for one in found} == {"NVIDIA H800", "NVIDIA A100", "NVIDIA H20"}
    assert all(page.text[one.start : one.end] == one.quote for one in found)
    whole = extract(replace(page, is_page=False)).mentions
    assert {"NVIDIA B200", "NVIDIA V100"} <= {one.chip for one in whole}
    with Snapshot(tmp_path) as snapshot:
        (row,) = snapshot.fetches()
    assert (row.published_from, row.note) == ("article:published_time of the page", "publisher: Example News")


def test_a_page_that_stands_is_asked_once_a_day_and_not_sent_again(site, tmp_path):
    site.put("/a", PAGE, Content_Type="text/html", ETag='"one"')
    first = fetched(site, tmp_path, "/a")
    same_day = fetched(site, tmp_path, "/a")
    later = fetched(site, tmp_path, "/a", on=DECEMBER)
    assert [step.became for step in (*first, *same_day, *later)] == ["fetched", "held", "unchanged"]
    assert site.paths.count("/a") == 2 and later[0].size_bytes == 0
    (page,) = read(tmp_path)
    assert (page.fetched_on, page.seen_on) == (NOVEMBER, DECEMBER)


def test_robots_txt_closes_pages_and_is_asked_once(site, tmp_path):
    site.put("/robots.txt", "User-agent: *\nDisallow: /closed\nAllow: /closed/open\n")
    site.put("/closed/x", PAGE)
    site.put("/to-closed", "", 302, Location="/closed/x")
    setting = settings_for(site)
    connector = connector_for(site.url, setting)
    with writing(tmp_path) as snapshot:
        for path in ("/closed/x", "/to-closed"):
            (step,) = fetch(connector, site.url + path, snapshot, Terms(on=NOVEMBER))
            assert (
                step.failure
                and "robots.txt" in step.failure.reason
                and "closes this page" in step.failure.reason
            )
    assert site.paths == ["/robots.txt", "/to-closed"]


def test_a_site_whose_robots_txt_fails_is_left_alone_and_one_without_is_open(site, tmp_path):
    site.put("/robots.txt", "", 500)
    site.put("/a", PAGE, Content_Type="text/html")
    (closed,) = fetched(site, tmp_path, "/a")
    site.put("/robots.txt", "", 403)
    (open_,) = fetched(site, tmp_path, "/a")
    assert closed.failure and "cannot be had" in closed.failure.reason and open_.became == "fetched"


def test_robots_txt_sets_the_pace(site, tmp_path):
    site.put("/robots.txt", "User-agent: chipledger\nCrawl-delay: 9\n")
    site.put("/a", PAGE, Content_Type="text/html")
    clock, told = Clock(), []
    fetched(site, tmp_path, "/a", clock=clock, tell=told.append)
    fetched(site, tmp_path, "/a", on=DECEMBER, clock=clock)
    assert told == ["127.0.0.1: asks for 9 s between pages"] and len(clock.slept) >= 1


@pytest.mark.parametrize(
    ("lines", "path", "allowed"),
    [("User-agent: *\nDisallow:", "/a", True), ("User-agent: *\nDisallow: /", "/robots.txt", True),
     ("User-agent: a\nUser-agent: chipledger\nDisallow: /", "/x", False), ("User-agent: *\nDisallow: /\n\nUser-agent: chipledger\nAllow: /", "/x", True),
     ("User-agent: *\nDisallow: /*/secret", "/a/b/secret/c", False), ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
     ("# nothing\n\nSitemap: x", "/a", True), ("User-agent: *\nDisallow: /" + "*a" * 2000, "/" + "a" * 500 + "b", True)],
)  # fmt: skip
def test_rules_of_robots(lines, path, allowed):
    assert rules_in(lines, "chipledger").allows(path) is allowed


@pytest.mark.parametrize(
    ("body", "media_type", "path", "ending"),
    [(b"%PDF-1.7 rest", "application/pdf", "/paper", "paper.pdf"), (b"# Kite\n8 H20", "text/plain", "/README.md", "README.md"),
     (b"8 H20", "text/plain", "/notes", "notes.txt"), (b'{"gpu": "8 H20"}', "application/json", "/x", "x.json"),
     (b"<html><p>8 H20", None, "/", "index.html"), (b"#!/bin/bash\ntorchrun", "application/octet-stream", "/run.sh", "run.sh")],
)  # fmt: skip
def test_the_name_tells_the_format_that_the_server_or_the_bytes_tell(
    site, tmp_path, body, media_type, path, ending
):
    headers = {"Content_Type": media_type} if media_type else {}
    site.put(path, body, **headers)
    (step,) = fetched(site, tmp_path, path)
    assert step.name == f"127.0.0.1_{site.port}/{ending}"


def test_the_servers_word_on_the_encoding_is_kept(site, tmp_path):
    body = "<html><p>训练用了8张H20，历时三天。</p></html>".encode("gb18030")
    site.put("/a", body, Content_Type="text/html; charset=GB2312")
    fetched(site, tmp_path, "/a")
    (page,) = read(tmp_path)
    assert page.encoding == "gb18030" and "8张H20" in page.text


def test_a_day_to_come_is_no_day_of_publication(site, tmp_path):
    site.put("/a", '<meta name="date" content="2031-01-01"><p>8 H20</p>', Content_Type="text/html")
    (step,) = fetched(site, tmp_path, "/a")
    assert step.row and step.row.published_on is None and step.row.note == "states a day to come, 2031-01-01"


@pytest.mark.parametrize(
    ("body", "media_type"), [(b"\x89PNG\r\n", "image/png"), (b"\0\1\2\3" * 50, "application/octet-stream")]
)
def test_what_is_no_text_is_no_document(site, tmp_path, body, media_type):
    site.put("/x.png", body, Content_Type=media_type)
    (step,) = fetched(site, tmp_path, "/x.png")
    assert step.failure and "not text" in step.failure.reason


@pytest.mark.parametrize(
    ("source", "facts"),
    [('<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","datePublished":"2024-09-06","dateModified":'
      '"2024-11-24T10:00:00+08:00","license":"CC-BY-4.0","publisher":{"@type":"Organization","name":"Example  Press"}}]}</script>',
      PageFacts(licence="CC-BY-4.0", published_on=date(2024, 11, 24), published_from="JSON-LD dateModified of the page", publisher="Example Press")),
     ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", PageFacts()),
     ('<script type="application/ld+json">{"@type":"Article","publisher":{"@type":"Person","name":"Someone"},"datePublished":7}</script>', PageFacts()),
     ('<meta name="date" content="2024年9月6日"><a rel="nofollow license" href="/terms">terms</a>',
      PageFacts(licence="/terms", published_on=date(2024, 9, 6), published_from="date of the page")),
     ('<meta name="date" content="31.02.2024"><meta name="pubdate" content="2024-02-31">', PageFacts()), ("", PageFacts()), ("\0<", PageFacts())],
)  # fmt: skip
def test_what_a_page_says_of_itself(source, facts):
    assert facts_of(source) == facts


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="<>/apdivnm &;\n\"'H20训", max_size=400), st.booleans())
def test_the_main_content_keeps_every_character_in_its_place(noise, is_first):
    text = f"<nav>{noise}</nav>{STORY * 2}" if is_first else f"<main>{STORY * 2}</main>{noise}"
    read_ = blank(text)
    kept = only_main(text, read_)
    assert len(kept) == len(text)
    assert all(one in (other, " ") for one, other in zip(kept, read_, strict=True))


@pytest.mark.parametrize(
    "page",
    ["<div>" * 100_000 + STORY, "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">" + STORY,
     "<div><table><td></div></td></table>" * 15_000 + STORY, "".join(f"<font size={number}>" for number in range(50_000)) + STORY,
     "<script>" * 50_000 + STORY, "<meta content=" * 50_000 + STORY, STORY + "<p>x</p>" * 100_000],
    ids=["deep", "attributes", "ends out of place", "fonts", "scripts", "metas", "lines"],
)  # fmt: skip
def test_a_hostile_page_costs_bounded_time(page):
    began = time.process_time()
    read_ = blank(page)
    assert len(only_main(page, read_)) == len(page)
    facts_of(page)
    assert time.process_time() - began < 6


def test_a_page_whose_main_content_cannot_be_told_is_read_whole():
    text = "<body><nav>8 H20</nav></body>"
    page = Document(document="a.html", document_id="", text=text, format="html", is_page=True)
    assert "8 H20" in reading_of(page)


def test_what_is_a_page_and_what_a_repository():
    assert beginning_of("https://github.com/owner/name") is None
    assert beginning_of("https://github.com/owner/name/blob/main/README.md") == "https://"
    assert beginning_of("https://corp.example/group/name.git") is None
    assert canonical("https://arxiv.org/pdf/2411.02265v3.pdf") == "arxiv:2411.02265v3"


def test_a_malformed_address_is_refused(site, tmp_path):
    with writing(tmp_path) as snapshot, pytest.raises(InputError, match="not an address"):
        list(fetch(connector_for("https://", settings_for(site)), "https://", snapshot, Terms(on=NOVEMBER)))


@pytest.mark.parametrize(
    ("lines", "path", "allowed"),
    [("User-agent: *\nDisallow:\n\nUser-agent: other\nDisallow: /\n", "/a", True),
     ("User-agent: *\nDisallow:\nDisallow: /private\n", "/private/x", False),
     ("User-agent: *\nAllow: /\n\nUser-agent: ChipLedger/0.1\nDisallow: /\n", "/a", False),
     ("\ufeffUser-agent: *\nDisallow: /新闻\n", "/%E6%96%B0%E9%97%BB/1", False),
     ("User-agent: *\nDisallow: /%e6%96%b0\n", "/%E6%96%B0", False)],
)  # fmt: skip
def test_an_empty_rule_swallows_no_line_and_spellings_of_one_path_are_one(lines, path, allowed):
    assert rules_in(lines, "chipledger").allows(path) is allowed


def test_a_robots_txt_of_blank_lines_costs_little():
    before = time.process_time()
    rules_in("\n" * 500_000, "chipledger")
    assert time.process_time() - before < 5
