"""The HTTP client against a server that redirects, hangs, trickles, lies and swells: bounded, refused, told."""

import gzip
import resource
import socket
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest
from loopback_site import QUICK, Clock, Site, client_for, serving, zipped

from chipledger.core.errors import LimitError
from chipledger.documents.connect.client import Ask, Memory
from chipledger.documents.connect.connector import FetchError
from chipledger.documents.connect.guard import is_public
from chipledger.documents.connect.unpack import unpacked


@pytest.fixture
def site():
    with serving() as one:
        yield one


def refusal(site: Site, path: str, **more: object) -> str:
    with pytest.raises(FetchError) as error:
        client_for(site, **more).read(site.url + path)  # type: ignore[arg-type]
    return error.value.reason


def raw(answer: bytes, pause: float = 0.0, piece: int = 1 << 30):
    """A page that writes bytes to the socket as they are, piece by piece."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        try:
            for at in range(0, len(answer), piece):
                handler.connection.sendall(answer[at : at + piece])
                time.sleep(pause)
            handler.connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client has hung up

    return write


def test_it_says_who_it_is_and_asks_for_what_changed_only(site):
    site.put("/a", "64 H20", ETag='"one"')
    reply, body = client_for(site).read(f"{site.url}/a")
    again, nothing = client_for(site).read(f"{site.url}/a", Ask(etag=reply.headers["etag"]))
    assert (body, reply.is_unchanged, again.is_unchanged, nothing) == (b"64 H20", False, True, b"")
    assert site.asked[0][1]["user-agent"].startswith("chipledger/")
    assert site.asked[1][1]["if-none-match"] == '"one"'


def test_redirects_are_followed_to_the_address_that_answers(site):
    site.put("/a", "", 302, Location="/b?x=1")
    site.put("/b", "", 308, Location=f"{site.url}/c")
    site.put("/c", "text")
    reply, body = client_for(site).read(f"{site.url}/a#top")
    assert (reply.url, body, site.paths) == (f"{site.url}/c", b"text", ["/a", "/b?x=1", "/c"])


@pytest.mark.parametrize(
    "to",
    ["http://169.254.169.254/latest/meta-data", "http://localhost:{port}/c", "http://127.0.0.1:1/c", "http://[::1]:{port}/c",
     "http://2130706433:{port}/c", "http://0x7f.1:{port}/c", "http://[::ffff:7f00:1]:{port}/c", "http://0.0.0.0:{port}/c",
     "http://10.1.2.3/", "http://[fe80::1]/", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "//192.168.0.1/x"],
)  # fmt: skip
def test_a_redirect_to_a_private_address_or_another_scheme_is_refused(site, to):
    site.put("/a", "", 302, Location=to.format(port=site.port))
    site.put("/c", "secret")
    assert refusal(site, "/a").startswith(("refused", "no address is known"))
    assert site.paths == ["/a"]


def test_a_name_that_leads_elsewhere_at_the_second_asking_is_refused(site):
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    with pytest.raises(FetchError, match=r"127\.0\.0\.1, which is not on the open internet"):
        client_for(site, resolve=lambda host, port: next(answers)).read(
            f"http://rebound.example:{site.port}/a"
        )
    assert site.asked == []


def test_a_name_with_one_private_address_among_public_ones_is_refused(site):
    with pytest.raises(FetchError, match="refused"):
        client_for(site, resolve=lambda host, port: ["93.184.215.14", "10.0.0.7"]).read(
            "http://mixed.example/"
        )


def test_the_address_that_was_checked_is_the_one_that_is_asked(site):
    site.put("/a", "here")
    client = client_for(site, allowed=frozenset({"wiki.corp"}), resolve=lambda host, port: ["127.0.0.1"])
    assert client.read(f"http://wiki.corp:{site.port}/a")[1] == b"here"
    assert site.asked[0][1]["host"] == f"wiki.corp:{site.port}"


def test_endless_redirects_end(site):
    site.put("/a", "", 302, Location="/a")
    assert "more than 8 redirects" in refusal(site, "/a") and len(site.asked) == 9


@pytest.mark.parametrize(
    "url", ["http://me:key@127.0.0.1/", "http://", "javascript:alert(1)", "http://a:b:c/", "http://[::1"]
)
def test_what_is_no_address_to_ask_is_refused(site, url):
    with pytest.raises(FetchError):
        client_for(site).read(url)


def test_retry_after_is_obeyed_and_told(site):
    clock, told = Clock(), []
    answers = iter([(429, "7"), (503, "11"), (200, "")])

    def busy(handler: BaseHTTPRequestHandler) -> None:
        status, wait = next(answers)
        handler.send_response(status)
        if wait:
            handler.send_header("Retry-After", wait)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    site.pages["/a"] = busy
    assert client_for(site, clock, tell=told.append).read(f"{site.url}/a")[1] == b"ok"
    assert clock.slept == [7.0, 11.0]
    assert told == [
        "127.0.0.1: too many requests (429); waiting 7 s",
        "127.0.0.1: the server is busy (503); waiting 11 s",
    ]


def test_a_wait_longer_than_the_cap_is_not_waited_for(site):
    site.put("/a", "", 429, Retry_After="86400")
    clock = Clock()
    assert "come back in 86400 s" in refusal(site, "/a", clock=clock)
    assert clock.slept == [] and len(site.asked) == 1


def test_a_server_that_keeps_failing_is_asked_a_bounded_number_of_times(site):
    site.put("/a", "", 502)
    clock = Clock()
    assert "tried 3 times" in refusal(site, "/a", clock=clock)
    assert len(site.asked) == 3 and clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451, 418])
def test_a_plain_refusal_is_not_asked_again(site, status):
    site.put("/a", "x", status)
    assert str(status) in refusal(site, "/a") and len(site.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Le", b"",
     b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 4\r\n\r\nbody"],
)  # fmt: skip
def test_a_body_that_is_cut_off_or_no_http_is_an_error(site, answer):
    site.pages["/a"] = raw(answer)
    with pytest.raises(FetchError, match="tried 2 times"):
        client_for(site, patience=replace(QUICK, tries=2)).read(f"{site.url}/a")


def test_a_body_longer_than_it_says_ends_where_it_says(site):
    site.pages["/a"] = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody and what is not asked for")
    assert client_for(site).read(f"{site.url}/a")[1] == b"body"


@pytest.mark.parametrize(
    ("answer", "pause"),
    [(b"HTTP/1.1 200 OK\r\nX-Header: " + b"x" * 500, 0.05), (b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.02),
     (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500, 0.05)],
    ids=["header", "endless 100s", "body"],
)  # fmt: skip
def test_a_server_that_trickles_costs_bounded_time(site, answer, pause):
    site.pages["/a"] = raw(answer, pause, piece=5)
    began = time.monotonic()
    with pytest.raises(FetchError, match="no answer in time"):
        client_for(site, patience=replace(QUICK, tries=1, try_seconds=0.5)).read(f"{site.url}/a")
    assert time.monotonic() - began < 2


def test_a_server_that_hangs_costs_bounded_time(site):
    site.pages["/a"] = lambda handler: time.sleep(2)
    began = time.monotonic()
    with pytest.raises(FetchError, match="no answer in time"):
        client_for(site, patience=replace(QUICK, tries=1, read_seconds=0.3)).read(f"{site.url}/a")
    assert time.monotonic() - began < 1.5


def test_a_packed_bomb_is_stopped_at_the_bound_of_bytes(site):
    bomb = zipped(bytes(60_000_000))
    assert len(bomb) < 100_000
    site.put("/a", bomb, Content_Encoding="gzip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LimitError, match=r"more than 1.0 MB"):
        client_for(site).get(f"{site.url}/a", Memory(1_000_000))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB


@pytest.mark.parametrize(
    ("body", "coding", "told"),
    [(zipped(b"x" * 5000)[:-9], "gzip", "cut off"), (b"no gzip at all", "gzip", "damaged"), (b"x", "br", "not asked for")],
)  # fmt: skip
def test_a_packed_body_that_is_damaged_is_an_error(site, body, coding, told):
    site.put("/a", body, Content_Encoding=coding)
    assert told in refusal(site, "/a")


def test_packed_bodies_of_several_members_come_whole(site):
    site.put("/a", zipped(b"8 H20, ") + gzip.compress(b"16 A800"), Content_Encoding="x-gzip")
    assert client_for(site).read(f"{site.url}/a")[1] == b"8 H20, 16 A800"


def test_what_is_announced_too_large_is_not_received(site):
    site.put("/a", b"x" * 2_000)
    with pytest.raises(LimitError, match="over the limit"):
        client_for(site).get(f"{site.url}/a", Memory(1_000))


def test_secrets_go_to_the_host_that_was_asked_and_are_never_told(site):
    site.put("/a", "", 302, Location=f"http://localhost:{site.port}/b")
    site.put("/b", "text")
    both = frozenset({"127.0.0.1", "localhost"})
    ask = Ask(secret_headers={"Authorization": "Bearer hush"}, secret_query={"api_key": "hush-too"})
    client = client_for(site, allowed=both, resolve=lambda host, port: ["127.0.0.1"])
    reply, _ = client.read(f"{site.url}/a", ask)
    (first, sent), (second, sent_on) = site.asked
    assert first == "/a?api_key=hush-too" and sent["authorization"] == "Bearer hush"
    assert second == "/b" and "authorization" not in sent_on
    assert "hush" not in reply.url + repr(ask)


def test_each_host_keeps_its_pace(site):
    site.put("/a", "x")
    clock = Clock()
    client = client_for(site, clock)
    client.pace.between("127.0.0.1", 3.0)
    for _ in range(3):
        client.read(f"{site.url}/a")
    assert clock.slept == [3.0, 3.0]


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.0.1", "100.64.0.1", "198.18.0.1", "240.0.0.1",
     "255.255.255.255", "224.0.0.1", "192.0.2.1", "::", "::1", "fc00::1", "fe80::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1",
     "64:ff9b::7f00:1", "2002:a00:1::", "2001:0:a00:1::1", "no address"],
)  # fmt: skip
def test_no_address_off_the_open_internet_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    ("status", "headers", "asked"),
    [(206, {"Content_Range": "bytes 0-3/900"}, Ask()), (206, {}, Ask()), (304, {}, Ask()),
     (206, {"Content_Range": "bytes 4-7/900"}, Ask(byte_range=(0, 3)))],
)  # fmt: skip
def test_a_part_or_no_change_that_nobody_asked_for_is_no_document(site, status, headers, asked):
    site.put("/a", "64 H" if status == 206 else "", status, **headers)
    with pytest.raises(FetchError):
        client_for(site).read(f"{site.url}/a", asked)


def test_validators_and_waits_that_make_no_sense_end_no_run(site):
    site.pages["/a"] = raw(
        b'HTTP/1.1 200 OK\r\nETag: "\xe9"\r\nLast-Modified: \xb2\r\nContent-Length: 2\r\n\r\nH2'
    )
    reply, _ = client_for(site).read(f"{site.url}/a")
    held = Ask(etag=reply.headers["etag"], last_modified=reply.headers["last-modified"])
    assert client_for(site).read(f"{site.url}/a", held)[1] == b"H2"
    for wait in ("\xb2", "Wed, 25 Nov 99999999999999999999 10:00:30 GMT"):
        site.pages["/b"] = raw(
            f"HTTP/1.1 429 No\r\nRetry-After: {wait}\r\nDate: Wed, 25 Nov 2026 10:00:00 GMT\r\nContent-Length: 0\r\n\r\n".encode(
                "latin-1"
            )
        )
        assert "too many requests" in refusal(site, "/b")


def test_a_key_that_cannot_be_sent_is_not_told_in_the_error(site):
    with pytest.raises(FetchError) as error:
        client_for(site).read(f"{site.url}/a", Ask(secret_headers={"Authorization": "Bearer hf_secret\n"}))
    assert "hf_secret" not in error.value.reason


def test_many_tiny_members_cost_time_in_proportion():
    def seconds(members: int) -> float:
        before = time.process_time()
        assert not b"".join(unpacked(iter((gzip.compress(b"") * members,)), "gzip"))
        return time.process_time() - before

    seconds(1_000)
    assert seconds(64_000) < 40 * max(seconds(8_000), 0.002)
