"""Git repositories: HEAD's files with commit, days and owner; damage costs the file it hits."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.document import Document
from chipledger.documents.limits import Limits
from chipledger.documents.repository import last_changed
from chipledger.documents.sources import documents, planned

Git = Callable[..., str]


def by_name(target: Path | str, **options: bool) -> dict[str, Document]:
    found = documents(str(target), **options)
    return {item.document: item for item in found if isinstance(item, Document)}


def test_head_is_read_with_commit_days_and_owner(a_repository: Path, run_git: Git) -> None:
    found = by_name(a_repository)
    notes = found["docs/训练.md"]
    head = run_git(a_repository, "rev-parse", "HEAD")
    assert (notes.text, notes.commit, notes.path) == ("使用8张H20\n", head, "docs/训练.md")
    assert (notes.organisation, notes.project) == ("tencent", "hunyuan")
    assert notes.published_on == date(2024, 3, 1)
    assert found["README.md"].published_on == date(2023, 11, 5)
    assert found["README.md"].seen_on == date(2024, 3, 1)


def test_the_address_of_a_file_tells_no_secret(a_repository: Path) -> None:
    readme = by_name(a_repository)["README.md"]
    assert readme.url == f"https://github.com/tencent/hunyuan/blob/{readme.commit}/README.md"


def test_head_is_read_and_not_the_work_tree_unless_asked(a_repository: Path) -> None:
    (a_repository / "README.md").write_text("changed, not committed\n")
    (a_repository / "new.md").write_text("B200\n")
    assert by_name(a_repository)["README.md"].text == "Trained on 64 H20.\n"
    lying = by_name(a_repository, git=False)
    assert lying["README.md"].text == "changed, not committed\n"
    assert (lying["README.md"].commit, sorted(lying)) == (None, ["README.md", "docs/训练.md", "new.md"])


def test_a_bare_repository_and_its_address_read_alike(
    a_repository: Path, tmp_path: Path, run_git: Git
) -> None:
    bare = tmp_path / "tencent+hunyuan.git"
    run_git(tmp_path, "clone", "-q", "--bare", str(a_repository), str(bare))
    from_folder, from_address = by_name(bare), by_name(f"file://{bare}")
    assert {name: page.text for name, page in from_folder.items()} == {
        name: page.text for name, page in from_address.items()
    }
    assert from_folder["README.md"].document_id == from_address["README.md"].document_id


def test_a_mirror_is_named_by_its_folder(a_repository: Path, tmp_path: Path, run_git: Git) -> None:
    bare = tmp_path / "mirror" / "tencent+hunyuan" / "git"
    run_git(tmp_path, "clone", "-q", "--bare", str(a_repository), str(bare))
    run_git(bare, "remote", "remove", "origin")
    readme = by_name(bare)["README.md"]
    assert (readme.organisation, readme.project, readme.url) == ("tencent", "hunyuan", None)


def test_a_folder_of_repositories_gives_each_its_own_commit(a_repository: Path, tmp_path: Path) -> None:
    shutil.copytree(a_repository, tmp_path / "clones" / "one")
    (tmp_path / "clones" / "plain.md").write_text("A100")
    found = by_name(tmp_path / "clones")
    assert sorted(found) == ["one/README.md", "one/docs/训练.md", "plain.md"]
    assert found["one/README.md"].commit
    assert found["plain.md"].commit is None


def loose_object(repository: Path, object_id: str) -> Path:
    return repository / ".git" / "objects" / object_id[:2] / object_id[2:]


def test_a_missing_blob_is_counted_and_the_rest_is_read(a_repository: Path, run_git: Git) -> None:
    loose_object(a_repository, run_git(a_repository, "rev-parse", "HEAD:README.md")).unlink()
    bare = a_repository / ".git"
    found = list(documents(str(bare)))
    assert [(item.document, item.reason) for item in found if isinstance(item, FailedDocument)] == [
        ("README.md", "an object is missing from the repository")
    ]
    assert [item.document for item in found if isinstance(item, Document)] == ["docs/训练.md"]


def test_a_missing_folder_is_counted_and_the_rest_is_read(a_repository: Path, run_git: Git) -> None:
    loose_object(a_repository, run_git(a_repository, "rev-parse", "HEAD:docs")).unlink()
    found = list(documents(str(a_repository)))
    assert [item.document for item in found if isinstance(item, FailedDocument)] == ["docs"]
    assert [item.document for item in found if isinstance(item, Document)] == ["README.md"]


def test_a_missing_head_is_one_failure(a_repository: Path, run_git: Git) -> None:
    loose_object(a_repository, run_git(a_repository, "rev-parse", "HEAD")).unlink()
    (failure,) = documents(str(a_repository / ".git"))
    assert isinstance(failure, FailedDocument)
    assert failure.reason == "HEAD names no commit that is in the repository"


def test_a_damaged_blob_costs_itself_alone(a_repository: Path, run_git: Git) -> None:
    damaged = loose_object(a_repository, run_git(a_repository, "rev-parse", "HEAD:README.md"))
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-6] + b"\x00" * 6)
    found = list(documents(str(a_repository)))
    assert [item.document for item in found if isinstance(item, FailedDocument)] == ["README.md"]
    assert [item.document for item in found if isinstance(item, Document)] == ["docs/训练.md"]


def test_submodules_links_and_large_file_pointers_are_not_documents(a_repository: Path, run_git: Git) -> None:
    head = run_git(a_repository, "rev-parse", "HEAD")
    (a_repository / "link.md").symlink_to("README.md")
    (a_repository / "big.md").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    run_git(a_repository, "add", ".")
    run_git(a_repository, "update-index", "--add", "--cacheinfo", f"160000,{head},vendor")
    run_git(a_repository, "commit", "-q", "-m", "third")
    with planned(str(a_repository), Limits()) as plan:
        assert plan.skipped == {"submodule": 1, "symbolic link": 1}
    (pointer,) = [item for item in documents(str(a_repository)) if isinstance(item, FailedDocument)]
    assert (pointer.document, pointer.stage) == ("big.md", "skip")


def test_the_settings_of_a_hostile_repository_run_nothing(a_repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    with (a_repository / ".git" / "config").open("a") as config:
        config.write(
            f'[core]\n\tfsmonitor = "touch {trap}"\n\tpager = "touch {trap}"\n\tsshCommand = "touch {trap}"\n'
        )
        config.write(
            f'[log]\n\tshowSignature = true\n[gpg]\n\tprogram = "touch {trap}"\n[diff]\n\texternal = "touch {trap}"\n'
        )
    assert len(by_name(a_repository)) == 2
    assert not trap.exists()


def test_days_of_a_shallow_clone_are_not_made_up(a_repository: Path, tmp_path: Path, run_git: Git) -> None:
    shallow = tmp_path / "shallow"
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{a_repository}", str(shallow))
    readme = by_name(shallow)["README.md"]
    assert (readme.published_on, readme.seen_on) == (None, date(2024, 3, 1))


def test_history_without_time_to_read_it_gives_no_wrong_day(a_repository: Path, run_git: Git) -> None:
    head = run_git(a_repository, "rev-parse", "HEAD")
    git_dir = str(a_repository / ".git")
    whole = last_changed(git_dir, head, 60.0)
    assert whole == {"docs/训练.md".encode(): date(2024, 3, 1), b"README.md": date(2023, 11, 5)}
    assert last_changed(git_dir, head, 0.0).items() <= whole.items()


def test_a_work_tree_without_a_commit_is_read_as_it_lies(tmp_path: Path, run_git: Git) -> None:
    run_git(tmp_path, "init", "-q")
    (tmp_path / "a.md").write_text("H20")
    assert list(by_name(tmp_path)) == ["a.md"]


@pytest.mark.parametrize(
    "address", ["file:///no/such/repository.git", "ext::sh -c touch% /dev/null", "https://127.0.0.1:1/x.git"]
)
def test_an_address_that_cannot_be_cloned_is_one_line(address: str) -> None:
    with pytest.raises(InputError) as refused:
        list(documents(address))
    assert "\n" not in str(refused.value)
