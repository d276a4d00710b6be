"""Counts, memory, hours and durations as the field writes them."""

import pytest

from chipledger.evidence.counting import count_at
from chipledger.evidence.counting_elsewhere import count_in_row
from chipledger.evidence.quantity import (
    duration_at,
    hours_head,
    hours_in,
    memory_at,
    product_head,
    product_in_cell,
)


@pytest.mark.parametrize(
    ("words", "chip", "count"),
    [
        ("trained on 8 x A100 80GB", "A100", 8),
        ("on 16 nodes of 8 H800 GPUs", "H800", 128),
        ("a cluster comprising 11 servers, each equipped with 8 NVIDIA H800 GPUs", "H800", 88),
        ("we utilized 2x8 H100-80G GPUs", "H100", 16),
        ("4 8-A100-GPU servers", "A100", 32),
        ("4*8 H100, ConnectX-7", "H100", 32),
        ("单张A100", "A100", 1),
        ("使用512块A100", "A100", 512),
        ("两张3090显卡", "3090", 2),
        ("千卡A800集群", "A800", 1000),
        ("在128张H20 GPU（16机 × 8卡）上", "H20", 128),
        ("4つのA800 80G GPU", "A800", 4),
        ("H100 8基で2日間", "H100", 8),
        ("V100单卡", "V100", 1),
        ("NVIDIA GeForce RTX 3090 (24GB) * 8", "RTX 3090", 8),
        ("DGX-A100(8 * 40G)", "A100", 8),
        ("an A100 GPU", "A100", 1),
        ("a single A100 server", "A100", None),
        ("a GB300 NVL72 system", "GB300", None),
        ("trained in 2023 A100", "A100", None),
        ("within 20.7k A100 GPU training hours", "A100", None),
        ("CUDA 11 A100", "A100", None),
        ("A100 GPUs", "A100", None),
        ("training on 4x8xH100", "H100", 32),
        ("16 x 8 A100 GPUs", "A100", 128),
        ("2 nodes x 8 A100", "A100", 16),
        ("2 nodes × 8 GPUs of A100", "A100", 16),
        ("A100 8卡*4机", "A100", 32),
        ("8卡*4机 A100", "A100", 32),
        ("4机8卡A100", "A100", 32),
        ("on an A100 eight-GPU server", "A100", 8),
        ("175B model on A100 40GB 16node_128gpu with", "A100 40GB", 128),
        ("For the 13B model (8 nodes; 64 A100 40GB GPUs)", "A100", 64),
        ("8 nodes, 64 A100 in total", "A100", 64),
        ("16/32 nodes for 1.5B/7B model, each equipped with 8 A100", "A100", 256),
        ("on twelve Supermicro AS-4124 servers, each with eight A100", "A100", 96),
        ("on an H800 GPU cluster comprising 64 nodes, each equipped with 8 GPUs", "H800", 512),
        ("4 DGX-2", "DGX-2", None),
        ("2台Atlas 800T A2", "Atlas 800T A2", None),
        ("with 560 DGX A100 nodes", "A100", None),
        ("64 A100 servers", "A100", None),
        ("an 8-GPU A100 node", "A100", 8),
        ("an 8x A100 server", "A100", 8),
        ("servers hold 8 A100-40/80G GPUs", "A100", 8),
        ("Test on 8-card V100 cluster, with 4-card busy", "V100", 8),
        ("Part 5: A100", "A100", None),
        ("on a v3-8 TPU", "v3-8 TPU", None),
        ("2 TPU v3-8", "TPU v3", None),
        ("128 TPUv4 cores", "TPUv4", None),
        ("32 TPU v3 chips", "TPU v3", 32),
        ("Creating a TPU VM", "TPU VM", None),
        ("run on a TPU pod", "TPU", None),
        ("8-16 A100 GPUs", "A100", 16),
        ("8~16张A100", "A100", 16),
        ("between 64 and 128 A100 GPUs", "A100", 128),
        ("8 to 16 A100s", "A100", 16),
    ],
)
def test_counts_are_read_as_the_field_writes_them(words: str, chip: str, count: int | None) -> None:
    start = words.index(chip)

    assert count_at(words, start, start + len(chip)) == count


def test_a_count_column_counts_the_row() -> None:
    assert count_in_row("| H200 | 16 | 70B |", "| 硬件 | 卡数 | 模型 |", 2, 6) == 16


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("a total of 2.664M H800 GPU hours", 2_664_000.0),
        ("1,720,320 GPU-hours", 1_720_320.0),
        ("累计约187万GPU小时", 1_870_000.0),
        ("合計128GPU時間", 128.0),
        ("753 A100 GPU days", 753 * 24.0),
        ("29 , 184 GPU-hours", 29_184.0),
        ("2.5k A100-hours", 2_500.0),
        ("about 1,200 GPU hrs.", 1_200.0),
        ("300 GPU-hrs", 300.0),
        ("1.2万卡时", 12_000.0),
        ("4,000 卡·小时", 4_000.0),
        ("約3,000 GPU時間", 3_000.0),
        ("5 GPUh", 5.0),
        ("400 GPU·h", 400.0),
        ("1.46 million GPU hours", 1_460_000.0),
    ],
)
def test_chip_hours_are_read_in_three_languages(words: str, hours: float) -> None:
    chips = [(words.index(name), words.index(name) + 4) for name in ("H800", "A100") if name in words]

    assert [stated.gpu_hours for stated in hours_in(words, chips)] == [hours]


def test_plain_hours_are_not_chip_hours() -> None:
    assert list(hours_in("it took 30 hours on a 2080Ti", [(24, 30)])) == []


def test_memory_beside_the_name_is_the_chips() -> None:
    assert memory_at("NVIDIA A100 (80 GB)", 7, 11) == 80.0
    assert memory_at("an A100 in a server with 2 TB of RAM", 3, 7) is None


def test_the_nearest_duration_is_kept_as_written() -> None:
    words = "预训练阶段使用2048张H800，连续运行38天"

    assert duration_at(words, words.index("H800"), words.index("H800") + 4) == "38天"


@pytest.mark.parametrize(
    ("head", "hours"),
    [
        ("GPU hrs.", 1.0),
        ("A100 hours", 1.0),
        ("H800-hours", 1.0),
        ("Training cost (V100 days)", 24.0),
        ("GPU-days", 24.0),
        ("Time (GPU h)", 1.0),
        ("GPU hours (K)", 1000.0),
        ("GPU hours (10^3)", 1000.0),
        ("GPU Hours (×1000)", 1000.0),
        ("万卡时", 10_000.0),
        ("卡时（万）", 10_000.0),
        ("M GPU hours", 1_000_000.0),
        ("GPU時間", 1.0),
        ("卡天", 24.0),
        ("NPU 小时", 1.0),
        ("Hours", None),
        ("GPU memory (GB)", None),
        ("hours per GPU", None),
        ("H100 days since release", None),
    ],
)
def test_a_head_says_what_one_unit_below_it_is(head: str, hours: float | None) -> None:
    assert hours_head(head) == hours


@pytest.mark.parametrize(
    ("cell", "count", "hours"),
    [
        ("32 x 81", 32, 2_592.0),
        ("32 Ascend × 81", 32, 2_592.0),
        ("8 A100 * 1.5k", 8, 12_000.0),
        ("8×24h", 8, 192.0),
        ("1,024 x 2 days", 1_024, 49_152.0),
        ("32", None, None),
        ("224x224", 224, 50_176.0),
    ],
)
def test_a_product_of_cards_and_hours_is_multiplied_out(
    cell: str, count: int | None, hours: float | None
) -> None:
    assert product_in_cell(cell, 1.0) == ((count, hours) if count else None)


@pytest.mark.parametrize(
    ("head", "hours"),
    [
        ("#Num x #Hours", 1.0),
        ("GPUs × hours", 1.0),
        ("#GPUs x days", 24.0),
        ("卡数*小时", 1.0),
        ("Cards × Time (h)", 1.0),
        ("Height x Width", None),
        ("GPU hours", None),
    ],
)
def test_a_head_that_multiplies_cards_by_time(head: str, hours: float | None) -> None:
    assert product_head(head) == hours
