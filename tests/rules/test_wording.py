import pytest

from chipledger.rules.criteria import Criterion
from chipledger.rules.law import law
from chipledger.rules.wording import told, worded


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        ({"metric": "performance_density", "at_least": 5.92}, "performance density at least 5.92"),
        ({"metric": "memory_bandwidth", "below": 6500, "unit": "GB/s"}, "memory bandwidth below 6500 GB/s"),
        ({"predicate": "marketed_for_data_center"}, "marketed for data center"),
        ({"product_in": ["H20", "H200"]}, "named H20, H200"),
        ({"undecided": "it is not public"}, "undecided: it is not public"),
        ({"not": {"product_in": ["H20"]}}, "not (named H20)"),
    ],
)
def test_each_form_has_words(criterion, words):
    assert worded(Criterion.model_validate(criterion)) == words


def test_parts_within_parts_are_bracketed():
    low, high = (
        {"metric": "performance_density", "at_least": 1.6},
        {"metric": "performance_density", "at_least": 3.2},
    )
    nested = {"all": [low, {"any": [high, {"predicate": "marketed_for_data_center"}]}]}
    said = worded(Criterion.model_validate(nested))
    assert (
        said
        == "performance density at least 1.6, and (performance density at least 3.2 or marketed for data center)"
    )


def test_every_criterion_of_the_law_has_words():
    for control in law().controls.values():
        for version in control.versions:
            assert all(worded(paragraph.criteria) for paragraph in version.paragraphs)
    assert all(worded(letter.criteria) for letter in law().letters.values())


def test_a_part_is_told_without_its_days_and_cites():
    requirement = law().controls["us-ear-3a090-2022"].requirements[0]
    said = told(requirement)
    assert "destinations: China with Hong Kong" in said
    assert "2022" not in said
    assert "fr-2022-21658" not in said
