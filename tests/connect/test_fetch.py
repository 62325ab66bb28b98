"""Fetching: configured hosts only, bounded, and words for whatever goes wrong."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connect.taxii_server import Scripted, answering
from tocsin.connect.credentials import login_for
from tocsin.connect.fetch import FetchError, Freshness, Login, allowed, fetch

HOSTS = ("127.0.0.1",)
BOMB = gzip.compress(bytes(5_000_000))


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    one = Scripted(
        {
            "/plain": answering(
                200, b"one\n", {"ETag": '"v1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
            ),
            "/same": answering(304, b"", {"ETag": '"v1"'}),
            "/packed": answering(200, gzip.compress(b"two\n"), {"Content-Encoding": "gzip"}),
            "/bomb": answering(200, BOMB, {"Content-Encoding": "gzip"}),
            "/large": answering(200, b"x" * 2_000_000),
            "/broken-gzip": answering(200, b"nonsense", {"Content-Encoding": "gzip"}),
            "/half-gzip": answering(200, gzip.compress(b"two\n" * 100)[:-12], {"Content-Encoding": "gzip"}),
            "/brotli": answering(200, b"x", {"Content-Encoding": "br"}),
            "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
            "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabc\n\r\n0\r\n\r\n",
            "/half-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nabc",
            "/noise": b"\x00\xff" * 100 + b"\r\n\r\n",
            "/nothing": b"",
            "/moved": answering(302, b"", {"Location": "/plain"}),
            "/away": answering(302, b"", {"Location": "http://other.example/plain"}),
            "/nowhere": answering(302),
            "/round": answering(301, b"", {"Location": "/round"}),
            "/gone": answering(410),
            "/busy": answering(429, b"", {"Retry-After": "60"}),
        }
    )
    try:
        yield one
    finally:
        one.close()


def test_a_body_comes_with_what_makes_the_next_request_cheap(server: Scripted) -> None:
    first = fetch(server.url + "/plain", HOSTS)
    assert (first.body, first.unchanged) == (b"one\n", False)
    again = fetch(server.url + "/same", HOSTS, freshness=first.freshness)
    assert again.unchanged
    assert 'If-None-Match: "v1"' in server.asked[-1]
    assert "If-Modified-Since: Thu, 01 Jan 2026" in server.asked[-1]
    assert "User-Agent: tocsin\r\n" in server.asked[-1]


@pytest.mark.parametrize(
    ("path", "body"), [("/packed", b"two\n"), ("/chunked", b"abc\n"), ("/moved", b"one\n")]
)
def test_packed_chunked_and_moved_bodies(server: Scripted, path: str, body: bytes) -> None:
    assert fetch(server.url + path, HOSTS).body == body


WRONG = [
    ("/bomb", "more than 1,000,000 bytes"),
    ("/large", "more than 1,000,000 bytes"),
    ("/broken-gzip", "damaged gzip"),
    ("/half-gzip", "cut off"),
    ("/brotli", "packed as br"),
    ("/short", "cut off after 9 bytes"),
    ("/half-chunk", "cut off"),
    ("/noise", "no HTTP"),
    ("/nothing", "cut off"),
    ("/away", r"redirects to other\.example, another host"),
    ("/nowhere", "redirects"),
    ("/round", "more than 5 times"),
    ("/gone", "nothing at this address"),
    ("/busy", "in 60 seconds"),
]


@pytest.mark.parametrize(("path", "said"), WRONG, ids=[path for path, _ in WRONG])
def test_what_goes_wrong_is_said(server: Scripted, path: str, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        fetch(server.url + path, (*HOSTS, "other.example"), max_bytes=1_000_000, timeout_s=5)


def test_nobody_there() -> None:
    gone = Scripted({})
    gone.close()
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch(gone.url + "/x", HOSTS, timeout_s=2)


REFUSED = [
    ("https://evil.example/x", r'intel_hosts = \["evil\.example"\]'),
    ("https://feeds.example.evil.example/x", "intel_hosts"),
    ("http://feeds.example/x", "https only"),
    ("https://user:secret@feeds.example/x", "netrc"),
    ("ftp://feeds.example/x", "no address to fetch from"),
    ("file:///etc/passwd", "no address to fetch from"),
    ("https://pinned.example/x", "intel_hosts"),
    ("", "no address to fetch from"),
]


@pytest.mark.parametrize(("url", "said"), REFUSED)
def test_other_hosts_are_never_asked(url: str, said: str) -> None:
    with pytest.raises(FetchError, match=said) as refused:
        fetch(url, ("feeds.example", "pinned.example:8443"))
    assert "secret" not in str(refused.value)


def test_hosts_are_allowed_by_name_and_port() -> None:
    assert allowed("https://FEEDS.example/a", ("feeds.example",)).host == "feeds.example"
    assert allowed("https://pinned.example:8443/a", ("pinned.example:8443",)).port == 8443


def test_proxies_of_the_environment_are_not_used(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert fetch(server.url + "/plain", HOSTS).body == b"one\n"


def test_a_password_goes_to_its_own_origin_alone(server: Scripted) -> None:
    other = Scripted({"/start": answering(302, b"", {"Location": server.url + "/plain"})})
    login = Login("reader", "a secret")
    fetch(other.url + "/start", HOSTS, login=login)
    assert "Authorization: Basic" in other.asked[-1]
    assert "Authorization" not in server.asked[-1]
    assert "secret" not in repr(login)
    other.close()


def test_logins_come_from_the_environment_or_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine feeds.example login me password s3cret\ndefault login all password everywhere\n")
    environment = {"TOCSIN_NETRC": str(file), "TOCSIN_LOGIN_TAXII_EXAMPLE": "you:a:b"}
    file.chmod(0o644)
    with pytest.raises(FetchError, match="chmod 600") as refused:
        login_for("feeds.example", environment)
    assert "s3cret" not in str(refused.value)
    file.chmod(0o600)
    found = login_for("feeds.example", environment)
    assert found is not None
    assert (found.user, found.password) == ("me", "s3cret")
    assert login_for("other.example", environment) is None
    given = login_for("taxii.example", environment)
    assert given is not None
    assert (given.user, given.password) == ("you", "a:b")
    file.write_text("feeds.example s3cret\n")
    with pytest.raises(FetchError, match="expected: machine HOST") as refused:
        login_for("feeds.example", environment)
    assert "s3cret" not in str(refused.value)
    assert login_for("feeds.example", {"HOME": str(tmp_path)}) is None


def test_empty_freshness_asks_without_conditions(server: Scripted) -> None:
    fetch(server.url + "/plain", HOSTS, freshness=Freshness())
    assert "If-" not in server.asked[-1]
