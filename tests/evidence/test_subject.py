"""The subject of a statement: known families first, then what is shaped like a name, then the document's own."""

import pytest

from chipledger.documents.document import Document
from chipledger.evidence.extract import extract
from chipledger.evidence.model_names import KNOWN, LIKE, NUMBERED, main_model, models_in


def subjects(text: str, **about: str) -> list[str | None]:
    document = Document(document="README.md", document_id="a", text=text, format="markdown", **about)
    return [mention.subject for mention in extract(document).mentions]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("bert-large-uncased on SQuAD1.1", [("bert-large-uncased", KNOWN)]),
        ("Chinese-Mixtral-8x7B", [("Chinese-Mixtral-8x7B", KNOWN)]),
        ("yolov5 and ResNet-50", [("yolov5", KNOWN), ("ResNet-50", KNOWN)]),
        ("Foo-7B, Quux2 and BarNet", [("Foo-7B", KNOWN), ("Quux2", NUMBERED), ("BarNet", LIKE)]),
        ("Bertrand made an opt-out of falcon wings", []),
        ("Pre-training, End-to-end, XLA-based, Non-streaming", []),
        ("ICML, NeurIPS, GSM8K, MT-Bench, CIFAR-100, OrderedDict, Apache-2.0", []),
        ("see models/bert.py", []),
        ("an H100 and an RTX 4090", []),
    ],
)
def test_names_of_models_are_told_from_what_looks_like_them(words: str, names: list[tuple[str, int]]) -> None:
    assert [(one.name, one.strength) for one in models_in(words)] == names


def test_the_sentence_comes_before_the_heading() -> None:
    assert subjects("# Quux\n\n## BERT\n\nWe trained GPT-2 on 8 A100 GPUs.\n") == ["GPT-2"]


def test_the_nearest_heading_that_names_one_comes_before_the_title() -> None:
    text = "# LLaMA tools\n\n## Training BERT-Large\n\n### Setup\n\nIt took 3 days on 8 A100 GPUs.\n"

    assert subjects(text) == ["BERT-Large"]


def test_the_row_tells_its_own_subject() -> None:
    text = "# BERT\n\n| model | GPU | hours |\n| --- | --- | --- |\n| BarNet-XL | 8 A100 | 30 |\n"

    assert set(subjects(text)) == {"BarNet-XL"}


def test_a_path_names_what_no_words_do() -> None:
    text = "# Configuration\n\nWe trained it on 8 A100 GPUs.\n"

    assert subjects(text, path="recipes/Conformer/README.md") == ["Conformer"]


def test_a_data_set_is_no_subject() -> None:
    assert subjects("# BarNet\n\nTraining on CIFAR-100 took 2 days on 8 V100 GPUs.\n", project="barnet") == [
        "BarNet"
    ]


def test_the_project_is_the_last_but_one_resort() -> None:
    assert subjects("# Notes on speed\n\nWe trained it on 8 A100 GPUs.\n", project="mynet") == ["mynet"]


def test_the_most_named_family_comes_before_other_names() -> None:
    text = "Zeta1 Zeta1 Zeta1 Zeta1. BERT."

    assert (main_model(text, []), main_model(text, [], of_families=True)) == ("Zeta1", "BERT")
