"""What lies on the host or its disks costs time: nothing is kept away for nothing."""

from chipledger.perf.cluster import cluster
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
