"""The chip, system, vendor and source files: whole, cited, canonical, and of the known extent."""

import json
import time
from collections import Counter

import pytest

from chipledger.catalogue.chip import DATA, Chip, chips, sources
from chipledger.catalogue.chipfile import chip_file
from chipledger.catalogue.system import systems
from chipledger.core.load import load_yaml
from chipledger.core.sources import Grade
from chipledger.core.units import scale

BASE_UNITS = {
    "dense_rate": {"flop_per_second", "operation_per_second"},
    "memory_capacity": {"bytes"},
    "memory_bandwidth": {"bytes_per_second"},
    "interconnect_bidirectional_bandwidth": {"bytes_per_second"},
    "pcie_bidirectional_bandwidth": {"bytes_per_second"},
    "applicable_die_area": {"mm2"},
    "power": {"watts"},
}


def test_there_are_as_many_chips_as_the_catalogue_claims():
    assert len(chips()) == 199
    assert sum(one.china_variant for one in chips().values()) == 21
    assert Counter(one.vendor_country for one in chips().values()) == {"US": 130, "CN": 66, "GB": 3}


@pytest.mark.parametrize("id", list(chips()))
def test_rewriting_a_chip_file_gives_the_same_bytes(id: str):
    path = DATA / "chips" / f"{id}.yaml"

    assert chip_file(chips()[id]).encode() == path.read_bytes()


def test_every_fact_cites_a_source_that_exists():
    cited = {
        id
        for one in chips().values()
        for id in (
            *one.sources,
            *(fact.source for fact in one.facts),
            *(a for f in one.facts for a in f.agrees_with),
        )
    }

    assert cited <= set(sources())


def test_every_source_is_used_and_in_order():
    used = {
        *(id for one in chips().values() for id in one.sources),
        *(id for one in chips().values() for fact in one.facts for id in (fact.source, *fact.agrees_with)),
        *(system.source for system in systems().values()),
    }

    assert set(sources()) - used == set()
    assert list(sources()) == sorted(sources())


def test_every_fact_has_a_unit_of_its_metric():
    for one in chips().values():
        for fact in one.facts:
            if fact.metric == "total_processing_performance_reported":
                assert fact.unit == "TPP"
            else:
                assert scale(fact.unit)[1] in BASE_UNITS[fact.metric], (one.id, fact)


def test_integer_rates_are_operations_and_the_others_flop():
    for one in chips().values():
        for fact in one.facts_of("dense_rate"):
            assert fact.unit == ("TOP/s" if fact.format in ("int8", "int4") else "TFLOP/s"), (one.id, fact)


def test_what_is_quoted_from_memory_says_who_agrees():
    """A figure nobody compared stays recalled: `quoted` needs an agreeing source, or the die of a compared chip."""
    for one in chips().values():
        for fact in one.facts:
            if fact.grade is Grade.QUOTED and fact.metric != "total_processing_performance_reported":
                assert fact.agrees_with or "compared on" in (fact.note or ""), (one.id, fact)


def test_only_pages_that_were_read_at_the_maker_are_primary():
    primary = {
        (one.vendor, fact.source)
        for one in chips().values()
        for fact in one.facts
        if fact.grade is Grade.PRIMARY
    }

    assert {vendor for vendor, _ in primary} == {"AWS"}
    assert all(source.startswith("aws-neuron-") for _, source in primary)


def test_estimates_decide_nothing():
    for one in chips().values():
        for fact in one.facts:
            if fact.note == "estimate":
                assert fact.grade is Grade.RECALLED, (one.id, fact)


def test_wider_formats_are_not_faster_than_narrower_ones():
    """Of one chip FP8 is at least FP16 and FP4 at least FP8, except where a maker's page says otherwise."""
    for one in chips().values():
        rates = {
            fact.format: fact.value for fact in one.facts_of("dense_rate") if fact.preferred is not False
        }
        for wide, narrow in (("fp64", "fp16"), ("fp16", "fp8"), ("fp8", "fp4")):
            if wide in rates and narrow in rates:
                assert rates[wide] <= rates[narrow], (one.id, wide, narrow)


def test_epoch_is_credited_as_its_licence_asks():
    epoch = sources()["epoch-machine-learning-hardware"]

    assert epoch.licence == "CC BY 4.0"
    assert "Epoch AI" in (epoch.note or "")


def test_no_name_carries_another_chips_id():
    for one in chips().values():
        for name in (one.name, *one.aliases):
            assert name == one.id or name not in chips(), (one.id, name)


def test_loading_all_chips_takes_well_below_a_second():
    start = time.process_time()
    for path in sorted((DATA / "chips").glob("*.yaml")):
        load_yaml(path, Chip)

    assert time.process_time() - start < 1.0


def test_chips_are_ready_for_json():
    assert json.loads(json.dumps(chips()["nvidia-h20"].model_dump(mode="json")))["released"] == "2024-02"
