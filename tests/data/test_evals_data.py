"""The register that the project carries: counts, cites, rules that can decide, frameworks through time."""

import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from chipledger.core.load import named, parse_yaml
from chipledger.core.sources import Cite, Grade
from chipledger.evals.benchmark import Hazard
from chipledger.evals.crosswalk import crosswalk
from chipledger.evals.register import BUNDLED, Trigger, bundled
from chipledger.evals.rule import Origin, Side, Test
from chipledger.evals.tasks import KINDS

LINKS = [(use_case, link) for use_case in bundled().use_cases.values() for link in use_case.links]
FILES = sorted(
    path for kind in ("use_cases", "benchmarks", "frameworks") for path in (BUNDLED / kind).glob("*.yaml")
)
DANGEROUS = [one for one in bundled().use_cases if one not in ("self-test", "general-capability-covariates")]


def link_id(pair):
    return f"{pair[0].id}/{pair[1].benchmark}"


def cites_of(value) -> list[Cite]:
    """Every cite in a record, however deep."""
    if isinstance(value, Cite):
        return [value]
    if isinstance(value, tuple):
        return [cite for one in value for cite in cites_of(one)]
    if hasattr(type(value), "model_fields"):
        return [cite for name in type(value).model_fields for cite in cites_of(getattr(value, name))]
    return []


CITES = [
    (one.id, cite)
    for table in (bundled().use_cases, bundled().benchmarks, bundled().frameworks)
    for one in table.values()
    for cite in cites_of(one)
]


def test_the_register_is_as_large_as_the_bar_asks():
    assert len(bundled().use_cases) >= 10
    assert len(LINKS) >= 40
    assert len(DANGEROUS) >= 10
    assert sum(use_case.id in DANGEROUS for use_case, _ in LINKS) >= 40
    families = {one.family for one in bundled().frameworks.values()}
    assert families >= {"rsp", "preparedness", "fsf", "eu_code", "caisi"}


def test_every_source_is_cited_and_every_cite_has_a_source():
    assert {cite.source for _, cite in CITES} == set(bundled().sources)


def test_sources_stand_in_the_order_of_their_ids():
    ids = list(bundled().sources)
    assert ids == sorted(ids)
    assert len(ids) == len(set(ids))


def test_a_primary_or_quoted_cite_of_a_level_or_a_threshold_carries_the_words():
    for use_case, link in LINKS:
        for cite in link.threshold.cites:
            assert cite.quote, f"{use_case.id}/{link.benchmark}"
    for one in bundled().frameworks.values():
        for level in one.levels:
            assert level.cite.quote or level.cite.grade is Grade.SECONDARY, f"{one.id}: {level.name}"


def test_what_is_told_at_second_hand_carries_no_quotation():
    for owner, cite in CITES:
        assert not (cite.quote and cite.grade in (Grade.SECONDARY, Grade.RECALLED)), owner


@pytest.mark.parametrize("pair", LINKS, ids=link_id)
def test_a_link_says_what_it_shows_what_not_and_where_its_line_comes_from(pair):
    _, link = pair
    assert link.shows != link.does_not_show
    assert len(link.does_not_show) >= 40
    assert link.rule.fixed_on >= link.threshold.set_on
    assert link.rule.alpha == 0.05
    if link.threshold.origin is Origin.CONVENTION:
        assert re.match(r"Ours|No lab|A lab's rule", link.threshold.why)
        assert link.threshold.low < link.threshold.value < link.threshold.high
    else:
        assert all(cite.grade.decides for cite in link.threshold.cites)


@pytest.mark.parametrize("pair", LINKS, ids=link_id)
def test_a_rule_can_be_met_by_its_benchmark(pair):
    _, link = pair
    benchmark = bundled().benchmark(link.benchmark)
    assert benchmark.items is None or link.rule.items <= benchmark.items
    if link.threshold.danger is Side.ABOVE:
        assert link.threshold.low > benchmark.chance
    if link.rule.test is Test.E_PROCESS_CLUSTERED:
        assert benchmark.clusters and "sample metadata" in benchmark.clusters
    if "owner's consent" in benchmark.needs:
        assert link.rule.accepts.value == "published"


def test_a_number_that_two_links_share_from_one_text_is_the_same():
    lines = {}
    for _, link in LINKS:
        if link.threshold.origin is not Origin.CONVENTION:
            numbers = (link.threshold.value, link.threshold.low, link.threshold.high, link.threshold.set_on)
            assert lines.setdefault(link.benchmark, numbers) == numbers


def test_every_benchmark_is_linked_or_says_why_not():
    linked = {link.benchmark for _, link in LINKS}
    unlinked = [one for one in bundled().benchmarks.values() if one.id not in linked]
    assert all((one.note or "").startswith("Not linked: ") for one in unlinked)
    assert not any((bundled().benchmark(name).note or "").startswith("Not linked") for name in linked)


def test_a_use_case_is_as_hazardous_as_its_gravest_items():
    order = list(Hazard)
    for one in bundled().use_cases.values():
        gravest = max((bundled().benchmark(link.benchmark).hazard for link in one.links), key=order.index)
        assert one.hazard is gravest, one.id


def test_only_items_made_from_a_seed_lie_in_the_project_and_they_are_neutral():
    made = {one.id for one in bundled().benchmarks.values() if one.generated}
    assert made == {f"generated-{name}" for name in KINDS}
    assert all(bundled().benchmark(name).hazard.may_be_kept for name in made)
    kept = {path.parent.name for path in BUNDLED.rglob("*") if path.is_file()}
    assert kept <= {"use_cases", "benchmarks", "frameworks", "published"}


def test_the_chain_runs_offline_on_the_self_test():
    self_test = bundled().use_case("self-test")
    for link in self_test.links:
        benchmark = bundled().benchmark(link.benchmark)
        assert benchmark.generated
        assert not benchmark.needs
        assert benchmark.items == 1000
        assert link.cadence.triggers == tuple(Trigger)
    assert "no danger" in self_test.title


def test_every_dangerous_use_has_an_anchor_of_a_text_outside_and_a_wide_enough_choice_of_levels():
    speaking = Counter(
        use for one in bundled().frameworks.values() for level in one.levels for use in level.use_cases
    )
    assert set(speaking) <= set(bundled().use_cases)
    for name in DANGEROUS:
        assert bundled().use_case(name).anchors[0].cite.source != "chipledger-generated"
    unspoken = {name for name in DANGEROUS if not speaking[name]}
    assert unspoken == {"military-targeting-and-autonomy"}  # no framework that was read has a level for it


def test_an_anchor_is_no_older_than_the_framework_that_it_names():
    for one in bundled().use_cases.values():
        for anchor in one.anchors:
            if anchor.framework:
                assert anchor.dated_on == bundled().frameworks[anchor.framework].published_on


def test_a_family_has_at_most_one_version_on_every_boundary_day():
    frameworks = list(bundled().frameworks.values())
    days = {one.effective_from for one in frameworks} | {
        one.effective_until for one in frameworks if one.effective_until
    }
    for day in sorted(days | {day - timedelta(days=1) for day in days}):
        standing = Counter(one.family for one in frameworks if one.period.contains(day))
        assert max(standing.values(), default=0) <= 1, day
        assert all(cell.framework.period.contains(day) for cell in crosswalk(frameworks, day))


def test_a_version_ends_where_the_next_of_its_family_begins():
    by_family = sorted(bundled().frameworks.values(), key=lambda one: (one.family, one.effective_from))
    for before, after in pairwise(by_family):
        if before.family == after.family:
            assert before.effective_until == after.effective_from, before.id


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_plain_and_accuses_nobody(path):
    text = path.read_text("utf-8")
    raw, _ = parse_yaml(path)
    ours = " ".join(value for key, value, _ in named(raw) if key != "quote")
    assert not re.search(
        r"\b(banned|illegal|violat\w*)\b", ours.replace("illegal weapons", ""), re.IGNORECASE
    )
    assert "\t" not in text
    assert text.endswith("\n")
    assert not re.search(r"https?://", ours) or path.parent.name == "sources"
