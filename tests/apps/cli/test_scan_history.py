"""`chipledger scan --history`: first and last days, removals, proposals, histories begun anew; resumed and read once.

The repositories are made on the spot, in words of our own, with the dates and the shape of two that are public: one whose
launch settings and one chip were taken out after a paper had appeared, and one whose first chips survive only below
pull requests. The real ones are read where CHIPLEDGER_MIRRORS names a folder of clones called owner+name.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chipledger.apps.cli.main import main
from chipledger.apps.cli.progress import ScanProgress
from chipledger.store import read_history
from chipledger.store.ledger import Ledger
from chipledger.store.verify import problems

Lines = list[dict[str, Any]]
HCAS = ",".join(f"mlx5_bond_{number}" for number in (1, 5, 3, 7, 4, 8, 2, 6))
SCRIPT = f"""#!/bin/bash
export NCCL_IB_GID_INDEX=3
export NCCL_IB_CUDA_SUPPORT=1
export NCCL_IB_HCA={HCAS}
export NCCL_NET_GDR_LEVEL=2
"""
RUN = "torchrun --nnodes 2 train.py --bf16\n"
ENGLISH = """# Large

The {least} were tried: tuning all weights takes 32 GPUs, LoRA takes 8.

In BF16 it requires 16 {serving} GPUs for deployment; then do the following.

| framework | GPUs (H20) |
| --- | --- |
"""
CHINESE = "# 大模型\n\n在 H20 上试过，全量微调要 32 卡。\n\nBF16 需要 16 卡{serving} 部署，再做下面几步。\n\n| 框架 | 卡数（H20） |\n| --- | --- |\n"
JAPANESE = "# 大規模\n\nH20で試した。フルファインチューニングには32枚が要る。\n\nBF16の配備には16枚のH800またはH20が要る。\n\n| 枠組み | GPU数（H20） |\n| --- | --- |\n"


def git(
    folder: Path, *arguments: str, when: str = "2024-11-05T12:00:00+0800", mail: str = "dev@tencent.com"
) -> str:
    identity = [
        "-c",
        "user.name=Someone",
        "-c",
        f"user.email={mail}",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "commit.gpgsign=false",
    ]
    env = {
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True, env=env
    )
    return done.stdout.strip()


def commit(folder: Path, when: str, files: dict[str, str], mail: str = "dev@tencent.com") -> str:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a change", when=when, mail=mail)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """The shape of the first: settings out on 24 November, H800 out on 6 December, a Japanese page never merged."""
    folder = tmp_path / "Tencent+Tencent-Hunyuan-Large"
    folder.mkdir()
    git(folder, "init", "-q")
    pages = {
        "README.md": ENGLISH.format(least="H20", serving="H800 or H20"),
        "README_CN.md": CHINESE.format(serving="H800、H20"),
    }
    commit(folder, "2024-11-05T11:47:00+0800", {**pages, "train/train.sh": SCRIPT + RUN})
    git(folder, "checkout", "-q", "-b", "proposal")
    commit(folder, "2024-11-17T17:28:00+0900", {"README_JP.md": JAPANESE}, mail="someone@example.co.jp")
    git(folder, "update-ref", "refs/pull/14/head", "HEAD")
    git(folder, "checkout", "-q", "main")
    git(folder, "branch", "-q", "-D", "proposal")
    commit(folder, "2024-11-24T22:38:00+0800", {"train/train.sh": "#!/bin/bash\n" + RUN})
    commit(
        folder,
        "2024-12-06T16:14:00+0800",
        {"README.md": ENGLISH.format(least="H20", serving="H20")},
        mail="x@gmail.com",
    )
    commit(
        folder,
        "2024-12-06T16:15:00+0800",
        {"README_CN.md": CHINESE.format(serving="H20")},
        mail="x@gmail.com",
    )
    return folder


@pytest.fixture
def anew(tmp_path: Path) -> Path:
    """The shape of the second: the owner's first line is left only below two pull requests, main begins again."""
    folder = tmp_path / "Tencent+HunyuanDiT"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "2024-05-13T19:34:00+0800", {"LICENSE.txt": "terms\n"})
    commit(folder, "2024-05-14T09:40:00+0800", {"README.md": "# Pictures\n\n| model | cards | GPU |\n| --- | --- | --- |\n| whole | 1 | V100/A100 32G |\n\nWe tried it on V100 and A100 GPUs.\n"})  # fmt: skip
    for number, mail in ((10, "one@qq.com"), (15, "two@gmail.com")):
        git(folder, "checkout", "-q", "-b", f"p{number}", "main")
        commit(folder, "2024-05-15T10:00:00+0800", {f"note{number}.md": "a note\n"}, mail=mail)
        git(folder, "update-ref", f"refs/pull/{number}/head", "HEAD")
    git(folder, "checkout", "-q", "--orphan", "again", "main")
    commit(folder, "2024-05-23T10:40:00+0800", {"README.md": "# Pictures\n\n| model | GPU |\n| --- | --- |\n| whole | A100 32G |\n\nWe tried it on V100 and A100 GPUs.\n"})  # fmt: skip
    git(folder, "branch", "-q", "-D", "main", "p10", "p15")
    git(folder, "branch", "-q", "-m", "main")
    return folder


def scanned(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Lines:
    assert main(["scan", "--history", *map(str, arguments), "--format", "jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def of_kind(lines: Lines, kind: str) -> Lines:
    return [line for line in lines if line["kind"] == kind]


def naming(lines: Lines, chip: str) -> Lines:
    return [
        line
        for line in of_kind(lines, "mention")
        if line["chip"] == f"NVIDIA {chip}" and chip in line["words"]
    ]


def test_nine_lines_name_the_chip_and_the_unmerged_three_are_nobodys_word(large: Path, capsys: Any) -> None:
    found = naming(scanned(capsys, large), "H20")
    assert len(found) == 9
    unmerged = [line for line in found if line["standing"] == "proposed"]
    assert {line["last_path"] for line in unmerged} == {"README_JP.md"}
    assert len(unmerged) == 3
    assert {(line["owner"], line["organisation"]) for line in unmerged} == {(None, None)}
    assert {line["first_author_organisation"] for line in unmerged} == {"example.co.jp"}
    assert all(line["refs"] == ["refs/pull/14/head"] for line in unmerged)
    assert {line["carried"]["in_words"] for line in unmerged} == {"translation of README.md"}
    assert all("the names differ in their language alone" in line["carried"]["reasons"] for line in unmerged)
    assert all(line["carried"] is None for line in found if line["standing"] != "proposed")
    assert {line["owner"] for line in found if line["standing"] == "stands"} == {"Tencent"}


def test_a_chip_dropped_from_a_line_that_goes_on_is_a_finding(large: Path, capsys: Any) -> None:
    gone = [line for line in of_kind(scanned(capsys, large), "removal") if line["what"] == "chip"]
    assert [
        (line["name"], line["path"], line["manner"], line["removed_on"], line["days_after"]) for line in gone
    ] == [
        ("NVIDIA H800", "README.md", "dropped from its line", "2024-12-06", 15),
        ("NVIDIA H800", "README_CN.md", "dropped from its line", "2024-12-06", 15),
    ]
    assert {(line["first_seen"], line["purpose"], line["is_named_still"]) for line in gone} == {
        ("2024-11-05", "requirement", False)
    }
    assert "H800 or H20" in gone[0]["words_before"]
    assert "16 H20 GPUs" in gone[0]["words_now"]
    assert "15 days after the paper" in gone[0]["in_words"]


def test_the_line_that_lost_a_chip_is_one_statement_of_the_other(large: Path, capsys: Any) -> None:
    serving = [line for line in naming(scanned(capsys, large), "H20") if "deployment" in line["words"]]
    assert [
        (line["first_seen"], line["last_seen"], line["wordings"], line["standing"]) for line in serving
    ] == [("2024-11-05", "2024-12-06", 2, "stands")]


def test_launch_settings_and_their_removal_are_told_with_the_paper_before_it(
    large: Path, capsys: Any
) -> None:
    lines = scanned(capsys, large)
    settings = {line["name"]: line for line in of_kind(lines, "setting")}
    assert settings["NCCL_IB_HCA"]["value"].split(",") == HCAS.split(",")
    gone = {line["name"]: line for line in of_kind(lines, "removal") if line["what"] == "setting"}
    assert set(gone) == {"NCCL_IB_GID_INDEX", "NCCL_IB_CUDA_SUPPORT", "NCCL_IB_HCA", "NCCL_NET_GDR_LEVEL"}
    assert {(line["removed_on"], line["days_after"], line["event"]) for line in gone.values()} == {
        ("2024-11-24", 3, "whack-a-chip-paper")
    }
    assert gone["NCCL_NET_GDR_LEVEL"]["author_organisation"] == "tencent.com"
    assert gone["NCCL_NET_GDR_LEVEL"]["in_words"].startswith(
        "NCCL_NET_GDR_LEVEL=2 in train/train.sh, there since 2024-11-05, was removed on 2024-11-24 ("
    )


def test_every_quote_stands_where_it_is_said_to(large: Path, capsys: Any) -> None:
    for line in of_kind(scanned(capsys, large), "mention"):
        text = git(large, "show", f"{line['commit']}:{line['path']}") + "\n"
        assert text[line["start"] : line["end"]] == line["quote"]
        assert git(large, "rev-parse", f"{line['commit']}:{line['path']}") == line["blob"]


def test_a_history_begun_anew_is_known_and_its_first_line_belongs_to_the_owner(
    anew: Path, capsys: Any
) -> None:
    lines = scanned(capsys, anew)
    restart = of_kind(lines, "restart")[0]
    assert (restart["begun_anew_on"], restart["earlier_until"], restart["earlier_commits"]) == (
        "2024-05-23",
        "2024-05-14",
        2,
    )
    assert restart["refs"] == ["refs/pull/10/head", "refs/pull/15/head"] or restart["refs"] == [
        "refs/pull/15/head"
    ]
    chips = of_kind(lines, "mention")
    assert min(line["first_seen"] for line in chips) == "2024-05-14"
    tested = [line for line in chips if "tried" in line["words"]]
    assert {(line["first_seen"], line["last_seen"], line["standing"]) for line in tested} == {
        ("2024-05-14", "2024-05-23", "stands")
    }
    gone = of_kind(lines, "removal")
    assert [(line["name"], line["manner"], line["removed_on"], line["is_named_still"]) for line in gone] == [
        ("NVIDIA V100", "dropped from its line", "2024-05-23", True)
    ]


def test_a_second_scan_reads_only_what_is_new(large: Path, tmp_path: Path, capsys: Any) -> None:
    ledger = tmp_path / "chips.sqlite"
    first = scanned(capsys, large, "--ledger", ledger)
    assert main(["scan", "--history", str(large), "--ledger", str(ledger)]) == 0
    assert "7 of them unchanged" in capsys.readouterr().err
    commit(large, "2025-01-10T12:00:00+0800", {"notes.md": "Now also on 8 H20 GPUs.\n"})
    assert main(["scan", "--history", str(large), "--ledger", str(ledger)]) == 0
    assert "8 documents, 7 of them unchanged" in capsys.readouterr().err
    fresh = scanned(capsys, large)
    with Ledger.open(ledger, create=False) as opened:
        assert list(read_history.lines(opened)) == fresh
        assert problems(opened) == []
    assert len(of_kind(fresh, "mention")) == len(of_kind(first, "mention")) + 1


def test_one_process_and_two_say_the_same(large: Path, capsys: Any) -> None:
    assert scanned(capsys, large) == scanned(capsys, large, "--jobs", "2")


def test_a_pack_says_the_same_as_loose_objects(large: Path, capsys: Any) -> None:
    before = scanned(capsys, large)
    git(large, "gc", "-q")
    assert scanned(capsys, large) == before


def test_an_address_is_cloned_with_every_ref(large: Path, capsys: Any) -> None:
    assert len(naming(scanned(capsys, f"file://{large}"), "H20")) == 9


def test_words_of_a_history_that_was_replaced_are_kept(large: Path, tmp_path: Path, capsys: Any) -> None:
    ledger = tmp_path / "chips.sqlite"
    scanned(capsys, large, "--ledger", ledger)
    git(large, "checkout", "-q", "--orphan", "other")
    commit(large, "2025-04-24T12:00:00+0800", {"README.md": "# Large\n\nNothing more.\n"})
    for ref in git(large, "for-each-ref", "--format=%(refname)").split():
        if ref != "refs/heads/other":
            git(large, "update-ref", "-d", ref)
    scanned(capsys, large, "--ledger", ledger)
    with Ledger.open(ledger, create=False) as opened:
        kept = list(read_history.lines(opened, kind="mention"))
    assert {line["chip"] for line in kept if line["standing"] == "rewritten"} >= {"NVIDIA H20", "NVIDIA H800"}


def test_a_shallow_clone_says_that_the_words_may_be_older(large: Path, tmp_path: Path, capsys: Any) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{large}", str(tmp_path / "cut"))
    found = of_kind(scanned(capsys, tmp_path / "cut"), "mention")
    assert found
    assert all(line["is_cut"] for line in found)


def test_a_partial_clone_reads_what_it_has_and_tells_the_rest(
    large: Path, tmp_path: Path, capsys: Any
) -> None:
    git(large, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{large}", str(tmp_path / "partial"))
    lines = scanned(capsys, tmp_path / "partial")
    assert "blobs are missing from this copy" in of_kind(lines, "error")[0]["reason"]
    assert naming(lines, "H20")


def test_a_pointer_to_large_files_says_nothing(tmp_path: Path, capsys: Any) -> None:
    git(tmp_path, "init", "-q")
    commit(
        tmp_path,
        "2024-01-01T12:00:00+0000",
        {"h20.md": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 8\n"},
    )
    assert scanned(capsys, tmp_path) == []


def test_a_file_that_moves_takes_its_statements_along(tmp_path: Path, capsys: Any) -> None:
    git(tmp_path, "init", "-q")
    commit(tmp_path, "2024-01-01T12:00:00+0000", {"a.md": "Trained on 64 H800 GPUs.\n"})
    git(tmp_path, "mv", "a.md", "b.md")
    commit(tmp_path, "2024-02-01T12:00:00+0000", {})
    found = scanned(capsys, tmp_path)
    assert [(line["kind"], line["first_path"], line["last_path"], line["standing"]) for line in found] == [
        ("mention", "a.md", "b.md", "stands")
    ]


def test_a_file_that_is_deleted_is_a_removal_and_one_that_comes_back_is_none(
    tmp_path: Path, capsys: Any
) -> None:
    git(tmp_path, "init", "-q")
    commit(
        tmp_path,
        "2024-01-01T12:00:00+0000",
        {"a.md": "Trained on 64 H800 GPUs.\n", "b.md": "Served on 8 H20 GPUs.\n"},
    )
    (tmp_path / "a.md").unlink()
    (tmp_path / "b.md").unlink()
    commit(tmp_path, "2024-02-01T12:00:00+0000", {})
    commit(tmp_path, "2024-03-01T12:00:00+0000", {"b.md": "Served on 8 H20 GPUs.\n"})
    lines = scanned(capsys, tmp_path)
    assert [(line["name"], line["manner"], line["removed_on"]) for line in of_kind(lines, "removal")] == [
        ("NVIDIA H800", "file removed", "2024-02-01")
    ]
    assert [line["last_seen"] for line in of_kind(lines, "mention") if line["chip"] == "NVIDIA H20"] == [
        "2024-03-01"
    ]


def test_what_is_no_repository_is_refused_in_one_line(tmp_path: Path, capsys: Any) -> None:
    assert main(["scan", "--history", str(tmp_path)]) == 2
    assert "not a git repository" in capsys.readouterr().err


def test_tables_and_csv_tell_the_removals(large: Path, capsys: Any) -> None:
    assert main(["scan", "--history", str(large), "--format", "csv"]) == 0
    assert "dropped from its line" in capsys.readouterr().out
    assert main(["scan", "--history", str(large)]) == 0
    said = capsys.readouterr().out
    assert "Removed or weakened" in said
    assert "and 3 more like it" in said.replace("\n", " ")


def test_stopped_midway_it_goes_on(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    git(folder, "init", "-q")
    pages = {f"{number}.md": f"Run {number} used {number + 2} H800 GPUs.\n" for number in range(60)}
    commit(folder, "2024-01-01T12:00:00+0000", pages)
    ledger = tmp_path / "chips.sqlite"
    command = ["scan", "--history", str(folder), "--ledger", str(ledger)]
    seen: list[int] = []

    def stop_at_the_twentieth(progress: ScanProgress, size_bytes: int) -> None:
        seen.append(size_bytes)
        if len(seen) == 20:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ScanProgress, "advance", stop_at_the_twentieth)
        assert main(command) == 3
    assert "run the same command again" in capsys.readouterr().err
    assert main(command) == 0
    assert "60 documents, 20 of them unchanged" in capsys.readouterr().err
    with Ledger.open(ledger, create=False) as opened:
        assert len(list(read_history.lines(opened))) == len(scanned(capsys, folder)) == 60


MIRRORS = os.environ.get("CHIPLEDGER_MIRRORS")


@pytest.mark.skipif(
    not MIRRORS, reason="CHIPLEDGER_MIRRORS names no folder of clones with their pull requests"
)
def test_the_real_histories_tell_what_is_known_of_them(capsys: Any) -> None:
    large = scanned(capsys, Path(str(MIRRORS), "Tencent+Tencent-Hunyuan-Large", "repo"))
    assert len(naming(large, "H20")) == 9
    proposed = [line for line in naming(large, "H20") if line["standing"] == "proposed"]
    assert len(proposed) == 3
    assert {
        (line["carried"]["kind"], line["carried"]["strength"], line["carried"]["of"]["path"])
        for line in proposed
    } == {("translation", "strong", "README.md")}
    gone = {(line["name"], line["path"]): line for line in of_kind(large, "removal")}
    assert gone["NVIDIA H800", "README.md"]["commit"].startswith("b7c512b")
    assert gone["NVIDIA H800", "README_CN.md"]["commit"].startswith("cdc3735")
    assert gone["NCCL_NET_GDR_LEVEL", "train/train.sh"]["commit"].startswith("ba70fab")
    first = [line for line in of_kind(large, "mention") if line["chip"] == "NVIDIA H800"]
    assert min(line["first_seen"] for line in first) == "2024-11-05"
    pictures = of_kind(scanned(capsys, Path(str(MIRRORS), "Tencent+HunyuanDiT", "repo")), "mention")
    oldest = min(pictures, key=lambda line: line["first_seen"])
    assert (oldest["first_seen"], oldest["first_commit"][:7]) == ("2024-05-14", "df9acb9")
