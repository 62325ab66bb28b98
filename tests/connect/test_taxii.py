"""TAXII 2.1 against a real server: each object once, pages, what comes later, and what goes wrong in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.connect import taxii_server
from tests.connect.taxii_server import PASSWORD, USER, Doorman, Scripted, Server, answering
from tocsin.connect.fetch import FetchError
from tocsin.connect.taxii import Polled, collections, poll

HOSTS = ("127.0.0.1",)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from taxii_server.serve(tmp_path_factory.mktemp("taxii"))


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_LOGIN_127_0_0_1", f"{USER}:{PASSWORD}")


def made(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--00000000-0000-4000-8000-{number:012d}",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "pattern": f"[domain-name:value = 'a{number}.evil.example']",
            "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z",
        }
        for number in range(start, start + count)
    ]


def ids(polled: Polled) -> list[int]:
    objects = [one for _, page in polled.pages for one in json.loads(page)["objects"]]
    return [int(one["id"][-12:]) for one in objects]


def test_each_object_comes_once_and_later_ones_come_later(server: Server) -> None:
    server.add("Twice", made(3))
    first = poll(server.address("Twice"), HOSTS)
    assert sorted(ids(first)) == [0, 1, 2]
    assert [title for title, _ in first.pages] == ["Twice"]
    second = poll(server.address("Twice"), HOSTS, first.state)
    assert (ids(second), second.complete) == ([], True)
    server.add("Twice", made(2, start=3))
    assert sorted(ids(poll(server.address("Twice"), HOSTS, second.state))) == [3, 4]


def test_a_collection_larger_than_a_page_is_read_whole(server: Server) -> None:
    for start in range(0, 20, 5):
        server.add("Paged", made(5, start))
    for page in (3, 1000):  # the server itself gives no more than seven at once
        polled = poll(server.address("Paged"), HOSTS, page=page)
        assert sorted(ids(polled)) == list(range(20))
        assert [title for title, _ in polled.pages] == ["Paged"]
        assert ids(poll(server.address("Paged"), HOSTS, polled.state)) == []


def test_a_server_gone_between_pages_loses_nothing(server: Server) -> None:
    for start in range(0, 12, 4):
        server.add("Broken", made(4, start))
    doorman = Doorman(
        server.port, requests=3
    )  # the collection and two pages; the answer with the third is lost
    broken = poll(server.address("Broken").replace(str(server.port), str(doorman.port)), HOSTS, page=3)
    doorman.wait()
    assert not broken.complete
    assert "cut off" in broken.problem
    assert len(ids(broken)) == 6
    rest = poll(server.address("Broken"), HOSTS, broken.state, page=3)
    assert rest.complete
    assert sorted({*ids(broken), *ids(rest)}) == list(range(12))
    assert len(ids(rest)) < 12
    assert ids(poll(server.address("Broken"), HOSTS, rest.state)) == []


def test_the_collections_of_a_server_are_found_from_any_address(server: Server) -> None:
    for address in (server.url, server.root, server.root + "collections/", "taxii+" + server.url):
        assert {one.title for one in collections(address, HOSTS)} >= {"Twice", "Paged", "Empty"}
        assert "Closed" not in {one.title for one in collections(address, HOSTS)}
    polled = poll(server.address("Empty"), HOSTS)
    assert (polled.pages, polled.complete) == ((), True)


def test_what_goes_wrong_is_said_in_words(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError, match="check it with the publisher"):
        poll(server.root + "collections/00000000-0000-4000-8000-999999999999/", HOSTS)
    with pytest.raises(FetchError, match="does not let this account read"):
        poll(server.address("Closed"), HOSTS)
    with pytest.raises(FetchError, match="intel_hosts"):
        poll(server.url, ("taxii.example",))
    monkeypatch.setenv("TOCSIN_LOGIN_127_0_0_1", f"{USER}:wrong secret")
    with pytest.raises(FetchError, match="name and password") as refused:
        poll(server.address("Twice"), HOSTS)
    assert "wrong secret" not in str(refused.value)


MEDIA = {"Content-Type": "application/taxii+json;version=2.1"}
LISTED = answering(200, b'{"id": "c", "title": "C", "can_read": true}', MEDIA)
OBJECTS = "/r/collections/c/objects/?limit=1000"


def scripted(answers: dict[str, bytes]) -> Iterator[Scripted]:
    one = Scripted({"/r/collections/c/": LISTED, **answers})
    try:
        yield one
    finally:
        one.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answering(406, b"", MEDIA), "TAXII 2.1"),
        (answering(403), "ask its operator"),
        (answering(429, b"", {"Retry-After": "120"}), "in 120 seconds"),
        (answering(503), "HTTP 503"),
        (answering(200, b"<html>", {"Content-Type": "text/html"}), "no TAXII 2.1"),
        (answering(200, b"[[[", MEDIA), "no TAXII 2.1"),
        (answering(200, b'{"more": true, "objects": [{}]}', MEDIA), "same again"),
        (b"", "cut off"),
    ],
)
def test_odd_servers_end_in_words(answer: bytes, said: str) -> None:
    for one in scripted({OBJECTS: answer}):
        with pytest.raises(FetchError, match=said):
            poll(one.url + "/r/collections/c/", HOSTS)


def test_a_server_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = answering(200, b'{"more": true, "next": "n", "objects": [{"type": "x"}]}', MEDIA)
    for one in scripted({OBJECTS: endless, OBJECTS + "&next=n": endless}):
        polled = poll(one.url + "/r/collections/c/", HOSTS)
        assert not polled.complete
        assert "same again" in polled.problem
        assert len(one.asked) == 3


def test_a_server_that_does_not_say_when_is_asked_for_its_manifest() -> None:
    answers = {
        OBJECTS: answering(200, b'{"objects": [{"type": "x"}]}', MEDIA),
        "/r/collections/c/manifest/?limit=1000": answering(
            200, b'{"objects": [{"id": "x", "date_added": "2026-01-02T00:00:00.5Z", "version": "v"}]}', MEDIA
        ),
        OBJECTS + "&added_after=2026-01-02T00%3A00%3A00.5Z": answering(200, b"{}", MEDIA),
    }
    for one in scripted(answers):
        first = poll(one.url + "/r/collections/c/", HOSTS)
        assert len(first.pages) == 1
        assert poll(one.url + "/r/collections/c/", HOSTS, first.state).pages == ()


def test_a_server_that_sends_elsewhere_is_not_followed() -> None:
    elsewhere = answering(200, b'{"title": "t", "api_roots": ["https://other.example/api/"]}', MEDIA)
    for one in scripted({"/taxii2/": elsewhere}):
        with pytest.raises(FetchError, match=r"names other\.example, another host"):
            poll(one.url + "/taxii2/", (*HOSTS, "other.example"))
