"""Alarms to an address: one POST of JSON, no redirect followed, a bounded wait, a clear line when it does not arrive."""

import json
from http.client import HTTPException
from threading import Thread
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
        InputError: it is not http or https, names no host, or holds what no address may.
    """
    if _host(address) is None:
        raise InputError(
            "not the address of a hook",
            where="--webhook",
            expected="http(s)://HOST[:PORT]/PATH in ASCII, without blanks and without a user's name",
        )


def post(address: str, alarms: list[dict[str, Any]], *, wait_seconds: float = _WAIT_SECONDS) -> None:
    """Send alarms to a hook.

    Args:
        address: http(s)://HOST/PATH.
        alarms: JSON-ready fields.
        wait_seconds: the longest wait for a connection and for each answer; half as much again for everything.

    Raises:
        InputError: the hook did not take them. The address is told up to its host: what follows may be a key.
    """
    check_address(address)
    body = json.dumps({"kind": "alarms", "alarms": alarms}, ensure_ascii=False).encode()
    request = Request(
        address, data=body, headers={"Content-Type": "application/json", "User-Agent": "chipledger"}
    )
    faults: list[str | None] = []
    # A hook that answers a byte at a time never lets a wait for bytes run out: the thread is left behind.
    sender = Thread(target=lambda: faults.append(_fault(request, wait_seconds)), daemon=True)
    sender.start()
    sender.join(1.5 * wait_seconds)
    why = faults[0] if faults else "it did not answer in time"
    if why:
        raise InputError(f"the hook did not take the alarms: {why}", where=_host(address) or "",
                         remedy="the decisions are kept; `chipledger evals decide --all-alarms` sends them again")  # fmt: skip


def _host(address: str) -> str | None:
    """Scheme, host and port of an address, None where it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    whole = address.isascii() and address.isprintable() and " " not in address
    if not whole or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _fault(request: Request, wait_seconds: float) -> str | None:
    """Send it; why it was not taken, None where it was."""
    try:
        with build_opener(_NoRedirect).open(request, timeout=wait_seconds):
            return None
    except HTTPError as error:
        return f"it answered {error.code}"
    except (URLError, HTTPException, OSError, ValueError) as error:  # ValueError: a host that cannot be
        return str(getattr(error, "reason", error)) or type(error).__name__
