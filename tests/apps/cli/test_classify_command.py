import json

import pytest

from chipledger.apps.cli.commands import run


def printed(capsys, *arguments):
    assert run(["classify", *arguments]) == 0
    return capsys.readouterr().out


def answer(capsys, *arguments):
    return json.loads(printed(capsys, *arguments, "--format", "json"))


def test_figures_as_json_have_the_documented_fields(capsys):
    found = answer(capsys, "--tpp", "2644", "--die-area", "826", "--data-center", "yes", "--on", "2023-11-17")
    assert list(found) == ["on", "ic", "board", "truth", "paragraphs", "near", "z", "otherwise"]
    assert found["on"] == "2023-11-17"
    assert found["ic"] == ["3A090.b.1", "3A090.b.2"]
    assert (found["board"], found["truth"]) == ("4A090.b", "yes")
    assert set(found["paragraphs"][0]) == {"eccn", "truth", "reasons", "cite"}
    assert [near["eccn"] for near in found["near"]] == ["3A090.b.2"]


@pytest.mark.parametrize(
    ("arguments", "ic", "truth"),
    [
        (("--tpp", "4800", "--data-center", "no"), ["3A090.a.1"], "yes"),
        (("--tpp", "4799.9", "--die-area", "600", "--data-center", "no"), [], "no"),
        (("--tpp", "4799.9", "--die-area", "600", "--data-center", "unknown"), [], "unknown"),
        (("--tpp", "4799.9", "--die-area", "600"), [], "unknown"),
        (("--tpp", "3000", "--planar", "--data-center", "yes"), [], "no"),
        (("--tpp", "3000", "--data-center", "yes"), [], "unknown"),
        (("--tpp", "1600", "--performance-density", "5.92", "--data-center", "yes"), ["3A090.a.2"], "yes"),
        (("--rate", "fp16=300"), ["3A090.a.1"], "yes"),
        (("--rate", "fp8=296", "--rate", "FP16=148", "--die-area", "814"), [], "no"),
        (("--data-center", "yes"), [], "unknown"),
    ],
)
def test_figures_are_classified_by_the_text_of_2023(capsys, arguments, ic, truth):
    found = answer(capsys, *arguments, "--on", "2024-06-01")
    assert (found["ic"], found["truth"]) == (ic, truth)


@pytest.mark.parametrize(
    ("arguments", "truth"),
    [
        (("--interconnect", "600"), "yes"),
        (("--interconnect", "400"), "no"),
        (("--interconnect", "536", "--pcie", "64"), "yes"),
        ((), "unknown"),
    ],
)
def test_the_text_of_2022_asks_for_links(capsys, arguments, truth):
    assert answer(capsys, "--tpp", "4992", *arguments, "--on", "2022-11-01")["truth"] == truth


def test_a_chip_of_the_catalogue_is_classified_with_its_rivals(capsys):
    found = answer(capsys, "--chip", "nvidia-a30", "--on", "2024-06-01")
    assert "3A090.b.1" in found["ic"]
    assert [near["eccn"] for near in found["near"]] == ["3A090.b.2"]


def test_a_chip_may_be_given_another_market(capsys):
    arguments = ("--chip", "nvidia-l4", "--on", "2024-06-01")
    assert answer(capsys, *arguments)["ic"] == ["3A090.a.2"]
    assert answer(capsys, *arguments, "--data-center", "no")["truth"] == "no"


def test_an_explanation_is_one_paragraph(capsys):
    said = printed(capsys, "--tpp", "4800", "--name", "X1", "--on", "2024-06-01", "--explain")
    assert said.startswith("X1, with TPP 4800")
    assert said.count("\n") == 1
    assert answer(capsys, "--tpp", "4800", "--on", "2024-06-01", "--explain")["explanation"]


def test_a_table_and_csv_tell_paragraph_reason_and_cite(capsys):
    assert "no paragraph of 3A090" in printed(capsys, "--tpp", "100", "--on", "2024-06-01")
    out = printed(capsys, "--tpp", "100", "--on", "2024-06-01", "--format", "csv")
    assert out.splitlines()[0] == "eccn,truth,reasons,near,cite"
    assert "TPP 100 is below 4800" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--tpp", "-5"), "--tpp -5 is no figure"),
        (("--tpp", "2368", "--die-area", "0"), "--planar"),
        (("--tpp", "2368", "--die-area", "814", "--performance-density", "5"), "contradicts TPP 2368 over 814 mm2"),
        (("--rate", "fp8"), "names no format"),
        (("--rate", "fp12=3"), "expected FORMAT=TFLOPS"),
        (("--rate", "fp8=fast"), "has no number"),
        (("--rate", "fp8=1", "--rate", "FP8=2"), "given twice"),
        (("--interconnect", "NVLink 4"), "--interconnect"),
        (("--tpp", "4800", "--data-center", "perhaps"), "perhaps"),
        (("--tpp", "4800", "--on", "2024-02-30"), "2024-02-30"),
        (("--chip", "H100"), "may be any of"),
        (("--chip", "nvidia-h10O"), "did you mean"),
        (("--chip", "nvidia-h20", "--tpp", "1"), "--chip takes all figures from the catalogue"),
    ],
)  # fmt: skip
def test_a_slip_is_one_line_and_status_two(capsys, arguments, told):
    assert run(["classify", *arguments]) == 2
    message = capsys.readouterr().err
    assert told in message
    assert message.count("\n") == 1


def test_a_host_entry_names_its_z_paragraph(capsys):
    found = answer(capsys, "--chip", "L40S", "--host", "5a992.c", "--on", "2026-07-23")
    assert found["z"] == ["5A992.z.1"]
    found = answer(capsys, "--chip", "L40", "--host", "5A002.a", "--on", "2026-07-23")
    assert found["z"] == ["5A002.z.1.b"]
    assert answer(capsys, "--chip", "L40S", "--host", "5A992.c", "--on", "2024-04-03")["z"] == ["5A992.z"]


def test_an_unknown_host_entry_is_told_with_those_there_are(capsys):
    assert run(["classify", "--chip", "L40S", "--host", "9A999"]) == 2
    assert "expected one of 3A001, 4A003.b" in capsys.readouterr().err


@pytest.mark.parametrize(("density", "logic", "ic", "truth"), [("2", "no", [], "no"), ("2.1", "no", ["3A090.c"], "yes"),
                                                               ("2.1", "yes", [], "no"), ("2.1", "unknown", [], "unknown")])  # fmt: skip
def test_memory_goes_by_its_density_and_what_it_is_packaged_with(capsys, density, logic, ic, truth):
    found = answer(capsys, "--memory-density", density, "--with-logic", logic, "--on", "2026-07-23")
    assert (found["ic"], found["truth"]) == (ic, truth)


def test_a_foundry_learns_what_it_must_presume(capsys):
    of_a_foundry = ("--non-planar", "--attested-by", "fabricator", "--packaged-in", "TW", "--transistors")
    assert answer(capsys, *of_a_foundry, "29", "--on", "2026-07-23")["presumed"]["truth"] == "no"
    assert answer(capsys, *of_a_foundry, "30", "--on", "2026-07-23")["presumed"]["truth"] == "yes"


def test_what_remains_is_told_where_3a090_is_not_met(capsys):
    found = answer(capsys, "--tpp", "2368", "--die-area", "814", "--data-center", "yes", "--on", "2024-03-01")
    assert found["otherwise"] == ["3A991.p.1", "4A994.l"]


def test_memory_and_a_processor_are_not_one_part(capsys):
    assert run(["classify", "--memory-density", "2.5", "--tpp", "100"]) == 2
    assert "classify the memory and the processor each by itself" in capsys.readouterr().err
