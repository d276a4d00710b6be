import pytest

from chipledger.catalogue.chip import chip, chips
from chipledger.core.sources import Grade
from chipledger.rules.item import Item, Quantity, given, item_of, worst


def test_every_chip_of_the_catalogue_is_an_item():
    items = [item_of(one) for one in chips().values()]
    assert {item.id for item in items} == set(chips())
    assert all(not item.marketed_for_data_center.is_unknown for item in items)


def test_facts_keep_their_grade_and_unit():
    item = item_of(chip("nvidia-a100-sxm-80"))
    assert item.total_processing_performance.value == 4992
    assert item.memory_bandwidth.value == 2039e9
    assert item.aggregate_bidirectional_bandwidth.value == 664e9
    assert item.released.effective_from.isoformat() == "2020-11-16"


def test_what_the_catalogue_lacks_stays_missing():
    item = item_of(chip("amd-mi308x"))
    assert item.total_processing_performance is None
    assert item.performance_density is None


def test_a_card_without_named_links_counts_its_host_link_only():
    assert item_of(chip("nvidia-l40s")).aggregate_bidirectional_bandwidth.value == 64e9


def test_a_chip_whose_links_no_one_names_keeps_a_floor():
    groq = item_of(chip("groq-lpu1"))
    assert groq.interconnect_bidirectional_bandwidth is None
    assert groq.aggregate_bidirectional_bandwidth.floor


@pytest.mark.parametrize("name", ["H200 SXM5", "H200", "GH200 H20X", "A100X"])
def test_a_product_is_matched_by_whole_words(name):
    assert not Item(name=name).is_named(["H20", "A100"])


@pytest.mark.parametrize("name", ["NVIDIA H20 96GB", "HGX-H20", "H20 141GB (H20-3e)"])
def test_a_variant_bears_its_products_name(name):
    assert Item(name=name).is_named(["H20"])


def test_density_is_as_sure_as_its_least_sure_part():
    item = Item(
        total_processing_performance=given(4992.0),
        applicable_die_area_mm2=Quantity(826.0, grade=Grade.RECALLED),
    )
    assert item.performance_density.grade is Grade.RECALLED


def test_a_sum_with_a_missing_part_is_a_floor():
    assert Quantity(600e9).plus(None).floor
    assert Item(pcie_bidirectional_bandwidth=given(64e9)).aggregate_bidirectional_bandwidth.floor
    assert Item().aggregate_bidirectional_bandwidth is None


def test_worst_of_grades():
    assert worst(Grade.QUOTED, Grade.SECONDARY) is Grade.SECONDARY
