"""Scanning and fetching repositories that are kept: incremental over the network, offline, and a whole owner at once."""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chipledger.apps.cli.main import main


def git(folder: Path, *arguments: str, day: str = "2024-05-14") -> str:
    when = f"{day}T12:00:00+0000"
    named = ["-c", "user.name=Wei", "-c", "user.email=wei@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *named, *arguments], cwd=folder, check=True, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
             "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
    ).stdout.strip()  # fmt: skip


def repository(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "README.md").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    process = subprocess.Popen(
        ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}", "--export-all"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(100):
            if process.poll() is not None:
                pytest.skip("git daemon is not installed")
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield folder, port
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    out, err = capsys.readouterr()
    return status, out, err


def mentions(out: str) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in out.splitlines()]
    return [(one["quote"], one["organisation"]) for one in lines if one["kind"] == "mention"]


def test_a_scan_with_snapshots_fetches_only_what_is_new(
    served: tuple[Path, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository(served[0] / tmp_path.name / "acme" / "kite", "Trained on 64 H20 GPUs.\n")
    url, kept = f"git://127.0.0.1:{served[1]}/{tmp_path.name}/acme/kite", str(tmp_path / "kept")
    words = ("scan", url, "--snapshots", kept, "--format", "jsonl")
    status, out, err = told(capsys, *words)
    assert (status, mentions(out)) == (0, [("64 H20 GPUs", "acme")]) and "1 new ref" in err
    assert "nothing new" in told(capsys, *words)[2]
    (folder / "README.md").write_text("Trained on 128 H20 GPUs.\n")
    git(folder, "commit", "-q", "-a", "-m", "more")
    _, out, err = told(capsys, *words)
    assert mentions(out) == [("128 H20 GPUs", "acme")] and "1 moved" in err
    (folder / ".git").rename(folder / "away")  # the server has it no more
    _, out, _ = told(capsys, *words, "--offline")
    assert mentions(out) == [("128 H20 GPUs", "acme")]


def test_a_history_is_read_from_the_copy_and_again_only_what_is_new(
    served: tuple[Path, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository(served[0] / tmp_path.name / "acme" / "kite", "Trained on 64 H20 GPUs.\n")
    url, kept = f"git://127.0.0.1:{served[1]}/{tmp_path.name}/acme/kite", str(tmp_path / "kept")
    ledger = str(tmp_path / "a.sqlite")
    words = ("scan", url, "--history", "--snapshots", kept, "--ledger", ledger)
    assert told(capsys, *words)[0] == 0
    (folder / "README.md").write_text("Trained on many cards.\n")
    git(folder, "commit", "-q", "-a", "-m", "less", day="2024-12-06")
    status, _, err = told(capsys, *words)
    assert status == 0 and "1 moved" in err
    _, out, _ = told(capsys, "scan", url, "--history", "--snapshots", kept, "--offline", "--format", "jsonl")
    lines = [json.loads(line) for line in out.splitlines()]
    assert any("2024-12-06" in json.dumps(line) for line in lines), "the removal has its day"


def test_an_address_that_was_not_fetched_is_told_offline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("scan", "git://127.0.0.1:1/x/y", "--snapshots", str(tmp_path / "kept"), "--offline")
    status, _, err = told(capsys, *words)
    assert status == 2 and "nothing was fetched for this before" in err and err.count("\n") == 1


@pytest.fixture
def api(served: tuple[Path, int], tmp_path: Path) -> Iterator[str]:
    """An API that lists two repositories of an owner, one of which is not there, and one that leads elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = f"git://127.0.0.1:{served[1]}/{tmp_path.name}/acme"
            listed = [{"full_name": f"acme/{name}", "name": name, "owner": {"login": "acme"}, "clone_url": url}
                      for name, url in (("kite", f"{at}/kite"), ("gone", f"{at}/gone"), ("evil", "http://169.254.169.254/x/y"))]  # fmt: skip
            body = json.dumps(listed).encode() if self.path.startswith("/orgs/acme/") else b"none"
            self.send_response(200 if body != b"none" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_every_repository_of_an_owner_is_fetched_and_scanned(
    served: tuple[Path, int], api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("httpcore", reason="fetching needs the extra [connect]")
    repository(served[0] / tmp_path.name / "acme" / "kite", "Trained on 64 H20 GPUs.\n")
    reach = ("--endpoint", f"github={api}", "--allow-private", "127.0.0.1")
    kept = str(tmp_path / "kept")
    status, out, err = told(capsys, "scan", "github:acme", "--snapshots", kept, "--format", "jsonl", *reach)
    assert (status, mentions(out)) == (0, [("64 H20 GPUs", "acme")])
    assert "169.254.169.254" in err and "refused" in err
    assert any(json.loads(line)["kind"] == "error" and "gone" in line for line in out.splitlines())
    status, out, _ = told(capsys, "fetch", "github:acme", "--into", kept, "--format", "jsonl", *reach)
    became = {row["name"].rpartition("/")[2]: row["became"] for row in map(json.loads, out.splitlines())}
    assert status == 1 and became["kite"] == "unchanged" and became["gone"] == "failed"


def test_fetch_keeps_a_repository_with_every_ref(
    served: tuple[Path, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository(served[0] / tmp_path.name / "acme" / "kite", "Trained on 64 H20 GPUs.\n")
    git(folder, "tag", "v1")
    url = f"git://127.0.0.1:{served[1]}/{tmp_path.name}/acme/kite"
    words = ("fetch", url, "--into", str(tmp_path / "kept"), "--format", "jsonl")
    assert json.loads(told(capsys, *words)[1])["became"] == "fetched"
    assert json.loads(told(capsys, *words)[1])["became"] == "unchanged"
