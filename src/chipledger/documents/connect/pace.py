"""How often each host is asked: a shortest time between two requests, and pauses that a host asks for.

Takes host names; sleeps until one may be asked. Hosts of one service share a pace (all of arXiv's are one).
"""

import time
from collections.abc import Callable

DEFAULT_SECONDS = 1.0
_SECONDS = {
    "arxiv.org": 3.0,
    "huggingface.co": 0.2,
    "github.com": 0.2,
    "commoncrawl.org": 1.0,
    "openalex.org": 0.12,
}
"""Source: arXiv API terms of use (one request in three seconds, one connection); the others' published rate limits."""


class Pace:
    """The pace of every host.

    Args:
        now: a clock that only goes forward, in seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now, self._sleep = now, sleep
        self._seconds = dict(_SECONDS)
        self._next: dict[str, float] = {}

    def between(self, host: str, seconds: float) -> None:
        """Set the shortest time between two requests to a host; a longer one that is set stays.

        Args:
            host: its name.
            seconds: start to start.
        """
        service = self._service(host)
        self._seconds[service] = max(seconds, self._seconds.get(service, 0.0))

    def wait(self, host: str) -> None:
        """Sleep until a host may be asked, and count it as asked.

        >>> slept, clock = [], iter([0.0, 0.0, 1.0, 3.0])
        >>> pace = Pace(now=lambda: next(clock), sleep=slept.append)
        >>> pace.wait("export.arxiv.org"); pace.wait("arxiv.org"); slept
        [2.0]
        """
        service = self._service(host)
        due = self._next.get(service, 0.0)
        now = self._now()
        if due > now:
            self._sleep(due - now)
        self._next[service] = max(due, self._now()) + self._seconds.get(service, DEFAULT_SECONDS)

    def pause(self, host: str, seconds: float) -> None:
        """Leave a host alone for a while.

        Args:
            host: its name.
            seconds: from now.
        """
        service = self._service(host)
        self._next[service] = max(self._next.get(service, 0.0), self._now() + seconds)

    def _service(self, host: str) -> str:
        for service in _SECONDS:
            if host == service or host.endswith(f".{service}"):
                return service
        return host
