import re
import textwrap
from datetime import date
from pathlib import Path

import pytest
from rule_cases import Figures, cases

from chipledger.catalogue.chip import chips
from chipledger.core.errors import DataError, InputError
from chipledger.core.records import Record
from chipledger.core.truth import Verdict
from chipledger.rules.law import DATA
from chipledger.rules.proposal import proposal, proposals, what_if

ON = date(2026, 2, 1)
SAFE = "us-safe-chips-act-s3374"
OWN = """
id: own
citation: a draft
title: A line by memory bandwidth alone
standing: proposed
effective_from: 2027-01-01
paragraphs:
  - name: first
    criteria: {metric: memory_bandwidth, at_least: 1000, unit: GB/s}
    cite: {source: draft, grade: primary}
reach:
  destinations: d5-and-macau
  says: D:5 and Macau
  cite: {source: draft, grade: primary}
policy: case_by_case
sources:
  - {id: draft, title: A draft}
cites:
  - {source: draft, grade: primary}
"""


class Line(Record):
    """One set of figures and what the bill says of it."""

    id: str
    tpp: float
    density: float | None = 0.5
    memory: float | None = 100
    interconnect: float = 0
    pcie: float = 0
    data_center: bool | None = True
    meets: Verdict
    by: tuple[str, ...] = ()


@pytest.fixture
def own(tmp_path):
    def written(*slip):
        path = tmp_path / "own.yaml"
        path.write_text(OWN.lstrip().replace(*slip) if slip else OWN.lstrip(), encoding="utf-8")
        return str(path)

    return written


@pytest.fixture(scope="module")
def safe():
    return what_if(proposal(SAFE), "CN", on=ON)


def of(found, name):
    return next(one for one in found.chips if one.chip.id == name)


@pytest.mark.parametrize("case", cases("safe_chips_act", Line), ids=lambda case: case.id)
def test_the_lines_of_the_bill_below_at_and_above(case):
    figures = Figures(**case.model_dump(exclude={"id", "meets", "by"}))
    meets, by = proposal(SAFE).meets(figures.item(), ON)
    assert meets.value is case.meets
    if meets.is_yes:
        assert tuple(name for name in by if name.startswith("(")) == case.by


def test_what_is_classified_under_3a090_is_reached_by_that_alone(safe):
    assert {"3A090.a.1", "3A090.a.2"} <= set(of(safe, "nvidia-h100-sxm").by)


def test_a_licence_reviewed_case_by_case_would_be_denied(safe):
    h200 = of(safe, "nvidia-h200-sxm")
    assert h200.today.review_policy.startswith("case_by_case")
    assert (h200.license_required, h200.review_policy) == ("yes", "denial")
    assert h200.moves.is_yes


def test_the_h20_lies_nearest_to_2400_and_hangs_on_the_host_link(safe):
    h20 = of(safe, "nvidia-h20")
    assert h20.moves.is_unknown
    assert h20.moves.reasons == (
        "the bill does not say whether the host link counts as interconnect bandwidth",
    )
    assert (h20.nearest.line.line, h20.nearest.per_cent) == (2400, -1.3)


def test_what_is_not_made_for_data_centres_stays(safe):
    assert of(safe, "nvidia-rtx-4090").moves.is_no


def test_a_chip_of_the_destination_is_not_decided(safe):
    assert of(safe, "huawei-910b1").moves.is_unknown
    assert "made by a firm of the destination" in of(safe, "huawei-910b1").moves.reasons[0]


def test_every_chip_has_one_answer_with_its_reasons(safe):
    assert [one.chip.id for one in safe.chips] == list(chips())
    assert all(one.moves.reasons for one in safe.chips)
    assert set(safe.moved).isdisjoint(safe.undecided)


def test_hong_kong_is_reached_and_germany_is_not():
    assert what_if(proposal(SAFE), "HK", on=ON).moved
    assert what_if(proposal(SAFE), "DE", on=ON).moved == ()


def test_every_bundled_proposal_is_proposed_and_says_what_it_leaves_out():
    assert SAFE in proposals()
    for name in proposals():
        assert proposal(name).id == name
        assert proposal(name).standing == "proposed"


def test_the_law_never_looks_at_a_proposal():
    for folder in ("controls", "instruments", "letters"):
        assert not [
            path for path in (DATA / folder).glob("*.yaml") if "s3374" in path.read_text("utf-8").lower()
        ]


def test_a_file_of_ones_own_is_asked_over_the_catalogue(own):
    found = what_if(proposal(own()), "CN", on=date(2022, 1, 1))
    assert found.begins == "2027-01-01"
    a100, t4 = of(found, "nvidia-a100-sxm-80"), of(found, "nvidia-t4")
    assert (a100.today.license_required, a100.license_required, a100.review_policy) == (
        "no",
        "yes",
        "case_by_case",
    )
    assert (a100.by, a100.nearest.line.line) == (("first",), 1000)
    assert t4.moves.is_no


@pytest.mark.parametrize(
    ("slip", "line", "told"),
    [
        (("metric: memory_bandwidth", "metric: bandwidth"), 8, "unknown metric 'bandwidth'; known: "),
        (("unit: GB/s", "unit: TB/s"), 8, "is written in gb/s"),
        (("at_least: 1000", "at_least: fast"), 8, "at_least"),
        (("source: draft, grade: primary}\nreach", "source: drift, grade: primary}\nreach"), 9, "source 'drift' does not exist"),
        (("d5-and-macau", "d6-and-macau"), 11, "expected d5-and-macau"),
        (("policy: case_by_case", "policy: ban"), 14, "policy"),
        (("standing: proposed", "standing: in_force"), 1, "is enacted or gone is no proposal"),
        (("title: A line", "titel: A line"), 3, "titel"),
        (("  destinations: d5-and-macau", "  countries: [CN, XX]"), 11, "countries 'XX' does not exist"),
        (("  destinations: d5-and-macau", "  with_headquarters: true"), 11, "name the places once"),
        (("  - name: first", "  - &first\n    name: first"), 7, "anchors"),
    ],
)  # fmt: skip
def test_a_slip_in_a_file_is_told_with_its_line(own, slip, line, told):
    with pytest.raises(DataError) as refused:
        proposal(own(*slip))
    assert f"own.yaml:{line}" in str(refused.value)
    assert told.lower() in str(refused.value).lower()


def test_what_is_neither_file_nor_proposal_is_refused_with_what_is_there():
    with pytest.raises(InputError, match=SAFE):
        proposal("safe-chip-act")
    with pytest.raises(InputError, match="neither a file"):
        proposal(".")


def test_the_example_of_the_page_is_a_proposal(tmp_path):
    page = (Path(__file__).parents[2] / "docs/rules.md").read_text("utf-8")
    sample = textwrap.dedent(re.search(r"^    id: my-draft.*?\n(?!    )", page, re.M | re.S)[0])
    (tmp_path / "my-draft.yaml").write_text(sample, encoding="utf-8")
    found = what_if(proposal(str(tmp_path / "my-draft.yaml")), "CN", on=ON)
    assert of(found, "nvidia-a100-sxm-80").review_policy == "denial"
