"""The files of models: enough of them, cited, in order, and whole."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.perf.models import DATA, model, models, sources
from chipledger.perf.shape import ActiveCount, Attention, Kind, ModelShape

NOT_PUBLIC = ("truncated", "BLOOM search")


def test_there_are_as_many_models_as_the_pages_claim():
    assert len(models()) == 145
    assert len([one for one in models().values() if one.experts]) == 29
    assert {one.kind for one in models().values()} == set(Kind)
    assert {one.attention for one in models().values()} == set(Attention)


def test_what_the_issue_names_is_there():
    for name in (
        "GPT-3", "Llama 2 70B", "Llama 3 70B", "Llama 4 Maverick", "Mixtral 8x7B", "DeepSeek-V2", "DeepSeek-V3", "Qwen3-8B",
        "Hunyuan-Large", "HunyuanDiT", "Kimi K2", "GLM-4.5", "Ling-plus",
    ):  # fmt: skip
        assert model(name)


def test_every_cite_names_a_source_and_every_source_is_cited():
    cited = {cite.source for one in models().values() for cite in one.cites}

    assert cited == set(sources())
    assert list(sources()) == sorted(sources())


@pytest.mark.parametrize("shape", list(models().values()), ids=lambda one: one.id)
def test_a_model_is_cited_and_its_figures_are_rounded_as_stated(shape: ModelShape):
    assert shape.cites
    for figure, unit in (
        (shape.published_parameters, shape.published_unit),
        (shape.published_active_parameters, shape.published_active_unit),
    ):
        assert (figure is None) == (unit is None)
        if figure and unit:
            assert figure / unit == pytest.approx(round(figure / unit), abs=1e-6)
    if shape.published_active_counts is not ActiveCount.ALL:
        assert shape.published_active_parameters


def test_what_was_read_again_says_when_and_what_was_not_is_no_better_than_recalled():
    for one in models().values():
        for cite in one.cites:
            read = sources()[cite.source].accessed_on is not None
            assert read == (cite.grade is not Grade.RECALLED), (one.id, cite.source)


def test_most_shapes_rest_on_a_text_that_was_read():
    best = Counter(
        "read" if any(cite.grade.decides for cite in one.cites) else "recalled" for one in models().values()
    )

    assert best["read"] >= 95


def test_files_are_named_and_ended_well():
    for path in (DATA / "models").iterdir():
        text = path.read_text(encoding="utf-8")
        assert path.suffix == ".yaml" and path.stem == path.stem.lower()
        assert text.endswith("\n") and not text.endswith("\n\n")
        assert all(line == line.rstrip() for line in text.splitlines())


def test_every_public_model_of_the_runs_is_known():
    path = os.environ.get("CHIPLEDGER_TRAINING_RUNS")
    if not path:
        pytest.skip("set CHIPLEDGER_TRAINING_RUNS to a table of training runs")
    with Path(path).open(newline="", encoding="utf-8") as file:
        named = {row["model"] for row in csv.DictReader(file)} - {""}

    unknown = set()
    for name in named:
        try:
            model(name)
        except InputError:
            unknown.add(name)

    assert {name for name in unknown if not any(word in name for word in NOT_PUBLIC)} == set()
