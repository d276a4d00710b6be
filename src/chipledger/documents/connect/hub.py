"""Models and datasets of the Hugging Face Hub: cards and configurations at a revision, with day, licence and owner.

Takes `hf:ORG/NAME`, `hf:ORG/NAME@REVISION`, `hf:ORG/NAME@all` (the card at every commit), `hf:ORG` (all models of an
organisation), each also as `hf:datasets/…`. A file is asked for at a commit, so that a branch that moves meanwhile mixes
nothing; one whose git object is held is not asked for again. What the Hub says of a repository (files, sizes, tags) is kept
as metadata.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.connect.answers import json_in
from chipledger.documents.connect.client import Ask, Client
from chipledger.documents.connect.connector import Answer, FetchError, Unchanged, Wanted
from chipledger.documents.connect.page_facts import day_in
from chipledger.documents.snapshot import METADATA, Fetched, Sink

if TYPE_CHECKING:
    from chipledger.documents.connect.registry import Settings

HUB = "https://huggingface.co"
FILES = ("*.md", "config.json")
_NAME = r"[A-Za-z0-9][\w.-]{0,95}"
_TARGET = re.compile(
    rf"hf:(?:(models|datasets)/)?({_NAME})(?:/({_NAME})(?:@([^@\s]{{1,200}}))?)?", re.IGNORECASE
)
_ID = re.compile(f"({_NAME})/({_NAME})")
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOST_PAGES = 1_000
_MOST_REVISIONS = 2_000


@dataclass(frozen=True, slots=True)
class _Repository:
    """One repository as the Hub names it."""

    kind: str
    owner: str
    name: str

    @property
    def id(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def web(self) -> str:
        return f"{'datasets/' if self.kind == 'datasets' else ''}{self.id}"


@dataclass(slots=True)
class Hub:
    """The connector of the Hub.

    Args:
        client: asks.
        endpoint: where the Hub lies.
        files: patterns of the files wanted.
        secrets: headers that only the Hub itself is sent.
    """

    client: Client
    endpoint: str = HUB
    files: tuple[str, ...] = FILES
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    name: str = "hub"

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """The metadata and the files of each repository asked for."""
        match = _TARGET.fullmatch(target)
        if match is None:
            raise InputError(
                "not a target of the Hub",
                where=target,
                expected="hf:ORG/NAME, hf:ORG/NAME@REVISION or hf:ORG",
            )
        kind, owner, name = match[1] or "models", match[2], match[3]
        if name:
            yield from self._listed(_Repository(kind, owner, name), match[4] or "main")
            return
        for repository in self._repositories(kind, owner):
            yield from self._listed(repository, "main")

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """One file, or the Hub's own words of a repository."""
        etag = held.etag if held and wanted.kind == METADATA else None
        reply = self.client.get(wanted.url, sink, Ask(etag=etag, secret_headers=self.secrets))
        if reply.is_unchanged:
            return Unchanged()
        return Answer(
            final_url=reply.url, status=reply.status, media_type=reply.content_type,
            etag=wanted.etag or reply.headers.get("etag"), last_modified=reply.headers.get("last-modified"),
        )  # fmt: skip

    def _repositories(self, kind: str, owner: str) -> Iterator[_Repository]:
        url = f"{self.endpoint}/api/{kind}?" + urlencode(
            {"author": owner, "limit": 1000, "sort": "createdAt"}
        )
        names = {str(one.get("id", "")) for one in self._pages(url)}
        if not names:
            raise FetchError(f"the Hub knows nothing of {owner}")
        for id in sorted(names):
            if match := _ID.fullmatch(id):
                yield _Repository(kind, match[1], match[2])

    def _listed(self, repository: _Repository, revision: str) -> Iterator[Wanted | FailedDocument]:
        try:
            if revision == "all":
                yield from self._every_card(repository)
            else:
                yield from self._at(repository, revision)
        except FetchError as error:
            yield FailedDocument(document=f"hf/{repository.web}", stage="list", reason=_in_words(error))

    def _at(self, repository: _Repository, revision: str) -> Iterator[Wanted]:
        about_url = (
            f"{self.endpoint}/api/{repository.kind}/{repository.id}/revision/{quote(revision, safe='')}"
        )
        about = self._asked(about_url)
        commit = str(about.get("sha", ""))
        if not _COMMIT.fullmatch(commit):
            raise FetchError("the Hub names no commit for this revision")
        facts = _facts(repository, about, commit)
        yield Wanted(
            item=f"hf:{repository.web}@{revision}/about", name=f"hf/{repository.web}.about.json", url=about_url,
            kind=METADATA, shown_url=f"{self.endpoint}/{repository.web}", **facts,
        )  # fmt: skip
        for entry in self._tree(repository, commit):
            if entry.get("type") == "file" and self._is_wanted(str(entry.get("path", ""))):
                yield self._file(repository, entry, commit, facts)

    def _tree(self, repository: _Repository, commit: str) -> Iterator[dict[str, Any]]:
        url = (
            f"{self.endpoint}/api/{repository.kind}/{repository.id}/tree/{commit}?recursive=true&expand=true"
        )
        return self._pages(url)

    def _is_wanted(self, path: str) -> bool:
        parts = path.split("/")
        if not path or ".." in parts or path.startswith("/"):
            return False
        return any(
            fnmatch.fnmatchcase(tried, pattern) for tried in (path, parts[-1]) for pattern in self.files
        )

    def _file(
        self, repository: _Repository, entry: Mapping[str, Any], commit: str, facts: Mapping[str, Any]
    ) -> Wanted:
        path, last = str(entry["path"]), entry.get("lastCommit")
        changed = last if isinstance(last, dict) else {}
        day, since = day_in(str(changed.get("date", ""))), str(changed.get("id", ""))
        at = since if _COMMIT.fullmatch(since) else commit
        return Wanted(
            item=f"hf:{repository.web}/{path}", name=f"hf/{repository.web}/{path}",
            url=f"{self.endpoint}/{repository.web}/resolve/{at}/{quote(path)}",
            shown_url=f"{self.endpoint}/{repository.web}/blob/{at}/{quote(path)}",
            etag=str(entry["oid"]) if entry.get("oid") else None,
            size_bytes=entry["size"] if isinstance(entry.get("size"), int) else None,
            **{**facts, "revision": at, "published_on": day, "published_from": "the commit that changed the file" if day else None},
        )  # fmt: skip

    def _every_card(self, repository: _Repository) -> Iterator[Wanted]:
        """The card at each commit, oldest first, under one name: its versions."""
        about = self._asked(f"{self.endpoint}/api/{repository.kind}/{repository.id}")
        url = f"{self.endpoint}/api/{repository.kind}/{repository.id}/commits/main?limit=1000"
        commits = [one for one in self._pages(url) if _COMMIT.fullmatch(str(one.get("id", "")))][
            :_MOST_REVISIONS
        ]
        for one in reversed(commits):
            commit, day = str(one["id"]), day_in(str(one.get("date", "")))
            facts = _facts(repository, about, commit) | {"published_on": day}
            yield Wanted(
                item=f"hf:{repository.web}/README.md@{commit}", name=f"hf/{repository.web}/README.md", is_fixed=True,
                url=f"{self.endpoint}/{repository.web}/resolve/{commit}/README.md",
                shown_url=f"{self.endpoint}/{repository.web}/blob/{commit}/README.md",
                published_from="the commit" if day else None, **facts,
            )  # fmt: skip

    def _pages(self, url: str) -> Iterator[dict[str, Any]]:
        """The objects of a list that comes in pages; the next page must lie on the same host."""
        asked, host = url, urlsplit(url).netloc
        for _ in range(_MOST_PAGES):
            reply, content = self.client.read(asked, Ask(secret_headers=self.secrets))
            for one in json_in(content, list):
                if isinstance(one, dict):
                    yield one
            following = _NEXT.search(reply.headers.get("link", ""))
            if following is None:
                return
            asked = following[1]
            if urlsplit(asked).netloc != host:
                raise FetchError("the Hub's next page lies on another host")
        raise FetchError(f"more than {_MOST_PAGES} pages")

    def _asked(self, url: str) -> dict[str, Any]:
        _, content = self.client.read(url, Ask(secret_headers=self.secrets))
        answer: dict[str, Any] = json_in(content, dict)
        return answer


def connector(settings: "Settings") -> Hub:
    """The connector as the edge wants it."""
    token = settings.secrets.get("hub")
    files = settings.options.get("hub.files")
    return Hub(
        client=settings.client(), endpoint=settings.endpoints.get("hub", HUB).rstrip("/"),
        files=tuple(files.split(",")) if files else FILES,
        secrets={"Authorization": f"Bearer {token}"} if token else {},
    )  # fmt: skip


def _facts(repository: _Repository, about: Mapping[str, Any], commit: str) -> dict[str, Any]:
    """What holds for every file of a repository."""
    return {
        "licence": _licence(about),
        "organisation": repository.owner,
        "project": repository.name,
        "revision": commit,
        "published_on": None,
    }


def _licence(about: Mapping[str, Any]) -> str | None:
    """The licence of the card's metadata, its name where it is "other"; else the tag."""
    card = about.get("cardData")
    card = card if isinstance(card, dict) else {}
    stated = card.get("license")
    if stated == "other":
        stated = card.get("license_link") or card.get("license_name") or stated
    if isinstance(stated, list):
        stated = ", ".join(str(one) for one in stated)
    if isinstance(stated, str) and stated.strip():
        return stated.strip()[:300]
    tags = about.get("tags")
    tagged = (str(tag) for tag in (tags if isinstance(tags, list) else ()) if str(tag).startswith("license:"))
    return next((tag.removeprefix("license:") for tag in tagged), None)


def _in_words(error: FetchError) -> str:
    if error.status in (401, 403, 404):
        return f"{error.reason}: it does not exist, or is private or gated (a token in HF_TOKEN may open it)"
    return error.reason
