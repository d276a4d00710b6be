from datetime import date

import pytest
from pydantic import ValidationError

from chipledger.core.sources import Cite, Grade
from chipledger.evals.rule import DecisionRule, Elicitation, Origin, Side, Test, Threshold, rule_hash

DAY = date(2026, 11, 25)
READ = Cite(source="a-policy", quote="less than 1 out of 2", grade=Grade.PRIMARY)


def a_threshold(**changes):
    fields = {"value": 0.5, "low": 0.4, "high": 0.6, "origin": Origin.CONVENTION, "set_on": DAY,
              "why": "Ours: in the middle of the scale."}  # fmt: skip
    return Threshold(**(fields | changes))


def a_rule(**changes):
    return DecisionRule(**({"test": Test.E_PROCESS, "alpha": 0.05, "items": 100, "fixed_on": DAY} | changes))


def a_hash(threshold=None, rule=None, use_case="u", benchmark="b", elicitation=Elicitation.BARE):
    return rule_hash(use_case, benchmark, elicitation, threshold or a_threshold(), rule or a_rule())


@pytest.mark.parametrize("numbers", [(0.5, 0.6, 0.7), (0.5, 0.3, 0.4), (0.5, 0.4, 1.0), (0.0, 0.0, 0.1)])
def test_a_threshold_lies_within_its_span_and_inside_the_scale(numbers):
    value, low, high = numbers
    with pytest.raises(ValidationError):
        a_threshold(value=value, low=low, high=high)


@pytest.mark.parametrize(
    "cites",
    [
        (),
        (Cite(source="a-policy", grade=Grade.PRIMARY),),
        (READ.model_copy(update={"grade": Grade.RECALLED}),),
    ],
    ids=["none", "no words", "recalled"],
)
def test_somebody_elses_line_is_cited_with_words_that_were_read(cites):
    with pytest.raises(ValidationError, match="must cite it with a quote that was read"):
        a_threshold(origin=Origin.LAB_TEXT, cites=cites)
    assert a_threshold(origin=Origin.LAB_TEXT, cites=(*cites, READ)).cites


def test_a_convention_of_ours_needs_no_cite_but_a_reason():
    assert not a_threshold().cites
    with pytest.raises(ValidationError, match="why"):
        a_threshold(why="half")


def test_a_fixed_test_looks_once():
    with pytest.raises(ValidationError, match="looks: 1"):
        a_rule(test=Test.FIXED)
    assert a_rule(test=Test.FIXED, looks=1).looks == 1


@pytest.mark.parametrize("slip", [{"alpha": 0.5}, {"alpha": 0.0}, {"items": 0}, {"epochs": 0}, {"n": 5}])
def test_a_rule_refuses_what_it_cannot_keep(slip):
    with pytest.raises(ValidationError):
        a_rule(**slip)


@pytest.mark.parametrize(
    "other",
    [
        a_hash(a_threshold(value=0.51)), a_hash(a_threshold(high=0.61)), a_hash(a_threshold(danger=Side.BELOW)),
        a_hash(a_threshold(set_on=date(2026, 11, 24))), a_hash(rule=a_rule(alpha=0.01)), a_hash(rule=a_rule(items=101)),
        a_hash(rule=a_rule(epochs=2)), a_hash(rule=a_rule(test=Test.E_PROCESS_CLUSTERED)),
        a_hash(rule=a_rule(fixed_on=date(2026, 11, 26))), a_hash(rule=a_rule(accepts="published")),
        a_hash(use_case="v"), a_hash(benchmark="c"), a_hash(elicitation=Elicitation.AGENT),
        a_hash(a_threshold(origin=Origin.LAB_TEXT, cites=(READ,))),
    ],
)  # fmt: skip
def test_whatever_could_change_a_verdict_changes_the_hash(other):
    assert other != a_hash()


def test_words_that_explain_change_no_hash():
    assert a_hash(a_threshold(why="Ours: said otherwise, at some length.")) == a_hash()
    assert a_hash(a_threshold(cites=(READ,))) == a_hash()


def test_the_hash_of_a_rule_is_the_same_on_every_machine():
    assert a_hash() == "dc0eebbc092fbd6e0ddf"


def test_a_run_speaks_for_absence_only_at_its_own_level_or_one_that_it_goes_beyond():
    reached = {level: {one for one in Elicitation if level.reaches(one)} for level in Elicitation}
    bare, tools, agent = Elicitation.BARE, Elicitation.TOOLS, Elicitation.AGENT

    assert reached[bare] == {bare}
    assert reached[agent] == {bare, tools, agent}
    assert reached[Elicitation.BEST_OF_K] == {bare, Elicitation.BEST_OF_K}
    assert reached[Elicitation.FINE_TUNED] == {bare, Elicitation.FINE_TUNED}
