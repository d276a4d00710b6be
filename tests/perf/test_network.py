"""Collectives against figures that were measured, and laws that hold whatever the constants."""

import numpy as np
import pytest

from chipledger.core.errors import InputError
from chipledger.perf.cluster import cluster, cluster_ids
from chipledger.perf.network import bus_bandwidth, collective_seconds

MIB = 2**20


def busbw_gb(name, op, size_bytes, ranks=8):
    seconds = collective_seconds(op, size_bytes, ranks, ranks, cluster(name))
    return float(bus_bandwidth(op, size_bytes, ranks, seconds)) / 1e9


@pytest.mark.parametrize(
    ("name", "op", "size_bytes", "measured"),
    [
        ("a100-sxm", "all_reduce", 512 * MIB, 222),
        ("a100-sxm", "all_gather", 512 * MIB, 205),
        ("h100", "all_reduce", 512 * MIB, 445),
        ("h100", "all_gather", 512 * MIB, 336),
        ("b200", "all_reduce", 512 * MIB, 704),
    ],
)
def test_a_large_collective_in_a_node_runs_at_what_was_measured(name, op, size_bytes, measured):
    """NVIDIA's collected NCCL tables, half precision, eight chips."""
    assert busbw_gb(name, op, size_bytes) == pytest.approx(measured, rel=0.12)


@pytest.mark.parametrize("name", cluster_ids())
def test_more_bytes_never_take_less_time_and_more_bandwidth_never_more(name):
    made = cluster(name)
    ranks = made.chips_per_node
    if ranks < 2:
        return
    seconds = collective_seconds("all_reduce", np.logspace(3, 9.5, 40), ranks, ranks, made)

    assert (np.diff(seconds) >= -1e-12).all()
    assert (seconds > 0).all()


def test_a_patched_driver_lets_consumer_cards_talk():
    size = 32 * MIB
    with_p2p, without = (
        collective_seconds("all_reduce", size, 4, 4, cluster(name)) for name in ("rtx-4090-p2p", "rtx-4090")
    )

    assert with_p2p < without / 2


def test_the_restricted_chip_of_half_the_link_is_slower_at_large_messages():
    assert busbw_gb("h800", "all_reduce", 512 * MIB) < 0.7 * busbw_gb("h100", "all_reduce", 512 * MIB)


def test_one_rank_takes_no_time():
    assert float(collective_seconds("all_reduce", MIB, 1, 1, cluster("h20"))) == 0.0


@pytest.mark.parametrize(
    ("op", "size_bytes", "ranks"), [("all_rdeuce", MIB, 8), ("all_reduce", -1, 8), ("all_reduce", MIB, 0)]
)
def test_what_is_no_collective_is_refused(op, size_bytes, ranks):
    with pytest.raises(InputError):
        collective_seconds(op, size_bytes, ranks, 8, cluster("h100"))


def test_more_ranks_than_a_node_need_a_link_between_nodes():
    with pytest.raises(InputError):
        collective_seconds("all_reduce", MIB, 16, 16, cluster("h100"))
