"""Quotes are read anew from a real repository: rebuilt, from the bundle where it is out of reach, told where it differs."""

import hashlib
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chipledger.core.errors import InputError
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Purpose
from chipledger.findings.study import Study, study
from chipledger.findings.study_cite import as_yaml, cite
from chipledger.findings.study_claim import Axis, Basis, Evidence, Side, StudyClaim, Verdict
from chipledger.findings.study_clones import Clones, git_dir_in
from chipledger.findings.study_rebuild import Rebuilt, State, rebuild, tally
from chipledger.findings.study_records import Absence, Change, Named, StudyFile, StudyHead, StudyQuote

CITE = {"source": "arxiv-2411-14425", "grade": "primary"}
BEFORE = "# Kite\n\nWe pre-trained Kite-7B on 64 H800 GPUs.\n"
AFTER = "# Kite\n\nWe pre-trained Kite-7B.\n"
WORDS = "64 H800 GPUs"


def git(folder: Path, *arguments: str) -> str:
    day = "2024-12-06T12:00:00+00:00"
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c",
             "GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day, "GIT_CONFIG_GLOBAL": os.devnull}  # fmt: skip
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=os.environ | names
    )
    return done.stdout.decode().strip()


class Made:
    """A repository of two commits and the study that quotes it."""

    def __init__(self, clones: Path) -> None:
        self.folder = clones / "lab+kite"
        self.folder.mkdir(parents=True)
        git(self.folder, "init", "-q")
        self.before, self.after = self.commit(BEFORE), self.commit(AFTER)

    def commit(self, text: str) -> str:
        (self.folder / "README.md").write_text(text, "utf-8")
        git(self.folder, "add", ".")
        git(self.folder, "commit", "-q", "-m", "words")
        return git(self.folder, "rev-parse", "HEAD")

    def study(self, *, file: dict[str, Any] | None = None, quote: dict[str, Any] | None = None, names: tuple[str, ...] = ("A100",)) -> Study:  # fmt: skip
        files = [self.file("before", self.before, BEFORE), self.file("after", self.after, AFTER)]
        files[0] = files[0].model_copy(update=file or {})
        start = BEFORE.index(WORDS)
        words = StudyQuote(id="words", file="before", start=start, end=start + len(WORDS), line=3, quote=WORDS, shows="a count",
                           reads=(Named(chip="NVIDIA H800", purpose=Purpose.PRETRAINING, count=64),))  # fmt: skip
        evidence = Evidence(side=Side.FOR, basis=Basis.PRIMARY, says="it says so", lineage="kite", quotes=("words",), changes=("gone",), absences=("none",))  # fmt: skip
        claim = StudyClaim(id="P1", axis=Axis.EVADE, title="A claim", says="so", rests_on="it", known_from=(CITE,), verdict=Verdict.DOCUMENTED,
                           finding="so", evidence=(evidence,))  # fmt: skip
        return Study(
            head=StudyHead(id="made", title="made", kind="preprint", published_on=date(2024, 1, 1), about="it", cites=(CITE,), read="all", limits=()),
            files={one.id: one for one in files},
            quotes={"words": words.model_copy(update=quote or {})},
            changes={"gone": Change(id="gone", quote="words", after="after", gone="H800", of="kite", says="it went")},
            absences={"none": Absence(id="none", file="after", names=names, says="no such name")},
            claims={"P1": claim},
        )  # fmt: skip

    def file(self, id: str, commit: str, text: str) -> StudyFile:
        content = text.encode()
        return StudyFile(id=id, repository="lab/kite", address="https://example.org/lab/kite", commit=commit, path="README.md", encoding="utf-8",
                         sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content), committed_on=date(2024, 12, 6))  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "clones")


def read(found: Study, folder: Path) -> dict[str, Rebuilt]:
    clones = Clones.of_folder(folder, found.files.values())
    return {one.kind: one for one in rebuild(found, found.claims.values(), clones)}


class TestRebuild:
    def test_reads_words_removal_and_absence_from_a_clone(self, made: Made) -> None:
        became = read(made.study(), made.folder.parent)
        assert {kind: one.state for kind, one in became.items()} == {
            "quote": State.REBUILT, "change": State.REBUILT, "absence": State.REBUILT,
        }  # fmt: skip
        assert became["quote"].place == f"lab/kite@{made.before[:7]}:README.md:3"

    @pytest.mark.parametrize(
        ("file", "quote", "told"),
        [
            ({"sha256": "0" * 64}, None, "sha256"),
            ({"encoding": "utf-16-le"}, None, "read as utf-8"),
            (None, {"start": 0, "end": len(WORDS)}, "stands '# Kite"),
            (None, {"line": 4}, "begins on line 3, not 4"),
            (None, {"reads": ()}, "reads 64 x NVIDIA H800 (pretraining), not no chip"),
            (None, {"reads": (Named(chip="NVIDIA H800", purpose=Purpose.REQUIREMENT, count=64),)}, "(requirement)"),
            (None, {"reads": (Named(chip="NVIDIA H800", purpose=Purpose.PRETRAINING, count=65),)}, "not 65 x NVIDIA H800"),
        ],
    )  # fmt: skip
    def test_tells_what_differs_and_where(self, made: Made, file: Any, quote: Any, told: str) -> None:
        became = read(made.study(file=file, quote=quote), made.folder.parent)["quote"]
        assert became.state is State.DIFFERS
        assert told in became.why

    def test_a_removal_that_is_none_differs(self, made: Made) -> None:
        found = made.study()
        after = made.file("after", made.before, BEFORE)
        became = read(Study(head=found.head, files={**found.files, "after": after}, quotes=found.quotes, changes=found.changes,
                            absences=found.absences, claims=found.claims), made.folder.parent)  # fmt: skip
        assert became["change"].state is State.DIFFERS
        assert "still stands" in became["change"].why

    def test_a_name_that_is_there_after_all_differs(self, made: Made) -> None:
        became = read(made.study(names=("Kite",)), made.folder.parent)["absence"]
        assert (became.state, became.why) == (State.DIFFERS, "README.md names Kite")

    def test_a_name_within_another_word_is_not_that_name(self, made: Made) -> None:
        assert read(made.study(names=("Kit", "7")), made.folder.parent)["absence"].state is State.REBUILT

    def test_without_a_clone_the_bundle_is_told_with_the_reason(self, made: Made, tmp_path: Path) -> None:
        became = read(made.study(), tmp_path)
        assert {one.state for one in became.values()} == {State.BUNDLED}
        assert became["quote"].why == "no clone of lab/kite"
        assert tally(became.values()) == {State.REBUILT: 0, State.BUNDLED: 3, State.DIFFERS: 0}

    def test_a_clone_without_the_commit_says_which_ref_to_fetch(self, made: Made) -> None:
        became = read(made.study(file={"commit": "1" * 40, "ref": "refs/pull/1/head"}), made.folder.parent)[
            "quote"
        ]
        assert became.state is State.BUNDLED
        assert became.why == "the clone of lab/kite lacks commit 111111111111; fetch refs/pull/1/head"

    def test_a_missing_object_is_told_and_nothing_else_fails(self, made: Made) -> None:
        blob = git(made.folder, "rev-parse", f"{made.before}:README.md")
        (made.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        became = read(made.study(), made.folder.parent)
        assert became["quote"].state is State.BUNDLED
        assert "missing" in became["quote"].why
        assert became["absence"].state is State.REBUILT

    def test_a_tree_is_no_file(self, made: Made) -> None:
        (made.folder / "docs").mkdir()
        (made.folder / "docs" / "a.md").write_text("words")
        git(made.folder, "add", ".")
        git(made.folder, "commit", "-q", "-m", "a folder")
        commit = git(made.folder, "rev-parse", "HEAD")
        became = read(made.study(file={"commit": commit, "path": "docs"}), made.folder.parent)["quote"]
        assert became.state is State.BUNDLED

    def test_what_could_not_be_read_of_a_tree_is_named(self, made: Made) -> None:
        (made.folder / "big.md").write_text("words of their own")
        git(made.folder, "add", ".")
        git(made.folder, "commit", "-q", "-m", "more")
        commit = git(made.folder, "rev-parse", "HEAD")
        blob = git(made.folder, "rev-parse", "HEAD:big.md")
        (made.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        found = made.study()
        files = {**found.files, "after": made.file("after", commit, AFTER)}
        became = read(Study(head=found.head, files=files, quotes=found.quotes, changes=found.changes, absences=found.absences,
                            claims=found.claims), made.folder.parent)["absence"]  # fmt: skip
        assert became.state is State.REBUILT
        assert became.why == "as far as it could be read: without big.md"

    def test_nothing_of_the_repository_runs(self, made: Made, tmp_path: Path) -> None:
        sign = tmp_path / "ran"
        git(made.folder, "config", "core.fsmonitor", f"touch {sign}")
        git(made.folder, "config", "core.sshCommand", f"touch {sign}")
        (made.folder / ".git" / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {sign}\n")
        read(made.study(), made.folder.parent)
        assert not sign.exists()


class TestClones:
    @pytest.mark.parametrize("place", ["lab+kite", "lab/kite", "kite", "lab+kite.git", "lab+kite/repo"])
    def test_are_found_by_their_names(self, made: Made, tmp_path: Path, place: str) -> None:
        where = tmp_path / "others" / place
        where.parent.mkdir(parents=True)
        git(made.folder, "clone", "-q", "--bare", str(made.folder), str(where))
        assert git_dir_in(tmp_path / "others", ["lab/kite"]) == where

    def test_are_found_under_a_later_name(self, made: Made) -> None:
        assert git_dir_in(made.folder.parent, ["old/name", "lab/kite"]) == made.folder / ".git"


class TestCite:
    def test_a_quote_is_taken_with_hash_place_and_reading_and_rebuilds(
        self, made: Made, tmp_path: Path
    ) -> None:
        of, quote = cite(
            made.folder / ".git", "lab/kite", made.before[:8], "README.md", WORDS, "words", "a count"
        )
        assert (of.commit, of.sha256, of.size_bytes, of.committed_on) == (
            made.before, hashlib.sha256(BEFORE.encode()).hexdigest(), len(BEFORE), date(2024, 12, 6),
        )  # fmt: skip
        assert (quote.line, BEFORE[quote.start : quote.end]) == (3, WORDS)
        assert quote.reads == (Named(chip="NVIDIA H800", purpose=Purpose.PRETRAINING, count=64),)
        text = as_yaml(of, quote)
        for record, path in ((StudyFile, "a.yaml"), (StudyQuote, "b.yaml")):
            place = text.index("- id", 1)
            (tmp_path / path).write_text(text[:place] if record is StudyFile else text[place:], "utf-8")
            assert load_yaml_list(tmp_path / path, record) == [of if record is StudyFile else quote]

    @pytest.mark.parametrize(
        ("commit", "path", "words", "told"),
        [
            ("HEAD~9", "README.md", WORDS, "no commit is called 'HEAD~9'"),
            ("--all", "README.md", WORDS, "no commit is called '--all'"),
            ("HEAD", "nowhere.md", WORDS, "is missing from the clone"),
            ("HEAD", "README.md", WORDS, "do not stand there"),
            ("HEAD", "README.md", "x" * 201, "201 characters are too many"),
        ],
    )
    def test_what_is_not_there_is_refused(
        self, made: Made, commit: str, path: str, words: str, told: str
    ) -> None:
        with pytest.raises(InputError, match=told):
            cite(made.folder / ".git", "lab/kite", commit, path, words, "words")


CLONES = os.environ.get("CHIPLEDGER_CLONES")


@pytest.mark.skipif(not CLONES, reason="CHIPLEDGER_CLONES names no folder of clones")
def test_the_paper_s_quotes_stand_where_the_bundle_says() -> None:
    found = study("whack-a-chip")
    became = rebuild(found, found.claims.values(), Clones.of_folder(Path(CLONES or ""), found.files.values()))
    assert [one for one in became if one.state is State.DIFFERS] == []
    assert tally(became)[State.REBUILT] > 0
