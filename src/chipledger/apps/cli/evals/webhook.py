"""Alarms to an address: one POST of JSON, no redirect followed, a bounded wait, a clear line when it does not arrive."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from chipledger.core.errors import InputError

_WAIT_SECONDS = 10


class _NoRedirect(HTTPRedirectHandler):
    """A hook that moved is told, not followed: alarms name models and go nowhere that nobody wrote down."""

    def redirect_request(self, *_: Any) -> None:
        return None


def check_address(address: str) -> None:
    """Refuse what is no address of a web hook.

    Raises:
        InputError: it is not http or https, or names no host.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f"not the address of a hook: {address!r}", where="--webhook", expected="http(s)://HOST/PATH"
        )


def post(address: str, alarms: list[dict[str, Any]], *, wait_seconds: float = _WAIT_SECONDS) -> None:
    """Send alarms to a hook.

    Args:
        address: http(s)://HOST/PATH.
        alarms: JSON-ready fields.
        wait_seconds: the longest wait for a connection and for each answer.

    Raises:
        InputError: the hook did not take them.
    """
    check_address(address)
    body = json.dumps({"kind": "alarms", "alarms": alarms}, ensure_ascii=False).encode()
    request = Request(
        address, data=body, headers={"Content-Type": "application/json", "User-Agent": "chipledger"}
    )
    try:
        with build_opener(_NoRedirect).open(request, timeout=wait_seconds):
            return
    except HTTPError as error:
        why = f"it answered {error.code}"
    except (URLError, HTTPException, OSError) as error:
        why = str(getattr(error, "reason", error)) or type(error).__name__
    raise InputError(f"the hook did not take the alarms: {why}", where=address,
                     remedy="the decisions are kept; `chipledger evals decide --all-alarms` sends them again")  # fmt: skip
