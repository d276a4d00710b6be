"""GitHub's REST API: what it says of repositories is kept whole, pages followed, limits of requests obeyed."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from loopback_site import Clock, Page, Site, serving, settings_for

from chipledger.core.errors import InputError
from chipledger.documents.connect.fetching import Step, Terms, fetch
from chipledger.documents.connect.registry import connector_for
from chipledger.documents.mirror import clone_address
from chipledger.documents.snapshot import METADATA, Snapshot, writing

DAY, NEXT = date(2026, 11, 25), date(2026, 11, 26)


def about(full_name: str, **more: Any) -> dict[str, Any]:
    owner, name = full_name.split("/")
    return {
        "id": 7, "full_name": full_name, "name": name, "owner": {"login": owner}, "fork": False, "archived": False,
        "html_url": f"https://github.com/{full_name}", "clone_url": f"https://github.com/{full_name}.git",
        "created_at": "2024-05-14T01:02:03Z", "pushed_at": "2024-12-06T01:02:03Z", "license": {"spdx_id": "MIT"},
    } | more  # fmt: skip


def steps(site: Site, folder: Path, target: str, on: date = DAY, clock: Clock | None = None) -> list[Step]:
    settings = settings_for(site, clock)
    with writing(folder) as snapshot:
        return list(fetch(connector_for(target, settings), target, snapshot, Terms(on=on)))


def test_every_repository_of_an_organisation_is_kept_with_what_the_host_says(tmp_path: Path) -> None:
    with serving() as site:
        first, second = "/orgs/acme/repos?type=public&per_page=100", "/organizations/1/repos?page=2"
        fork = about("acme/aaa", fork=True)
        site.put(first, json.dumps([about("acme/kite"), about("acme/secret", private=True)]),
                 Link=f'<{site.url}{second}>; rel="next", <{site.url}/x>; rel="last"')  # fmt: skip
        site.put(
            second,
            json.dumps(
                [fork, about("acme/old", archived=True, license={"spdx_id": "NOASSERTION", "name": "Other"})]
            ),
        )
        site.put("/repos/acme/aaa", json.dumps(fork | {"parent": {"full_name": "upstream/aaa"}}))
        got = steps(site, tmp_path / "kept", "github:acme")
        asked = list(site.paths)
    rows = {step.row.project: step.row for step in got if step.row}
    assert list(rows) == ["aaa", "kite", "old"]
    assert asked == [first, second, "/repos/acme/aaa"]  # what the list has said is not asked again
    assert all(row.kind == METADATA for row in rows.values())
    assert (rows["kite"].organisation, rows["kite"].licence, rows["kite"].published_on) == (
        "acme",
        "MIT",
        date(2024, 5, 14),
    )
    assert (rows["aaa"].note, rows["old"].note, rows["old"].licence) == (
        "fork of upstream/aaa",
        "archived",
        "Other",
    )
    with Snapshot(tmp_path / "kept") as snapshot:
        assert json.loads(snapshot.content(rows["kite"]))["pushed_at"] == "2024-12-06T01:02:03Z"


def test_a_user_is_listed_where_no_organisation_has_the_name(tmp_path: Path) -> None:
    with serving() as site:
        site.put("/users/wei/repos?type=owner&per_page=100", json.dumps([about("wei/kite")]))
        (step,) = steps(site, tmp_path / "kept", "github:wei")
    assert step.row is not None and step.row.project == "kite"


def test_a_repository_that_moved_is_followed_and_told(tmp_path: Path) -> None:
    with serving() as site:
        site.put("/repos/acme/kite", b"", 301, Location=f"{site.url}/repositories/7")
        site.put("/repositories/7", json.dumps(about("bigcorp/kite-2")), ETag='"a"')
        (step,) = steps(site, tmp_path / "kept", "github:acme/kite")
        (again,) = steps(site, tmp_path / "kept", "github:acme/kite", NEXT)
    assert step.row is not None
    assert (step.row.organisation, step.row.project, step.row.note) == (
        "bigcorp",
        "kite-2",
        "asked for as acme/kite",
    )
    assert step.row.final_url is not None and step.row.final_url.endswith("/repositories/7")
    assert again.became == "unchanged"


def test_a_limit_of_requests_that_is_used_up_is_waited_for(tmp_path: Path) -> None:
    clock, tries = Clock(), []

    def limited(handler: Any) -> None:
        tries.append(1)
        body = b"{}" if len(tries) == 1 else json.dumps(about("acme/kite")).encode()
        handler.send_response_only(403 if len(tries) == 1 else 200)
        for name, value in (("Date", "Wed, 25 Nov 2026 10:00:00 GMT"), ("X-RateLimit-Remaining", "0"),
                            ("X-RateLimit-Reset", "1795600830"), ("Content-Length", str(len(body)))):  # fmt: skip
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    with serving() as site:
        site.pages["/repos/acme/kite"] = limited
        (step,) = steps(site, tmp_path / "kept", "github:acme/kite", clock=clock)
    assert step.became == "fetched"
    assert max(clock.slept) == pytest.approx(31, abs=1.5)


def test_a_limit_that_lasts_long_ends_with_when_to_come_back(tmp_path: Path) -> None:
    headers = {
        "Date": "Wed, 25 Nov 2026 10:00:00 GMT",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1795604400",
    }
    with serving() as site:

        def limited(handler: Any) -> None:
            handler.send_response_only(403)
            for name, value in {**headers, "Content-Length": "0"}.items():
                handler.send_header(name, value)
            handler.end_headers()

        site.pages["/repos/acme/kite"] = limited
        (step,) = steps(site, tmp_path / "kept", "github:acme/kite")
    assert step.failure is not None and "come back in 3601 s" in step.failure.reason


@pytest.mark.parametrize(
    "link",
    ['<{url}/orgs/acme/repos?type=public&per_page=100>; rel="next"', '<http://evil.example/x>; rel="next"'],
)
def test_pages_that_lead_in_a_circle_or_away_end_the_list(tmp_path: Path, link: str) -> None:
    with serving() as site:
        site.put("/orgs/acme/repos", json.dumps([about("acme/kite")]), Link=link.format(url=site.url))
        (step,) = steps(site, tmp_path / "kept", "github:acme")
    assert step.failure is not None and "next page" in step.failure.reason


@pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 100_000, b'{"message": "Not Found"}'])
def test_answers_that_say_nothing_are_failures_or_rows_without_facts(tmp_path: Path, body: bytes) -> None:
    with serving() as site:
        site.put("/repos/acme/kite", body)
        (step,) = steps(site, tmp_path / "kept", "github:acme/kite")
    assert step.failure is not None or (step.row is not None and step.row.organisation is None)


@pytest.mark.parametrize("target", ["github:", "github:../x", "github:a/b/c", "github:-x/y", "github:a/"])
def test_targets_that_are_none_are_refused(tmp_path: Path, target: str) -> None:
    with serving() as site, pytest.raises(InputError, match="not a target of GitHub"):
        steps(site, tmp_path / "kept", target)


@pytest.mark.parametrize(
    "address",
    ["file:///etc", "ext::sh", "--upload-pack=x", "https://a/b c", "ssh://-oProxyCommand=x/y", 7, None],
)
def test_an_address_to_clone_that_is_none_is_left(address: Any) -> None:
    assert clone_address(json.dumps({"clone_url": address}).encode()) is None


def test_the_token_goes_to_the_api_alone(tmp_path: Path) -> None:
    with serving() as site, serving() as other:
        site.pages["/repos/acme/kite"] = Page(b"", 302, {"Location": f"{other.url}/repos/acme/kite"})
        other.put("/repos/acme/kite", json.dumps(about("acme/kite")))
        settings = settings_for(site, secrets={"github": "secret"},
                                allow_private=frozenset({"127.0.0.1"}))  # fmt: skip
        with writing(tmp_path / "kept") as snapshot:
            list(
                fetch(
                    connector_for("github:acme/kite", settings), "github:acme/kite", snapshot, Terms(on=DAY)
                )
            )
        assert site.asked[0][1]["authorization"] == "Bearer secret"
        assert "authorization" not in other.asked[0][1]
