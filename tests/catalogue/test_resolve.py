"""Printed names in any script, to the chips they may stand for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipledger.catalogue.chip import chips
from chipledger.catalogue.printed import PrintedName, key, taken_apart, vendors, without_vendors
from chipledger.catalogue.resolve import resolve

SPELLINGS = sorted({(name, one.id) for one in chips().values() for name in (one.id, one.name, *one.aliases)})


def test_every_name_and_alias_leads_to_its_own_chip():
    astray = [(name, id) for name, id in SPELLINGS if id not in resolve(name).chips]

    assert astray == []


@pytest.mark.parametrize(
    "change",
    [str.upper, str.lower, lambda name: name.replace(" ", "-"), lambda name: name.replace(" ", "　")],
    ids=["upper case", "lower case", "hyphens for spaces", "full-width spaces"],
)
def test_case_spaces_and_hyphens_change_nothing(change):
    plain = [(name, id) for name, id in SPELLINGS if name != id]
    astray = [(name, id) for name, id in plain if id not in resolve(change(name)).chips]

    assert astray == []


@pytest.mark.parametrize(
    ("printed", "id"),
    [
        ("NVIDIA A100-SXM4-80GB", "nvidia-a100-sxm-80"),
        ("英伟达A100 80G PCIe", "nvidia-a100-pcie-80"),
        ("NVIDIA H100 80GB HBM3", "nvidia-h100-sxm"),
        ("NVIDIA H100 NVL", "nvidia-h100-nvl"),
        ("Tesla V100-SXM2-32GB", "nvidia-v100-sxm2-32"),
        ("H20 141GB", "nvidia-h20-141"),
        ("H20-3e", "nvidia-h20-141"),
        ("Ａ８００ SXM4", "nvidia-a800-sxm-80"),
        ("GeForce RTX 4090显卡", "nvidia-rtx-4090"),
        ("RTX4090D", "nvidia-rtx-4090d"),
        ("华为昇腾 910B3", "huawei-910b3"),
        ("昇騰910C", "huawei-910c"),
        ("ファーウェイ Ascend 910C", "huawei-910c"),
        ("寒武纪思元590", "cambricon-mlu590"),
        ("海光 DCU K100_AI", "hygon-k100-ai"),
        ("摩尔线程 MTT S4000", "mt-s4000"),
        ("天数智芯天垓100", "iluvatar-bi100"),
        ("燧原云燧T20", "enflame-t20"),
        ("昆仑芯P800", "kunlun-p800"),
        ("沐曦曦云C550", "metax-c550"),
        ("AMD Instinct MI300X GPUs", "amd-mi300x"),
        ("Google Cloud TPU v4", "google-tpu-v4"),
    ],
)
def test_a_full_name_gives_one_chip(printed: str, id: str):
    resolution = resolve(printed)

    assert (resolution.chips, resolution.certainty) == ((id,), "one")


@pytest.mark.parametrize(
    ("printed", "variants"), [("A100", 4), ("A800", 3), ("昇腾910B", 4), ("V100", 4), ("H100s", 3)]
)
def test_a_bare_family_name_stands_for_its_variants(printed: str, variants: int):
    resolution = resolve(printed)

    assert (len(resolution.chips), resolution.certainty) == (variants, "family")


def test_memory_alone_narrows_a_family_without_deciding():
    resolution = resolve("A100 80GB")

    assert resolution.chips == ("nvidia-a100-pcie-80", "nvidia-a100-sxm-80")
    assert resolution.certainty == "several"


def test_a_memory_that_no_variant_has_is_set_aside_with_a_reason():
    resolution = resolve("A100 24GB")

    assert len(resolution.chips) == 4
    assert "24 GB" in resolution.reasons[0]


def test_a_name_that_two_makers_use_stays_several():
    resolution = resolve("R200")

    assert resolution.chips == ("kunlun-r200", "nvidia-vr200")
    assert resolution.certainty == "several" and resolution.reasons


@pytest.mark.parametrize("printed", ["Kunlun", "昆仑芯", "MI300", "Gaudi", "Ascend"])
def test_the_beginning_of_names_stays_several_with_a_reason(printed: str):
    resolution = resolve(printed)

    assert resolution.certainty == "several" and len(resolution.chips) > 1
    assert "begin with it" in resolution.reasons[0]


@pytest.mark.parametrize(
    "printed", ["", "   ", "GPU", "8x", "the", "NVIDIA", "英伟达", "Pentium", "x" * 1_000_000, "\x00"]
)
def test_what_names_no_chip_is_unknown(printed: str):
    resolution = resolve(printed)

    assert resolution.certainty == "unknown" and resolution.chips == ()
    assert resolution.reasons


def test_chips_that_were_not_out_on_the_day_are_set_aside():
    resolution = resolve("H20", on=date(2024, 11, 5))

    assert resolution.chips == ("nvidia-h20",)
    assert resolution.reasons == ("nvidia-h20-141 was not out on 2024-11-05",)


def test_a_chip_counts_from_the_first_day_it_may_have_come_out():
    assert resolve("H20", on=date(2024, 2, 1)).chips == ("nvidia-h20",)
    assert "none of them was out" in resolve("H20", on=date(2024, 1, 31)).reasons[0]


@pytest.mark.parametrize(
    ("printed", "ids"),
    [
        ("NVIDIA DGX H100", ("nvidia-h100-sxm",)),
        ("p4d.24xlarge", ("nvidia-a100-sxm-40",)),
        ("DGX A100 80GB", ("nvidia-a100-sxm-80",)),
        ("DGX A100 640GB", ("nvidia-a100-sxm-80",)),
        ("华为 CloudMatrix 384", ("huawei-910c",)),
        ("GN7", ("nvidia-a100-sxm-40", "nvidia-t4")),
    ],
)
def test_a_system_stands_for_the_chips_it_holds(printed: str, ids: tuple[str, ...]):
    resolution = resolve(printed)

    assert resolution.chips == ids
    assert "holds" in resolution.reasons[0]


def test_a_printed_name_is_taken_apart():
    assert taken_apart("NVIDIA A100-SXM4-80GB (HBM2e)") == PrintedName("a100", 80, "hbm2e", "sxm4")


def test_digits_inside_a_name_are_no_memory():
    assert taken_apart("P40").memory_gb is None
    assert taken_apart("RTX 3080 10GB").memory_gb == 10


def test_a_makers_name_alone_is_kept():
    assert without_vendors("Intel") == "intel"


def test_every_maker_of_the_catalogue_has_its_names():
    assert {one.vendor for one in chips().values()} <= {vendor.name for vendor in vendors()}


@given(st.text(max_size=60))
def test_any_text_resolves_without_error_to_known_chips(text: str):
    resolution = resolve(text)

    assert set(resolution.chips) <= set(chips())
    assert (resolution.certainty == "unknown") == (not resolution.chips)


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(text: str):
    assert key(key(text)) == key(text)
