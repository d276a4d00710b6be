"""Counts by servers, parts, sums, listings, settings and in a sentence that counts cards without naming them."""

import pytest

from chipledger.documents.document import Document
from chipledger.evidence.counting import count_at
from chipledger.evidence.counting_elsewhere import (
    count_in_listing,
    count_in_row,
    count_in_settings,
    only_count,
)
from chipledger.evidence.extract import extract
from chipledger.evidence.quantity import masked


def counted(words: str, chip: str, others: tuple[str, ...] = ()) -> int | None:
    start = words.index(chip)
    spans = [(words.index(other, start + 1), words.index(other, start + 1) + len(other)) for other in others]
    return count_at(masked(words, spans), start, start + len(chip))


@pytest.mark.parametrize(
    ("words", "chip", "count"),
    [
        ("runs on 32 8xH100 nodes", "H100", 256),
        ("at least two 8xA100 node", "A100", 16),
        ("our own model on four 8x A100-80GB devices", "A100-80GB", 32),
        ("在四台8xA100上", "A100", 32),
        ("using 4 servers with 8 V100 GPUs per server", "V100", 32),
        ("Train over 4 nodes, 8 A100 GPUs per node.", "A100", 32),
        ("four DGX A100 nodes, each containing 8 Ampere GPUs", "A100", 32),
        ("on 2 universities (each has 32 V100 GPUs)", "V100", 64),
        ("8 X p3.16xlarge (8 V100)", "V100", 64),
        ("6 P3.16xlarge machine with 8 V100 each", "V100", 48),
        ("we used nnodes = 2, nproc_per_node=16 on 32GB V100 machines", "V100", 32),
        ("2 机 16 卡的 A100", "A100", 16),
        ("双机16卡 A100", "A100", 16),
        ("（H100 x8 x2）", "H100", 16),
        ("40 compute nodes running CentOS 7 each with 2× 20-core CPUs, 8× NVIDIA Tesla V100", "V100", 320),
    ],
)
def test_servers_and_cards_are_multiplied_out(words: str, chip: str, count: int) -> None:
    assert counted(words, chip) == count


@pytest.mark.parametrize(
    ("words", "chip"),
    [
        ("instances, each with 8 40GB NVIDIA A100s.", "A100s"),
        ("1ノードあたり8個の40G A100 GPU", "A100"),
        ("on 32 H100 DGX nodes", "H100"),
        ("on a DGX-A100", "A100"),
        ("on a GB300 NVL72 system", "GB300 NVL72"),
        ("created on a inf2.48xlarge instance", "inf2"),
    ],
)
def test_cards_of_each_server_and_servers_alone_give_none(words: str, chip: str) -> None:
    assert counted(words, chip) is None


@pytest.mark.parametrize(
    ("words", "chip", "others", "count"),
    [
        ("NVIDIA DGX A100 (8x A100 80GB)", "A100", ("A100",), 8),
        ("on NVIDIA DGX-2 with (16x V100 32G) GPUs", "DGX-2", ("V100",), 16),
        ("on 128 NDm A100 v4-series systems (i.e., 1024 GPUs)", "A100", (), 1024),
        ("32 DGX2 nodes comprising 512 NVIDIA V100 GPUs", "DGX2", ("V100",), 512),
        ("4 个 Cloud TPUs（总共 16 个 TPU 芯片）", "Cloud TPUs", (), 16),
        ("p5en (H200) 2 ノード = 16 GPU", "H200", (), 16),
        ("in 2.4 hours using 256 GPUs (16 DGX-2 boxes)", "DGX-2", (), 256),
        ("on 16 HPU cards (2 Gaudi2 nodes)", "Gaudi2", (), 16),
    ],
)
def test_parts_and_sums_count_what_is_named(
    words: str, chip: str, others: tuple[str, ...], count: int
) -> None:
    assert counted(words, chip, others) == count


@pytest.mark.parametrize(
    ("words", "chip", "count"),
    [
        ("use up to 3072 [A100            GPUs for", "A100", 3072),
        ("on a single [NVIDIA V100 GPU     ", "V100", 1),
        (r"最多仅使用了4\*V100的GPU", "V100", 4),
        ("on 8x power limited B200 GPUs", "B200", 8),
        ("8x  H100  ", "H100", 8),
        ("24 gpus on V100, acc_grad 16", "V100", 24),
        ("Modal L40S:2 run", "L40S", 2),
        ("1x Azure({'A100-80GB': 8}) READY", "A100-80GB", 8),
        ("scale to h200x4 and", "h200x4", 4),
        ("on a 1xH100 machine", "H100", 1),
        ("在1-6张H100（Nvidia）GPU上", "H100", 6),
        ("H100 4장이 보이면", "H100", 4),
        ("V100 GPU 1개를 기준으로", "V100", 1),
        ("단일 NVIDIA H200 GPU", "H200", 1),
        ("En una sola GPU NVIDIA H200", "H200", 1),
        ("on a single commodity NVIDIA A6000 GPU", "A6000", 1),
        ("on a single (free) T4 GPU", "T4", 1),
        ("trained on two older 1080Ti cards", "1080Ti", 2),
        ("on 8x80 A100 setup", "A100", 8),
        ("on a single Tesla V100 SXM2 GPU (32 GB)", "V100", 1),
        ("Table 2. Multi-Node 64x A100-80GB: Time", "A100-80GB", 64),
    ],
)
def test_markup_languages_and_adjectives_stand_between(words: str, chip: str, count: int) -> None:
    assert counted(words, chip) == count


@pytest.mark.parametrize(
    ("words", "chip"),
    [
        ("GPU 6: NVIDIA A800-SXM4-80GB", "A800-SXM4-80GB"),
        ("Device 1: NVIDIA H800", "H800"),
        ("|   3  NVIDIA A40          On   |", "A40"),
        ("第 3 张卡 A100", "A100"),
        ("# 36:34 2080ti", "2080ti"),
        ("device:TPU:1, TPU", "TPU"),
        ("16 TPU/GPU cores", "TPU"),
        ("#A800: 8 batch", "A800"),
    ],
)
def test_places_times_and_other_settings_are_no_counts(words: str, chip: str) -> None:
    assert counted(words, chip) is None


def test_devices_found_are_counted_by_their_rows() -> None:
    words = "found 2 CUDA devices:   Device 0: NVIDIA L4, fast   Device 1: NVIDIA L4, fast"
    first, second = words.index("L4"), words.rindex("L4")

    assert count_in_listing(words, first, first + 2, [(second, second + 2)]) == 2
    assert count_in_listing(words, second, second + 2, [(first, first + 2)]) == 2
    assert (
        count_in_listing(
            words.replace("Device 0: NVIDIA L4", "Device 0: NVIDIA T4"),
            second,
            second + 2,
            [(first, first + 2)],
        )
        == 1
    )


@pytest.mark.parametrize(
    ("words", "name", "count"),
    [
        ("8 GPU Integration Test on \x01\x01\x01\x01", "H100", 8),
        ("1 HPU, BF16 mixed precision, batch size 64 on \x01\x01\x01\x01\x01\x01\x01", "Gaudi 2", 1),
        ("on 8 GPUs or 16 GPUs, of \x01\x01\x01\x01", "H100", 16),
        ("8 GPUs here, 16 GPUs there, of \x01\x01\x01\x01", "H100", None),
        ("8 GPUs per node of \x01\x01\x01\x01", "H100", None),
        ("took 64 GPU hours on \x01\x01\x01\x01", "H100", None),
        ("a GPU such as \x01\x01\x01\x01", "A100", None),
        ("16 GPUs or \x01\x01\x01", "TPU", None),
    ],
)
def test_a_sentences_only_count_of_cards_is_the_chips(words: str, name: str, count: int | None) -> None:
    assert only_count(words, name) == count


def test_a_row_of_details_counts_in_the_next_cell() -> None:
    row = "| Nvidia A100 GPU | 240 | 256 |"

    assert count_in_row(row, "| Training Details | Foo-3B | Foo-7B |", 9, 13) == 240
    assert count_in_row(row, "| GPU | tokens/s | FPS |", 9, 13) is None


def test_a_bare_count_counts_what_the_row_lists() -> None:
    row = "| Systems | 10 | \x01\x01\x01\x01 (424), L40S (116) |"

    assert count_in_row(row, "| Dimension | Count | Values |", 28, 32) is None


@pytest.mark.parametrize(
    ("text", "chip", "count"),
    [
        ("- num_gpus: 4\n- gpu: TITAN RTX\n", "TITAN RTX", 4),
        ("device: h100\nnum_gpus: 16\n", "h100", 16),
        ("Tesla T4. Num GPUs = 1. Max memory: 14 GB.", "T4", 1),
        ("- gpu: TITAN RTX\n- batch: 4\n", "TITAN RTX", None),
        ("num_gpus: 4\nruns on H100\n", "H100", None),
    ],
)
def test_settings_beside_a_name_count_it(text: str, chip: str, count: int | None) -> None:
    start = text.index(chip)

    assert count_in_settings(text, start, start + len(chip)) == count


def test_each_mention_of_a_page_carries_its_own_count() -> None:
    text = "We trained Foo-7B on 16 8xV100 nodes.\n\nInference ran on a single [NVIDIA T4](https://example.org/t4) GPU.\n"
    mentions = extract(Document(document="a.md", document_id="a", text=text, format="markdown")).mentions

    assert [(one.chip, one.count) for one in mentions] == [("NVIDIA V100", 128), ("NVIDIA T4", 1)]


@pytest.mark.parametrize(
    "words",
    [
        "trained on ten thousand H100 GPUs",
        "trained on 16 thousand H100 GPUs",
        "trained on twenty-four H100 GPUs",
        "trained on half a dozen H100 GPUs",
        "使用二十张H100",
        "使用三十二张H100",
        "使用两千张H100",
    ],
)
def test_a_numeral_that_ends_a_longer_one_is_no_count(words: str) -> None:
    assert counted(words, "H100") is None
