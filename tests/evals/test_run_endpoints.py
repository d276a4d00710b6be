"""Real runs through Inspect against the mock and a real server on loopback, which answers well or badly."""

import socket
import time

import pytest
from openai_server import KEY, completion, loopback_only, rate_limited, says, serving, well
from toy_register import DAY, SUMS, use_case

from chipledger.core.errors import InputError
from chipledger.evals.inspect_adapter import Allowance, ModelSettings
from chipledger.evals.measurement import State
from chipledger.evals.register import load_register
from chipledger.evals.run import planned, run
from chipledger.evals.tasks import generated

pytest.importorskip("inspect_ai")
pytestmark = pytest.mark.evals

TARGETS = {item.input: item.target for item in generated("arithmetic", 0, 10)}
CHOSEN = sorted(TARGETS)[:4]
ONE_TRY = Allowance(retries=0, timeout_seconds=5, connections=5)
HTML = "<html><body><h1>Sign in</h1></body></html>"


@pytest.fixture(autouse=True, scope="module")
def no_network():
    with loopback_only():
        yield


@pytest.fixture(autouse=True)
def plain_traces(monkeypatch):
    """Inspect colours each trace twice, which takes longer than the run; its text is the same."""
    for module in ("inspect_ai._util.rich", "inspect_ai._display.core.results"):
        monkeypatch.setattr(f"{module}.rich_traceback", lambda *error, **how: "")


def looked(tmp_path, model, allowance=ONE_TRY, case=None):
    return run(
        planned(case or use_case(), SUMS, model, look="first", on=DAY, into=tmp_path, allowance=allowance)
    )


def live(endpoint, key=KEY):
    return ModelSettings(name="openai-api/local/m", base_url=endpoint.url, api_key=key)


def test_a_look_on_the_mock_is_a_measurement_under_its_rule_and_is_made_once(tmp_path):
    mock = ModelSettings(name="mockllm/steady", ability=50.0)
    done = looked(tmp_path, mock)
    case = use_case()
    assert done.complete and done.reasons == ()
    (found,) = done.measurements
    assert (found.rate, found.state, found.benchmark) == (1.0, State.COMPLETE, SUMS.id)
    assert found.rule_hash == case.rule_hash(case.links[0])
    assert looked(tmp_path, mock).measurements == done.measurements

    with pytest.raises(InputError, match="begun under another rule"):
        looked(tmp_path, mock, case=use_case(alpha=0.01))


def test_an_endpoint_that_answers_is_measured_item_by_item(tmp_path):
    with serving(well(lambda text: TARGETS[text] if text in CHOSEN else "I pass")) as endpoint:
        done = looked(tmp_path, live(endpoint))
    (found,) = done.measurements
    assert (found.model, found.rate, found.state) == ("openai-api/local/m", 0.4, State.COMPLETE)
    assert {one["messages"][-1]["content"] for one in endpoint.asked} == set(TARGETS)


def test_a_refusal_by_the_endpoint_is_counted_apart(tmp_path):
    body = completion("m", "", finish="content_filter")
    with serving(says(200, "application/json", body)) as endpoint:
        done = looked(tmp_path, live(endpoint))
    (found,) = done.measurements
    assert (found.rate, sum(one.refused for one in found.items)) == (0.0, 10)


def test_a_rate_limit_is_waited_for_and_the_run_completes(tmp_path):
    with serving(rate_limited(3, well(TARGETS.__getitem__))) as endpoint:
        done = looked(tmp_path, live(endpoint), Allowance(retries=0, timeout_seconds=20, connections=2))
    assert done.measurements[0].rate == 1.0
    assert len(endpoint.asked) == 13


@pytest.mark.parametrize(
    ("reply", "key", "reason", "most_requests"),
    [
        (None, KEY, "the endpoint did not answer in time", 1),
        (says(200, "application/json", completion("m", "").replace('"choices": [', '"choices": [], "kept": [')), KEY, "the endpoint answered with something that is no chat completion", 3),
        (rate_limited(10**6, None), KEY, "the endpoint kept refusing because of its rate limit", 3),
        (says(200, "text/html", HTML), KEY, "the endpoint answered with something that is no chat completion", 3),
        (says(200, "application/json", "{}"), KEY, "the endpoint answered with something that is no chat completion", 3),
        (says(502, "text/html", HTML), KEY, "the endpoint failed", 3),
        (well(str), "wrong", "the endpoint refused the key", 1),
    ],
    ids=["hangs", "no-choice", "rate-limits", "html", "empty-json", "bad-gateway", "wrong-key"],
)  # fmt: skip
def test_a_bad_endpoint_is_a_failed_measurement_with_its_reason_in_bounded_time(
    tmp_path, reply, key, reason, most_requests
):
    began = time.monotonic()
    with serving(reply) as endpoint:
        allowance = Allowance(retries=0, timeout_seconds=1 if reply is None else 20, connections=1)
        done = looked(tmp_path, live(endpoint, key), allowance)
    assert time.monotonic() - began < 30
    (found,) = done.measurements
    assert not done.complete
    assert (found.state, found.rate) == (State.FAILED, None)
    assert found.reason.startswith(reason) and "\n" not in found.reason
    assert done.reasons == (found.reason,)
    assert 0 < len(endpoint.asked) <= most_requests


def test_a_refused_connection_is_a_failed_measurement(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        done = looked(tmp_path, ModelSettings(name="openai-api/local/m", base_url=address, api_key=KEY),
                      Allowance(retries=0, timeout_seconds=5, connections=1))  # fmt: skip
    assert done.measurements[0].state is State.FAILED
    assert done.reasons[0].startswith(
        ("cannot connect to the endpoint", "the endpoint did not answer in time")
    )


def test_what_was_scored_before_an_endpoint_failed_is_kept_and_the_next_call_does_the_rest(tmp_path):
    good = well(TARGETS.__getitem__)
    broken = {"from": 7}

    def reply(asked, number):
        return (
            good(asked, number) if number < broken["from"] else (500, "application/json", {}, '{"error": {}}')
        )

    with serving(reply) as endpoint:
        allowance = Allowance(retries=0, timeout_seconds=20, connections=1)
        first = looked(tmp_path, live(endpoint), allowance)
        kept = len(first.measurements[0].scored)
        assert first.measurements[0].state is State.FAILED
        assert kept == 6
        broken["from"], asked_before = 10**6, len(endpoint.asked)
        done = looked(tmp_path, live(endpoint), allowance)
    assert len(endpoint.asked) - asked_before == 10 - kept
    (found,) = done.measurements
    assert (found.rate, found.state, found.run) == (1.0, State.COMPLETE, first.measurements[0].run)


def test_a_link_of_the_bundled_register_runs_offline(tmp_path):
    register = load_register()
    case = register.use_case("self-test")
    bench = register.benchmark(
        "generated-logic" if "generated-logic" in {one.benchmark for one in case.links} else SUMS.id
    )
    mock = ModelSettings(name="mockllm/steady", ability=0.0)
    plan = planned(case, bench, mock, look="1", on=DAY, into=tmp_path, allowance=Allowance(items=10))
    (found,) = run(plan).measurements
    assert (found.benchmark, found.state, len(found.scored)) == (bench.id, State.COMPLETE, 10)
    assert found.rule_hash == case.rule_hash(case.link(bench.id))
