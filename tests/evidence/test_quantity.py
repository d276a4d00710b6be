"""Counts, memory, hours and durations as the field writes them."""

import pytest

from chipledger.evidence.quantity import count_at, count_in_row, duration_at, hours_in, memory_at


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
    ],
)
def test_counts_are_read_as_the_field_writes_them(words: str, chip: str, count: int | None) -> None:
    start = words.index(chip)

    assert count_at(words, start, start + len(chip)) == count


def test_a_count_column_counts_the_row() -> None:
    assert count_in_row("| H200 | 16 | 70B |", "| 硬件 | 卡数 | 模型 |", 2) == 16


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("a total of 2.664M H800 GPU hours", 2_664_000.0),
        ("1,720,320 GPU-hours", 1_720_320.0),
        ("累计约187万GPU小时", 1_870_000.0),
        ("合計128GPU時間", 128.0),
        ("753 A100 GPU days", 753 * 24.0),
        ("29 , 184 GPU-hours", 29_184.0),
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
