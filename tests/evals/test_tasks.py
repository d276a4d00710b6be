import re
from collections import Counter, defaultdict

import pytest

from chipledger.core.errors import InputError
from chipledger.evals.tasks import CLUSTER_SIZE, KINDS, generated


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_longer_set_begins_with_a_shorter_one_and_a_seed_gives_one_set(name):
    assert generated(name, 3, 100)[:37] == generated(name, 3, 37)
    assert generated(name, 3, 20) != generated(name, 4, 20)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_ids_are_unique_and_clusters_hold_five_of_one_difficulty(name):
    items = generated(name, 1, 200)
    assert len({item.id for item in items}) == 200
    assert set(Counter(item.cluster for item in items).values()) == {CLUSTER_SIZE}
    levels = defaultdict(set)
    for item in items:
        levels[item.cluster].add(item.difficulty)
    assert all(len(found) == 1 for found in levels.values())


def test_the_answers_of_arithmetic_are_right():
    for item in generated("arithmetic", 5, 300):
        asked = re.search(r"What is (.+)\?", item.input).group(1).replace("×", "*")
        assert re.fullmatch(r"[\d+* ()]+", asked)
        assert str(eval(asked)) == item.target


def test_the_answers_of_truth_are_right_and_not_all_alike():
    items = [item for item in generated("logic", 5, 300) if item.cluster.startswith("truth")]
    for item in items:
        claim = re.search(r"true or false: (.+)\?", item.input).group(1)
        value = eval(claim.replace("true", "True").replace("false", "False"))
        assert item.target == ("true" if value else "false")
    shares = Counter(item.target for item in items)
    assert min(shares.values()) > 0.3 * len(items)


def test_the_answers_of_orders_follow_from_what_is_said():
    for item in generated("logic", 6, 200):
        if not item.cluster.startswith("order"):
            continue
        pairs = re.findall(r"(\w+) is taller than (\w+)", item.input)
        taller, shorter = {a for a, _ in pairs}, {b for _, b in pairs}
        (answer,) = taller - shorter if "tallest" in item.input else shorter - taller
        assert answer == item.target


def test_chance_rises_with_ability_and_falls_with_difficulty():
    easy, hard = (
        min(generated("arithmetic", 1, 60), key=lambda item: item.difficulty),
        max(generated("arithmetic", 1, 60), key=lambda item: item.difficulty),
    )
    assert hard.chance(0.0) < 0.5 < easy.chance(0.0)
    assert easy.chance(1.0) > easy.chance(0.0)
    assert hard.chance(-1e6) == pytest.approx(0.0)


@pytest.mark.parametrize(("name", "n", "told"), [("arithmetics", 5, "arithmetic"), ("logic", 0, "1 to"), ("logic", 10**6, "1 to")])  # fmt: skip
def test_a_slip_is_told(name, n, told):
    with pytest.raises(InputError, match=told):
        generated(name, 1, n)
