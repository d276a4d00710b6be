"""The page holds every finding with its quotes and places, stays text whatever a document says, and never changes."""

import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from reported import ON, Page, add, source_of

from chipledger.apps.report import write_report
from chipledger.apps.report.page import QUOTES_A_FINDING
from chipledger.catalogue.chip import chips
from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument, Purpose
from chipledger.store.ledger import Ledger
from chipledger.store.write import Writer

Pages = Callable[..., Page]
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


def test_a_finding_stands_with_its_quote_and_its_place(writer: Writer, page_of: Pages) -> None:
    add(writer, "pre-trained on 512 NVIDIA A100 GPUs", count=512, commit="0123456789abcdef")
    page = page_of()
    assert "Lab lab/kite NVIDIA A100 pretraining 512 2024-03-01" in page.text
    assert "pre-trained on 512 NVIDIA A100 GPUs" in page.text
    assert "README.md, line 1, commit 0123456789; seen 2024-03-01" in page.text


def test_a_quote_of_a_pdf_stands_with_its_page(writer: Writer, page_of: Pages) -> None:
    add(writer, "64 H200", document="annual.pdf", page=2)
    assert "annual.pdf, page 2" in page_of().text


def test_the_quote_is_marked_in_its_sentence(writer: Writer, page_of: Pages) -> None:
    add(writer, "64张A100", prefix="使用", suffix="进行预训练")
    source = page_of().source
    assert "<blockquote><bdi>使用<mark>64张A100</mark>进行预训练</bdi></blockquote>" in source


def test_the_words_around_a_quote_stay_text_and_hide_nothing(writer: Writer, page_of: Pages) -> None:
    add(writer, "64 A100", prefix=f"{SCRIPT} \u202e", suffix=f"\u2066 {SCRIPT}")
    page = page_of()
    assert page.count("script") == 1 and page.count("img") == 0
    assert f"{SCRIPT} ⟨U+202E⟩64 A100⟨U+2066⟩ {SCRIPT}" in page.text


def test_a_finding_is_headed_by_the_quote_with_the_count(writer: Writer, page_of: Pages) -> None:
    add(writer, "A100", document="a.md")
    add(writer, "64 A100", document="b.md", count=64)
    assert "<summary><q><bdi><mark>64 A100</mark></bdi></q>" in page_of().source


def test_the_page_says_what_it_is_not(page_of: Pages) -> None:
    text = page_of().text
    assert "no breach of any rule" in text
    assert "The day of acquisition is never known from a document" in text
    assert "not legal advice" in text
    assert not re.search(r"\b(illegal|violat|smuggl|guilt|banned)", text, re.IGNORECASE)


def test_a_chip_that_may_have_been_bought_before_the_rule_is_not_shown_as_needing_a_licence(
    writer: Writer, page_of: Pages
) -> None:
    add(writer, "512 A100")
    page = page_of()
    assert "depends on the day or the variant" in page.text
    assert "day of acquisition unknown; a licence was needed from 2022-08-26" in page.text
    assert "licence needed on every possible day" not in page.text


def test_what_is_only_required_shows_the_rules_as_context(writer: Writer, page_of: Pages) -> None:
    add(writer, "needs 8 A100", purpose=Purpose.REQUIREMENT, organisation=None)
    page = page_of()
    assert "context only" in page.text
    assert "unnamed" in page.text


def test_markup_in_a_document_stays_text(writer: Writer, page_of: Pages) -> None:
    fields = {"organisation": SCRIPT, "subject": SCRIPT, "project": SCRIPT, "commit": "<b>"}
    add(writer, f"A100 {SCRIPT}", document=f"{SCRIPT}.md", **fields)
    add(writer, "one of them", chip=f"Chip {SCRIPT}", chips=(), document="b.md")
    writer.fail(FailedDocument(document=f"{SCRIPT}.pdf", stage="read", reason=SCRIPT))
    page = page_of()
    assert page.count("script") == 1
    assert page.count("img") == 0
    assert SCRIPT in page.text
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_pages_policy_allows_its_own_script_and_style_and_nothing_else(page_of: Pages) -> None:
    policy = page_of().attributes("content", "meta")[0]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert policy.count("sha256-") == 2


def test_the_page_asks_nothing_of_a_network(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100")
    page = page_of()
    assert page.attributes("src") == []
    assert {"link", "iframe", "object", "embed"}.isdisjoint(tag for tag, _ in page.elements)
    assert "@import" not in page.source
    assert re.findall(r"url\((?!#)", page.source) == []


def test_direction_marks_and_invisible_letters_are_shown_by_their_code_points(
    writer: Writer, page_of: Pages
) -> None:
    add(writer, "A100\u202egnp.exe \u200bzero\x07", document="read\u2066me.md")
    page = page_of()
    assert "A100⟨U+202E⟩gnp.exe ⟨U+200B⟩zero⟨U+0007⟩" in page.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08]", page.source)


def test_an_address_that_is_not_of_the_web_is_no_link(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100", url="javascript:alert(1)")
    add(writer, "256 A100", url="https://example.org/b.md", document="b.md")
    links = page_of().attributes("href", "a")
    assert "https://example.org/b.md" in links
    assert all(link.startswith(("#", "https://", "http://")) for link in links)


def test_a_long_line_is_cut_around_the_chip(writer: Writer, page_of: Pages) -> None:
    add(writer, "x" * 100_000 + " 512 A100 " + "y" * 100_000)
    page = page_of()
    assert max(len(quote) for quote in re.findall(r"<blockquote>.*?</blockquote>", page.source)) < 500
    assert " 512 A100 " in page.text


def test_a_finding_with_many_quotes_shows_some_and_says_how_many_more(writer: Writer, page_of: Pages) -> None:
    add(writer, *(f"run {number} on A100" for number in range(QUOTES_A_FINDING + 7)))
    page = page_of()
    assert page.count("blockquote") == QUOTES_A_FINDING
    assert "and 7 more" in page.text


def test_every_link_within_the_page_leads_somewhere_and_no_name_is_given_twice(
    writer: Writer, page_of: Pages
) -> None:
    for number, purpose in enumerate(Purpose):
        add(writer, "512 A100", "64 A100", document=f"{number}.md", purpose=purpose)
    page = page_of()
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.attributes("href") if link.startswith("#")} <= set(ids)


def test_the_permanent_link_of_a_finding_is_made_of_its_content(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100")
    before = re.findall(r'id="(f-\w+)"', page_of().source)
    add(writer, "64 H20", chip="NVIDIA H20", chips=("nvidia-h20",), document="a.md")
    assert before[0] in re.findall(r'id="(f-\w+)"', page_of().source)


def test_the_same_ledger_gives_the_same_bytes(writer: Writer, ledger: Ledger, tmp_path: Path) -> None:
    add(writer, "512 A100")
    writer.flush()
    first, second = (
        write_report(ledger, tmp_path / name, on=ON).read_bytes() for name in ("a.html", "b.html")
    )
    assert first == second


def test_what_was_first_seen_after_the_day_is_not_on_the_page(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100")
    assert "No findings" in page_of(on=date(2023, 1, 1)).text
    assert "512" in page_of(on=date(2024, 6, 1)).text


def test_unsure_findings_are_left_out_and_counted(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100", confidence=0.3)
    assert "1 finding below a confidence of 0.5 left out" in page_of().text
    assert "512" in page_of(min_confidence=0.0).text


def test_a_document_that_could_not_be_read_is_named_with_the_reason(writer: Writer, page_of: Pages) -> None:
    writer.fail(FailedDocument(document="papers/broken.pdf", stage="read", reason="encrypted"))
    assert "papers/broken.pdf read encrypted" in page_of().text


def test_everything_can_be_read_without_the_script(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100")
    page = page_of()
    assert [tag for tag, attributes in page.elements if "hidden" in attributes] == ["form"]
    assert page.count("summary") == page.count("details") == 1


def test_each_row_carries_what_the_filters_ask_for(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100", organisation=" 深度 Lab ")
    page = page_of()
    row = next(
        attributes for tag, attributes in page.elements if tag == "tbody" and "data-chip" in attributes
    )
    offered = page.attributes("value", "option")
    assert {row["data-chip"], row["data-organisation"], row["data-purpose"]} <= set(offered)


def test_an_unknown_destination_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown destination 'XX'"):
        write_report(ledger, tmp_path / "report.html", destination="XX", on=ON)


def test_the_last_day_of_all_is_refused_in_one_line(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected an earlier day"):
        write_report(ledger, tmp_path / "report.html", on=date.max)


def test_a_file_that_cannot_be_written_is_told_in_one_line_and_leaves_nothing(
    ledger: Ledger, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write_report(ledger, tmp_path / "no such folder" / "report.html", on=ON)
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="cannot write"):
        write_report(ledger, tmp_path / "taken", on=ON)
    assert not list(tmp_path.glob(".*"))


def test_another_destination_has_its_own_rules(writer: Writer, page_of: Pages) -> None:
    add(writer, "512 A100")
    assert "Licence for United Kingdom" in page_of(destination="gb").text


@pytest.mark.parametrize("on", [date(2019, 1, 1), date(2022, 8, 26), date(2030, 12, 31)])
def test_the_page_can_be_made_for_any_day(writer: Writer, page_of: Pages, on: date) -> None:
    add(writer, "512 A100", published_on=date(1980, 1, 1))
    assert f"as of {on}" in page_of(on=on).text


def test_five_thousand_findings_take_seconds(writer: Writer, ledger: Ledger, tmp_path: Path) -> None:
    names, purposes = sorted(chips()), list(Purpose)
    for number in range(5000):
        name = names[number % len(names)]
        add(writer, f"ran on {number} cards", document=f"{number}.md", project=f"lab/{number}", chip=name, chips=(name,),
            purpose=purposes[number % 7], published_on=date(2019 + number % 7, 1 + number % 12, 1))  # fmt: skip
    writer.flush()
    started = time.monotonic()
    source = source_of(ledger, tmp_path / "report.html")
    assert time.monotonic() - started < 30
    assert source.count('id="f-') == 5000
    assert len(source) < 20_000_000
