"""Two snapshots of one project join, a squatter does not; forks, mirrors, namesakes and moves are told apart."""

import os
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from chipledger.core.byline import Line
from chipledger.core.records import DocumentFacts, FailedDocument
from chipledger.documents.line import line_of
from chipledger.documents.sources import documents
from chipledger.evidence.author import domain_of
from chipledger.evidence.extract import extract
from chipledger.findings.attribution import Attribution, Standing
from chipledger.findings.claim import claims
from chipledger.findings.finding import joined
from chipledger.findings.identity import identified
from chipledger.findings.known_project import Strength, Turned
from chipledger.findings.snapshot import Dated, snapshots

PAGES = Path(__file__).parent / "identity_pages"
TODAY = date(2026, 11, 25)
SEPTEMBER, NOVEMBER = date(2024, 9, 13), date(2024, 11, 4)
SQUAT = """The previous repo has expired, now we re-upload it.

# About GameGen-O

A collection of a million clips of games was gathered for it, and every clip has a caption that tells what happens.
The model is taught first on clips with captions and then on instructions that steer the characters of the clip.
It was trained on 512 A100 GPUs.

Inspired by the crypto world we made a meme image of a Shiba Inu; may it bring fortune.

    @article{che2024, title={GameGen-O}, author={Che, Haoxuan and He, Xuanhua and Liu, Quande}, journal={arXiv:2411.00769}}
"""


def repository(folder, owner, name, text, *, day, author="Somebody", address="x73@gmail.com", onto=None):
    """A real repository of one commit, or a clone of another with one commit more."""
    place = folder / f"{owner}+{name}"
    if onto is not None:
        subprocess.run(["git", "clone", "-q", "--bare", str(onto), str(place)], check=True)
        subprocess.run(["git", "-C", str(place), "remote", "remove", "origin"], check=True)
        if text is None:
            return place
    else:
        subprocess.run(["git", "init", "-q", "--bare", str(place)], check=True)
    work = folder / f"work-{owner}-{name}"
    subprocess.run(["git", "clone", "-q", str(place), str(work)], check=True, stderr=subprocess.DEVNULL)
    (work / "README.md").write_text(text, encoding="utf-8")
    who = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": address, "GIT_COMMITTER_NAME": author, "GIT_COMMITTER_EMAIL": address,
           "GIT_AUTHOR_DATE": f"{day}T10:00:00+0800", "GIT_COMMITTER_DATE": f"{day}T10:00:00+0800"}  # fmt: skip
    for command in (["add", "."], ["commit", "-q", "-m", "README"], ["push", "-q", "origin", "HEAD"]):
        subprocess.run(["git", "-C", str(work), *command], check=True, env={**os.environ, **who})
    return place


def read(*targets):
    """What a scan of the targets would keep: documents with their days and mentions, lines of repositories."""
    dated, said, lines = [], [], []
    for target in targets:
        for document in documents(str(target)):
            if isinstance(document, FailedDocument):
                continue
            found = extract(document)
            first = found.facts.published_on or document.seen_on or TODAY
            dated.append(Dated(found.facts, first, document.seen_on or TODAY))
            said.append(
                (found.facts, [replace(one, first_seen=first, last_seen=first) for one in found.mentions])
            )
        if (Path(target) / "HEAD").exists():
            line = line_of(Path(target), TODAY, domain_of)
            assert line is not None
            lines.append(line)
    return dated, said, lines


def projects(*targets):
    dated, _, lines = read(*targets)
    return {one.name: one for one in identified(snapshots(dated, lines)).projects}


def signs(reasons):
    return {one.sign for one in reasons}


def test_the_pages_of_september_and_november_are_one_project():
    project = projects(PAGES)["GameGen-X"]

    assert (project.name, project.former_names) == ("GameGen-X", ("GameGen-O",))
    (join,) = project.joins
    assert (join.how, join.strength) == ("rename", Strength.LIKELY)
    assert signs(join.reasons) >= {"same authors", "same title", "same sentences"}


def test_the_affiliation_with_tencent_holds_in_september_only():
    by_party = {one.party: one for one in projects(PAGES)["GameGen-X"].affiliations}

    tencent = by_party["tencent"]
    assert (tencent.first_on, tencent.last_on, tencent.not_shown_from) == (SEPTEMBER, SEPTEMBER, NOVEMBER)
    assert (tencent.author_count, tencent.printed) == (5, ("LightSpeed Studios, Tencent",))
    assert tencent.holds_on(SEPTEMBER) is True
    assert tencent.holds_on(date(2024, 10, 1)) is None
    assert (by_party["hkust"].first_on, by_party["hkust"].last_on) == (SEPTEMBER, NOVEMBER)
    assert by_party["cuhk"].first_on == NOVEMBER
    assert "Tencent" in tencent.in_words
    assert "other days unknown" in tencent.in_words


def test_eight_h100_stay_reported_and_unverified_and_are_laid_to_the_project():
    dated, said, lines = read(PAGES)
    (claim,) = claims(said, attribution=Attribution(identified(snapshots(dated, lines))))

    assert (claim.project, claim.chip, claim.count) == ("gamegen-x", "NVIDIA H100", 8)
    assert (claim.standing, claim.unverified_counts) == (Standing.UNVERIFIED, (8,))
    assert claim.organisation is None
    assert claim.background.former_names == ("GameGen-O",)
    (finding,) = joined([claim])
    assert finding.statement.endswith("(count 8; reported, unverified)")
    assert finding.as_dict()["affiliations"][0]["basis"] == "affiliated authors"


def test_a_count_is_verified_only_by_the_projects_own_words():
    dated, said, lines = read(PAGES)
    page = next(facts for facts, _ in said if facts.document == "gamegen-x.html")
    own = replace(
        said[-1][1][0],
        document=page.document,
        document_id=page.document_id,
        prefix="We trained it on ",
        quote="8 H100",
    )
    (claim,) = claims([*said, (page, [own])], attribution=Attribution(identified(snapshots(dated, lines))))

    assert (claim.standing, claim.unverified_counts) == (Standing.STATED, ())


@pytest.mark.parametrize("copied", ["", "\n\n[Haoxuan Che](https://chehx.github.io/), [Xuanhua He](https://x.io/), [Quande Liu](https://l.io/), [Cheng Jin](https://c.io/), [Hao Chen](https://h.io/)\n"])  # fmt: skip
def test_a_squatter_is_rejected_with_reasons_even_where_it_copies_the_author_block(tmp_path, copied):
    text = SQUAT.replace("# About GameGen-O\n", "# GameGen-O\n" + copied)
    squat = repository(tmp_path, "GameGen-O", "gamegen-o.github.io", text, day="2024-12-21")
    dated, said, lines = read(PAGES, squat)
    identity = identified(snapshots(dated, lines))
    project = identity.named("GameGen-X")

    assert project is not None
    (rejection,) = project.rejections
    assert (rejection.verdict, rejection.trust) == (Turned.SQUAT, 0)
    assert signs(rejection.reasons) >= {
        "promotion",
        "says it begins anew",
        "name left behind",
        "no commits",
        "no committers",
    }
    assert len(project.snapshots) == 2
    by_project = {claim.project: claim for claim in claims(said, attribution=Attribution(identity))}
    assert by_project["gamegen-x"].chip == "NVIDIA H100"
    squatted = by_project["gamegen-o.github.io"]
    assert squatted.background.squats_on is not None
    assert squatted.background.squats_on[0] == "gamegen-x"
    assert squatted.background.affiliations == ()


def test_a_new_repository_of_one_of_the_authors_joins(tmp_path):
    text = "# GameGen-X\n\n[Haoxuan Che](https://chehx.github.io/), [Xuanhua He](https://x.io/), [Quande Liu](https://l.io/), [Cheng Jin](https://c.io/)\n"
    own = repository(
        tmp_path,
        "GameGen-X",
        "GameGen-X",
        text,
        day="2025-04-24",
        author="System Administrator",
        address="root@hexuanhuadeMacBook-Pro.local",
    )
    found = projects(PAGES, own)

    assert {one.kind for one in found["GameGen-X"].snapshots} == {"page", "repository"}
    assert any("authors commit" in signs(join.reasons) for join in found["GameGen-X"].joins)
    assert not any(
        "Xuanhua" in reason.in_words for join in found["GameGen-X"].joins for reason in join.reasons
    )


def test_a_repository_that_moved_between_owners_of_one_party_is_one_project(tmp_path):
    old = repository(tmp_path, "Tencent", "KiteDiT", "# KiteDiT\n\nTested on A100.\n", day="2024-05-14")
    new = repository(tmp_path, "Tencent-Hunyuan", "KiteDiT", None, day="2024-05-14", onto=old)
    project = projects(old, new)["KiteDiT"]

    assert [one.owner for one in project.owners] == ["Tencent", "Tencent-Hunyuan"]
    assert {one.party for one in project.owners} == {"Tencent"}
    assert [(join.how, join.strength) for join in project.joins] == [("move", Strength.CERTAIN)]


@pytest.mark.parametrize("name", ["KiteDiT", "Kite-X"])
def test_a_file_that_two_homes_of_one_project_hold_is_said_once(tmp_path, name):
    text = (
        "# KiteDiT\n\nWe trained KiteDiT on 64 A100 GPUs for a week. The model is tested on V100 GPUs too.\n"
    )
    old = repository(tmp_path, "Tencent", "KiteDiT", text, day="2024-05-14")
    new = repository(tmp_path, "Tencent-Hunyuan", name, None, day="2024-05-14", onto=old)
    alone, _, _ = read(old)
    dated, said, lines = read(old, new)
    before = claims(said[: len(alone)])
    after = claims(said, attribution=Attribution(identified(snapshots(dated, lines))))

    told = [
        (one.chip, one.purpose, len(one.mentions), one.voices, one.own_voices, one.confidence)
        for one in after
    ]
    assert told == [
        (one.chip, one.purpose, len(one.mentions), one.voices, one.own_voices, one.confidence)
        for one in before
    ]
    assert len({one.project for one in after}) == 1 and before  # of one day: which name is newer is not known


def test_a_fork_that_goes_on_beside_the_project_is_not_the_project(tmp_path):
    old = repository(tmp_path, "lab", "kite", "# Kite\n\nFirst.\n", day="2024-05-14")
    fork = repository(tmp_path, "other", "kite", "# Kite\n\nOurs.\n", day="2024-06-01", onto=old)
    work = tmp_path / "work-lab-kite"
    (work / "more.md").write_text("more", encoding="utf-8")
    for command in (
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.org", "commit", "-q", "-m", "m"],
        ["push", "-q", "origin", "HEAD"],
    ):
        subprocess.run(["git", "-C", str(work), *command], check=True)
    dated, _, lines = read(old, fork)
    found = identified(snapshots(dated, lines)).projects

    assert len(found) == 2
    assert [one.verdict for project in found for one in project.rejections] == [Turned.FORK]


def test_a_copy_of_all_commits_under_an_unexplained_owner_stays_undecided(tmp_path):
    old = repository(tmp_path, "lab", "kite", "# Kite\n\nFirst.\n", day="2024-05-14")
    copy = repository(tmp_path, "stranger", "kite", None, day="2024-05-14", onto=old)
    found = projects(old, copy)
    dated, _, lines = read(old, copy)
    every = identified(snapshots(dated, lines)).projects

    assert len(every) == 2
    assert [one.verdict for project in every for one in project.rejections] == [Turned.UNDECIDED]
    assert found


def test_two_projects_of_the_same_people_stay_two(tmp_path):
    authors = "[Ada Lovelace](https://a.io/), [Wei Li](https://w.io/), [Jo Ann Doe](https://d.io/)\n"
    one = repository(
        tmp_path,
        "lab",
        "kite",
        f"# Kite: flying things\n\n{authors}",
        day="2024-01-01",
        author="Ada Lovelace",
        address="ada@lab.org",
    )
    two = repository(
        tmp_path,
        "lab",
        "heron",
        f"# Heron: wading things\n\n{authors}",
        day="2024-06-01",
        author="Ada Lovelace",
        address="ada@lab.org",
    )

    assert {label: len(found.snapshots) for label, found in projects(one, two).items()} == {
        "Kite": 1,
        "Heron": 1,
    }


def test_a_same_name_alone_is_a_namesake(tmp_path):
    one = repository(tmp_path, "a", "kite", "# Kite\n\nOne.\n", day="2024-01-01", address="a@a.org")
    two = repository(
        tmp_path, "b", "kite", "# Kite\n\nTwo.\n", day="2024-06-01", author="Other", address="b@b.org"
    )
    dated, _, lines = read(one, two)
    rejections = [
        found for project in identified(snapshots(dated, lines)).projects for found in project.rejections
    ]

    assert [(one.verdict, one.trust) for one in rejections] == [(Turned.NAMESAKE, None)]


def test_snapshots_in_any_order_give_the_same_projects(tmp_path):
    squat = repository(tmp_path, "GameGen-O", "gamegen-o.github.io", SQUAT, day="2024-12-21")
    dated, _, lines = read(PAGES, squat)
    told = [one.as_dict() for one in identified(snapshots(dated, lines)).projects]

    assert [one.as_dict() for one in identified(snapshots(dated[::-1], lines)).projects] == told


def test_the_lines_of_three_thousand_repositories_are_told_apart_quickly():
    lines = [Line(repository=str(n), organisation=f"o{n}", project=f"p{n % 1200}", seen_on=TODAY, roots=(f"{n:040x}",), commits=1,
                  sketch=(f"{n:016x}",), first_on=date(2024, 1, 1), committers=(str(n % 50),)) for n in range(3_000)]  # fmt: skip

    assert len(identified(snapshots([], lines)).projects) == 3_000


def test_documents_without_identity_keep_their_own_project():
    facts = DocumentFacts(document="a/README.md", document_id="1", project="kite")

    assert Attribution().identity.project_of(facts) is None
    assert claims([(facts, [])]) == []


@pytest.mark.skipif(
    "CHIPLEDGER_CLONES" not in os.environ, reason="CHIPLEDGER_CLONES names no folder of clones (owner+name)"
)
def test_the_real_squat_is_rejected_and_the_real_move_is_joined():
    mirrors = Path(os.environ["CHIPLEDGER_CLONES"])
    names = (
        "GameGen-X+GameGen-X",
        "GameGen-O+gamegen-o.github.io",
        "Tencent+HunyuanDiT",
        "Tencent-Hunyuan+HunyuanDiT",
    )
    places = [mirrors / name / "repo" for name in names]
    missing = [place for place in places if not place.exists()]
    if missing:
        pytest.skip(f"no clone at {missing[0].parent.name}")
    found = projects(PAGES, *places)

    assert [one.verdict for one in found["GameGen-X"].rejections] == [Turned.SQUAT]
    assert len(found["GameGen-X"].snapshots) == 3
    assert len(found["HunyuanDiT"].snapshots) == 2


def test_a_papers_main_file_is_no_former_name_of_its_project() -> None:
    from chipledger.core.records import DocumentFacts
    from chipledger.findings.snapshot import _own_name

    facts = DocumentFacts(document="papers/heronet/main.tex", document_id="a")
    assert _own_name(facts, None, None) == "heronet"
