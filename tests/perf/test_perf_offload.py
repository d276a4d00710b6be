"""What lies on the host or its disks costs time: nothing is kept away for nothing."""

import pytest

from chipledger.perf.cluster import cluster
from chipledger.perf.memory import usable_bytes
from chipledger.perf.models import model
from chipledger.perf.step import step_seconds
from chipledger.perf.strategy import Layouts, Method, Offload, Sharding


def test_the_farther_away_the_state_lies_the_longer_a_step_takes() -> None:
    layouts = Layouts.where(
        data=8, global_batch=64, sequence_length=4096, sharding=int(Sharding.PARAMETERS),
        offload=[int(one) for one in (Offload.NONE, Offload.OPTIMIZER_CPU, Offload.ALL_CPU, Offload.OPTIMIZER_NVME, Offload.ALL_NVME)],
    )  # fmt: skip
    found = step_seconds(model("llama-2-7b"), cluster("h100"), layouts, Method())
    none, optimizer, everything, optimizer_on_disk, everything_on_disk = found.offload
    assert none == 0.0 < optimizer < everything < everything_on_disk
    assert optimizer < optimizer_on_disk < everything_on_disk


def test_one_chip_of_a_node_has_the_host_to_itself() -> None:
    shape, one, eight = model("llama-2-7b"), cluster("h100").with_chips(1), cluster("h100")
    given = {"global_batch": 8, "sequence_length": 4096, "offload": 1}
    alone = step_seconds(shape, one, Layouts.where(**given), Method()).offload
    beside = step_seconds(shape, eight, Layouts.where(**given, data=8), Method()).offload

    assert alone[0] < beside[0] / 3
    assert usable_bytes(one)[1] == pytest.approx(8 * usable_bytes(eight)[1])
