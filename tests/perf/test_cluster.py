import pytest

from chipledger.catalogue.chip import chips
from chipledger.core.errors import InputError
from chipledger.perf.cluster import ChipRates, cluster, cluster_ids

NAMED = (
    "a100-sxm",
    "a800-sxm",
    "h100",
    "h800",
    "h20",
    "h200",
    "rtx-4090-p2p",
    "rtx-4090",
    "rtx-3090",
    "ascend-910b",
    "ascend-910c",
    "l40s",
    "b200",
)


@pytest.mark.parametrize("name", cluster_ids())
def test_a_preset_names_a_chip_of_the_catalogue(name):
    made = cluster(name)

    assert made.chip_id in chips()
    assert made.chips % made.chips_per_node == 0
    assert made.intra.bandwidth_bytes_per_second > 0


@pytest.mark.parametrize("name", NAMED)
def test_the_clusters_that_the_evidence_names_are_there(name):
    assert name in cluster_ids()


def test_a_rate_that_a_chip_lacks_is_refused_and_never_zero():
    rates = ChipRates.of(chips()["nvidia-a100-sxm-80"])

    with pytest.raises(InputError):
        rates.flop_per_second("fp8")


def test_chips_that_fill_no_whole_node_are_refused():
    with pytest.raises(InputError):
        cluster("h20").with_chips(12)
