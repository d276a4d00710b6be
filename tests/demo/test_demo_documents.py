"""The bundled demo documents: the manifest lists them, the labels quote them, the PDF can be made anew."""

import importlib.util
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import yaml

import chipledger
from chipledger.documents.decode import decode
from chipledger.documents.formats import format_of

DEMO = Path(chipledger.__file__).parent / "data" / "demo"
DOCUMENTS = DEMO / "documents"
MANIFEST: list[dict[str, Any]] = yaml.safe_load((DEMO / "manifest.yaml").read_text(encoding="utf-8"))[
    "documents"
]
RECORDS = [json.loads(line) for line in (DEMO / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
MENTIONS = [record for record in RECORDS if record.get("kind") != "doc"]
DOCUMENT_RECORDS = {record["document"]: record for record in RECORDS if record.get("kind") == "doc"}

USES = {"pretraining", "finetuning", "training_unspecified", "inference", "evaluation"}
TECHNIQUE_WORDS = (
    "MoE BF16 FP16 TF32 FP8 FP4 INT8 INT4 DeepSpeed ZeRO FSDP Megatron tensor_parallel pipeline_parallel "
    "expert_parallel sequence_parallel NCCL HCCL RDMA RoCE InfiniBand NVLink P2P offload gradient_checkpointing "
    "FlashAttention"
)
TECHNIQUES = set(TECHNIQUE_WORDS.split())


def text_of(file: str) -> str:
    decoded = decode((DOCUMENTS / file).read_bytes())
    assert decoded is not None, f"{file} is not text"
    return decoded.text


def page_of(file: str, page: int) -> str:
    pdf = pypdfium2.PdfDocument(DOCUMENTS / file)
    try:
        return " ".join(pdf[page - 1].get_textpage().get_text_bounded().split())
    finally:
        pdf.close()


def mentions_of(file: str) -> list[dict[str, Any]]:
    return [mention for mention in MENTIONS if mention["document"] == file]


def label_name(mention: dict[str, Any]) -> str:
    return f"{mention['document']}: {mention['quote'][:30]}"


def test_manifest_lists_exactly_the_files_present():
    present = sorted(
        path.relative_to(DOCUMENTS).as_posix() for path in DOCUMENTS.rglob("*") if path.is_file()
    )
    assert [entry["file"] for entry in MANIFEST] == present


def test_manifest_entries_are_complete_and_dated():
    for entry in MANIFEST:
        assert set(entry) == {"file", "title", "organisation", "language", "date", "note"}
        assert all(isinstance(value, str) and value for value in entry.values())
        assert date(2021, 1, 1) < date.fromisoformat(entry["date"]) < date(2026, 1, 1)


def test_documents_span_languages_and_formats():
    formats = {format_of(entry["file"], (DOCUMENTS / entry["file"]).read_bytes()[:512]) for entry in MANIFEST}
    assert len(MANIFEST) >= 12
    assert {entry["language"] for entry in MANIFEST} == {"en", "zh", "ja"}
    assert {"markdown", "latex", "pdf", "html", "shell", "text", "rst", "json", "jsonl", "csv"} <= formats


def test_no_document_is_longer_than_eighty_lines():
    for entry in MANIFEST:
        if not entry["file"].endswith(".pdf"):
            assert text_of(entry["file"]).count("\n") <= 80, entry["file"]


@pytest.mark.parametrize(
    ("file", "encoding"), [("pages/jianwu_notice.txt", "gb18030"), ("pages/ushioji_lab_memo.txt", "cp932")]
)
def test_east_asian_encodings_are_read_as_written(file, encoding):
    content = (DOCUMENTS / file).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert text_of(file) == content.decode(encoding)


@pytest.mark.parametrize("mention", MENTIONS, ids=label_name)
def test_label_quotes_its_document(mention):
    quote, start, end = mention["quote"], mention["start"], mention["end"]
    assert 0 < len(quote) <= 200
    if mention["page"] is not None:
        assert (start, end) == (None, None)
        assert quote in page_of(mention["document"], mention["page"])
    else:
        assert text_of(mention["document"])[start:end] == quote


@pytest.mark.parametrize("mention", MENTIONS, ids=label_name)
def test_label_keeps_the_guides_closed_lists(mention):
    assert mention["purpose"] in USES | {"requirement", "mention_only"}
    assert set(mention["techniques"]) <= TECHNIQUES
    if mention["purpose"] not in USES:
        assert mention["organisation"] is None, "who requires or only mentions a chip has not used it"
    if not mention["implicit_chip"] and not mention["chip"].endswith("(unspecified)"):
        number = re.findall(r"[A-Z]*\d+[A-Z]*", mention["chip"])[-1]
        assert number.lower() in mention["quote"].lower()


def test_every_document_has_one_document_record_that_agrees_with_its_labels():
    assert sorted(DOCUMENT_RECORDS) == [entry["file"] for entry in MANIFEST]
    assert len(RECORDS) == len(MENTIONS) + len(DOCUMENT_RECORDS)
    for file, record in DOCUMENT_RECORDS.items():
        used = any(mention["purpose"] in USES for mention in mentions_of(file))
        assert record["negatives"] is not used, file
        assert set(record["techniques"]) <= TECHNIQUES


def test_only_the_chinese_readme_states_how_many_a800_trained_the_model():
    counts = {
        file: [mention["count"] for mention in mentions_of(file) if mention["purpose"] == "pretraining"]
        for file in ("frostcedar-moe/README.md", "frostcedar-moe/README_CN.md")
    }
    assert counts == {"frostcedar-moe/README.md": [None], "frostcedar-moe/README_CN.md": [512]}
    assert "512" not in text_of("frostcedar-moe/README.md")


@pytest.mark.parametrize(
    ("file", "traps"),
    [
        ("datasets/cars.csv", ["A4", "A10", "L4", "L20", "T4", "RTX", "4090", "3090"]),
        ("sedge-3b/config.json", ["a100", "3090", "4090"]),
        ("sedge-3b/vocab.tiktoken", ["3090", "4090"]),
        ("frostcedar-moe/scripts/pretrain.sh", ["4090", "NCCL_NET_GDR_LEVEL", "slots=8"]),
    ],
)
def test_documents_that_name_no_chip_hold_their_traps(file, traps):
    assert mentions_of(file) == []
    text = text_of(file)
    assert [trap for trap in traps if trap not in text] == []


def test_hours_in_the_cost_table_are_gpus_times_hours_and_add_up():
    rows = re.findall(r"& (\d+) & (\d+) & ([\d{},]+) ", text_of("heronet/main.tex"))
    hours = [int(row[2].replace("{,}", "")) for row in rows]
    assert hours == [int(gpus) * int(wall_hours) for gpus, wall_hours, _ in rows]
    stated = [mention["gpu_hours"] for mention in mentions_of("heronet/main.tex") if mention["gpu_hours"]]
    assert stated == [*hours, sum(hours)]


def test_report_pdf_is_made_byte_for_byte():
    spec = importlib.util.spec_from_file_location("make_report_pdf", DEMO / "make_report_pdf.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.REPORT_PATH.read_bytes() == generator.report_pdf()


def test_report_pdf_states_its_hardware_on_the_second_page_only():
    file = "kestrin/annual_report_2025.pdf"
    assert "MI300X" not in page_of(file, 1)
    assert "96 AMD Instinct MI300X" in page_of(file, 2)
