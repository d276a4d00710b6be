"""What the words around a chip make of it: a use and of which kind, a requirement, a mention."""

import pytest

from chipledger.core.records import Mention, Purpose
from chipledger.documents.document import Document
from chipledger.evidence.extract import extract


def read(text: str) -> list[Mention]:
    return list(
        extract(Document(document="README.md", document_id="x", text=text, format="markdown")).mentions
    )


def purposes(text: str) -> set[Purpose]:
    return {mention.purpose for mention in read(text)}


def test_a_bare_training_takes_its_stage_from_the_section_it_stands_in() -> None:
    run = "We trained on 64 A800 GPUs for 9 days."

    assert purposes(f"# Kite\n\nKite-7B saw 1.2 trillion tokens of text. {run}\n") == {Purpose.PRETRAINING}
    assert purposes(f"# Kite\n\nThe policy learns by GRPO from a reward model. {run}\n") == {
        Purpose.FINETUNING
    }
    assert purposes(f"# Kite\n\nKite finds kites in pictures. {run}\n") == {Purpose.TRAINING_UNSPECIFIED}


@pytest.mark.parametrize(
    "parts",
    [
        "We checked the code on:\n\n- OS: Ubuntu 20.04\n- CUDA: 12.1\n- GPU: Nvidia-V100 16G\n",
        "详细信息如下：\n\n- 操作系统: Ubuntu 20.04\n- 内存: 512GB\n- 显卡：A800 80G\n",
        "Linuxの詳細：\n\n- OS: Ubuntu 20.04\n- python: 3.10\n- GPU：Nvidia-A10 24G\n",
    ],
)
def test_the_parts_of_a_machine_listed_side_by_side_were_used(parts: str) -> None:
    said = read(f"# Kite video generation\n\n## Inference\n\n{parts}")

    assert [mention.purpose for mention in said] == [Purpose.INFERENCE]


def test_the_parts_of_a_machine_under_a_head_that_asks_for_them_are_required() -> None:
    parts = "- OS: Ubuntu 20.04\n- CUDA: 12.1\n- GPU: A100 40G\n"

    assert purposes(f"# Kite\n\n## Hardware requirements\n\n{parts}") == {Purpose.REQUIREMENT}


@pytest.mark.parametrize(
    "words",
    [
        "If you are using an H100, you can set `--fp8` to save memory.",
        "如果您使用 H100，可以打开 fp8 选项。",
        "We do not recommend V100 servers for long texts.",
        "不推荐使用 V100 进行长文本生成。",
        "The red box includes six 7900XTX GPUs.",
        "An A100 costs about $2 per hour.",
        "推論で Ascend 910 をサポートしました。",
        "| GPU | Status |\n| --- | --- |\n| A100 | :white_check_mark: Supported |\n",
    ],
)
def test_an_option_a_warning_a_product_or_a_price_is_no_use_and_no_requirement(words: str) -> None:
    assert purposes(f"# Kite\n\n{words}\n") == {Purpose.MENTION_ONLY}


def test_a_list_of_parts_under_a_specification_is_no_use() -> None:
    parts = "### DGX H100 Specification\n\n- GPU: NVIDIA H100 x 8\n- CPU: Xeon\n- Memory: 2TB\n"

    assert purposes(f"# Computers\n\n{parts}") == {Purpose.MENTION_ONLY}


def test_a_table_that_measures_memory_and_time_asks_for_nothing() -> None:
    rows = "| GPU | VRAM used | time cost (s) |\n| --- | --- | --- |\n| A100 | 8.9 | 0.73 |\n| 4090 | 8.7 | 0.73 |\n"

    assert purposes(f"# Kite\n\n## Inference\n\n{rows}") == {Purpose.INFERENCE}


def test_a_table_of_devices_and_their_memory_alone_is_a_requirement() -> None:
    rows = "| Hardware | GPU Memory | Quantization |\n| --- | --- | --- |\n| 8 * RTX 3090 | 24 GB | INT8 |\n"

    assert purposes(f"# Kite\n\n{rows}") == {Purpose.REQUIREMENT}


@pytest.mark.xfail(
    strict=True,
    reason="the guide says so; the learned words 'perform inference on a single' outweigh the rule of thumb",
)
def test_what_a_release_allows_to_be_run_is_a_requirement() -> None:
    words = "The INT4 weights allow users to perform inference on a single 3090 GPU."

    assert purposes(f"# Kite\n\n{words}\n") == {Purpose.REQUIREMENT}


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("In the second stage, we train on 24 GPUs and freeze the encoder.", 24),
        ("The model is finetuned on 128 GPUs for 20K iterations.", 128),
        ("Kite uses 4 GPUs for training.", 4),
    ],
)
def test_a_run_reported_on_unnamed_cards_is_a_use_with_its_count(words: str, count: int) -> None:
    assert [(said.chip, said.count, said.purpose.is_use) for said in read(f"# Kite\n\n{words}\n")] == [
        ("GPU (unspecified)", count, True)
    ]


@pytest.mark.parametrize(
    "words",
    [
        "To fine-tune Kite on COCO with 8 GPUs, run:\n\n```\nsh run.sh\n```",
        "通过下列命令启动单机8卡微调：\n\n```\nsh run.sh\n```",
        "4GPUを用いて、次のように学習します。",
    ],
)
def test_how_to_run_on_unnamed_cards_is_no_use(words: str) -> None:
    assert not any(said.purpose.is_use for said in read(f"# Kite\n\n{words}\n"))
