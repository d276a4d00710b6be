"""A small server on loopback that speaks OpenAI's chat completions, well or badly, for tests of live endpoints."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "test-key-of-this-server"
Reply = tuple[int, str, dict[str, str], str]  # status, content type, further headers, body


@dataclass
class Endpoint:
    """A running server: its address, what it was asked, and what makes it let go of requests that hang."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


def completion(model: str, text: str, finish: str = "stop") -> str:
    """The JSON of one chat completion."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    return json.dumps(
        {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [choice],
            "usage": usage,
        }
    )


def well(answer: Callable[[str], str]) -> Callable[[dict[str, Any], int], Reply]:
    """A server that answers each question by a function of its text."""

    def reply(asked: dict[str, Any], number: int) -> Reply:
        said = answer(asked["messages"][-1]["content"])
        return 200, "application/json", {}, completion(asked["model"], said)

    return reply


def rate_limited(
    first: int, then: Callable[[dict[str, Any], int], Reply]
) -> Callable[[dict[str, Any], int], Reply]:
    """A server that refuses the first requests with 429 and Retry-After, then answers."""

    def reply(asked: dict[str, Any], number: int) -> Reply:
        if number > first:
            return then(asked, number)
        body = {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}
        return 429, "application/json", {"Retry-After": "1", "Retry-After-Ms": "10"}, json.dumps(body)

    return reply


def says(status: int, content_type: str, body: str) -> Callable[[dict[str, Any], int], Reply]:
    """A server that says one thing whatever it is asked."""
    return lambda asked, number: (status, content_type, {}, body)


@contextmanager
def serving(reply: Callable[[dict[str, Any], int], Reply] | None) -> Iterator[Endpoint]:
    """A server that replies so; None accepts every request and never answers."""
    endpoint = Endpoint("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Say nothing on the terminal of the tests."""

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                endpoint.asked.append(asked)
                number = len(endpoint.asked)
            if reply is None:
                endpoint.released.wait()
                return
            if self.path != "/v1/chat/completions":
                self.answer(404, "application/json", {}, '{"error": {"message": "no such path"}}')
            elif self.headers.get("Authorization") != f"Bearer {KEY}":
                wrong = {"error": {"message": "Incorrect API key", "type": "invalid_request_error", "code": "invalid_api_key"}}  # fmt: skip
                self.answer(401, "application/json", {}, json.dumps(wrong))
            else:
                self.answer(*reply(asked, number))

        def answer(self, status: int, content_type: str, headers: dict[str, str], body: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": content_type, "Content-Length": str(len(body.encode())), **headers}.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def loopback_only() -> Iterator[None]:
    """Nothing in here may reach beyond this machine: an attempt fails at once, and again at the end if it was swallowed."""
    tried: list[object] = []
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
                tried.append(address)
                raise OSError(f"the tests have no network: {address}")
            return real(self, address)

        return call

    def named(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in ("127.0.0.1", "::1", "localhost", None, b"127.0.0.1"):
            tried.append(host)
            raise socket.gaierror(f"the tests have no network: {host}")
        return lookup(host, *rest, **more)

    socket.socket.connect, socket.socket.connect_ex = guarded(connect), guarded(connect_ex)
    socket.getaddrinfo = named
    try:
        yield
    finally:
        socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = connect, connect_ex, lookup
    assert tried == []
