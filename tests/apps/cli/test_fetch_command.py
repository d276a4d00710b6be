"""`fetch`, and `scan` of what must be fetched first: against a loopback site, with the ledger that comes of it."""

import importlib.util
import json
import sys
from datetime import date
from pathlib import Path

import pytest

from chipledger.apps.cli.main import main
from chipledger.documents.snapshot import Fetched, writing
from chipledger.store import read
from chipledger.store.ledger import Ledger

_SITE = Path(__file__).parents[2] / "documents" / "connect" / "loopback_site.py"
_SPEC = importlib.util.spec_from_file_location("loopback_site_of_apps", _SITE)
loopback = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = loopback
_SPEC.loader.exec_module(loopback)

PAGE = (
    "<html><title>Kite</title><body><p>"
    + "Kite-7B was pretrained on 64 H800 GPUs for 4 days in a rented hall. " * 5
    + "</p></body></html>"
)


@pytest.fixture
def site(monkeypatch, tmp_path):
    for name in (
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "HF_TOKEN",
        "OPENALEX_API_KEY",
        "HF_ENDPOINT",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("chipledger.documents.connect.pace.DEFAULT_SECONDS", 0.0)
    with loopback.serving() as one:
        one.put("/kite", PAGE, Content_Type="text/html", ETag='"one"')
        yield one


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_what_is_fetched_is_scanned_with_its_address_and_days(site, tmp_path, capsys):
    kept, ledger, allow = (
        str(tmp_path / "kept"),
        str(tmp_path / "chips.sqlite"),
        ("--allow-private", "127.0.0.1"),
    )
    status, out, err = told(capsys, "fetch", f"{site.url}/kite", "--into", kept, *allow, "--format", "jsonl")
    (row,) = map(json.loads, out.splitlines())
    assert (status, row["became"], row["connector"], row["reason"]) == (0, "fetched", "web", None)
    assert "1 fetched, 0 failures" in err
    assert told(capsys, "scan", kept, "--ledger", ledger, "--quiet")[0] == 0
    with Ledger.open(ledger, create=False) as opened:
        (stored,) = read.stored_documents(opened)
    facts = stored.facts
    assert (facts.url, facts.project, str(facts.fetched_on)) == (f"{site.url}/kite", None, row["fetched_on"])
    assert facts.checked_on == stored.last_seen == facts.fetched_on and len(stored.mentions) == 5
    assert told(capsys, "ledger", "verify", "--ledger", ledger)[0] == 0


def test_words_that_stood_in_an_earlier_version_keep_its_day(tmp_path, capsys):
    held, ledger = tmp_path / "kept", str(tmp_path / "chips.sqlite")
    versions = {
        date(2026, 1, 5): "Kite-7B was pretrained on 64 H800 GPUs.",
        date(2026, 3, 5): "Kite-7B was pretrained on 64 H800 GPUs. Later, 8 H20.",
    }
    for day, text in versions.items():
        with writing(held) as snapshot, snapshot.receiving() as sink:
            sink.write(text.encode())
            row = Fetched(
                connector="hub",
                item="x",
                name="x.md",
                url="https://a.org/x",
                project="kite",
                fetched_on=day,
                last_seen_on=day,
            )
            snapshot.keep(sink, row)
    assert told(capsys, "scan", str(held), "--ledger", ledger, "--jobs", "2", "--quiet")[0] == 0
    with Ledger.open(ledger, create=False) as opened:
        found = sorted((one.chip, str(one.first_seen), str(one.last_seen)) for one in read.mentions(opened))
    assert found == [
        ("NVIDIA H20", "2026-03-05", "2026-03-05"),
        ("NVIDIA H800", "2026-01-05", "2026-01-05"),
        ("NVIDIA H800", "2026-01-05", "2026-03-05"),
    ]


def test_a_page_is_scanned_by_its_address_and_again_without_the_network(site, tmp_path, capsys):
    words = ("scan", f"{site.url}/kite", "--allow-private", "127.0.0.1", "--format", "jsonl")
    status, out, err = told(capsys, *words)
    assert status == 0 and '"chip": "NVIDIA H800"' in out and "1 fetched" in err
    asked = len(site.asked)
    assert told(capsys, "scan", f"{site.url}/kite", "--offline", "--format", "jsonl")[1] == out
    assert "1 held already" in told(capsys, *words)[2] and len(site.asked) == asked
    assert (tmp_path / "cache" / "chipledger" / "snapshots" / "index.sqlite").is_file()


def test_a_scan_tells_what_could_not_be_fetched_and_reads_the_rest(site, capsys):
    targets = (f"{site.url}/kite", f"{site.url}/gone")
    status, out, _ = told(
        capsys, "scan", *targets, "--allow-private", "127.0.0.1", "--format", "jsonl", "--fail-on", "errors"
    )
    lines = [json.loads(line) for line in out.splitlines()]
    (error,) = [line for line in lines if line["kind"] == "error"]
    assert status == 1 and (error["stage"], error["reason"]) == ("fetch", "not found (404)")
    assert sum(line["kind"] == "document" for line in lines) == 1


def test_a_private_address_is_refused_unless_the_user_allows_it(site, tmp_path, capsys):
    status, _, err = told(capsys, "fetch", f"{site.url}/kite", "--into", str(tmp_path / "kept"))
    assert (
        status == 1
        and "not on the open internet" in err
        and "--allow-private 127.0.0.1" in err
        and site.asked == []
    )


def test_the_folder_is_listed(site, tmp_path, capsys):
    kept = str(tmp_path / "kept")
    told(capsys, "fetch", f"{site.url}/kite", "--into", kept, "--allow-private", "127.0.0.1")
    status, out, _ = told(capsys, "fetch", "--list", "--into", kept, "--format", "csv")
    assert (
        status == 0
        and out.splitlines()[0].startswith("name,size_bytes,licence")
        and len(out.splitlines()) == 2
    )
    assert (
        json.loads(told(capsys, "fetch", "--list", "--into", kept, "--format", "json", "hf:none/such")[1])
        == []
    )


def test_the_hub_and_its_token_come_from_the_environment(site, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", site.url)
    monkeypatch.setenv("HF_TOKEN", "hush")
    head = "a" * 40
    site.put("/api/models/lab/kite/revision/main", json.dumps({"sha": head, "cardData": {"license": "mit"}}))
    site.put(
        f"/api/models/lab/kite/tree/{head}",
        json.dumps([{"type": "file", "path": "README.md", "oid": "1", "size": 9}]),
    )
    site.put(f"/lab/kite/resolve/{head}/README.md", "Trained on 64 H20 GPUs.")
    words = ("hf:lab/kite", "--allow-private", "127.0.0.1", "--format", "jsonl")
    status, out, err = told(capsys, "scan", *words)
    facts = next(line for line in map(json.loads, out.splitlines()) if line["kind"] == "document")
    assert (status, facts["organisation"], facts["licence"], facts["commit"]) == (0, "lab", "mit", head)
    assert site.asked[0][1]["authorization"] == "Bearer hush" and "hush" not in out + err


@pytest.mark.parametrize(
    ("words", "said"),
    [(("fetch",), "nothing to fetch"), (("fetch", "papers"), "nothing here knows"),
     (("fetch", "arxiv:kites"), "not an arXiv id"), (("fetch", "arxiv:2411.02265", "--endpoint", "x"), "not an endpoint"),
     (("fetch", "--list"), "no snapshot"), (("scan", "hf:a/b", "--offline"), "nothing was fetched"), (("fetch", "hf:a", "--most", "0"), "--most")],
)  # fmt: skip
def test_bad_usage_is_told_in_one_line(site, capsys, words, said):
    status, out, err = told(capsys, *words)
    assert status == 2 and said in err and err.count("\n") == 1 and out == ""


def test_without_the_http_library_one_line_says_what_to_install(site, capsys, monkeypatch):
    for name in list(sys.modules):
        if name == "httpcore" or name.startswith(("httpcore.", "chipledger.documents.connect.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "httpcore", None)
    status, _, err = told(capsys, "fetch", "arxiv:2411.02265")
    assert status == 2 and "pip install chipledger[connect]" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "words", "named"),
    [({"HF_TOKEN": "hf_sécret"}, (), "HF_TOKEN"), ({"HF_ENDPOINT": "hub.corp"}, (), "not an endpoint"),
     ({"HTTPS_PROXY": "socks5://me:secret@127.0.0.1:1"}, (), "proxy"), ({"SSL_CERT_FILE": "/no/such"}, (), "certificates"),
     ({}, ("--contact", "Jörg"), "--contact"), ({}, ("--endpoint", "hup=https://hub.corp"), "arxiv, cc-data")],
)  # fmt: skip
def test_what_no_header_or_connection_can_take_is_one_line_without_secrets(
    site, tmp_path, capsys, monkeypatch, given, words, named
):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    status, _, err = told(capsys, "fetch", f"{site.url}/kite", "--into", str(tmp_path / "kept"), *words)
    assert status == 2 and err.count("\n") == 1 and named in err and "cret" not in err


def test_a_password_in_an_address_is_refused_and_not_told(site, tmp_path, capsys):
    status, _, err = told(
        capsys, "fetch", "https://me:s@cret@example.org/a", "--into", str(tmp_path / "kept")
    )
    assert status == 2 and "password" in err and "cret" not in err


def test_a_proxy_is_given_its_name_and_password(site, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", site.url.replace("//", "//me:p%40ss@"))
    proxied = "http://198.51.100.7/kite"
    monkeypatch.setattr("chipledger.documents.connect.guard.is_public", lambda address: True)
    site.put(proxied, PAGE, Content_Type="text/html")
    status, _, _ = told(capsys, "fetch", proxied, "--into", str(tmp_path / "kept"))
    logins = {headers.get("proxy-authorization") for _, headers in site.asked}
    assert status == 0 and logins == {"Basic bWU6cEBzcw=="}
