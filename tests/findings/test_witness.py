"""Arithmetic beside quotes: what agrees, what cannot be, and what no sum decides."""

import sys
from datetime import date

import pytest

from chipledger.core.records import DocumentFacts, LaunchSetting, Mention, Purpose
from chipledger.findings.model_size import ModelSizes
from chipledger.findings.sum import Verdict, margins
from chipledger.findings.witness import sums, verdict_of
from chipledger.perf.cluster import cluster
from chipledger.perf.memory import memory
from chipledger.perf.models import model
from chipledger.perf.strategy import Layouts, Method, Offload, Sharding

H20 = {"chip": "NVIDIA H20", "chips": ("nvidia-h20", "nvidia-h20-141"), "first_seen": date(2024, 11, 5)}
A100 = {"chip": "NVIDIA A100", "chips": ("nvidia-a100-sxm-40", "nvidia-a100-sxm-80")}


def said(quote: str, count: int | None = None, **fields: object) -> Mention:
    given = {
        "document": "README.md", "start": 0, "end": len(quote), "quote": quote, "count": count, "subject": "Hunyuan-Large",
        "purpose": Purpose.REQUIREMENT, **H20,
    }  # fmt: skip
    return Mention(**{**given, **fields})  # type: ignore[arg-type]


def verdict(mention: Mention, *documents: DocumentFacts) -> Verdict:
    return verdict_of(sums([mention], ModelSizes(documents)))


FULL = {
    "prefix": "with ZeRO-3 and offload, full fine-tuning needs ",
    "suffix": ", and LoRA fine-tuning 8 GPUs",
}
LORA = {
    "prefix": "with ZeRO-3 and offload, full fine-tuning needs 32 GPUs and LoRA fine-tuning ",
    "suffix": ".",
}


@pytest.mark.parametrize(
    ("mention", "expected"),
    [
        # 389e9 x 2 = 778 GB; 8 x 96 GiB x 0.9 = 742 GB; 16 x 96 x 0.9 = 1382 GB
        (said("16 GPUs", 16, techniques=("BF16",), suffix=" for deployment"), Verdict.AGREE),
        # 389 GB; 4 x 96 GiB x 0.9 = 371 GB
        (said("8", 8, techniques=("FP8",), purpose=Purpose.INFERENCE), Verdict.AGREE),
        (said("8", 8, techniques=("INT8",), purpose=Purpose.INFERENCE), Verdict.AGREE),
        # 778 GB against 4 x 96 GiB = 412 GB
        (said("4", 4, techniques=("BF16",), purpose=Purpose.INFERENCE), Verdict.DISAGREE),
        # twice as many as it takes: enough, and no sum tells why 32
        (said("32 GPUs", 32, techniques=("BF16",), suffix=" for deployment"), Verdict.UNDECIDED),
        # 778 GB against 8 x 96 = 768 GB as printed, 825 GB at 2^30: neither surely in nor surely out
        (said("8", 8, techniques=("BF16",), purpose=Purpose.INFERENCE), Verdict.UNDECIDED),
        # 389e9 x 16 = 6.2 TB against 32 x 96 = 3.1 TB
        (said("32 GPUs", 32, techniques=("ZeRO", "offload"), **FULL), Verdict.AGREE),
        (said("8 GPUs", 8, techniques=("ZeRO", "offload"), **LORA), Verdict.AGREE),
        # the same without offload: 389e9 x 2 = 778 GB alone is less than 3.1 TB, so that a leaner optimizer could do
        (said("32 GPUs", 32, techniques=("ZeRO",), **FULL), Verdict.UNDECIDED),
        # 389e9 x 2 = 778 GB of weights alone against 4 x 96 GiB
        (said("4 GPUs", 4, techniques=("ZeRO",), **FULL), Verdict.DISAGREE),
    ],
)
def test_memory_against_the_stated_number(mention: Mention, expected: Verdict) -> None:
    assert verdict(mention) is expected


def test_a_sentence_that_could_mean_without_offload_is_told_so() -> None:
    chinese = said(
        "32 卡",
        32,
        techniques=("ZeRO", "offload"),
        prefix="不开 leaf_module 以及 zero3+offload，全量微调最少需要 ",
        suffix="。",
    )
    (one,) = sums([chinese], ModelSizes([]))
    assert one.verdict is Verdict.AGREE and "without offload" in one.reason


def test_our_memory_model_gives_the_same_answer_for_full_tuning_on_32() -> None:
    def fits(offload: Offload) -> bool:
        layout = Layouts.where(
            data=32,
            sharding=Sharding.PARAMETERS,
            offload=offload,
            global_batch=32,
            sequence_length=2048,
            recompute=2,
        )
        return bool(memory(model("hunyuan-large"), cluster("h20"), layout, Method()).fits(cluster("h20"))[0])

    assert not fits(Offload.NONE)
    shape, chip = model("hunyuan-large"), cluster("h20")
    layout = Layouts.where(data=32, sharding=3, offload=2, global_batch=32, sequence_length=2048, recompute=2)
    kept = memory(shape, chip, layout, Method())
    assert float(kept.allocated[0] + kept.context[0]) <= kept.room(chip)[0]


@pytest.mark.parametrize(
    ("mention", "reason"),
    [
        (said("H20"), "no number of chips"),
        (said("8 GPUs", 8, subject="Kite", suffix=" for deployment"), "how many parameters"),
        (said("8 GPUs", 8, chips=(), suffix=" for deployment"), "memory of NVIDIA H20 is not known"),
        (said("8 GPUs", 8), "trained or served"),
        (said("8 GPUs", 8, suffix=" deploy it; the 7B model needs one"), "how many parameters"),
    ],
)
def test_what_is_missing_is_said(mention: Mention, reason: str) -> None:
    (one,) = sums([mention], ModelSizes([]))
    assert one.verdict is Verdict.UNDECIDED and reason in one.reason


def test_no_width_never_makes_a_contradiction_that_narrower_weights_undo() -> None:
    wide = said("4 GPUs", 4, purpose=Purpose.INFERENCE)  # 778 GB at 16 bit, 195 GB at 4 bit
    assert verdict(wide) is Verdict.UNDECIDED
    assert verdict(said("one GPU", 1, purpose=Purpose.INFERENCE)) is Verdict.DISAGREE  # 195 GB on one of 96


def test_offload_that_the_document_names_elsewhere_may_help() -> None:
    mention = said("4", 4, techniques=("BF16",), purpose=Purpose.INFERENCE)
    facts = DocumentFacts(document="README.md", document_id="", techniques=("offload",))
    assert verdict(mention, facts) is Verdict.UNDECIDED


def test_variants_of_a_chip_that_read_differently_decide_nothing() -> None:
    # 70e9 x 2 = 140 GB: not on 2 x 40 GiB, on 2 x 80 GB with 4 GB to spare
    mention = said(
        "2 A100", 2, subject="LLaMA 2 70B", techniques=("FP16",), purpose=Purpose.INFERENCE, **A100
    )
    (one,) = sums([mention], ModelSizes([]))
    assert one.verdict is Verdict.UNDECIDED and "depends on the reading" in one.reason


def test_a_config_beside_the_mention_tells_the_parameters() -> None:
    sizes = {
        "model_type": "llama", "num_hidden_layers": 80, "hidden_size": 8192, "num_attention_heads": 64,
        "num_key_value_heads": 8, "intermediate_size": 28672, "vocab_size": 32000, "max_position_embeddings": 4096,
    }  # fmt: skip
    config = DocumentFacts(
        document="kite/config.json", document_id="c", project="lab/kite",
        settings=tuple(
            LaunchSetting(name=name, value=str(value), kind="model", start=0, end=1, quote="x") for name, value in sizes.items()
        ),
    )  # fmt: skip
    readme = DocumentFacts(document="kite/README.md", document_id="r", project="lab/kite")
    mention = said("2 A800", 2, document="kite/README.md", document_id="r", subject="Kite", techniques=("BF16",), chip="NVIDIA A800",
                   chips=("nvidia-a800-sxm-80",), suffix=" to deploy")  # fmt: skip
    (one,) = sums([mention], ModelSizes([config, readme]))
    assert one.verdict is Verdict.AGREE or "little or no room" in one.reason
    assert "69 billion parameters (the sizes in kite/config.json)" in one.reason


def test_a_config_of_an_unknown_family_or_with_damage_tells_nothing() -> None:
    broken = DocumentFacts(
        document="config.json", document_id="c", project="p",
        settings=(LaunchSetting(name="model_type", value="kite", kind="model", start=0, end=1, quote="x"),
                  LaunchSetting(name="model_type.a", value="1", kind="model", start=0, end=1, quote="x")),
    )  # fmt: skip
    assert ModelSizes([broken]).of(said("8", 8, subject=None)) is None


def trained(tokens: str, **fields: object) -> Mention:
    given = {"purpose": Purpose.PRETRAINING, "subject": "LLaMA 2 7B", "chip": "NVIDIA A100", "chips": ("nvidia-a100-sxm-80",),
             "prefix": f"trained on {tokens} tokens with ", "first_seen": None}  # fmt: skip
    return said("A100", **{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (184_320.0, Verdict.AGREE),  # 6 x 6.7e9 x 2e12 / (184320 x 3600 x 312e12) = 39 %
        (50_000.0, Verdict.DISAGREE),  # 144 %
        (80_000.0, Verdict.UNDECIDED),  # 90 %: more than any published run, less than all
        (5_000_000.0, Verdict.UNDECIDED),  # 1 %: most of the time was something else
    ],
)
def test_flop_against_the_stated_time(hours: float, expected: Verdict) -> None:
    found = {one.kind: one.verdict for one in sums([trained("2T", gpu_hours=hours)], ModelSizes([]))}
    assert found["flop"] is expected


def test_chips_and_time_against_stated_chip_hours() -> None:
    def of(stated: float) -> Verdict:
        found = sums([trained("", count=64, duration="4 days", gpu_hours=stated)], ModelSizes([]))
        return next(one.verdict for one in found if one.kind == "chip_hours")

    assert (of(6144), of(9000), of(61_440)) == (Verdict.AGREE, Verdict.UNDECIDED, Verdict.DISAGREE)


def test_a_mere_mention_gets_no_sum() -> None:
    assert sums([said("H20", 8, purpose=Purpose.MENTION_ONLY)], ModelSizes([])) == []


def test_a_disagreement_outweighs() -> None:
    cannot = sums([said("4", 4, techniques=("BF16",), purpose=Purpose.INFERENCE)], ModelSizes([]))
    can = sums([said("16", 16, techniques=("BF16",), purpose=Purpose.INFERENCE)], ModelSizes([]))
    assert verdict_of([*can, *cannot]) is Verdict.DISAGREE and verdict_of(can) is Verdict.AGREE


def test_a_script_that_asks_for_as_many_is_named_and_decides_nothing() -> None:
    tensor = LaunchSetting(
        name="--tp", value="16", kind="flag", topic="tensor_parallel", number=16, start=0, end=1, quote="x"
    )
    script = DocumentFacts(
        document="serve.sh", document_id="s", project="p", format="shell", settings=(tensor,)
    )
    readme = DocumentFacts(
        document="README.md", document_id="r", project="p", format="markdown", settings=(tensor,)
    )
    found = sums(
        [said("16 GPUs", 16, document_id="r", subject="Kite", suffix=" to deploy")],
        ModelSizes([script, readme]),
    )
    assert [(one.kind, one.verdict) for one in found] == [
        ("memory", Verdict.UNDECIDED),
        ("scripts", Verdict.AGREE),
    ]
    assert found[1].reason == "serve.sh asks for 16 chips too" and verdict_of(found) is Verdict.UNDECIDED


def test_margins_stand_in_order() -> None:
    given = margins()
    assert given.least_training_bytes < given.full_training_bytes
    assert given.least_utilization < given.most_utilization


def test_findings_need_no_numpy() -> None:
    import subprocess

    code = "import sys, chipledger.findings.witness; print('numpy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_what_another_repositorys_readme_says_lends_nothing() -> None:
    """Repositories in one ledger have files of one name; each has its own scripts, configs and offload."""
    tensor = LaunchSetting(
        name="--tp", value="16", kind="flag", topic="tensor_parallel", number=16, start=0, end=1, quote="x"
    )
    own = DocumentFacts(document="README.md", document_id="own", project="kite", organisation="lab")
    other = DocumentFacts(document="README.md", document_id="o", project="p", techniques=("offload",))
    script = DocumentFacts(document="serve.sh", document_id="s", project="p", settings=(tensor,))
    fork = DocumentFacts(document="serve.sh", document_id="f", project="kite", organisation="other", settings=(tensor,))  # fmt: skip
    sizes = ModelSizes([own, other, script, fork])
    mention = said("16 GPUs", 16, document_id="own", subject="Kite")
    assert not sizes.names_offload(mention) and sizes.scripts_for(mention) == ()
    assert sizes.scripts_for(said("16 GPUs", 16, document_id="o")) == ("serve.sh",)
