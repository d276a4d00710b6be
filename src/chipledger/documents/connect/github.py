"""Repositories of GitHub and hosts that speak its REST API: what the host says of each, kept whole as metadata.

Takes `github:OWNER` (every public repository of an organisation or user) and `github:OWNER/NAME`. Renames and moves (the
host redirects to the number of the repository), forks and their parents, archiving, licence and days all stand in what is
kept. The repositories themselves come by git (`documents.mirror`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.answers import json_in
from chipledger.documents.connect.client import Ask, Client, Memory
from chipledger.documents.connect.connector import Answer, FetchError, Unchanged, Wanted
from chipledger.documents.connect.page_facts import day_in
from chipledger.documents.snapshot import METADATA, Fetched, Sink

if TYPE_CHECKING:
    from chipledger.documents.connect.registry import Settings

API = "https://api.github.com"
ACCEPT = "application/vnd.github+json"
_NAME = r"[A-Za-z0-9][\w.-]{0,99}"
_TARGET = re.compile(rf"github:({_NAME})(?:/({_NAME}?))?", re.IGNORECASE)
_FULL_NAME = re.compile(rf"{_NAME}/[\w.-]{{1,100}}")
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_MOST_PAGES = 1_000


@dataclass(slots=True)
class GitHub:
    """The connector of GitHub and its like.

    Args:
        client: asks.
        endpoint: where the API lies.
        secrets: headers that only the API itself is sent.
    """

    client: Client
    endpoint: str = API
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    name: str = "github"
    _told: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """What the host says of each repository asked for, in the order of names."""
        match = _TARGET.fullmatch(target)
        if match is None:
            raise InputError(
                "not a target of GitHub", where=target, expected="github:OWNER or github:OWNER/NAME"
            )
        owner, name = match[1], match[2]
        if name:
            yield self._wanted(f"{owner}/{name}", {})
            return
        for about in self._repositories(owner):
            full_name = str(about["full_name"])
            if not about.get("fork"):
                self._told[full_name] = about  # of a fork, only its own page names the parent
            yield self._wanted(full_name, about)

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """What the host says of one repository; nothing is asked where the list has said it all."""
        about = self._told.pop(wanted.item.removeprefix("github:"), None)
        if about is not None:
            sink.write(json.dumps(about, ensure_ascii=False, sort_keys=True, indent=1).encode())
            return Answer(media_type="application/json", status=200)
        memory = Memory()
        ask = Ask(etag=held.etag if held else None, accept=ACCEPT, secret_headers=self.secrets)
        reply = self.client.get(wanted.url, memory, ask)
        if reply.is_unchanged:
            return Unchanged()
        about = json_in(bytes(memory.content), dict)
        sink.write(bytes(memory.content))
        return Answer(
            final_url=reply.url, status=reply.status, media_type="application/json", etag=reply.headers.get("etag"),
            **_facts(about, wanted.item.removeprefix("github:")),
        )  # fmt: skip

    def _wanted(self, full_name: str, about: Mapping[str, Any]) -> Wanted:
        facts = _facts(about, full_name) if about else {}
        return Wanted(
            item=f"github:{full_name}", name=f"github/{full_name}.about.json", kind=METADATA,
            url=f"{self.endpoint}/repos/{full_name}", **facts,
        )  # fmt: skip

    def _repositories(self, owner: str) -> list[dict[str, Any]]:
        """Every public repository of an owner, whether an organisation or a user."""
        found: dict[str, dict[str, Any]] = {}
        try:
            pages = list(self._pages(f"{self.endpoint}/orgs/{owner}/repos?type=public&per_page=100"))
        except FetchError as error:
            if error.status != 404:
                raise
            pages = list(self._pages(f"{self.endpoint}/users/{owner}/repos?type=owner&per_page=100"))
        for one in pages:
            if _FULL_NAME.fullmatch(str(one.get("full_name", ""))) and not one.get("private"):
                found[str(one["full_name"])] = one
        return [found[name] for name in sorted(found)]

    def _pages(self, url: str) -> Iterator[dict[str, Any]]:
        """The objects of a list that comes in pages; the next page must lie on the same host, and be another."""
        asked, seen = url, set[str]()
        for _ in range(_MOST_PAGES):
            seen.add(asked)
            reply, content = self.client.read(asked, Ask(accept=ACCEPT, secret_headers=self.secrets))
            yield from (one for one in json_in(content, list) if isinstance(one, dict))
            following = _NEXT.search(reply.headers.get("link", ""))
            if following is None:
                return
            asked = following[1]
            if asked in seen or urlsplit(asked).netloc != urlsplit(url).netloc:
                raise FetchError("the next page of the list is one that was read, or lies on another host")
        raise FetchError(f"more than {_MOST_PAGES} pages")


def connector(settings: "Settings") -> GitHub:
    """The connector as the edge wants it."""
    token = settings.secrets.get("github")
    return GitHub(
        client=settings.client(), endpoint=settings.endpoints.get("github", API).rstrip("/"),
        secrets={"Authorization": f"Bearer {token}"} if token else {},
    )  # fmt: skip


def _facts(about: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """What the host says of a repository, as far as a row of the snapshot has a place for it."""
    owner, named = about.get("owner"), about.get("full_name")
    licence = about.get("license")
    stated = licence if isinstance(licence, dict) else {}
    spdx = stated.get("spdx_id")
    parent = about.get("parent") if isinstance(about.get("parent"), dict) else None
    notes = [
        f"asked for as {asked}" if isinstance(named, str) and named.lower() != asked.lower() else "",
        f"fork of {str((parent or {}).get('full_name') or 'another repository')[:200]}"
        if about.get("fork")
        else "",
        "archived" if about.get("archived") else "",
    ]
    day = day_in(str(about.get("created_at", "")))
    return {
        "shown_url": str(about["html_url"])[:500]
        if str(about.get("html_url", "")).startswith("http")
        else None,
        "licence": (spdx if spdx and spdx != "NOASSERTION" else stated.get("name")) or None,
        "organisation": (owner.get("login") if isinstance(owner, dict) else None) or None,
        "project": str(about["name"])[:200] if about.get("name") else None,
        "published_on": day,
        "published_from": "the day on which the repository was made" if day else None,
        "note": "; ".join(filter(None, notes)) or None,
    }
