"""Objects of S3 and of stores that speak its protocol, by obstore: what lies below `s3://BUCKET/PREFIX`.

An object whose ETag is held is not asked for again. Keys come in order; a server that repeats itself is left. Objects whose
names say that they hold no text are passed by; archives and WARC files are fetched and read as what they hold. Credentials
are obstore's own business (`AWS_ACCESS_KEY_ID` and its like); without any, requests are not signed.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chipledger.core.errors import InputError
from chipledger.core.records import FailedDocument
from chipledger.documents.archive import is_archive
from chipledger.documents.connect.connector import Answer, FetchError, Unchanged, Wanted
from chipledger.documents.formats import is_binary_name
from chipledger.documents.limits import MIB
from chipledger.documents.snapshot import Fetched, Sink
from chipledger.documents.warc import is_warc

if TYPE_CHECKING:
    from chipledger.documents.connect.registry import Settings

_TARGET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
_MOST_OBJECTS = 10_000_000
_LISTED_AT_ONCE = 100
_PAGE_SECONDS = 120.0  # for so many; a server that gives empty pages without end is left
_CONNECT_SECONDS, _READ_SECONDS, _ALL_SECONDS = "15s", "30s", "900s"
_TRIES, _TRIES_SECONDS = 3, 120


@dataclass(slots=True)
class S3:
    """The connector of S3 and its like.

    Args:
        endpoint: another server; None is Amazon's, or what the environment says.
        is_signed: whether requests are signed.
        user_agent: how requests are named.
    """

    endpoint: str | None = None
    is_signed: bool = False
    user_agent: str = "chipledger"
    name: str = "s3"

    def listing(self, target: str) -> Iterator[Wanted | FailedDocument]:
        """The objects below a prefix that may hold text, in the order of their keys."""
        match = _TARGET.fullmatch(target)
        if match is None:
            raise InputError("not a target of S3", where=target, expected="s3://BUCKET or s3://BUCKET/PREFIX")
        bucket, prefix = match[1], match[2] or ""
        listed = 0
        for one in self._objects(bucket, prefix):
            listed += 1
            if one["size"] and _is_read(str(one["path"])):  # what is empty stands for a folder
                yield self._wanted(bucket, one)
        if not listed:
            raise FetchError("nothing lies there")

    def fetch(self, wanted: Wanted, held: Fetched | None, sink: Sink) -> Answer | Unchanged | FailedDocument:
        """One object."""
        import obstore

        bucket, _, key = wanted.item.removeprefix("s3://").partition("/")
        options: Any = {"if_none_match": held.etag} if held and held.etag else {}
        try:
            answer = obstore.get(self._store(bucket), key, options=options)
            for piece in answer.stream(min_chunk_size=MIB):
                sink.write(memoryview(piece).tobytes())
        except obstore.exceptions.NotModifiedError:
            return Unchanged()
        except (obstore.exceptions.BaseError, OSError) as error:
            raise FetchError(_in_words(error)) from None
        if sink.size_bytes != answer.meta["size"]:
            raise FetchError(f"cut off: {sink.size_bytes} of {answer.meta['size']} bytes came")
        return Answer(
            status=200, media_type=answer.attributes.get("Content-Type") or None, etag=answer.meta.get("e_tag"),
            last_modified=answer.meta["last_modified"].isoformat(),
        )  # fmt: skip

    def _wanted(self, bucket: str, one: Any) -> Wanted:
        key = str(one["path"])
        return Wanted(
            item=f"s3://{bucket}/{key}", name=f"s3/{bucket}/{key}", url=f"s3://{bucket}/{quote(key)}",
            size_bytes=int(one["size"]), etag=one.get("e_tag"),
        )  # fmt: skip

    def _objects(self, bucket: str, prefix: str) -> Iterator[Any]:
        """Every object below a prefix; a key itself where the prefix is one."""
        import obstore

        store, last, count = self._store(bucket), "", 0
        try:
            if prefix and not prefix.endswith("/") and (whole := self._head(store, prefix)):
                yield whole
                return
            for chunk in _in_time(
                obstore.list(store, prefix.rstrip("/") or None, chunk_size=_LISTED_AT_ONCE)
            ):
                for one in chunk:
                    count += 1
                    if one["path"] <= last or count > _MOST_OBJECTS:
                        raise FetchError("the list is not in order or repeats itself" if count <= _MOST_OBJECTS
                                         else f"more than {_MOST_OBJECTS} objects")  # fmt: skip
                    last = one["path"]
                    yield one
        except (obstore.exceptions.BaseError, OSError) as error:
            raise FetchError(_in_words(error)) from None

    def _head(self, store: Any, key: str) -> Any:
        import obstore

        try:
            return obstore.head(store, key)
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return None

    def _store(self, bucket: str) -> Any:
        from datetime import timedelta

        from obstore.store import S3Store

        config: Any = {} if self.is_signed else {"skip_signature": True}
        if self.endpoint:
            config |= {"endpoint": self.endpoint, "virtual_hosted_style_request": False}
        return S3Store(
            bucket,
            config=config,
            client_options={
                "allow_http": bool(self.endpoint and self.endpoint.startswith("http://")),
                "connect_timeout": _CONNECT_SECONDS, "read_timeout": _READ_SECONDS, "timeout": _ALL_SECONDS,
                "user_agent": self.user_agent,
            },
            retry_config={"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_TRIES_SECONDS)},
        )  # fmt: skip


def _in_time(chunks: Any) -> Iterator[Any]:
    """The chunks of a list, each within its time."""

    async def following() -> Any:
        return await asyncio.wait_for(anext(chunks, None), _PAGE_SECONDS)

    loop = asyncio.new_event_loop()
    try:
        while chunk := loop.run_until_complete(following()):
            yield chunk
    except TimeoutError:
        raise FetchError(f"the list brought nothing new in {_PAGE_SECONDS:g} s") from None
    finally:
        loop.close()


def _is_read(key: str) -> bool:
    """Whether an object may hold text."""
    return not is_binary_name(key) or is_warc(key) or is_archive(key)


def connector(settings: "Settings") -> S3:
    """The connector as the edge wants it.

    Raises:
        InputError: its library is not installed.
    """
    try:
        import obstore  # noqa: F401
    except ImportError:
        raise InputError(
            "reading S3 needs obstore", where="s3", remedy="install it: pip install chipledger[connect]"
        ) from None
    from chipledger import __version__

    return S3(
        endpoint=settings.endpoints.get("s3"), is_signed=settings.options.get("s3.signed") == "yes",
        user_agent=f"chipledger/{__version__}" + (f" ({settings.contact})" if settings.contact else ""),
    )  # fmt: skip


def _in_words(error: BaseException) -> str:
    """The first line of what obstore says, which goes on with the whole answer."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    kind = type(error).__name__.removesuffix("Error")
    known = {"NotFound": "not found", "PermissionDenied": "the server refuses", "Unauthenticated": "the server asks for credentials",
             "FileNotFound": "not found"}  # fmt: skip
    return known.get(kind) or lines[0][:300]
