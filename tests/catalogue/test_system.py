"""Systems and cloud instances, and the chips they hold."""

import pytest

from chipledger.catalogue.chip import chips, sources
from chipledger.catalogue.system import chips_of, systems, systems_named
from chipledger.core.errors import InputError


@pytest.mark.parametrize(
    ("name", "ids", "count"),
    [
        ("DGX-1", ("nvidia-p100-sxm2", "nvidia-v100-sxm2-16", "nvidia-v100-sxm2-32"), 8),
        ("DGX-2", ("nvidia-v100-sxm2-32",), 16),
        ("DGX H100", ("nvidia-h100-sxm",), 8),
        ("GB200 NVL72", ("nvidia-gb200",), 72),
        ("Atlas 800T A2", ("huawei-910b1", "huawei-910b2", "huawei-910b3", "huawei-910b4"), 8),
        ("CloudMatrix 384", ("huawei-910c",), 384),
        ("p5.48xlarge", ("nvidia-h100-sxm",), 8),
        ("g5.48xlarge", ("nvidia-a10g",), 8),
        ("trn1.32xlarge", ("aws-trainium1",), 16),
        ("Standard_ND96asr_v4", ("nvidia-a100-sxm-40",), 8),
        ("a3-megagpu-8g", ("nvidia-h100-sxm",), 8),
        ("TPU v4-64", ("google-tpu-v4",), 32),
        ("v5litepod-16", ("google-tpu-v5e",), 16),
        ("ecs.gn7i-c32g1.32xlarge", ("nvidia-a10",), 4),
        ("HCCPNV6.96XLARGE2304", ("nvidia-h20",), 8),
    ],
)
def test_a_system_holds_so_many_of_these_chips(name: str, ids: tuple[str, ...], count: int):
    assert chips_of(name) == ids
    assert [system.count for system in systems_named(name)] == [count]


def test_two_clouds_may_share_a_name():
    assert {system.maker for system in systems_named("gn7")} == {"Alibaba Cloud", "Tencent Cloud"}


def test_an_unknown_system_is_refused_with_examples():
    with pytest.raises(InputError, match="expected one such as"):
        chips_of("DGX Z9000")


def test_systems_hold_chips_of_the_catalogue_and_cite_its_sources():
    for system in systems().values():
        assert set(system.chips) <= set(chips()), system.id
        assert system.source in sources(), system.id


def test_one_name_stands_for_one_system_of_one_maker():
    seen: dict[tuple[str, str], str] = {}
    for system in systems().values():
        for name in {system.name, *system.aliases}:
            other = seen.setdefault((system.maker, name.casefold()), system.id)
            assert other == system.id, f"{name} is {other} and {system.id}: drop it from one"
