import shutil

import pytest

from chipledger.core.errors import DataError, InputError
from chipledger.evals.register import BUNDLED, DATA, bundled, load_register

NAME = "self-test.yaml"


@pytest.fixture
def a_register(tmp_path):
    """A newcomer's register: the smallest neighbour, copied."""
    (tmp_path / "use_cases").mkdir()
    shutil.copy(BUNDLED / "use_cases" / NAME, tmp_path / "use_cases" / NAME)
    return tmp_path


def change(folder, old, new, name=f"use_cases/{NAME}"):
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(folder, words, name=f"use_cases/{NAME}"):
    return (folder / name).read_text("utf-8").split(words)[0].count("\n") + 1


def test_a_neighbour_that_is_copied_loads_over_what_the_project_carries(a_register):
    register = load_register(a_register)
    assert list(register.use_cases) == ["self-test"]
    assert register.benchmarks == bundled().benchmarks
    link = register.use_case("self-test").link("generated-logic")
    assert register.use_case("self-test").rule_hash(link) == bundled().use_case("self-test").rule_hash(link)


def test_a_user_brings_a_benchmark_a_framework_and_a_source(a_register):
    (a_register / "benchmarks").mkdir()
    (a_register / "frameworks").mkdir()
    (a_register / "sources.yaml").write_text("- {id: our-set, title: Our set}\n")
    text = (
        (BUNDLED / "benchmarks" / "generated-logic.yaml").read_text().replace("generated-logic", "our-logic")
    )
    (a_register / "benchmarks" / "our-logic.yaml").write_text(text.replace("chipledger-generated", "our-set"))
    change(a_register, "benchmark: generated-logic", "benchmark: our-logic")
    register = load_register(a_register)
    assert register.benchmark("our-logic").cites[0].source == "our-set"
    assert register.use_case("self-test").link("our-logic")


@pytest.mark.parametrize(
    ("slip", "marked", "told"),
    [
        (("does_not_show:", "doesnt_show:"), "doesnt_show", "links.0.doesnt_show: extra inputs are not permitted"),
        (("    does_not_show: \"Anything about danger, and next to nothing about a model.\"\n", ""), "- benchmark: generated-arithmetic",
         "links.0.does_not_show: field required"),
        (("      origin: convention\n", ""), "value: 0.6", "links.0.threshold.origin: field required"),
        (("origin: convention", "origin: lab_text"), "value: 0.6", "whose origin is lab_text must cite it with a quote that was read"),
        (("origin: convention", "origin: guess"), "origin: guess", "links.0.threshold.origin: input should be 'law', 'lab_text'"),
        (("high: 0.7", "high: 0.55"), "value: 0.6", "low <= value <= high must hold"),
        (("fixed_on: 2026-11-25", "fixed_on: 2026-11-24"), "rule: {", "was fixed on 2026-11-24, before its threshold was set"),
        (("benchmark: generated-arithmetic", "benchmark: generated-arithmetics"), "benchmark: generated-arithmetics",
         "benchmark 'generated-arithmetics' does not exist"),
        (("benchmark: generated-logic", "benchmark: generated-arithmetic"), "shows: \"The same", "links 'generated-arithmetic' twice"),
        (("items: 100", "items: 5000"), "rule: {", "expected at most the 1000 that there are"),
        (("test: e_process_clustered", "test: fixed"), "rule: {", "looks once: write looks: 1"),
        (("test: e_process_clustered", "test: t_test"), "rule: {", "input should be 'e_process'"),
        (("source: chipledger-generated", "source: chipledger-made"), "source: chipledger-made", "source 'chipledger-made' does not exist"),
        (("dated_on: 2026-11-25", "framework: rsp-3-4\n    level: ASL-9\n    dated_on: 2026-11-25"), "level: ASL-9", "rsp-3-4 names no level 'ASL-9'"),
        (("dated_on: 2026-11-25", "framework: rsp-9\n    dated_on: 2026-11-25"), "framework: rsp-9", "framework 'rsp-9' does not exist"),
        (("title: \"Self-test of the tool, no danger at all\"", "title: 4E091"), "title: 4E091", "'4E091' is ambiguous in YAML"),
        (("origin: convention", "origin: no"), "origin: no", "write \"no\" in quotes"),
        (("elicitation: bare", "elicitation: &bare bare"), "elicitation: &bare", "anchors and aliases are refused"),
        (("id: self-test", "id: self_test"), "id: self_test", "is not the file's name"),
        (("version: 1\n", "version: 1\nversion: 2\n"), "version: 2", "version"),
        (("anchors:\n", "anchors: []\nold_anchors:\n"), "old_anchors", "old_anchors: extra inputs"),
    ],
)  # fmt: skip
def test_a_slip_is_told_in_one_line_with_file_and_line(a_register, slip, marked, told):
    change(a_register, *slip)
    with pytest.raises(DataError) as refused:
        load_register(a_register)
    message = str(refused.value)
    assert told in message
    assert "\n" not in message
    where = int(message.split(f"({NAME}:")[1].split(")")[0])
    wanted = line_of(a_register, marked)
    assert abs(where - wanted) <= 1, message  # a mapping stands where its first key does
    assert "; " in message, "no remedy and nothing expected"


def test_a_line_that_a_guesser_reaches_is_refused(a_register):
    change(a_register, "value: 0.7\n      low: 0.6", "value: 0.7\n      low: 0.4")
    with pytest.raises(DataError, match=r"a guesser scores 0.4 on generated-logic.*expected more than 0.4"):
        load_register(a_register)


def test_two_versions_of_a_family_on_one_day_are_refused_with_the_line_that_ends_the_first(a_register):
    (a_register / "frameworks").mkdir()
    for name, begins in (("rsp-3-4", "2026-07-08"), ("rsp-4-0", "2026-12-01")):
        text = (BUNDLED / "frameworks" / "rsp-3-4.yaml").read_text().replace("id: rsp-3-4", f"id: {name}")
        text = text.replace("2026-07-08", begins)
        (a_register / "frameworks" / f"{name}.yaml").write_text(text)
    (a_register / "use_cases" / NAME).rename(a_register / NAME)
    for path in (BUNDLED / "use_cases").glob("*.yaml"):
        shutil.copy(path, a_register / "use_cases")
    with pytest.raises(DataError) as refused:
        load_register(a_register)
    assert "both stand on 2026-12-01 (rsp-3-4.yaml:1); expected effective_until: 2026-12-01" in str(
        refused.value
    )


def test_a_folder_without_a_use_case_says_how_to_begin(tmp_path):
    with pytest.raises(InputError, match=r"no use case in this register.*copy one"):
        load_register(tmp_path)


def test_a_name_that_is_near_is_offered():
    with pytest.raises(InputError, match=r"expected .*cyber-offence-autonomous"):
        bundled().use_case("cyber-offense-autonomous")
    with pytest.raises(InputError, match=r"expected .*gpqa-diamond"):
        bundled().benchmark("gpqa")
    with pytest.raises(InputError, match="see `chipledger evals register list`"):
        bundled().use_case("0000")
    with pytest.raises(InputError, match="expected generated-arithmetic or generated-logic"):
        bundled().use_case("self-test").link("vct")


def test_rules_have_names_of_their_own():
    hashes = [one.rule_hash(link) for one in bundled().use_cases.values() for link in one.links]
    assert len(set(hashes)) == len(hashes)


def test_the_bundled_register_is_read_once_and_lies_in_the_package():
    assert load_register() is bundled()
    assert (DATA / "sources" / "evals.yaml").exists()
