"""Launch settings: what is found, what it asks for, and what it never shows."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.core.records import LaunchSetting
from chipledger.documents.document import Document
from chipledger.documents.formats import format_of
from chipledger.evidence.extract import extract
from chipledger.evidence.launch import MOST_SETTINGS, requests, settings_in
from chipledger.evidence.launch_summary import launch_of
from chipledger.evidence.launch_table import fabrics, meaning_of, settings_table, sources
from chipledger.evidence.leaves import json_leaves, yaml_leaves
from chipledger.evidence.techniques import names
from chipledger.findings.postings import boilerplate_file
from chipledger.findings.sum import margins

CLONES = os.environ.get("CHIPLEDGER_CLONES")


def found(text: str, name: str) -> tuple[LaunchSetting, ...]:
    settings = settings_in(Document(document=name, document_id="", text=text, format=format_of(name)))
    assert all(text[one.start : one.end] == one.quote for one in settings)
    return settings


def only(text: str, name: str = "run.sh") -> LaunchSetting:
    (one,) = found(text, name)
    return one


@pytest.mark.parametrize(
    ("line", "requested"),
    [
        ("export NCCL_NET_GDR_LEVEL=2", True),
        ("export NCCL_NET_GDR_LEVEL=PHB", True),
        ("export NCCL_NET_GDR_LEVEL=LOC", False),
        ("NCCL_NET_GDR_LEVEL=0 python train.py", False),
        ("export NCCL_IB_CUDA_SUPPORT=1", True),
        ("export NCCL_IB_DISABLE=1", False),
        ('export NCCL_P2P_DISABLE="0"', True),
        ("export NCCL_IB_DISABLE=${IB_OFF}", None),
        ("export NCCL_DEBUG=INFO", None),
        ("# export NCCL_NET_GDR_LEVEL=2", None),
    ],
)
def test_what_a_variable_asks_for(line: str, requested: bool | None) -> None:
    assert only(line).requested is requested


def test_a_setting_never_shows_that_a_path_was_active() -> None:
    script = "export NCCL_NET_GDR_LEVEL=2\nexport NCCL_IB_HCA=mlx5_bond_1,mlx5_bond_2\n--bf16\n"
    assert {one.active for one in found(script, "run.sh")} == {None}


def test_a_line_of_a_log_does() -> None:
    log = only("node:1:2 [0] NCCL INFO Channel 00/0 : 1[1] -> 8[0] [send] via NET/IB/0/GDRDMA\n", "run.log")
    assert (log.kind, log.active, log.requested) == ("log", True, None)
    socket = only("NCCL INFO Channel 00 : 0 -> 1 via NET/Socket/0\n", "run.log")
    assert socket.active is False and "RDMA" in socket.techniques


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('os.environ["NCCL_P2P_DISABLE"] = "1"\n', "train.py"),
        ('env = {"NCCL_P2P_DISABLE": "1"}\n', "train.py"),
        ('os.environ.setdefault("NCCL_P2P_DISABLE", "1")\n', "train.py"),
        ('{"env": {"NCCL_P2P_DISABLE": "1"}}', "job.json"),
        ("env:\n  NCCL_P2P_DISABLE: '1'\n", "job.yaml"),
        ("env:\n- name: NCCL_P2P_DISABLE\n  value: '1'\n", "pod.yaml"),
        ("mpirun -np 16 -x NCCL_P2P_DISABLE=1 ./run\n", "run.sh"),
        ("ENV NCCL_P2P_DISABLE 1\n", "Dockerfile"),
        ("NCCL_P2P_DISABLE=1\n", "nccl.conf"),
    ],
)
def test_a_variable_is_found_however_it_is_set(text: str, name: str) -> None:
    (one,) = [one for one in found(text, name) if one.kind == "variable"]
    assert (one.name, one.value, one.requested) == ("NCCL_P2P_DISABLE", "1", False)


@pytest.mark.parametrize(
    "text",
    [
        "unset NCCL_P2P_DISABLE\n",
        "echo $NCCL_P2P_DISABLE\n",
        "mpirun -x NCCL_P2P_DISABLE ./run\n",
        'if os.getenv("NCCL_P2P_DISABLE") == "1":\n',
        "The variable NCCL_P2P_DISABLE, when it is set, turns it off.\n",
    ],
)
def test_a_variable_that_is_only_named_is_no_setting(text: str) -> None:
    assert not found(text, "train.py") and not found(text, "notes.md")


def test_prose_asks_for_nothing_and_code_in_it_does() -> None:
    advice, code = found(
        "If it hangs, try NCCL_P2P_DISABLE=1.\n\n```sh\nexport NCCL_P2P_DISABLE=1\n```\n", "README.md"
    )
    assert (advice.requested, code.requested) == (None, False)


def test_flags_of_launchers_and_frameworks() -> None:
    script = (
        "GPUS_PER_NODE=8\nTP=4\n"
        "torchrun --nnodes=$NNODES --nproc_per_node $GPUS_PER_NODE pretrain_gpt.py \\\n"
        "  --tensor-model-parallel-size ${TP} --pipeline-model-parallel-size 1 \\\n"
        "  --use-distributed-optimizer --bf16 --recompute-granularity full\n"
    )
    by_name = {one.name: one for one in found(script, "pretrain.sh")}
    assert by_name["--nproc_per_node"].number == 8 and by_name["--nnodes"].number is None
    tensor = by_name["--tensor-model-parallel-size"]
    assert (tensor.value, tensor.number, tensor.requested) == ("${TP}", 4, True)
    assert by_name["--pipeline-model-parallel-size"].requested is False
    assert by_name["--bf16"].techniques == ("BF16",) and by_name["--bf16"].requested is True


def test_a_flag_that_is_being_defined_is_no_setting() -> None:
    assert not found('parser.add_argument("--tensor-parallel-size", type=int, default=1)\n', "args.py")


def test_a_flag_that_prose_explains_is_no_setting() -> None:
    assert not found("- `--deepspeed`: path of a configuration\n- use --bf16 on new cards\n", "README.md")


def test_a_type_of_values_names_its_technique() -> None:
    served = only("vllm serve m --dtype bfloat16\n")
    assert (served.techniques, served.requested) == (("BF16",), True)


def test_slurm_lines_tell_nodes_and_gpus() -> None:
    script = "#!/bin/bash\n#SBATCH --nodes=16\n#SBATCH --gres=gpu:a100:8\n#SBATCH --ntasks-per-node=8\n"
    told = {one.topic: one.number for one in found(script, "job.sbatch")}
    assert told == {"nodes": 16, "gpus_per_node": 8, "tasks_per_node": 8}


def test_a_hostfile_tells_how_many_and_keeps_no_names() -> None:
    one = only("worker-a slots=8\nworker-b slots=8\n", "hostfile")
    assert (one.value, one.number) == ("2 hosts, 16 slots", 2)
    assert "worker" not in one.quote


def test_deepspeed_and_kubernetes_files() -> None:
    config = '{"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}}, "bf16": {"enabled": "auto"}}'
    told = {one.name: (one.topic, one.requested) for one in found(config, "ds.json")}
    assert told["zero_optimization.stage"] == ("zero_stage", True)
    assert told["zero_optimization.offload_optimizer.device"] == ("offload", True)
    assert told["bf16.enabled"] == ("precision", None)
    pod = "spec:\n  pytorchReplicaSpecs:\n    Worker:\n      replicas: 3\n      limits:\n        nvidia.com/gpu: 8\n"
    assert {one.topic: one.number for one in found(pod, "job.yaml")} == {"nodes": 3, "gpus_per_node": 8}


def test_a_models_config_is_kept_with_all_its_sizes() -> None:
    config = '{"model_type": "llama", "hidden_size": 4096, "tie_word_embeddings": false}'
    assert [(one.name, one.value) for one in found(config, "config.json")] == [
        ("model_type", "llama"),
        ("hidden_size", "4096"),
        ("tie_word_embeddings", "false"),
    ]


def test_a_branch_of_a_script_is_told_with_its_test() -> None:
    script = 'if [ "$NET" = "low" ]; then\n  export NCCL_IB_HCA=mlx5_2\nelse\n  export NCCL_IB_HCA=mlx5_bond_1\nfi\nexport NCCL_IB_TC=160\n'
    assert [one.condition for one in found(script, "run.sh")] == [
        '[ "$NET" = "low" ]',
        'not [ "$NET" = "low" ]',
        None,
    ]


def test_what_stands_outside_of_branches_decides() -> None:
    script = 'export NCCL_P2P_DISABLE=0\nif [ "$X" ]; then\n  export NCCL_P2P_DISABLE=1\nfi\n'
    assert requests(found(script, "run.sh"))["P2P"] is True


def test_to_ask_that_a_path_be_off_still_uses_the_library() -> None:
    assert requests(found("export NCCL_P2P_DISABLE=1\n", "run.sh")) == {"NCCL": True, "P2P": False}


def test_a_short_name_counts_at_the_start_of_a_line_alone() -> None:
    assert [one.name for one in found("TP=4\nexport PP=2\n", "run.sh")] == ["TP", "PP"]
    assert not found("With TP=4 it is fast.\n", "README.md") and not found(
        'print(f"TP={n} x PP=8")\n', "a.py"
    )


def test_the_settings_of_one_script_make_one_launch() -> None:
    script = "#SBATCH --nodes=4\n#SBATCH --gres=gpu:8\npython t.py --tensor-model-parallel-size 8 --bf16\n"
    launch = launch_of(found(script, "job.sbatch"))
    assert (launch.nodes, launch.gpus_per_node, launch.chips, launch.tensor_parallel) == (4, 8, 32, 8)
    assert launch.precision == ("BF16",)
    twice = launch_of(found("torchrun --nnodes 2 a.py\ntorchrun --nnodes 4 a.py\n", "run.sh"))
    assert twice.nodes is None


def test_mounts_are_kept_without_what_lies_below() -> None:
    one = only("data=/apdcephfs_xy1/share_123456/somebody/data\n")
    assert (one.kind, one.value) == ("mount", "/apdcephfs_xy1/share_123456")


def test_a_document_carries_its_settings_beside_its_techniques() -> None:
    text = "export NCCL_NET_GDR_LEVEL=2\n"
    facts = extract(Document(document="a.sh", document_id="a", text=text, format="shell")).facts
    line = facts.as_dict()
    assert line["techniques"] == ["NCCL", "RDMA"]
    assert line["settings"] == [
        {
            "name": "NCCL_NET_GDR_LEVEL", "value": "2", "kind": "variable", "topic": "network_gdr",
            "techniques": ["NCCL", "RDMA"], "requested": True, "active": None, "number": 2, "condition": None,
            "is_comment": False, "place": {"line": 1, "start": 7, "end": 27, "quote": "NCCL_NET_GDR_LEVEL=2"},
        }
    ]  # fmt: skip


def test_a_document_without_end_is_bounded() -> None:
    assert len(found("export NCCL_IB_TC=1\n" * 50_000, "run.sh")) == MOST_SETTINGS


@settings(deadline=None)
@given(st.text(alphabet=" \n\"'{}[],:-#abcNCL_=1$\\|&*", max_size=400))
def test_any_text_is_read_and_quoted(text: str) -> None:
    for name in ("a.sh", "a.json", "a.yaml", "a.md", "a.py"):
        found(text + "\nexport NCCL_A=1", name)
    for leaf in (*json_leaves(text), *yaml_leaves(text)):
        assert 0 <= leaf.start < leaf.end <= len(text)


def test_hostile_texts_cost_little() -> None:
    for text in (
        "[" * 200_000,
        '{"a":' * 100_000,
        " " * 300_000 + "x: y",
        "- " * 200_000,
        "if " * 200_000,
        "a: " + " " * 500_000,
        ("NCCL_A" + " " * 5_000) * 100,
    ):
        list(json_leaves(text))
        list(yaml_leaves(text))
        found("NCCL_A=1\n" + text, "a.sh")


def test_every_technique_is_of_the_closed_list_and_every_source_is_known() -> None:
    table = settings_table()
    meanings = (*table.variables, *table.flags, *table.keys, *table.logs)
    assert {name for one in meanings for name in one.techniques} <= set(names())
    signs = (*fabrics().mounts, *fabrics().platforms, *fabrics().adapters)
    cited = {one.cite.source for one in (*meanings, *signs)}
    cited |= {one.source for one in (*margins().cites, *boilerplate_file().cites)}
    assert cited == set(sources())
    assert list(sources()) == sorted(sources())


def test_every_name_is_told_once() -> None:
    for some in (settings_table().variables, settings_table().flags, settings_table().keys):
        listed = [name for one in some for name in one.names]
        assert len(listed) == len(set(listed))
    assert meaning_of("flag", "--bf16").topic == "precision"


@pytest.mark.skipif(not CLONES, reason="CHIPLEDGER_CLONES names no folder of clones")
def test_hunyuan_large_scripts_ask_for_gpudirect_until_they_were_cut() -> None:
    repository = Path(CLONES or "") / "Tencent+Tencent-Hunyuan-Large" / "repo"

    def at(commit: str) -> tuple[LaunchSetting, ...]:
        shown = subprocess.run(
            ["git", "--git-dir", str(repository), "show", f"{commit}:train/train.sh"],
            capture_output=True,
            check=True,
        )
        return found(shown.stdout.decode(), "train.sh")

    before, after = at("4566617"), at("ba70fab")
    by_name = {one.name: one for one in before}
    assert by_name["NCCL_NET_GDR_LEVEL"].requested is True and by_name["NCCL_NET_GDR_LEVEL"].active is None
    assert by_name["NCCL_IB_CUDA_SUPPORT"].requested is True
    adapters = by_name["NCCL_IB_HCA"].value.split(",")
    assert len(adapters) == len(set(adapters)) == 8
    assert not [one for one in after if one.name.startswith("NCCL_IB_") or one.name == "NCCL_NET_GDR_LEVEL"]


def test_of_a_paper_only_the_listings_are_read() -> None:
    text = (
        "We set NCCL_DEBUG=INFO in prose.\n\\begin{lstlisting}[language=bash]\nexport NCCL_IB_HCA=mlx5_0\n"
        "torchrun --nnodes 4 train.py\n\\end{lstlisting}\nMore.\n\\begin{minted}{bash}\nexport NCCL_NET_GDR_LEVEL=2\n"
    )
    page = Document(document="a.tex", document_id="", text=text, format="latex")
    found = settings_in(page)
    assert [(one.name, one.value) for one in found] == [("NCCL_IB_HCA", "mlx5_0"), ("--nnodes", "4")]
    assert all(text[one.start : one.end] == one.quote for one in found)
