"""Copies, versions and translations are one voice; other documents are voices of their own."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from zlib import crc32

import pytest

from chipledger.core.records import DocumentFacts, Fingerprint, Mention
from chipledger.documents.document import Document
from chipledger.evidence.extract import extract
from chipledger.evidence.fingerprint import fingerprint_of
from chipledger.findings.claim import claims, confidence
from chipledger.findings.kinship import Kind
from chipledger.findings.lineage import Lineage
from chipledger.findings.project import project_of, untranslated


def said(document: str, quote: str = "A100", sure: float = 0.8, document_id: str | None = None) -> Mention:
    return Mention(
        document=document,
        document_id=document_id or document,
        start=0,
        end=len(quote),
        quote=quote,
        chip="NVIDIA A100",
        confidence=sure,
    )


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("README_zh.md", "readme.md"),
        ("README-CN.md", "readme.md"),
        ("README.zh_TW.md", "readme.md"),
        ("README_JA.md", "readme.md"),
        ("docs/en/guide.md", "docs/guide.md"),
        ("zh-CN/guide.md", "guide.md"),
        ("report.chinese.html", "report.html"),
        ("ocean.md", "ocean.md"),
        ("benchmark_fpn.md", "benchmark_fpn.md"),
        ("open.md", "open.md"),
        ("token.md", "token.md"),
    ],
)
def test_a_name_loses_its_language_and_nothing_else(name: str, plain: str) -> None:
    assert untranslated(name) == plain


def voices(*documents: list[Mention]) -> int:
    """How many documents of one project speak for themselves of the A100."""
    told = [
        (DocumentFacts(document=one[0].document, document_id=one[0].document_id, project="lab/kite"), one)
        for one in documents
    ]
    (claim,) = claims(told)
    return claim.voices


def test_a_translated_pair_is_one_voice() -> None:
    assert voices([said("README.md")], [said("README_zh.md", "昇腾910B")]) == 1


def test_a_copied_sentence_is_one_voice_but_a_bare_name_is_not() -> None:
    sentence = "trained on 512 NVIDIA A100 GPUs for two weeks"
    assert voices([said("a.md", sentence)], [said("b.tex", sentence.upper())]) == 1
    assert voices([said("a.md", "A100")], [said("b.tex", "A100")]) == 2


def test_the_same_bytes_under_two_names_are_one_voice() -> None:
    assert voices([said("a.md", document_id="1")], [said("copy of a.md", document_id="1")]) == 1


def test_voices_joined_by_a_third_document_are_one() -> None:
    long = "all experiments ran on eight NVIDIA A100 cards"
    assert voices([said("a.md")], [said("b.md", long)], [said("a_zh.md", "x"), said("a_zh.md", long)]) == 1


def test_two_voices_are_surer_than_one_and_a_copy_is_not() -> None:
    alone = confidence([[said("README.md", sure=0.7)]])
    with_copy = confidence([[said("README.md", sure=0.7), said("README_zh.md", "昇腾", sure=0.6)]])
    with_paper = confidence([[said("README.md", sure=0.7)], [said("paper.tex", sure=0.6)]])
    assert alone == with_copy == 0.7
    assert with_paper == pytest.approx(1 - 0.3 * 0.4)


@pytest.mark.parametrize(
    ("document", "project", "expected"),
    [
        ("src/README.md", "tencent/hunyuan", "tencent/hunyuan"),
        ("kite/docs/README.md", None, "kite/docs"),
        ("kite/zh/README.md", None, "kite"),
        ("README_zh.md", None, "readme"),
        ("/papers/kite/main.tex", None, "papers/kite"),
    ],
)
def test_the_project_is_given_or_the_folder_or_the_document(
    document: str, project: str | None, expected: str
) -> None:
    assert project_of(DocumentFacts(document=document, document_id="", project=project)) == expected


LICENCE = """Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at http://www.apache.org/licenses/LICENSE-2.0
Unless required by applicable law or agreed to in writing, software distributed under the License is
distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and limitations under the License.
"""
INSTALL = "\n".join(
    f"## Install\npip install --upgrade -r requirements-{part}.txt\npython setup.py build develop --{part}"
    for part in ("core", "tools", "tests")
)
SCORES = "\n".join(
    f"| Model-{row} | {61 + row}.{row}7{row} | {40 + row}.8{row}1 | 7{row}.{row}25 |" for row in range(12)
)
HIGHER = "\n".join(
    f"Our kite number {part} flies higher than all the others of its kind" for part in range(30)
)
DEEPER = "\n".join(
    f"This submarine, hull {part}, dives much deeper than anything built before" for part in range(30)
)
ENGLISH = f"""# Kite
{HIGHER}
## Training
Full fine-tuning needs at least 32 H20 GPUs, LoRA needs 8 H20 GPUs.
{SCORES}
```
python run.py --hidden 18304 --steps 262144
```
See https://kite.example/a/page https://kite.example/b/page https://kite.example/c/page
"""
CHINESE = f"""# 风筝
{"每一只风筝都比别的飞得更高，这是我们的风筝。" * 20}
## 训练
全量微调最少需要 32 卡 H20，LoRA 微调最少需要 8 卡 H20。
{SCORES}
```
python run.py --hidden 18304 --steps 262144
```
见 https://kite.example/a/page https://kite.example/b/page https://kite.example/c/page
"""


def read(
    name: str, text: str, project: str | None = None, on: date | None = None, **more: str | None
) -> tuple[DocumentFacts, list[Mention]]:
    said = extract(
        Document(document=name, document_id=sha256(text.encode()).hexdigest(), text=text, format="markdown",
                 project=project, published_on=on, **more)  # type: ignore[arg-type]
    )  # fmt: skip
    return said.facts, list(said.mentions)


def links(*documents: tuple[DocumentFacts, list[Mention]]) -> list[tuple[str, str, str]]:
    return [
        (kin.source.document, link.kind.value, link.of.document) for kin, link in Lineage(documents).linked()
    ]


def test_a_near_copy_in_another_project_is_one_voice_and_a_new_statement_is_its_own() -> None:
    edited = ENGLISH.replace("Kite", "Kite mirror") + "We also tested on 4 A100 GPUs.\n"
    documents = [
        read("README.md", ENGLISH, "kite", date(2024, 1, 1)),
        read("index.md", edited, "mirror", date(2024, 2, 1)),
    ]
    assert links(*documents) == [("index.md", "near_copy", "README.md")]
    lineage = Lineage(documents)
    carried = [lineage.carried(documents[1][0], one) for one in documents[1][1]]
    assert [one is None for one in carried] == [mention.chip == "NVIDIA A100" for mention in documents[1][1]]
    found = {(claim.project, claim.chip): claim for claim in claims(documents)}
    assert (found["mirror", "NVIDIA H20"].own_voices, found["mirror", "NVIDIA A100"].own_voices) == (0, 1)
    assert found["kite", "NVIDIA H20"].own_voices == 1


def test_a_translation_under_any_name_is_told_by_what_nobody_translates() -> None:
    english, chinese = read("README.md", ENGLISH, "kite"), read("fengzheng.md", CHINESE, "elsewhere")
    (link,) = [link for _, link in Lineage([english, chinese]).linked()]
    assert link.kind is Kind.TRANSLATION
    assert {"figures_contained", "links_contained"} <= link.figures.keys()
    assert "8 x NVIDIA H20, 32 x NVIDIA H20" in " ".join(link.reasons)


@pytest.mark.parametrize("common", [LICENCE, INSTALL, SCORES], ids=["licence", "install", "scores"])
def test_what_many_share_joins_nobody(common: str) -> None:
    one = read("a.md", f"{common}\n{HIGHER}\nTrained on 8 A100 GPUs.\n", "kite")
    other = read("b.md", f"{common}\n{DEEPER}\nThe hull was trained on 8 A100 GPUs.\n", "submarine")
    assert links(one, other) == []


def test_two_short_scripts_with_one_licence_are_two() -> None:
    one = read("a.md", f"{LICENCE}\nWe trained this on 64 H800 GPUs.\n", "kite")
    other = read("b.md", f"{LICENCE}\nEvaluated with 2 RTX 3090 cards.\n", "submarine")
    assert links(one, other) == []


def test_a_configuration_template_joins_no_two_projects() -> None:
    template = "\n".join(f'"parameter_of_the_template_{number}": "auto",' for number in range(12))
    scripts = [
        DocumentFacts(
            document="ds.json",
            document_id=name,
            project=name,
            fingerprint=fingerprint_of(*[template + extra] * 2),
        )
        for name, extra in (("kite", ""), ("submarine", "\n"))
    ]
    assert links(*((facts, []) for facts in scripts)) == []


def test_names_of_one_form_with_another_text_are_two() -> None:
    others = (
        ENGLISH.replace("kite.example", "submarine.example")
        .replace("18304", "90210")
        .replace("262144", "777777")
    )
    others = "\n".join(line[::-1] for line in others.splitlines()).replace("02H", "H20")
    documents = [read("README.md", ENGLISH * 2, "kite"), read("README_ja.md", others, "kite")]
    documents[0] = (replace(documents[0][0], fingerprint=_many("one")), documents[0][1])
    documents[1] = (replace(documents[1][0], fingerprint=_many("two")), documents[1][1])
    assert links(*documents) == []


def _many(word: str) -> Fingerprint:
    numbers = "\n".join(str(crc32(f"{word}{number}".encode())) for number in range(20))
    addresses = "\n".join(f"https://{word}.example/{number}" for number in range(20))
    return fingerprint_of(*[f"{numbers}\n{addresses}"] * 2)


def test_pages_that_report_on_one_preprint_come_down_to_it() -> None:
    told = "According to arXiv:2411.14425, {name} writes, H20, A100 and RTX 4090 cards were named in public pages. {rest}"
    pages = [
        read(f"{name}.md", told.format(name=name, rest=f"{name} adds a remark of its own, number {number}."))
        for number, name in enumerate(("Herald", "Courier", "Gazette", "Tribune", "Observer"))
    ]
    other = read(
        "rival.md", "Our own tests with H20, A100 and RTX 4090 cards are reported here for the first time."
    )
    lineage = Lineage([*pages, other])
    origins = {lineage.voice(facts, mention) for facts, said in pages for mention in said}
    assert origins == {"arxiv:2411.14425"}
    assert all(lineage.carried(other[0], one) is None for one in other[1])


def test_a_page_that_links_to_a_project_and_states_its_figures_is_derived() -> None:
    owner = read("README.md", ENGLISH, "Kite", date(2024, 1, 1), organisation="Lab", commit="c" * 40)
    page = read(
        "news.md",
        "Lab says 32 H20 GPUs are needed: https://github.com/lab/kite has more on this.",
        on=date(2024, 2, 1),
    )
    assert links(owner, page) == [("news.md", "derivative", "README.md")]
    unlike = read("news.md", "Lab says 64 H20 GPUs are needed: https://github.com/lab/kite has more on this.")
    assert links(owner, unlike) == []


def test_a_whole_project_that_stands_in_another_is_a_mirror() -> None:
    names = ("a.md", "b.md", "c.md")
    texts = {
        name: f"{HIGHER.replace('kite', name[0] * 9)}\nTrained {name} on 512 A800 GPUs.\n" for name in names
    }
    first = [read(name, text, "kite", date(2024, 1, 1)) for name, text in texts.items()]
    later = [read(f"copy/{name}", text, "fork", date(2024, 3, 1)) for name, text in texts.items()]
    found = list(Lineage([*first, *later]).linked())
    assert [link.kind.value for _, link in found] == ["mirror"] * 3
    assert all(link.is_dated and link.of.project == "kite" for _, link in found)
    assert found[0][1].reasons[-1] == "3 of 3 documents of its project stand there"


def test_the_order_in_which_documents_come_makes_no_difference() -> None:
    documents = [
        read("README.md", ENGLISH, "kite"),
        read("README_zh.md", CHINESE, "kite"),
        read("x.md", ENGLISH + "more\n", "fork"),
    ]
    assert sorted(links(*documents)) == sorted(links(*reversed(documents)))


def test_a_page_with_parts_of_two_projects_does_not_make_them_one() -> None:
    one = read("a.md", f"{HIGHER}\nTrained on 512 A800 GPUs.\n", "kite", date(2024, 1, 1))
    other = read("b.md", f"{DEEPER}\nTrained on 640 H800 GPUs.\n", "submarine", date(2024, 1, 2))
    both = read(
        "c.md",
        f"{HIGHER}\n{DEEPER}\nTrained on 512 A800 GPUs, or 640 H800 GPUs.\n",
        "digest",
        date(2024, 5, 1),
    )
    lineage = Lineage([one, other, both])
    assert lineage.voice(one[0], one[1][0]) != lineage.voice(other[0], other[1][0])
