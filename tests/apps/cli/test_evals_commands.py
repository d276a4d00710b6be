"""`chipledger evals` as its user meets it: logs in, decisions out, alarms heard, mistakes told in one line."""

import json
import sys
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from chipledger.apps.cli.commands import run
from chipledger.core.sources import Grade
from chipledger.evals.measurement import ItemScore, Measurement, State
from chipledger.evals.register import load_register
from chipledger.evals.rule import Elicitation
from chipledger.evals.series import series_named
from chipledger.store.ledger import Ledger
from chipledger.store.read_evals import chain
from chipledger.store.write_evals import keep_measurements

LOG = next((Path(__file__).parents[2] / "evals/logs").glob("*.eval"))
DAY = date(2026, 12, 1)


def a_run(share, week=0, model="kite-7b", **fields):
    use_case = load_register().use_case("self-test")
    link = use_case.link("generated-arithmetic")
    scores = tuple(
        ItemScore(item=f"{n}", score=float(n % 100 < 100 * share), cluster=f"{n // 5}") for n in range(200)
    )
    given = {"rule_hash": use_case.rule_hash(link), "items": scores, "run_id": f"{model}-{week}"}
    return Measurement(benchmark="generated-arithmetic", model=model, measured_on=DAY + timedelta(weeks=week),
                       elicitation=Elicitation.BARE, state=State.COMPLETE, grade=Grade.PRIMARY, source="kite.eval",
                       **(given | fields))  # fmt: skip


@pytest.fixture
def ledger(tmp_path):
    """The path of a ledger with one run far above the self test's threshold, and a word to keep more in it."""
    path = tmp_path / "evals.sqlite"

    def keep(*runs):
        with Ledger.open(path) as opened:
            keep_measurements(opened, runs)
        return str(path)

    return keep


def said(capsys, *arguments):
    status = run(["evals", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_crossing_is_decided_alarmed_fed_and_replayed(ledger, tmp_path, capsys):
    path, feed = ledger(a_run(0.95), a_run(0.95, 1), a_run(0.95, 2)), tmp_path / "alarms.xml"
    status, out, _ = said(capsys, "decide", "self-test", "--ledger", path, "--on", "2026-12-31", "--format", "json", "--feed", feed, "--fail-on", "alarm")  # fmt: skip

    told = json.loads(out)
    assert status == 1
    assert [one["outcome"] for one in told["verdicts"]] == ["crossed"]
    assert told["use_cases"][0]["crossed"] == ["generated-arithmetic"]
    assert [one["kind"] for one in told["alarms"]] == ["crossed"]
    assert told["head"] == told["verdicts"][0]["hash"]
    assert "has crossed the threshold of generated-arithmetic" in feed.read_text("utf-8")
    assert said(capsys, "replay", "--ledger", path, "--head", told["head"])[0] == 0
    assert said(capsys, "replay", "--ledger", path, "--head", "0" * 64)[0] == 1


def test_an_alarm_is_new_once_and_fail_on_crossed_stays(ledger, capsys):
    path = ledger(a_run(0.95), a_run(0.95, 1), a_run(0.95, 2))
    asked = ("decide", "--ledger", path, "--on", "2026-12-31", "--format", "none")

    assert said(capsys, *asked, "--fail-on", "alarm")[0] == 1
    assert said(capsys, *asked, "--fail-on", "alarm")[0] == 0
    assert said(capsys, *asked, "--fail-on", "crossed")[0] == 1
    with Ledger.open(path) as opened:
        assert len(chain(opened)) == 1


def test_a_run_under_another_rule_is_flagged_and_alarmed(ledger, capsys):
    path = ledger(a_run(0.6, rule_hash="0" * 20))
    _, out, _ = said(capsys, "decide", "--ledger", path, "--on", "2026-12-31", "--format", "json")

    told = json.loads(out)
    assert told["verdicts"][0]["outcome"] == "indeterminate"
    assert any(flag.startswith("rule changed after data") for flag in told["verdicts"][0]["flags"])
    assert [one["kind"] for one in told["alarms"]] == ["rule changed after data"]


class Hook(BaseHTTPRequestHandler):
    """A hook that answers as told and keeps what it got."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))
        self.send_response(self.server.status)
        if self.server.status in (301, 302, 307):
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hook():
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_hook_gets_the_new_alarms_and_again_when_asked(ledger, hook, capsys):
    path = ledger(a_run(0.95), a_run(0.95, 1), a_run(0.95, 2))
    asked = (
        "decide",
        "--ledger",
        path,
        "--on",
        "2026-12-31",
        "--webhook",
        f"http://127.0.0.1:{hook.server_port}/hook",
    )

    assert said(capsys, *asked)[0] == 0
    assert said(capsys, *asked)[0] == 0
    assert [len(one["alarms"]) for one in hook.got] == [1]
    said(capsys, *asked, "--all-alarms")
    assert [len(one["alarms"]) for one in hook.got] == [1, 1]


@pytest.mark.parametrize(("status", "why"), [(500, "it answered 500"), (302, "it answered 302")])
def test_a_hook_that_refuses_or_moved_is_told_and_the_decision_kept(ledger, hook, status, why, capsys):
    path, hook.status = ledger(a_run(0.95), a_run(0.95, 1), a_run(0.95, 2)), status
    left, _, err = said(capsys, "decide", "--ledger", path, "--on", "2026-12-31", "--webhook", f"http://127.0.0.1:{hook.server_port}/")  # fmt: skip

    assert left == 2
    assert why in err
    with Ledger.open(path) as opened:
        assert len(chain(opened)) == 1


def test_an_address_that_is_none_is_refused_before_anything_is_decided(ledger, capsys):
    path = ledger(a_run(0.95))
    status, _, err = said(capsys, "decide", "--ledger", path, "--webhook", "file:///etc/passwd")

    assert status == 2
    assert "expected http(s)://HOST[:PORT]/PATH" in err
    with Ledger.open(path) as opened:
        assert chain(opened) == []


def test_a_real_log_is_read_decided_and_shown_on_the_page(tmp_path, capsys):
    path, page = tmp_path / "evals.sqlite", tmp_path / "evals.html"
    status, out, _ = said(capsys, "ingest", LOG, "--ledger", path, "--format", "json")

    (read,) = json.loads(out)
    assert status == 0
    assert read["benchmark"].startswith("generated-")
    assert said(capsys, "ingest", LOG, "--ledger", path, "--format", "none")[2].startswith(
        "chipledger: 1 read, 0 of them new"
    )
    assert said(capsys, "decide", "self-test", "--ledger", path, "--format", "none")[0] == 0
    assert said(capsys, "report", "--ledger", path, "--out", page)[0] == 0
    assert read["model"] in page.read_text("utf-8")


def test_a_damaged_log_is_told_and_the_rest_is_kept(tmp_path, capsys):
    logs, path = tmp_path / "logs", tmp_path / "evals.sqlite"
    logs.mkdir()
    (logs / "whole.eval").write_bytes(LOG.read_bytes())
    (logs / "cut.eval").write_bytes(LOG.read_bytes()[:2000])
    status, _, err = said(capsys, "ingest", logs, "--ledger", path)

    assert status == 1
    assert "cut.eval: " in err
    assert "1 read, 1 of them new, 1 files damaged" in err


def test_published_figures_are_a_lower_grade_and_decide_nothing_by_themselves(tmp_path, capsys):
    path = tmp_path / "evals.sqlite"
    said(capsys, "ingest", "--published", "--ledger", path, "--format", "none")
    _, out, _ = said(capsys, "decide", "cyber-offence-autonomous", "--ledger", path, "--format", "json")

    told = json.loads(out)["verdicts"]
    assert told
    assert {one["outcome"] for one in told} == {"indeterminate"}
    assert {one["reasons"][0] for one in told} == {
        "the rule decides on runs, and there are only published figures"
    }


def test_a_table_of_ones_own_is_read_with_its_source(tmp_path, capsys):
    table, path = tmp_path / "ours.csv", tmp_path / "evals.sqlite"
    head = "benchmark,model,variant,released_on,value,unit,low,high,level,stderr,items,elicitation,published_on,source,at,grade\n"
    table.write_text(
        head
        + "cybench,Kite-2,,2026-11-01,0.4,share,,,,,39,agent,2026-11-20,metr-horizon-1-1,Table 2,quoted\n"
    )
    status, out, _ = said(capsys, "ingest", table, "--ledger", path, "--format", "json")

    assert status == 0
    assert [(one["benchmark"], one["model"], one["grade"]) for one in json.loads(out)] == [
        ("cybench", "Kite-2", "quoted")
    ]
    table.write_text(
        head + "cybench,Kite-2,,2026-11-01,40,share,,,,,39,agent,2026-11-20,metr-horizon-1-1,Table 2,quoted\n"
    )
    status, _, err = said(capsys, "ingest", table, "--ledger", path)
    assert status == 1
    assert "ours.csv:2" in err
    assert "write 0.71 for 71%" in err


def test_what_is_due_is_listed_for_cron(ledger, capsys):
    path = ledger(a_run(0.4))
    asked = ("due", "--ledger", path, "--on", "2026-12-02", "--format", "json")
    status, out, _ = said(capsys, *asked, "--event", "new_weights:kite-7b:2026-12-02", "--fail-on", "due")

    rows = {one["benchmark"]: one for one in json.loads(out) if one["use_case"] == "self-test"}
    assert status == 1
    assert rows["generated-logic"]["why"] == "never run"
    assert "generated-arithmetic" not in {one["benchmark"] for one in json.loads(said(capsys, *asked)[1])}


def test_a_plan_says_what_stays_unknown(capsys):
    _, out, _ = said(capsys, "plan", "self-test", "--format", "json")

    one = json.loads(out)[0]
    assert one["cost"] is None
    assert "cost unknown: no price was given" in one["beware"]


def test_a_plan_costs_what_the_price_says(capsys):
    _, out, _ = said(capsys, "plan", "self-test", "--tokens", "1000/500", "--price", "2/4 USD", "--price-source", "price page", "--priced-on", "2026-11-20", "--format", "json")  # fmt: skip

    one = json.loads(out)[0]
    assert one["cost"] == pytest.approx(one["answers"] * (1000 * 2 + 500 * 4) / 1e6)
    assert one["priced"] == "price page, 2026-11-20"


def test_two_logs_are_compared_by_item(capsys):
    status, out, _ = said(capsys, "compare", LOG, LOG, "--format", "json")

    told = json.loads(out)
    assert status == 0
    assert told["difference"] == 0
    assert told["only_first"] == []


def test_a_forecast_is_back_tested_and_names_chips_that_documents_name(tmp_path, capsys):
    from chipledger.core.records import DocumentFacts, Mention, Purpose
    from chipledger.store.write import Scan

    path = tmp_path / "chips.sqlite"
    said_of = Mention(document="a", document_id="a" * 64, start=0, end=8, quote="512 A100", chip="NVIDIA A100", purpose=Purpose.PRETRAINING, subject="Yi-34B")  # fmt: skip
    with Ledger.open(path) as opened, opened.writing(Scan(target="a", started=DAY)) as writer:
        writer.add(DocumentFacts(document="a", document_id="a" * 64), [said_of])
    status, out, _ = said(capsys, "forecast", "MMLU", "--threshold", "0.75", "--chance", "0.25", "--on", "2025-06-01", "--ledger", path, "--format", "json")  # fmt: skip

    told = json.loads(out)
    assert status == 0
    assert told["outlook"] == "reached"
    assert 1 < told["efficiency"]["low"] < told["efficiency"]["factor_a_year"] < told["efficiency"]["high"]
    assert [one["documented_chips"] for one in told["least_compute"] if one["model"] == "Yi-34B"] == [
        ["NVIDIA A100"]
    ]


def test_a_forecast_of_a_past_day_knows_no_model_that_came_later(capsys):
    asked = ("forecast", "gpqa-diamond", "--chance", "0.25", "--on", "2024-06-01", "--format", "json")
    alone, below = (json.loads(said(capsys, *asked, *more)[1]) for more in ((), ("--flop", "1e26")))

    assert alone["least_compute"] == below["least_compute"] == []
    assert max(alone["models"], below["models"]) < len(series_named("gpqa-diamond").results) / 2
    assert alone["back_test_forecasts"] == 0


def test_a_forecast_takes_a_guessers_share_from_the_register(capsys):
    asked = ("forecast", "gpqa-diamond", "--on", "2025-06-01", "--format", "json")

    assert said(capsys, *asked)[1] == said(capsys, *asked, "--chance", "0.25")[1]
    assert said(capsys, *asked)[1] != said(capsys, *asked, "--chance", "0")[1]


def test_a_forecast_in_no_format_prints_nothing(capsys):
    assert said(capsys, "forecast", "gpqa-diamond", "--on", "2025-06-01", "--format", "none")[:2] == (0, "")


def test_a_forecast_takes_a_newer_table_of_models(tmp_path, capsys):
    table = tmp_path / "models.csv"
    table.write_text("Model,Publication date,Training compute (FLOP)\nYi-34B,2023-11-02,1e22\n", "utf-8")
    _, out, _ = said(
        capsys,
        "forecast",
        "MMLU",
        "--threshold",
        "0.75",
        "--on",
        "2025-06-01",
        "--models",
        table,
        "--format",
        "json",
    )

    assert [(one["model"], one["training_flop"]) for one in json.loads(out)["least_compute"]] == [
        ("Yi-34B", 1e22)
    ]


def test_the_register_can_be_shown_copied_and_checked(tmp_path, capsys):
    entry = tmp_path / "use_cases" / "self-test.yaml"
    entry.parent.mkdir()
    entry.write_text(said(capsys, "register", "show", "self-test", "--format", "yaml")[1], "utf-8")

    assert said(capsys, "register", "check", tmp_path)[0] == 0
    entry.write_text(entry.read_text("utf-8").replace("does_not_show:", "doesnt_show:"), "utf-8")
    status, _, err = said(capsys, "register", "check", tmp_path)
    assert status == 2
    assert "self-test.yaml:" in err and "doesnt_show" in err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("register", "show", "cyber"), "no such use case: 'cyber'"),
        (("plan", "self-test", "--price", "3/15 USD"), "a price needs its source and its day"),
        (("plan", "self-test", "--tokens", "many"), "not a pair: 'many'"),
        (("due", "--ledger", "nowhere.sqlite"), "no such ledger"),
        (("ingest",), "nothing to read"),
        (("ingest", "nowhere.eval"), "no such file or folder"),
        (("forecast", "moon landing 1969"), "no published figures"),
        (("forecast", "METR time horizon 50%"), "expected --threshold in minutes"),
        (("due", "--event", "moon:kite:soon", "--ledger", "x"), "not an event"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_status_two(arguments, line, capsys):
    status, _, err = said(capsys, *arguments)

    assert status == 2
    assert line in err
    assert len(err.strip().splitlines()) == 1


def test_without_numpy_the_register_is_read_and_a_decision_says_what_to_install(ledger, capsys, monkeypatch):
    path = ledger(a_run(0.4))
    for name in [one for one in sys.modules if one.startswith(("chipledger.evals.statistics", "chipledger.evals.decide", "chipledger.evals.bounds", "chipledger.evals.combine", "chipledger.apps.cli.evals.decide"))]:  # fmt: skip
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert said(capsys, "register", "list", "--format", "none")[0] == 0
    assert said(capsys, "due", "--ledger", path, "--format", "none")[0] == 0
    status, _, err = said(capsys, "decide", "--ledger", path)
    assert status == 2
    assert "pip install chipledger[stats]" in err
