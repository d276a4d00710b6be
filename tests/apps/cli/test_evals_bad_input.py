"""What a hostile or clumsy hand gives to `chipledger evals`: one line on standard error and status 1 or 2, never a trace."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from chipledger.apps.cli.commands import run
from chipledger.apps.cli.evals.webhook import check_address, post
from chipledger.core.errors import InputError
from chipledger.evals.published import TABLES
from chipledger.store.ledger import Ledger

LOG = next((Path(__file__).parents[2] / "evals/logs").glob("*.eval"))
TABLE = TABLES / "caisi_deepseek_v4_pro.csv"
# The command where numpy and scipy are not installed
BARE = """
import sys
sys.modules["numpy"] = sys.modules["scipy"] = None
from chipledger.apps.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def told(capsys, *arguments):
    status = run(["evals", *map(str, arguments)])
    return status, capsys.readouterr().err


@pytest.mark.parametrize("verb", ["decide", "replay", "forecast", "report", "compare", "ingest", "plan"])
def test_without_numpy_each_verb_that_needs_it_says_so_in_one_line(verb):
    done = subprocess.run([sys.executable, "-c", BARE, "evals", verb, *["self-test"] * (verb == "plan")], capture_output=True, text=True, check=False)  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install chipledger[stats]" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--threshold", "nan"), "a threshold of nan (--threshold)"),
        (("--threshold", "inf"), "a threshold of inf (--threshold)"),
        (("--threshold", "60", "--flop", "nan"), "a ceiling of nan FLOP (--flop)"),
        (("--threshold", "60", "--flop", "inf"), "a ceiling of inf FLOP (--flop)"),
        (("--threshold", "60", "--flop", "0"), "a ceiling of 0.0 FLOP (--flop)"),
    ],
)
def test_a_forecast_of_no_number_is_refused(capsys, options, message):
    status, said = told(capsys, "forecast", "METR time horizon 50%", *options)

    assert status == 2
    assert message in said


def test_endless_clusters_are_refused(capsys):
    status, said = told(capsys, "plan", "self-test", "--cluster-size", "inf")

    assert status == 2
    assert "clusters of inf" in said


def test_a_damaged_table_is_told_and_the_log_beside_it_is_kept(tmp_path, capsys):
    bad = tmp_path / "bad.csv"
    bad.write_text(TABLE.read_text("utf-8").replace("share", "percent"), "utf-8")
    status, said = told(capsys, "ingest", bad, LOG, "--ledger", tmp_path / "e.sqlite", "--format", "none")

    assert status == 1
    assert "bad.csv: unit: " in said
    assert "1 read, 1 of them new, 1 files damaged" in said


def test_figures_of_no_benchmark_of_the_register_are_told(tmp_path, capsys):
    mine = tmp_path / "mine.csv"
    lines = TABLE.read_text("utf-8").splitlines(keepends=True)
    mine.write_text(lines[0] + lines[1].replace("ARC-AGI-2", "ARC-AGI-Two"), "utf-8")
    status, said = told(capsys, "ingest", mine, "--ledger", tmp_path / "e.sqlite", "--format", "none")

    assert status == 0
    assert "mine.csv: 1 of 1 rows are no share, or of no benchmark of the register, and are left out" in said


@pytest.mark.parametrize("name", ["a\ud800", "a\0b", "", "a" * 301, "a\nALARM crossed: b"])
def test_a_model_that_no_ledger_could_name_is_refused(tmp_path, capsys, name):
    results = tmp_path / "results_a.json"
    figures = {
        "results": {"toy": {"acc,none": 0.5}},
        "versions": {},
        "date": 1793620800.0,
        "model_name": name,
    }
    results.write_text(json.dumps(figures), "utf-8")
    status, said = told(capsys, "ingest", results, "--ledger", tmp_path / "e.sqlite", "--benchmark", "toy=generated-logic")  # fmt: skip

    assert status == 1
    assert "results_a.json: " in said
    assert "0 read" in said


def test_a_file_whose_name_is_no_utf_8_is_read(tmp_path, capsys):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "caf\udce9.eval").write_bytes(LOG.read_bytes())

    assert told(capsys, "ingest", tmp_path / "logs", "--ledger", tmp_path / "e.sqlite")[0] == 0


def test_what_a_terminal_would_obey_is_told_in_print(tmp_path, capsys):
    (tmp_path / "\x1b]0;owned\x07.eval").write_bytes(b"no log")
    _, said = told(capsys, "ingest", tmp_path, "--ledger", tmp_path / "e.sqlite")

    assert "\\x1b]0;owned\\x07.eval: the file is no log" in said


@pytest.mark.parametrize(
    "address",
    ["http://[::1", "http://a:99999/", "http://a:b/", "http://a/é", "http://a b/", "http://me:key@a/", "http://a/\n", "ftp://a/"],
)  # fmt: skip
def test_what_is_no_address_of_a_hook_is_refused_without_being_told_again(address):
    with pytest.raises(InputError, match="not the address of a hook") as caught:
        check_address(address)
    assert address not in str(caught.value)


def dripping(listener):
    """Answer a header's letter at a time, for ever."""
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X")
            time.sleep(0.05)


def test_a_hook_that_drips_ends_in_time_and_its_address_is_told_up_to_the_host():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=dripping, args=(listener,), daemon=True).start()
        port, began = listener.getsockname()[1], time.monotonic()
        with pytest.raises(InputError, match=rf"did not answer in time \(http://127.0.0.1:{port}\)"):
            post(f"http://127.0.0.1:{port}/secret", [], wait_seconds=0.4)
    assert time.monotonic() - began < 5


def test_a_host_that_cannot_be_is_told():
    with pytest.raises(InputError, match="the hook did not take the alarms"):
        post(f"http://{'a' * 300}/", [], wait_seconds=1)


@pytest.fixture
def empty(tmp_path):
    path = tmp_path / "e.sqlite"
    Ledger.open(path).close()
    return path


def test_nothing_but_a_file_is_ever_replaced_by_a_feed(empty, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    for place, what in ((tmp_path / "pipe", "it is no plain file"), (tmp_path, "Is a directory"), ("", "Is a directory")):  # fmt: skip
        status, said = told(capsys, "decide", "--ledger", empty, "--feed", place)

        assert status == 2
        assert f"cannot write: {what}" in said
    assert (tmp_path / "pipe").is_fifo()


def test_a_noted_hash_that_an_empty_chain_does_not_hold_is_told(empty, capsys):
    status, said = told(capsys, "replay", "--ledger", empty, "--head", "abc")

    assert status == 1
    assert "no decision has the noted hash abc" in said


def test_a_model_without_runs_is_named(empty, capsys):
    assert "no runs of 'kyte' to decide on" in told(capsys, "decide", "--ledger", empty, "--model", "kyte")[1]
