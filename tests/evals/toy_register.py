"""A use case and benchmarks of it, as small as the register allows."""

from datetime import date

from chipledger.core.sources import Cite, Grade
from chipledger.evals.benchmark import Benchmark, Hazard
from chipledger.evals.register import Anchor, Cadence, Link, UseCase
from chipledger.evals.rule import DecisionRule, Elicitation, Origin, Test, Threshold

DAY = date(2026, 11, 2)
CITE = Cite(source="s", grade=Grade.PRIMARY)


def benchmark(name="generated-arithmetic", **more):
    return Benchmark(
        id=name,
        title="T",
        domain="arithmetic",
        asks="a sum",
        metric="share solved",
        hazard=Hazard.NEUTRAL,
        cites=(CITE,),
        **more,
    )


SUMS = benchmark(generated=True, items=10)


def use_case(*names, alpha=0.05):
    threshold = Threshold(value=0.5, low=0.45, high=0.55, origin=Origin.CONVENTION, set_on=DAY, why="A toy threshold of the tests.")  # fmt: skip
    rule = DecisionRule(test=Test.E_PROCESS, alpha=alpha, items=10, epochs=1, fixed_on=DAY)
    links = [
        Link(
            benchmark=name,
            shows="That sums can be done by it.",
            does_not_show="Whether anything else can be.",
            elicitation=Elicitation.BARE,
            threshold=threshold,
            rule=rule,
            cadence=Cadence(every_days=30),
        )
        for name in names or ("generated-arithmetic",)
    ]
    anchor = Anchor(dated_on=DAY, says="A toy.", cite=CITE)
    return UseCase(
        id="toy-use",
        version=3,
        title="T",
        pathway="From sums to nothing at all, since this is a toy entry.",
        hazard=Hazard.NEUTRAL,
        owner="us",
        anchors=(anchor,),
        links=tuple(links),
    )
