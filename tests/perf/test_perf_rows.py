"""Published runs as they are written: what each asks of the model, and what is refused with which words."""

import os
from pathlib import Path

import pytest

from chipledger.core.errors import DataError, InputError
from chipledger.perf.flop import Recompute
from chipledger.perf.framework import framework_named, frameworks
from chipledger.perf.published import NEEDED, Row, contradiction, read_rows
from chipledger.perf.row_cluster import cluster_of
from chipledger.perf.row_shape import shape_of
from chipledger.perf.rows import Open, Question, Refused, Stratum, question, questions
from chipledger.perf.strategy import Offload, Sharding

LLAMA = Row(
    row_id="a", kind="train", model="Llama-3-8B", layers=32, hidden=4096, heads=32, kv_heads=8, ffn=14336, gated=1, vocab=128256,
    seq=8192, chip="H100", chips=64, chips_per_node=8, intra_link="NVLink4 900GB/s", inter_link="8x NDR400 IB", tp=2, pp=2, micro_batch=1,
    global_batch=128, format="bf16", framework="NeMo/Megatron-Core", step_time_s=3.2,
)  # fmt: skip


def row(**changes):
    return Row.model_validate({**LLAMA.model_dump(), **changes})


HEADER = ",".join(NEEDED)


def table(tmp_path, *lines, header=HEADER):
    path = tmp_path / "runs.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def test_a_row_tells_layout_and_seconds():
    asked = question(row())

    assert isinstance(asked, Question)
    assert (asked.strategy.tensor, asked.strategy.pipeline, asked.strategy.data) == (2, 2, 16)
    assert asked.measured == 3.2
    assert asked.known_layout
    assert asked.stratum is Stratum.HOPPER
    assert asked.strategy.sequence_parallel
    assert asked.strategy.sharding is Sharding.OPTIMIZER


def test_seconds_follow_from_tokens_and_from_flop():
    tokens = 128 * 8192

    by_rate = question(row(step_time_s=None, tokens_per_s_per_chip=5120))
    by_flop = question(row(step_time_s=None, tflops_per_chip=300, tflops_kind="6ND"))

    assert by_rate.measured == pytest.approx(tokens / 5120 / 64)
    assert by_flop.measured == pytest.approx(6 * 8.03e9 * tokens / 64 / 300e12, rel=0.01)
    assert not by_flop.known_layout


def test_sizes_of_the_row_go_before_those_of_the_name():
    cut = shape_of(row(layers=4, vocab=64000))

    assert (cut.num_layers, cut.vocab_size, cut.num_key_value_heads) == (4, 64000, 8)


def test_parts_without_a_column_come_from_the_model_of_the_name_and_are_told():
    told: list[str] = []
    found = shape_of(
        Row(row_id="b", kind="train", model="DeepSeek-V3 truncated to 4 layers", layers=4, hidden=7168, heads=128),
        told,
    )  # fmt: skip

    assert found.latent.key_value_rank == 512
    assert found.experts.first_dense_layers == 1
    assert any("deepseek-v3" in one for one in told)


def test_a_name_with_other_sizes_is_another_model():
    found = shape_of(row(hidden=2048, heads=16, kv_heads=None, ffn=5632, layers=22, vocab=32000))

    assert (found.hidden_size, found.num_layers) == (2048, 22)


@pytest.mark.parametrize(
    ("words", "bytes_per_second", "kind"),
    [
        ("8x NDR400 IB", 50e9, "infiniband"),
        ("8x HDR200 IB", 25e9, "infiniband"),
        ("4x 100Gb/s Omni-Path", 6.25e9, "omni_path"),
        ("1600Gb/s RoCE per node", 25e9, "roce"),
        ("RoCE 400Gb/s per GPU", 50e9, "roce"),
        ("400Gb/s per node, GPUDirect RDMA", 6.25e9, "roce"),
        ("1x HDR200 IB per node", 3.125e9, "infiniband"),
    ],
)
def test_links_between_nodes_are_read_off_their_words(words, bytes_per_second, kind):
    link = cluster_of(row(inter_link=words)).inter

    assert link.bandwidth_bytes_per_second == pytest.approx(bytes_per_second)
    assert link.efficiency_class.startswith(kind)


@pytest.mark.parametrize(
    ("chip", "intra", "preset", "efficiency_class"),
    [
        ("RTX 4090", "PCIe4 x16 no NVLink no P2P", "rtx-4090", "pcie_host_staged"),
        ("RTX 4090", "PCIe4 x16 P2P", "rtx-4090-p2p", "pcie_p2p"),
        ("RTX 3090", "NVLink bridge pair", "rtx-3090-nvlink", "pcie_host_staged"),
        ("A800-80G", "NVLink 400GB/s", "a800-sxm", "nvlink3"),
        ("H100 (500W HBM2e)", "NVLink4 900GB/s", "h100-500w", "nvlink4"),
    ],
)
def test_links_within_a_node_choose_the_preset(chip, intra, preset, efficiency_class):
    found = cluster_of(row(chip=chip, intra_link=intra, chips=2, chips_per_node=None))

    assert found.id == preset
    assert found.intra.efficiency_class == efficiency_class


@pytest.mark.parametrize(
    ("chip", "intra", "chip_id", "efficiency_class"),
    [
        ("H100-80G", None, "nvidia-h100-sxm", "nvlink4"),
        ("H100 PCIe", None, "nvidia-h100-pcie", "pcie_host_staged"),
        ("H200 NVL", "NVLink4 900GB/s", "nvidia-h200-nvl", "nvlink4"),
        ("V100", "NVLink2 300GB/s", "nvidia-v100-sxm2-32", "nvlink3"),
        ("V100", "PCIe3 x16", "nvidia-v100-pcie-32", "pcie_host_staged"),
        ("MI325X", None, "amd-mi325x", "infinity_fabric"),
        ("RTX A5000", "PCIe4 x16 no NVLink no P2P", "nvidia-rtx-a5000", "pcie_host_staged"),
    ],
)
def test_a_chip_without_a_preset_gets_a_node_by_its_links(chip, intra, chip_id, efficiency_class):
    told: list[str] = []
    found = cluster_of(row(chip=chip, intra_link=intra, chips=2, chips_per_node=None, inter_link=None), told)

    assert (found.chip_id, found.rates.chip_id) == (chip_id, chip_id)
    assert found.intra.efficiency_class == efficiency_class
    assert told


def test_a_name_of_two_products_is_refused():
    with pytest.raises(InputError, match="kunlun-r200 or nvidia-vr200"):
        cluster_of(row(chip="R200"))


def test_a_domain_reaches_over_nodes():
    found = cluster_of(
        row(chip="GB200", intra_link="NVLink5 1800GB/s NVL72", chips_per_node=4, inter_link=None)
    )

    assert (found.chips_per_node, found.chips_joined) == (4, 72)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chip": "reference GPU (unnamed)"}, "not named"),
        ({"chip": "Quantum 9000"}, "no file of the catalogue"),
        ({"chips": 62}, "no multiple"),
        ({"chips": None}, "chips is not told"),
        ({"step_time_s": None}, "nothing was measured"),
        ({"step_time_s": None, "gpu_hours": 1e6}, "whole run"),
        ({"tokens_per_s_per_chip": 700.0}, "contradict"),
        ({"format": "posit16"}, "format"),
        ({"step_time_s": 0.001, "params_b": 8.0}, "contradict"),
    ],
)
def test_a_row_that_cannot_be_asked_says_why_in_one_line(changes, words):
    (found,) = questions([(7, row(**changes))])

    assert isinstance(found, Refused)
    assert words in found.reason
    assert found.line == 7
    assert "\n" not in found.reason


def test_a_rate_without_a_layout_stays_open():
    found = question(row(tp=None, pp=None, step_time_s=None, tokens_per_s_per_chip=9000.0))

    assert isinstance(found, Open)
    assert found.tokens_per_second_per_chip == 9000.0


def test_sharded_parameters_need_no_layout():
    found = question(row(tp=None, pp=None, dp_sharding="FSDP ZeRO-3 + CPU offload"))

    assert isinstance(found, Question)
    assert found.strategy.sharding is Sharding.PARAMETERS
    assert found.strategy.offload is Offload.ALL_CPU
    assert not found.known_layout


def test_adapters_stand_on_frozen_weights():
    found = question(row(kind="finetune", format="nf4 base + bf16 LoRA", notes="LoRA r=8", recompute="full"))

    assert found.strategy.method.lora.rank == 8
    assert found.strategy.method.base_weight_bytes == pytest.approx(0.53)
    assert found.strategy.recompute is Recompute.FULL
    assert found.stratum is Stratum.ADAPTERS


@pytest.mark.parametrize(
    ("release", "trains_extra_layers"),
    [("Megatron-Bridge NeMo 25.09", True), ("Megatron-Bridge NeMo 25.11", False), ("Megatron-Bridge NeMo 26.04.01", True)],
)  # fmt: skip
def test_releases_differ_in_the_extra_layers(release, trains_extra_layers):
    assert framework_named(release).multi_token_prediction is trains_extra_layers


def test_frameworks_have_sources_and_ids_of_their_own():
    found = frameworks()

    assert len({one.id for one in found}) == len(found)
    assert all(one.cites for one in found)


def test_a_unit_beside_a_number_is_told_with_file_and_line(tmp_path):
    path = table(tmp_path, "r1,train,g,m,2048,H100,8,1,1,64,bf16,3.2 s,")

    with pytest.raises(DataError, match=r"step_time_s.*number.*runs\.csv:2"):
        read_rows(path)


@pytest.mark.parametrize("cell", ["-3", "0", "nan", "inf", "1e99"])
def test_absurd_values_are_told_with_file_and_line(tmp_path, cell):
    path = table(
        tmp_path, "r1,train,g,m,2048,H100,8,1,1,64,bf16,1,", f"r2,train,g,m,2048,H100,8,1,1,64,bf16,{cell},"
    )

    with pytest.raises(DataError, match=r"step_time_s.*runs\.csv:3"):
        read_rows(path)


def test_missing_columns_are_named(tmp_path):
    path = table(tmp_path, "r1,train,8", header="row_id,kind,chips")

    with pytest.raises(DataError, match=r"columns are missing: group, model.*runs\.csv:1"):
        read_rows(path)


def test_an_id_stands_once(tmp_path):
    line = "r1,train,g,m,2048,H100,8,1,1,64,bf16,1,"

    with pytest.raises(DataError, match=r"two rows are named 'r1' .runs\.csv:3"):
        read_rows(table(tmp_path, line, line))


def test_an_empty_table_is_told(tmp_path):
    with pytest.raises(DataError, match="no rows"):
        read_rows(table(tmp_path))


def test_thousands_for_units_are_a_contradiction():
    assert "TFLOP/s" in contradiction(
        Row(row_id="x", kind="train", params_b=7.0, tokens_per_s_per_chip=64000.0), 312e12
    )


def test_latent_attention_without_ranks_is_refused():
    with pytest.raises(InputError, match="ranks"):
        shape_of(
            Row(row_id="x", kind="train", model="Nobody 1T", attn="MLA", layers=60, hidden=7168, heads=128)
        )


@pytest.mark.skipif(
    not os.environ.get("CHIPLEDGER_TRAINING_RUNS"), reason="set CHIPLEDGER_TRAINING_RUNS to a table of runs"
)
def test_rows_with_a_known_layout_are_hardly_ever_refused():
    found = list(questions(read_rows(Path(os.environ["CHIPLEDGER_TRAINING_RUNS"]))))
    told = [
        one.row
        for one in found
        if all(
            (
                one.row.tp,
                one.row.pp,
                one.row.global_batch,
                one.row.step_time_s or one.row.tokens_per_s_per_chip,
            )
        )
    ]
    refused = {one.row.row_id for one in found if isinstance(one, Refused)}

    assert sum(one.row_id in refused for one in told) <= 0.05 * len(told)


@pytest.mark.parametrize(
    ("chip", "format"), [("A100-80G", "fp8"), ("H100", "fp4"), ("RTX 3090", "mxfp8"), ("nvidia-p40", "fp32")]
)
def test_a_format_that_the_chip_lacks_refuses_its_row_and_no_other(chip, format):
    lacking, other = row(row_id="b", chip=chip, format=format, step_time_s=320), row()

    first, second = questions([(2, lacking), (3, other)])

    assert isinstance(first, Refused)
    assert "unknown, not zero" in first.reason
    assert isinstance(second, Question)
