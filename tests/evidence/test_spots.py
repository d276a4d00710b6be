"""Which spellings name a chip where they stand, and which are hosts, settings, layers or somebody else's word."""

import pytest

from chipledger.catalogue.chip import chip_ids
from chipledger.catalogue.names import chips_of, names
from chipledger.documents.document import Document
from chipledger.documents.reading import reading_of
from chipledger.evidence.spots import spots
from chipledger.evidence.sweep import Sweep


def named(text: str, format: str = "markdown") -> list[str]:
    document = Document(document="a.md", document_id="a", text=text, format=format)
    return [spot.name.name.removeprefix("NVIDIA ") for spot in spots(document, Sweep(reading_of(document)))]


@pytest.mark.parametrize(
    ("text", "chips"),
    [
        ("bf16 training on 4x8xH100", ["H100"]),
        ("a single\n    [preemptible Cloud TPU v2](https://a.b/c), which", ["Google TPU v2"]),
        ("It runs seamlessly on a T4 instance:", ["T4"]),
        ("| Ascend-A3 | 0.5% |", ["Huawei Ascend 910C"]),
        ("TPU pods.\n\n# Benchmarks\n\n" + "More words. " * 20 + "\n\n# Results (v3-8)\n", ["Google TPU (unspecified)", "Google TPU v3"]),
        ("- [ ] Macbook support (M1 and M2)", ["Apple M1", "Apple M2"]),
        ("Apple M3/M4/M5 芯片，至少 16GB 内存", ["Apple M3", "Apple M4", "Apple M5"]),
        ("Windows版、 M1 Mac版 はこちら", ["Apple M1"]),
        ("| M1 7‑Core GPU 8GB | 9.72 |", ["Apple M1"]),
        ("| M1 (integrated GPU) |", ["Apple M1"]),
        ("AMD MI455X arrives in 2026", ["AMD Instinct MI455X"]),
        ("NVIDIA Rubin - specs published", ["Rubin"]),
        ("SambaNova SN50 ships later; SN40L is current", ["SambaNova SN50", "SambaNova SN40L"]),
        ("except GTX 780 and GTX 780 Ti", ["GeForce GTX 780", "GeForce GTX 780 Ti"]),
        ("compute capability 3.0 (K10) and 3.2 (Jetson TK1)", ["K10", "Jetson TK1"]),
        ("values of 2.8, 3.7, 6.0 and 9.5 TFLOPS for K80, K40, M40 and P100", ["K80", "K40", "M40", "P100"]),
        ("GPU 2060S は 60％", ["GeForce RTX 2060 SUPER"]),
        ("two 2080s in one GPU box", ["GeForce RTX 2080"]),
        ("a single NVIDIA Titan Volta GPU", ["TITAN V"]),
        ("a Huawei Ascend 910 server and an NVIDIA Titan X, on Cloud TPU v3-8", ["Huawei Ascend 910", "TITAN X", "Google TPU v3"]),
        ("RTX 50 系列显卡，RTX 30 シリーズ", ["RTX (unspecified)", "RTX (unspecified)"]),
        ("Accelerator: T4x2, 2xT4, M40 24GB", ["T4", "T4", "M40"]),
        ("TPUs v3, v5e-16 and v5litepod-8", ["Google TPU v3", "Google TPU v5e", "Google TPU v5e"]),
        ("Ascend 910-A2", ["Huawei Ascend 910"]),
        ("a GPU test of A40-vs-L40S", ["A40", "L40S"]),
        ("on NVIDIA Jetson AGX Orin and two Intel Arc A770", ["Jetson AGX Orin", "Intel Arc A770"]),
        ("Run training on 8 HPUs with Gaudi", ["Intel Gaudi (unspecified)", "Intel Gaudi (unspecified)"]),
    ],
)  # fmt: skip
def test_a_chip_is_found_however_it_is_printed(text: str, chips: list[str]) -> None:
    assert named(text) == chips


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("#SBATCH --partition=a100-cu117\n#SBATCH --gres=gpu:8\n", "shell"),
        ("#SBATCH --partition=a100\n", "shell"),
        ('host1="h100-node-1-0"  # GPU node\n', "shell"),
        ("## For cluster Azure-EastUS-V100-32GB-4, Lab-RR1-V100\n", "shell"),
        ("gcloud create $VM --accelerator-type v3-8 --tpu", "shell"),
        (".DocumentRevisions-V100\n.fseventsd\n.Spotlight-V100\n", "text"),
        ("| `--tpu` | run there |\n| --- | --- |\n| `--tpu_name` | its name |\n", "markdown"),
        ("python run.py --bf16 --tpu_name=$TPU --zone ${TPU}-b", "shell"),
        ("def _mp_fn(index):\n    # For xla_spawn (TPUs)\n    main()\n", "python"),
        ('help="More efficient on GPU but very bad for TPU."', "python"),
        ("BUCKET_MB=2 # set to 2 for consumer GPUs, set to 200 for A100 / H100\n", "shell"),
        ("运行四个线性层（例如 L1、L2、L3 和 L4）的其他 GPU 基线", "markdown"),
        ("T = T0 + T1 + T2 + T3 + T4 = 45 sec of training on GPUs", "markdown"),
        ("the M1 and M2 mutants, then A1, A2 and A3 ratings of GPU vendors", "markdown"),
        ("Plug in the GPU first, then M1, the first milestone", "markdown"),
    ],
)
def test_hosts_settings_and_numbered_things_are_no_chips(text: str, format: str) -> None:
    assert named(text, format) == []


def test_every_chip_of_the_catalogue_has_a_printed_name_of_its_own() -> None:
    known = {id for name in names() if not name.is_family for id in chips_of(name, chip_ids())}

    assert set(chip_ids()) - known == set()


def test_a_long_list_of_doubtful_names_is_read_in_a_moment() -> None:
    assert named("M1/" * 9_000) == []
