"""Author blocks in the ways in which papers, pages and indexes print them; what is no author block gives nothing."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.byline import Tie
from chipledger.documents.document import Document
from chipledger.evidence.affiliation import authorship_of, organisation_in

PAPERS = {
    "authblk": r"""\author[1]{Ada Lovelace}\author[1,2]{Wei Li}
\affil[1]{Example University, London} \affil[2]{LightSpeed Studios, Tencent}
\begin{document}""",
    "neurips": r"""\author{Ada Lovelace \\ Department of Computing \\ Example University \\ \texttt{a@x.org} \And
Wei Li \\ LightSpeed Studios, Tencent \\ \texttt{w@x.org}}""",
    "marks": r"""\author{Ada Lovelace$^{1}$, Wei Li\textsuperscript{1,2,*} \\
$^1$Example University \quad $^2$LightSpeed Studios, Tencent \\ $^*$Corresponding author.}""",
    "acm": r"""\author{Ada Lovelace}\affiliation{\institution{Example University}\city{London}}
\author{Wei Li}\affiliation{%
 \institution{LightSpeed Studios, Tencent}\country{China}}""",
    "elsarticle": r"""\author[a]{Ada Lovelace}\author[b]{Wei Li}
\affiliation[a]{organization={Example University}, city={London}}\affiliation[b]{organization={LightSpeed Studios, Tencent}}""",
    "revtex": r"""\author{Ada Lovelace}\affiliation{Example University}\author{Wei Li}\affiliation{LightSpeed Studios, Tencent}""",
    "lncs": r"""\author{Ada Lovelace\inst{1} \and Wei Li\inst{2}}\institute{Example University \and LightSpeed Studios, Tencent}""",
    "icml": r"""\icmlauthor{Ada Lovelace}{equal,ex}\icmlauthor{Wei Li}{lss}
\icmlaffiliation{ex}{Example University, London, UK}\icmlaffiliation{lss}{LightSpeed Studios, Tencent}
\icmlcorrespondingauthor{Wei Li}{w@x.org}""",
    "ieee": r"""\author{\IEEEauthorblockN{Ada Lovelace}\IEEEauthorblockA{\textit{Dept. of Computing} \\ \textit{Example University}\\ London}
\and \IEEEauthorblockN{Wei Li}\IEEEauthorblockA{LightSpeed Studios, Tencent \\ Shenzhen}}""",
    "aaai": r"""\author{Ada Lovelace\textsuperscript{\rm 1}, Wei Li\textsuperscript{\rm 2}}
\affiliations{\textsuperscript{\rm 1}Example University\\ \textsuperscript{\rm 2}LightSpeed Studios, Tencent}""",
}
PAGES = {
    (
        "page.html",
        "html",
    ): """<body><span class="author-block"><a href="#">Ada Lovelace</a><sup>1*</sup>,</span>
<span class="author-block"><a href="#">Wei Li</a><sup>1,2&dagger;</sup></span>
<div><span class="author-block"><sup>1</sup>Example University,</span> <span class="author-block"><sup>2</sup>LightSpeed Studios, Tencent</span></div>
<p><sup>*</sup>Equal contribution <sup>&dagger;</sup>Corresponding author</p></body>""",
    (
        "README.md",
        "markdown",
    ): """# Kite\n\n[Ada Lovelace](https://a.org)<sup>1</sup>, **Wei Li**<sup>1,2,†</sup>\n
<sup>1</sup> Example University, <sup>2</sup> LightSpeed Studios, Tencent\n\n(<sup>†</sup> corresponding author)\n""",
    (
        "README_zh.md",
        "markdown",
    ): """# Kite\n\nAda Lovelace¹, Wei Li²\n\n¹ Example University  ² LightSpeed Studios, Tencent\n""",
    (
        "paper.pdf",
        "pdf",
    ): "A Kite\nAda Lovelace1, Wei Li1,2*\n1Example University 2LightSpeed Studios, Tencent\nAbstract\nWe made 64 kites.",
}


def read(text, name="main.tex", format="latex"):
    starts = (0,) if format == "pdf" else ()
    return authorship_of(
        Document(document=name, document_id="", text=text, format=format, page_starts=starts)
    )


@pytest.mark.parametrize("style", PAPERS)
def test_a_paper_ties_its_authors_to_their_organisations(style):
    found = read(PAPERS[style])

    assert found.authors == ("Ada Lovelace", "Wei Li")
    tencent = next(one for one in found.affiliations if "Tencent" in one.organisation)
    assert (tencent.authors, tencent.first, tencent.last) == (("Wei Li",), False, True)
    assert next(one.organisation for one in found.affiliations) == "Example University"
    assert all(PAPERS[style][one.start : one.end] == one.quote for one in found.affiliations)


@pytest.mark.parametrize(("name", "format"), PAGES)
def test_a_page_ties_its_authors_to_their_organisations(name, format):
    text = PAGES[name, format]
    found = read(text, name, format)

    assert [(one.organisation, one.author_count) for one in found.affiliations][1] == (
        "LightSpeed Studios, Tencent",
        1,
    )
    assert all(text[one.start : one.end] == one.quote for one in found.affiliations)


@pytest.mark.parametrize("style", ["marks", "icml"])
def test_a_corresponding_author_is_told(style):
    by_name = {one.organisation: one.corresponding for one in read(PAPERS[style]).affiliations}

    assert by_name["LightSpeed Studios, Tencent"] is True


def test_an_internship_is_a_tie_of_its_own():
    paper = r"""\author{Wei Li$^{1\dagger}$, Ada Lovelace$^2$ \\ $^1$Example University \\ $^2$Kite Lab
\\ \textsuperscript{$\dagger$}Work done during an internship at Kite Lab.}"""

    ties = [(one.organisation, one.authors, one.tie) for one in read(paper).affiliations]

    assert ties[0] == ("Example University", ("Wei Li",), Tie.AFFILIATION)
    assert ("Kite Lab", ("Ada Lovelace",), Tie.AFFILIATION) in ties


def test_a_team_is_an_author():
    (team,) = read(r"\title{Kite}\author{Kite Team}\begin{document}").affiliations

    assert (team.organisation, team.tie, team.author_count) == ("Kite Team", Tie.TEAM, None)


@pytest.mark.parametrize(
    ("name", "format", "text"),
    [
        (
            "a.md",
            "markdown",
            "```bibtex\n@article{k, author={Wei Li and Ada Lovelace}, title={Of Tencent}}\n```\n",
        ),
        (
            "a.md",
            "markdown",
            "| Model | AP<sup>val</sup> | AP<sup>test</sup> |\n| Kite<sup>1</sup> | 50<sup>2</sup> | 51<sup>3</sup> |\n",
        ),
        (
            "a.md",
            "markdown",
            "It is 10<sup>3</sup> times, 10<sup>4</sup> or 10<sup>5</sup>.\n\n<sup>1</sup> Measured at Example University.\n",
        ),
        ("a.tex", "latex", "% \\author{Wei Li$^1$ \\\\ $^1$Tencent}\n\\section{Kites}"),
        ("a.tex", "latex", r"\author{First Author \\ Institution1 \\ \And Second Author \\ Institution2}"),
        ("a.tex", "latex", r"\author{Anonymous Authors}\affiliation{\institution{Anonymous Institution}}"),
        (
            "a.tex",
            "latex",
            r"\section{See}\begin{thebibliography}{9}\bibitem{k} Wei Li, Tencent.\end{thebibliography}",
        ),
        ("a.json", "json", '{"authorships": "none"}'),
    ],
)
def test_what_is_no_author_block_gives_no_organisation(name, format, text):
    assert read(text, name, format).affiliations == ()


def test_an_index_is_graded_secondary():
    work = {"authorships": [
        {"author_position": "first", "is_corresponding": False, "author": {"display_name": "Ada Lovelace"}, "institutions": [{"display_name": "Example University"}]},
        {"author_position": "last", "is_corresponding": True, "author": {"display_name": "李伟"}, "institutions": [{"display_name": "香港科技大学"}]},
    ]}  # fmt: skip
    found = read(json.dumps(work), "W1.json", "json")

    assert [(one.organisation, one.grade, one.first, one.corresponding) for one in found.affiliations] == [
        ("Example University", "secondary", True, False), ("香港科技大学", "secondary", False, True),
    ]  # fmt: skip


def test_a_department_and_a_city_are_no_organisation():
    assert (
        organisation_in("Gaoling School of AI, Renmin University of China, Beijing")
        == "Renmin University of China"
    )
    assert organisation_in("School of Computing") == "School of Computing"


@pytest.mark.parametrize(
    "piece",
    [
        "<sup>1</sup>A ",
        "\\author{",
        "$^{1}",
        "[A B](https://x/",
        "<script>",
        "\\affil[1]{",
        "¹x ",
        "{",
        "<span ",
    ],
)
def test_a_hostile_text_costs_bounded_time(piece):
    text = (piece * 400_000)[:1_000_000]
    began = time.process_time()
    for format in ("markdown", "html", "latex"):
        read("\\author{" + text if format == "latex" else text, "x", format)

    assert time.process_time() - began < 5


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            [
                *"AaB,1{}$^\\<>*\n ",
                "<sup>",
                "</sup>",
                "\\author",
                "\\affil",
                "Li Wei",
                "University",
                "¹",
                "](http://x)",
            ]
        ),
        max_size=60,
    )
)
def test_a_quote_stands_where_it_is_said_to(pieces):
    text = "".join(pieces)
    for format in ("latex", "markdown", "html", "pdf"):
        for one in read(text, "x", format).affiliations:
            assert text[one.start : one.end] == one.quote
