"""The page of evaluations: every use is on it, what was not measured does not look safe, and strangers' words stay words."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from chipledger.apps.report.evals_page import page, write_evals_report
from chipledger.apps.report.trajectory import MOST_MODELS, Line, Point, trajectory
from chipledger.core.sources import Grade
from chipledger.evals.decide import decide
from chipledger.evals.measurement import ItemScore, Measurement, Published, State
from chipledger.evals.preregistration import Preregistration
from chipledger.evals.register import load_register
from chipledger.evals.rule import Elicitation
from chipledger.store.ledger import Ledger
from chipledger.store.write_evals import Decided, append_decisions, keep_measurements

DAY = date(2026, 12, 1)
THRESHOLD = (0.4, 0.5, 0.6)


def a_run(share, week=0, model="kite-7b"):
    scores = tuple(
        ItemScore(item=f"{n}", score=float(n % 100 < 100 * share), cluster=f"{n // 5}") for n in range(200)
    )
    return Measurement(benchmark="generated-arithmetic", model=model, measured_on=DAY + timedelta(weeks=week), run_id=f"{model}{week}",
                       elicitation=Elicitation.BARE, state=State.COMPLETE, grade=Grade.PRIMARY, source="kite.eval", items=scores)  # fmt: skip


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "evals.sqlite") as opened:
        yield opened


def shown(ledger, *runs):
    keep_measurements(ledger, runs)
    return page(ledger, load_register(), on=date(2026, 12, 31))


def test_every_use_is_on_the_page_also_the_unmeasured(ledger):
    html = shown(ledger)

    for use_case in load_register().use_cases.values():
        assert f'id="u-{use_case.id}"' in html
    assert html.count("not measurable: nobody measured it") == len(load_register().use_cases)


def test_a_crossing_stands_on_the_page_with_its_reason_and_its_alarm(ledger):
    runs = [a_run(0.95), a_run(0.95, 1)]
    keep_measurements(ledger, runs)
    use_case = load_register().use_case("self-test")
    settled = Preregistration.of(use_case, use_case.link("generated-arithmetic"))
    append_decisions(
        ledger, [Decided(settled, decide(settled, runs, on=DAY + timedelta(weeks=2)), tuple(runs))], "0.1.0"
    )

    html = page(ledger, load_register(), on=date(2026, 12, 31))
    assert "kite-7b has crossed the threshold of generated-arithmetic" in html
    assert '<td class="outcome crossed">crossed<small>on 2026-12-01</small></td>' in html
    assert use_case.rule_hash(use_case.link("generated-arithmetic")) in html


def test_a_rule_changed_after_a_decision_is_flagged_on_the_page(ledger):
    run, use_case = a_run(0.6), load_register().use_case("self-test")
    link = use_case.link("generated-arithmetic")
    before = link.model_copy(update={"rule": link.rule.model_copy(update={"alpha": 0.1})})
    settled = Preregistration.of(use_case, before)
    append_decisions(ledger, [Decided(settled, decide(settled, [run], on=DAY), (run,))], "0.1.0")

    assert "this series was decided under another rule before" in shown(ledger, run)


def test_a_published_figure_is_a_hollow_dot_and_no_verdict_on_runs(ledger):
    told = Measurement(benchmark="generated-arithmetic", model="their-model", measured_on=DAY, elicitation=Elicitation.BARE,
                       state=State.PUBLISHED, grade=Grade.QUOTED, source="s", published=Published(rate=0.7, low=0.6, high=0.8, level=0.95))  # fmt: skip
    html = shown(ledger, told)

    assert 'class="run published"' in html
    assert "Published figures of 1 model, which this rule does not decide on" in html


def test_a_run_of_one_item_or_one_cluster_is_shown_without_an_interval(ledger):
    run = a_run(0.5)
    together = tuple(replace(one, cluster="all") for one in run.items)
    html = shown(ledger, replace(run, items=run.items[:1]), replace(a_run(0.5, 1), items=together))

    assert html.count('<g class="run">') == 2
    assert 'class="whisker"' not in html


def test_a_models_name_cannot_become_markup_or_hide(ledger):
    html = shown(ledger, a_run(0.5, model="<script>alert(1)</script>\u202eevil"))

    assert "<script>" not in html
    assert "\u202e" not in html


def test_the_page_asks_nothing_of_any_network(ledger):
    html = shown(ledger, a_run(0.5))

    assert "default-src &#39;none&#39;" in html
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)


def test_the_same_ledger_gives_the_same_bytes(ledger, tmp_path):
    keep_measurements(ledger, [a_run(0.5), a_run(0.6, 1)])
    first, second = (
        write_evals_report(ledger, load_register(), tmp_path / name, on=DAY) for name in ("a.html", "b.html")
    )

    assert first.read_bytes() == second.read_bytes()


def test_runs_after_the_day_are_not_on_the_page(ledger):
    keep_measurements(ledger, [a_run(0.5, model="early"), a_run(0.5, 1, model="later")])
    html = page(ledger, load_register(), on=DAY)

    assert "early" in html
    assert "later" not in html.replace("earlier", "")


def test_a_crossing_run_wears_a_ring():
    point = Point(on=DAY, rate=0.9, low=0.8, high=0.95)
    plain, ringed = (
        trajectory([Line("kite", (one,))], [], THRESHOLD, "t")
        for one in (point, replace(point, crossed=True))
    )

    assert 'class="ring"' not in plain
    assert ringed.count('class="ring"') == 1


def test_only_so_many_models_get_a_line_and_each_its_own_mark():
    lines = [Line(f"model-{n}", (Point(on=DAY, rate=0.1 * n),)) for n in range(MOST_MODELS + 3)]
    drawn = trajectory(lines, [], THRESHOLD, "t")

    assert drawn.count('class="run"') == MOST_MODELS


def test_of_published_figures_those_that_were_the_best_when_they_came_are_named():
    figures = [
        Line(name, (Point(on=DAY + timedelta(weeks=week), rate=rate),))
        for week, (name, rate) in enumerate([("first", 0.3), ("worse", 0.2), ("better", 0.5)])
    ]
    drawn = trajectory([], figures, THRESHOLD, "t")

    assert ">first</text>" in drawn
    assert ">better</text>" in drawn
    assert ">worse</text>" not in drawn
