"""`tocsin intel` as people use it: take in, see who was touched, look, renew, remove."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.connect import taxii_server
from tests.e2e.mailboxes import OWNER, mail
from tests.e2e.running import ALERT, UNREAD, WRONG_USE, Result, environment, run
from tests.e2e.test_scan import records
from tocsin.app.lists import Lists
from tocsin.app.memory import open_store
from tocsin.app.observing import observer_factory
from tocsin.hunt.observables import digests_of, observables, texts_of
from tocsin.model.source import RawMail
from tocsin.model.stored import NewMail

BODIES = (
    '<img src="https://cdn.evil.test/a/1.gif?id=77" width="1" height="1">',
    '<img src="https://open.newsletter.test/x.gif">',
)


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a store with two mails of one person."""
    path = tmp_path_factory.mktemp("store") / "mail.db"
    observe = observer_factory(Lists())()
    store = open_store(str(path), create=True, plain=True)
    mails = []
    for number, body in enumerate(BODIES):
        seen = observe(RawMail(f"in.mbox#@{number}", "in.mbox", mail(number, html=body)), "")
        shown = observables(seen)
        mails.append(NewMail(seen, OWNER, digests_of(shown), texts_of(shown)))
    store.add(mails, at_s=1.7e9)
    store.close()
    return path.read_bytes()


class Desk:
    """A home with a store, and the command in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = home / "mail.db"

    def intel(self, *arguments: str | Path, **more: Any) -> Result:
        verb, *rest = arguments
        return run("intel", verb, *rest, "--store", str(self.store), home=self.home, **more)

    def file(self, name: str, text: str) -> Path:
        path = self.home / name
        path.write_text(text)
        return path

    def source(self, *more: str) -> dict[str, Any]:
        (one,) = records(self.intel("list", "--json", *more).stdout)
        return one


@pytest.fixture
def desk(tmp_path: Path, remembered: bytes) -> Desk:
    made = Desk(tmp_path)
    made.store.write_bytes(remembered)
    return made


def test_adding_tells_who_was_touched_and_alarms_once(desk: Desk) -> None:
    path = desk.file("letters.txt", "evil[.]test # January\ncom\n0.0.0.0/0\ngmail.com\nother.test\n")
    first = desk.intel("add", path, "--grade", "b2", "--tlp", "amber", "--valid-days", "3650")
    said = first.stdout.decode()
    assert first.returncode == ALERT
    assert OWNER.replace(".example", "[.]example") in said
    assert "evil[.]test" in said
    assert "evil.test" not in said
    again = desk.intel("add", path)
    assert again.returncode == 0, again.stdout
    one = desk.source("--not-understood")
    assert (one["format"], one["grade"], one["tlp"]) == ("list", "B2", "AMBER")
    assert (one["indicators"], one["valid"], one["shared"], one["hits"], one["alarms"]) == (3, 2, 1, 1, 1)
    assert one["last_hit"]
    assert [piece["written"] for piece in one["pieces"]] == ["com", "0.0.0.0/0"]
    listed = desk.intel("list", "--not-understood").stdout.decode()
    assert "a whole top-level domain" in listed
    assert "under a warning list" in listed


def test_an_indicator_shows_its_source_and_its_hits(desk: Desk) -> None:
    desk.intel(
        "add", desk.file("letters.txt", "cdn.evil.test # January\nother.test\n"), "--name", "January list"
    )
    (one,) = records(desk.intel("show", "cdn[.]evil[.]test", "--json").stdout)
    assert one["source_name"] == "January list"
    assert one["description"] == "January"
    ((hit),) = one["hits"]
    assert (hit["person"], hit["match"], hit["alarms"]) == (OWNER, "host", True)
    assert desk.intel("show", "other.test").returncode == 0
    missing = desk.intel("show", "nothing.test")
    assert missing.returncode == WRONG_USE
    assert b"no such indicator" in missing.stderr


def test_a_warning_list_of_ones_own_stops_the_alarm_and_says_so(desk: Desk) -> None:
    lists = desk.home / "lists"
    lists.mkdir()
    body = {
        "name": "our own services",
        "type": "hostname",
        "list": ["evil.test"],
        "version": 1,
        "description": "",
    }
    (lists / "list.json").write_text(json.dumps(body))
    result = desk.intel("add", desk.file("l.txt", "cdn.evil.test\n"), "--warning-lists", lists)
    assert result.returncode == 0
    shown = desk.intel("show", "cdn.evil.test").stdout.decode()
    assert "our own services" in shown
    assert OWNER.replace(".example", "[.]example") in shown


def test_a_renewed_source_replaces_keeps_and_retires(desk: Desk) -> None:
    def added(text: str, *more: str) -> dict[str, Any]:
        path = desk.file("list.csv", "type,value,comment\n" + text)
        (one,) = [
            record
            for record in records(desk.intel("add", path, "--json", *more).stdout)
            if record["schema"] == "tocsin.intel-added/1"
        ]
        return one

    first = added("domain,a.test,x\ndomain,b.test,x\ndomain,c.test,x\n")
    assert (first["renewed"], first["added"]) == (False, 3)
    second = added("domain,a.test,x\ndomain,b.test,changed\ndomain,d.test,x\n")
    assert second["renewed"]
    assert (second["added"], second["changed"], second["unchanged"]) == (1, 1, 1)
    assert (second["gone"], second["retired"]) == (1, 0)
    assert desk.source()["valid"] == 4
    third = added("domain,a.test,x\ndomain,b.test,changed\ndomain,d.test,x\n", "--replace")
    assert (third["gone"], third["retired"]) == (1, 1)
    one = desk.source()
    assert (one["valid"], one["revoked"]) == (3, 1)


def test_removing_a_source_keeps_what_it_met(desk: Desk) -> None:
    desk.intel("add", desk.file("letters.txt", "evil.test\n"), "--name", "letters")
    removed = desk.intel("remove", "letters")
    assert removed.returncode == 0
    assert b"1 indicators" not in removed.stdout
    assert b"No intelligence yet" in desk.intel("list").stdout
    store = open_store(str(desk.store))
    try:
        assert [hit.alarms for hit in store.hits()] == [True]
    finally:
        store.close()


def test_a_folder_of_a_feed_is_one_source_and_a_damaged_event_is_said(desk: Desk) -> None:
    feed = desk.home / "feed"
    feed.mkdir()
    ids = [f"80e680e2-9253-4ee0-8599-74d4ff9c395{n}" for n in range(3)]
    attribute = {"type": "domain", "category": "Network activity", "value": "evil.test", "to_ids": True}
    event = {
        "uuid": ids[0],
        "info": "January",
        "date": "2021-01-06",
        "Attribute": [{**attribute, "uuid": ids[2]}],
    }
    (feed / "manifest.json").write_text(json.dumps({one: {"info": "x"} for one in ids[:2]}))
    (feed / f"{ids[0]}.json").write_text(json.dumps({"Event": event}))
    (feed / f"{ids[1]}.json").write_text('{"Event": {')
    result = desk.intel("add", feed)
    assert result.returncode == ALERT
    assert b"damaged JSON" in result.stdout
    one = desk.source()
    assert (one["format"], one["indicators"], one["not_understood"]) == ("misp", 1, 1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bundle.json", '{"type": "bundle", "objects": [', "damaged JSON"),
        ("other.json", '{"a": 1}', "JSON of another kind"),
        ("words.txt", "this is no list\nof anything at all\n", "nothing in it can be looked for"),
        ("empty.csv", "", "is empty"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_kept(desk: Desk, name: str, text: str, said: str) -> None:
    good = desk.file("good.txt", "other.test\n")
    result = desk.intel("add", desk.file(name, text), good)
    assert result.returncode == UNREAD
    assert said in result.stderr.decode()
    assert desk.source()["name"] == "good.txt"


def test_wrong_use_is_said(desk: Desk) -> None:
    path = desk.file("l.txt", "other.test\n")
    for arguments, said in (
        (("add", path, "--grade", "Z9"), "letter A to F"),
        (("add", path, path, "--name", "x"), "one name is one source"),
        (("add", path, "--warning-lists", desk.home / "none"), "expected a folder"),
        (("list", "--source", "nobody"), "no such source"),
        (("remove", "nobody"), "no such source"),
    ):
        result = desk.intel(*arguments)
        assert result.returncode == WRONG_USE
        assert said in result.stderr.decode()
    result = run("intel", "list", home=desk.home)
    assert result.returncode == WRONG_USE
    assert b"no store is named" in result.stderr


def test_addresses_outside_the_named_hosts_are_not_fetched(desk: Desk) -> None:
    result = desk.intel("add", "https://feeds.example/list.txt")
    assert result.returncode == UNREAD
    assert b"intel_hosts" in result.stderr


@pytest.fixture
def feeds(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address of a real web server over it on this machine."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_an_address_is_fetched_and_polled_and_an_unchanged_one_says_so(
    desk: Desk, feeds: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = feeds
    monkeypatch.setenv("TOCSIN_INTEL_HOSTS", "127.0.0.1")
    (folder / "list.txt").write_text("other.test\n")
    first = desk.intel("add", address + "list.txt", "--grade", "C3", "--confidence", "40")
    assert first.returncode == 0, first.stderr
    assert b"nothing new" in desk.intel("poll").stdout
    (folder / "list.txt").write_text("other.test\nevil.test\n")
    os.utime(folder / "list.txt", (2_000_000_000, 2_000_000_000))
    polled = desk.intel("poll", "list")
    assert polled.returncode == ALERT, polled.stderr
    one = desk.source()
    assert (one["indicators"], one["grade"], one["location"]) == (2, "C3", address + "list.txt")
    (shown,) = records(desk.intel("show", "evil.test", "--json").stdout)
    assert shown["confidence"] == 40


def test_a_feed_is_read_by_its_manifest_and_polled_for_new_events_only(
    desk: Desk, feeds: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = feeds
    monkeypatch.setenv("TOCSIN_INTEL_HOSTS", "127.0.0.1")
    events = {f"80e680e2-9253-4ee0-8599-74d4ff9c395{n}": f"a{n}.test" for n in range(2)}

    def publish(*names: str) -> None:
        (folder / "manifest.json").write_text(json.dumps({one: {"timestamp": "1610000000"} for one in names}))
        for one in names:
            attribute = {
                "type": "domain",
                "category": "Network activity",
                "value": events[one],
                "to_ids": True,
            }
            event = {"uuid": one, "info": "January", "Attribute": [{**attribute, "uuid": "f" + one[1:]}]}
            (folder / f"{one}.json").write_text(json.dumps({"Event": event}))

    first, second = events
    publish(first)
    assert desk.intel("add", address).returncode == 0
    publish(first, second)
    (folder / f"{first}.json").unlink()  # must not be asked for again
    polled = desk.intel("poll")
    assert polled.returncode == 0, polled.stdout
    one = desk.source()
    assert (one["format"], one["valid"], one["revoked"]) == ("misp", 2, 0)


def test_a_collection_is_polled_for_what_was_added(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_INTEL_HOSTS", "127.0.0.1")
    monkeypatch.setenv("TOCSIN_LOGIN_127_0_0_1", f"{taxii_server.USER}:{taxii_server.PASSWORD}")

    def indicator(number: int, domain: str) -> dict[str, Any]:
        at = "2026-01-01T00:00:00.000Z"
        pattern = f"[domain-name:value = '{domain}']"
        made = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--00000000-0000-4000-8000-{number:012d}",
        }
        return {
            **made,
            "created": at,
            "modified": at,
            "pattern": pattern,
            "pattern_type": "stix",
            "valid_from": at,
        }

    for server in taxii_server.serve(tmp_path_factory.mktemp("taxii")):
        server.add("Twice", [indicator(1, "other.test")])
        address = server.address("Twice").replace("http://", "taxii+http://")
        assert desk.intel("add", address, "--tlp", "GREEN").returncode == 0
        server.add("Twice", [indicator(2, "cdn.evil.test")])
        polled = desk.intel("poll")
        assert polled.returncode == ALERT, polled.stderr
        one = desk.source()
        assert (one["format"], one["indicators"], one["valid"], one["tlp"]) == ("taxii", 2, 2, "GREEN")


def test_two_sources_keep_the_same_thing_each_with_its_own_marks(desk: Desk) -> None:
    one = {"type": "domain", "category": "Network activity", "to_ids": True, "value": "evil.test"}
    pattern = {**one, "type": "stix2-pattern", "value": "[domain-name:value = 'other.test']"}
    ids = [f"80e680e2-9253-4ee0-8599-74d4ff9c395{n}" for n in range(3)]
    attributes = [{**one, "uuid": ids[1]}, {**pattern, "uuid": ids[2]}]
    event = {"uuid": ids[0], "info": "January", "date": "2021-01-06", "Attribute": attributes}
    path = desk.file("event.json", json.dumps({"Event": event}))
    for name, grade in (("ours", "B2"), ("theirs", "D4"), ("theirs", "D4")):
        assert desk.intel("add", path, "--name", name, "--grade", grade).returncode in (0, ALERT)
    found = records(desk.intel("show", "evil.test", "--json").stdout)
    assert {(one["source_name"], one["grade"]) for one in found} == {("ours", "B2"), ("theirs", "D4")}
    desk.intel("remove", "ours")
    assert desk.intel("add", path, "--name", "theirs").returncode == 0  # nothing alarms anew
    left = desk.source()
    assert (left["indicators"], left["valid"], left["hits"]) == (2, 2, 1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("old.json", '{"type": "bundle", "id": "bundle--1", "spec_version": "1.2", "objects": []}', "STIX"),
        ("inbox", "From a@b.test Mon Jan  4 10:00:00 2021\nSubject: x\n\nHello there\n", "looked for"),
        ("folder", None, "is an empty folder"),
    ],
)
def test_what_is_no_intelligence_is_said_and_nothing_is_kept(
    desk: Desk, name: str, text: str | None, said: str
) -> None:
    if text is None:
        path = desk.home / name
        path.mkdir()
    else:
        path = desk.file(name, text)
    result = desk.intel("add", path)
    assert result.returncode == UNREAD
    assert said in result.stderr.decode()
    assert b"No intelligence yet" in desk.intel("list").stdout


def test_what_is_broken_off_leaves_what_was_and_is_completed_by_the_same_command(desk: Desk) -> None:
    desk.intel("add", desk.file("list.csv", "type,value\ndomain,a.test\n"), "--name", "feed")
    rows = "".join(f"domain,h{n}.b.test\n" for n in range(12_000))
    path = desk.file("list.csv", "type,value\ndomain,a.test\n" + rows)
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            _ENDED,
            "intel",
            "add",
            str(path),
            "--name",
            "feed",
            "--store",
            str(desk.store),
        ],
        env=environment(desk.home),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert desk.source()["indicators"] == 1
    assert desk.intel("add", path, "--name", "feed").returncode == 0
    assert desk.source()["valid"] == 12_001


# Ends itself by SIGKILL when the second batch of indicators is to be written.
_ENDED = """
import os, signal
from tocsin.store import indicators
add, calls = indicators.Indicators.add, []
def counted(self, batch):
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return add(self, batch)
indicators.Indicators.add = counted
from tocsin.cli.main import main
main()
"""


def test_a_server_keeps_what_two_writers_bring_at_once(tmp_path: Path, postgres_url: str) -> None:
    files = []
    for one in range(2):
        path = tmp_path / f"{one}.txt"
        path.write_text("".join(f"h{n}.s{one}.test\n" for n in range(6_000)))
        files.append(path)
    assert run("intel", "add", files[0], "--store", postgres_url, home=tmp_path).returncode == 0
    with ThreadPoolExecutor(2) as pool:
        ended = list(
            pool.map(lambda path: run("intel", "add", path, "--store", postgres_url, home=tmp_path), files)
        )
    assert [one.returncode for one in ended] == [0, 0], [one.stderr for one in ended]
    listed = records(run("intel", "list", "--json", "--store", postgres_url, home=tmp_path).stdout)
    assert [one["valid"] for one in listed] == [6_000, 6_000]
