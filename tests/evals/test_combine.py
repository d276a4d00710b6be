from datetime import date

import pytest
from made_runs import figure, run_of

from chipledger.evals.combine import combined
from chipledger.evals.decide import decide
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.register import Register
from chipledger.evals.verdict import Outcome

DAY = date(2026, 6, 1)


@pytest.fixture
def together(entry):
    """What a use case's benchmarks say together, given the weekly rates of each; None was never run."""

    def made(**rates):
        use_case = entry(*rates)
        verdicts = [
            decide(Preregistration.of(use_case, use_case.link(name)),
                   [run_of(rate, week=week, benchmark=name) for week, rate in enumerate(weekly)], on=DAY)
            for name, weekly in rates.items() if weekly
        ]  # fmt: skip
        (found,) = combined(verdicts, Register({use_case.id: use_case}, {}, {}, {}))
        return found

    return made


def test_one_benchmark_far_beyond_its_line_crosses_the_use_case(together):
    found = together(ctf=[0.9, 0.9], phishing=[0.2, 0.2])

    assert found.outcome is Outcome.CROSSED
    assert found.crossed == ("ctf",)


def test_a_crossing_that_several_chances_explain_does_not(together):
    found = together(ctf=[0.61, 0.61], phishing=[0.4], exploits=[0.4], reversing=[0.4], fuzzing=[0.4])

    assert found.crossed_alone == ("ctf",)
    assert found.outcome is Outcome.INDETERMINATE
    assert "crossed on ctf only when looked at alone" in found.sentence


def test_below_needs_every_benchmark(together):
    assert together(ctf=[0.1, 0.1], phishing=[0.1, 0.1]).outcome is Outcome.BELOW
    assert together(ctf=[0.1, 0.1], phishing=[0.5]).outcome is Outcome.INDETERMINATE


def test_a_published_below_is_no_below_of_the_use_case(entry):
    use_case = entry("ctf", rule={"accepts": "published"})
    verdict = decide(
        Preregistration.of(use_case, use_case.links[0]), [figure(0.1, low=0.05, high=0.2)], on=DAY
    )
    (found,) = combined([verdict], Register({use_case.id: use_case}, {}, {}, {}))

    assert verdict.outcome is Outcome.BELOW
    assert (found.outcome, found.below) == (Outcome.INDETERMINATE, ())


def test_a_benchmark_that_nobody_ran_keeps_the_use_case_from_below(together):
    found = together(ctf=[0.1, 0.1], phishing=None)

    assert found.outcome is Outcome.INDETERMINATE
    assert found.unmeasured == ("phishing",)
    assert "1 of 2 benchmarks measured" in found.sentence


def test_every_version_of_a_benchmark_is_one_chance_more(entry):
    use_case = entry("ctf")
    settled = Preregistration.of(use_case, use_case.links[0])
    register = Register({use_case.id: use_case}, {}, {}, {})
    rates = {"1": [0.61, 0.63], "2": [0.4], "3": [0.4], "4": [0.4], "5": [0.4]}
    first, *others = (
        decide(settled, [run_of(rate, week=n, task_version=version) for n, rate in enumerate(weekly)], on=DAY)
        for version, weekly in rates.items()
    )

    assert combined([first], register)[0].crossed == ("ctf",)
    assert combined([first, *others], register)[0].crossed_alone == ("ctf",)
