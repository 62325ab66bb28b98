"""What mails could have shown: four steps kept apart, each from its own evidence, and no guess where there is none."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

from tests.e2e.campaign_stores import run_here
from tests.e2e.mailboxes import mail
from tests.e2e.running import WRONG_USE, run
from tests.e2e.test_scan import check_schema, records
from tocsin.app.exposure_logs import LogError, read_logs
from tocsin.app.habits import habits, habits_for
from tocsin.cli.exposure import command
from tocsin.model.exposure import Fetched
from tocsin.model.observation import Beacon, Observed
from tocsin.model.people import Contact
from tocsin.respond.exposure import Circumstances, expose_mail, gathered

HOST = "t.outlet.example"
TOKEN = "k3y7Qz91"
BEACON = Beacon(
    "img", f"https://{HOST}/p.gif?u={TOKEN}", HOST, "outlet.example", "open", False, (), ("address", "client", "time"),
    "1",
)  # fmt: skip
LINE = Fetched(1_000.0, HOST, BEACON.url, "192.0.2.9", "proxy.log, line 3")


HOST_LINE = Fetched(1_000.0, HOST, "", "192.0.2.9", "dns.log, line 3")


def answers(mail: Any, **around: Any) -> dict[str, str]:
    one = expose_mail(mail, "ann@house.example", "ann@house.example", Circumstances(**around), sent_s=900.0)
    return {step.step: step.answer for step in one.steps} | {leak.what: leak.answer for leak in one.leaks}


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """A mail as the program itself observes it, with a picture that reports back."""
    from tocsin.app.lists import Lists
    from tocsin.app.observing import observer_factory
    from tocsin.model.source import RawMail

    raw = mail(1, html=f'<p>Hello</p><img src="{BEACON.url}" width="1" height="1">')
    return observer_factory(Lists())()(RawMail("a.eml", "a", raw), "")


def test_nothing_is_taken_for_granted(observed: Observed) -> None:
    found = answers(observed)
    assert found["delivered"] == "yes"
    assert {found[step] for step in ("displayed", "could-have-fired", "fetched")} == {"not-known"}
    assert found["network"] == "not-known"


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({"flags": "S"}, {"displayed": "likely", "could-have-fired": "not-known"}),
        ({"flags": "RS"}, {"displayed": "yes", "fetched": "not-known"}),
        ({"flags": "PS"}, {"displayed": "yes", "could-have-fired": "not-known"}),
        ({"flags": "U"}, {"displayed": "not-known"}),
        ({"flags": "N"}, {"displayed": "not-known"}),
        ({"passed_on": True, "acted_s": 950.0}, {"displayed": "yes", "fetched": "not-known"}),
        ({"junk": True}, {"could-have-fired": "unlikely", "network": "unlikely", "delivered": "yes"}),
        ({"junk": True, "pictures": "shown"}, {"could-have-fired": "likely"}),
        ({"stopped": (LINE,), "logs": True}, {"fetched": "unlikely", "displayed": "likely"}),
        ({"flags": "F"}, {"displayed": "not-known"}),
        ({"answered": True}, {"displayed": "yes", "could-have-fired": "not-known"}),
        (
            {"pictures": "blocked"},
            {"could-have-fired": "unlikely", "network": "unlikely", "displayed": "not-known"},
        ),
        ({"pictures": "shown"}, {"could-have-fired": "likely", "network": "likely", "fetched": "not-known"}),
        ({"handled": "defuse"}, {"could-have-fired": "no", "network": "no", "delivered": "yes"}),
        ({"handled": "quarantine"}, {"delivered": "no", "could-have-fired": "no"}),
        ({"handled": "tag"}, {"delivered": "yes", "could-have-fired": "not-known"}),
        (
            {"fetched": (LINE,)},
            {"displayed": "likely", "could-have-fired": "yes", "fetched": "yes", "network": "yes"},
        ),
        (
            {"fetched": (HOST_LINE,)},
            {"displayed": "likely", "could-have-fired": "likely", "fetched": "likely", "network": "likely"},
        ),
        ({"asked_by_somebody": (LINE,), "logs": True}, {"fetched": "not-known", "displayed": "not-known"}),
        ({"logs": True}, {"fetched": "not-known"}),
    ],
)
def test_each_step_has_its_own_evidence(
    observed: Observed, around: dict[str, Any], expected: dict[str, str]
) -> None:
    found = answers(observed, **around)
    assert {key: found[key] for key in expected} == expected


def test_a_provider_that_asks_in_the_readers_place_hides_the_network(observed: Observed) -> None:
    known = {one.id: one for one in habits()}
    gmail = answers(observed, habits=(known["gmail"],))
    assert (gmail["could-have-fired"], gmail["opened"], gmail["network"], gmail["client"]) == (
        "likely",
        "likely",
        "unlikely",
        "unlikely",
    )
    apple = answers(observed, habits=(known["apple-mail"],))
    assert (apple["opened"], apple["time"], apple["network"]) == ("unlikely", "unlikely", "unlikely")
    assert answers(observed, habits=(known["thunderbird"],))["could-have-fired"] == "unlikely"
    both = answers(
        observed, habits=(known["thunderbird"], known["gmail"])
    )  # what shows pictures, hides the network
    assert (both["could-have-fired"], both["network"]) == ("likely", "unlikely")
    two = answers(observed, habits=(known["apple-mail-plain"], known["gmail"]))
    assert (two["could-have-fired"], two["network"]) == ("likely", "likely")
    asked = answers(
        observed, habits=(known["gmail"],), fetched=(LINE,)
    )  # from the house itself, whatever Gmail does
    assert (asked["network"], asked["fetched"]) == ("yes", "yes")
    assert all(one.source for one in habits())
    assert [one.id for one in habits_for(Contact("x"), "x@googlemail.com")] == ["gmail"]
    assert [one.id for one in habits_for(Contact("x", reads_with=("thunderbird",)), "x@gmail.com")] == [
        "thunderbird"
    ]
    assert habits_for(Contact("x", reads_with=("something else",)), "x@gmail.com") == ()
    assert habits_for(Contact("x", reads_with=("thunderbird", "something else")), "x@gmail.com") == ()


def beacon(technique: str, trigger: str, leak: str, *, conditional: bool = False, client: str = "") -> Beacon:
    fires_in = (client,) if client else ()
    return Beacon(technique, BEACON.url, HOST, "outlet.example", trigger, conditional, fires_in, (leak,), "1")


BEACONS = {
    "printed": (beacon("css-image", "print", "address", conditional=True), "unlikely"),
    "dark": (beacon("css-image", "open", "address", conditional=True), "not-known"),
    "windows": (beacon("file-path", "open", "ntlm", client="windows"), "not-known"),
    "receipt": (beacon("receipt-request", "open", "account"), "not-known"),
    "candidates": (beacon("image-candidates", "open", "address", conditional=True), "likely"),
    "link": (beacon("link", "click", "address"), "unlikely"),
    "servers": (beacon("receiver-dns", "receipt", "resolver"), "unlikely"),
}


@pytest.mark.parametrize("kind", BEACONS)
def test_what_a_beacon_needs_counts(observed: Observed, kind: str) -> None:
    one, expected = BEACONS[kind]
    mail = msgspec.structs.replace(observed, beacons=(one,))
    assert answers(mail, pictures="shown")["could-have-fired"] == expected
    blocked = answers(mail, pictures="blocked")["could-have-fired"]
    assert blocked == ("not-known" if kind == "receipt" else "unlikely")
    found = answers(mail, handled="defuse")
    assert found["could-have-fired"] == ("unlikely" if kind in ("printed", "link") else "no")
    if kind == "servers":
        assert found["resolver"] == "likely"  # the receiving server asked before anything could be taken out
        assert "opened" not in found
    both = msgspec.structs.replace(observed, beacons=(one, BEACON))
    assert answers(both, pictures="shown")["could-have-fired"] == "likely"


def test_a_mail_without_beacons_shows_nothing(observed: Observed) -> None:
    mail = msgspec.structs.replace(observed, beacons=())
    found = answers(mail, pictures="shown", flags="S")
    assert found == {
        "delivered": "yes", "displayed": "likely", "could-have-fired": "unlikely", "fetched": "not-known",
    }  # fmt: skip


def test_the_strongest_answer_of_all_mails_counts(observed: Observed) -> None:
    mails = [
        expose_mail(observed, "a@b.example", "a@b.example", Circumstances(pictures=pictures), sent_s=at_s)
        for pictures, at_s in (("shown", 20.0), ("blocked", 10.0))
    ]
    one = gathered("a@b.example", "c-1", mails, delegates=True)
    assert [each.sent_s for each in one.mails] == [10.0, 20.0]
    assert {leak.what: leak.answer for leak in one.leaks}["network"] == "likely"
    assert one.advice[0] == "block-pictures"
    assert {"tell-staff", "home-router"} <= set(one.advice)


LOGS = {
    "squid": f"1613556000.123    57 192.0.2.9 TCP_MISS/200 43 GET {BEACON.url} - HIER_DIRECT/192.0.2.1 image/gif\n",
    "tunnel": f"1613556000.123    57 192.0.2.9 TCP_TUNNEL/200 43 CONNECT {HOST}:443 - HIER_DIRECT/192.0.2.1 -\n",
    "combined": f'192.0.2.9 - - [17/Feb/2021:11:00:00 +0100] "GET {BEACON.url} HTTP/1.1" 200 43 "-" "x"\n',
    "bind": f"17-Feb-2021 10:00:00.123 queries: info: client @0x7f 192.0.2.9#53 ({HOST}): query: {HOST} IN A + (x)\n",
    "unbound": f"[1613556000] unbound[77:0] info: 192.0.2.9 {HOST}. A IN\n",
    "unbound-syslog": f"Feb 17 10:00:00 ns unbound[77]: [77:0] info: 192.0.2.9 {HOST}. A IN\n",
    "dnsmasq": f"Feb 17 10:00:00 dnsmasq[7]: query[A] {HOST} from 192.0.2.9\n",
    "dnsmasq-zoned": f"2021-02-17T11:00:00.5+01:00 ns dnsmasq[7]: query[A] {HOST} from 192.0.2.9\n",
    "table": f"time,client,url\n2021-02-17T10:00:00Z,192.0.2.9,{BEACON.url}\n",
}


@pytest.mark.parametrize("kind", LOGS)
def test_logs_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "access.log"
    path.write_text(LOGS[kind].replace(HOST, "other.example") + LOGS[kind])
    os.utime(
        path, (1_613_600_000, 1_613_600_000)
    )  # a log that writes no year is of the year it was written in
    (line,) = read_logs([path], {HOST}).fetched
    assert abs(line.at_s - 1_613_556_000) < 1
    assert line.zoned is (kind not in ("bind", "dnsmasq", "unbound-syslog"))
    assert line.let_through
    assert (line.host, line.client) == (HOST, "192.0.2.9")
    assert (line.url == BEACON.url) is (kind in ("squid", "combined", "table"))


def test_what_a_proxy_refused_is_no_fetch(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(
        LOGS["squid"].replace("TCP_MISS/200", "TCP_DENIED/403")
        + LOGS["combined"].replace(" 200 43", " 407 43")
    )
    assert [one.let_through for one in read_logs([path], {HOST}).fetched] == [False, False]
    path.write_text(
        f"time,host,status\n1613556000,{HOST},denied\n1613556000,{HOST},200\n1613556000,{HOST},\n"
    )
    assert [one.let_through for one in read_logs([path], {HOST}).fetched] == [False, True, True]


def test_a_day_without_a_year_is_the_last_such_day_before_the_log_was_written(tmp_path: Path) -> None:
    path = tmp_path / "dns.log"
    path.write_text(LOGS["dnsmasq"].replace("Feb 17", "Dec 30"))
    os.utime(path, (1_609_600_000, 1_609_600_000))  # 2 January 2021
    assert [one.at_s for one in read_logs([path], {HOST}).fetched] == [1_609_322_400.0]  # 30 December 2020


def test_logs_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="cannot be read"):
        read_logs([tmp_path / "none.log"], {HOST})
    (tmp_path / "words.log").write_text("these are\nonly words\n")
    with pytest.raises(LogError, match="no line is of a form"):
        read_logs([tmp_path / "words.log"], {HOST})
    (tmp_path / "bad.gz").write_bytes(b"not gzip")
    with pytest.raises(LogError, match=r"bad\.gz"):
        read_logs([tmp_path / "bad.gz"], {HOST})
    (tmp_path / "mixed.log").write_text(
        "garbage\x00\n" + LOGS["squid"] + "x" * 100_000 + LOGS["squid"] + "\n" + LOGS["squid"]
    )
    assert (
        len(read_logs([tmp_path / "mixed.log"], {HOST}).fetched) == 2
    )  # nothing of a line that is too long counts


def ask(*arguments: str | Path) -> Result:
    """The command in this process; `scan` needs one of its own, since it closes the network."""
    return run_here(command, *arguments)


def told(*arguments: str | Path) -> dict[str, Any]:
    found = ask(*arguments, "--json")
    assert found.exit_code == 0, found.output
    (record,) = records(found.stdout_bytes)
    check_schema(record)
    return record


def answered(record: dict[str, Any]) -> tuple[list[str], set[str]]:
    """The answers of the four steps of its one mail, and the keys of their reasons."""
    steps = record["mails"][0]["steps"]
    return [step["answer"] for step in steps], {one["key"] for step in steps for one in step["reasons"]}


def maildir(folder: Path, *subfolders: str) -> Path:
    for each in (folder, *(folder / name for name in subfolders)):
        for part in ("cur", "new", "tmp"):
            (each / part).mkdir(parents=True)
    return folder


def scanned(home: Path, *boxes: Path) -> dict[str, str]:
    """Scan into the store and give the sums of the mails by the names of their files."""
    done = run(
        "scan",
        *boxes,
        "--people",
        home / "people.toml",
        "--store",
        home / "s.db",
        "--json",
        "--quiet",
        home=home,
    )
    return {
        one["source"].rpartition("/")[2]: one["sha256"] for one in records(done.stdout) if "sha256" in one
    }


PEOPLE = """
[[person]]
name = "Lena Maes"
addresses = ["lena.maes@parliament.example"]
reads_with = ["Gmail"]

[[person.delegate]]
name = "Dora Delegate"
role = "assistant"

[[person]]
name = "Omar Diallo"
addresses = ["omar.diallo@parliament.example"]
pictures = "blocked"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "people.toml").write_text(PEOPLE)
    return tmp_path


def test_marks_are_read_and_not_changed_and_a_log_tells_who_asked(home: Path) -> None:
    box = maildir(home / "box")
    for number, flags in enumerate(("S", "", "RS")):
        page = f'<p>Hello</p><img src="http://192.0.2.7/p.gif?u={number}q7Zk31" width="1" height="1">'
        (box / "cur" / f"{number}.h:2,{flags}").write_bytes(mail(number, html=page))
    before = sorted((path.name, path.read_bytes()) for path in (box / "cur").iterdir())
    sums = scanned(home, box)
    assert sorted((path.name, path.read_bytes()) for path in (box / "cur").iterdir()) == before
    log = home / "proxy.log"
    log.write_text("1999999999.1 5 192.0.2.9 TCP_MISS/200 43 GET http://192.0.2.7/p.gif?u=0q7Zk31 - - -\n")
    shown = {
        name: answered(told(sha256, "--log", log, "--store", home / "s.db"))[0]
        for name, sha256 in sums.items()
    }
    assert {name: (steps[1], steps[3]) for name, steps in shown.items()} == {
        "0.h:2,S": ("likely", "yes"),
        "1.h:2,": ("not-known", "not-known"),
        "2.h:2,RS": ("yes", "not-known"),
    }
    text = ask(sums["0.h:2,S"], "--store", home / "s.db").output
    assert re.search(r"Fetched +not known: no logs were handed in", text)
    refused = ask(sums["0.h:2,S"], "--log", home / "none", "--store", home / "s.db")
    assert refused.exit_code == WRONG_USE
    assert "cannot be read" in refused.output
    stranger = ask(sums["0.h:2,S"], "--person", "nobody@parliament.example", "--store", home / "s.db")
    assert stranger.exit_code == WRONG_USE
    assert "was sent no mail" in stranger.output


def test_readers_answers_and_lines_that_anybody_could_have_caused(home: Path) -> None:
    same = '<p>Hello</p><img src="https://pics.outlet.example/p.gif" width="1" height="1">'
    alone = '<p>Hello</p><img src="https://k3y7qz91.beacon.example/p.gif" width="1" height="1">'
    lena, omar = maildir(home / "lena", ".Sent"), maildir(home / "omar")
    address = "omar.diallo@parliament.example"
    ours = {"From": "lena.maes@parliament.example", "To": "desk@news-desk.test", "Delivered_To": ""}
    mails = {
        lena / "cur" / "1.h:2,": mail(1, html=same),
        lena / "cur" / "2.h:2,": mail(2, html=alone),
        omar / "new" / "3.h": mail(3, html=same, To=address, Delivered_To=address),
        lena / ".Sent" / "cur" / "4.h:2,S": mail(
            40, Subject="Re: Report 1", In_Reply_To="<1@news-desk.test>", **ours
        ),
        lena / ".Sent" / "cur" / "5.h:2,S": mail(
            41, Subject="Fwd: Report 2", References="<2@news-desk.test>", **ours
        ),
    }
    for path, data in mails.items():
        path.write_bytes(data)
    (home / "squid.log").write_text(
        "1999999999.1 5 192.0.2.9 TCP_MISS/200 43 GET https://pics.outlet.example/p.gif - - -\n"
    )
    (home / "dns.log").write_text("[1999999999] unbound[7:0] info: 192.0.2.9 k3y7qz91.beacon.example. A IN\n")
    given = ("--people", home / "people.toml", "--store", home / "s.db")
    logs = ("--log", home / "squid.log", "--log", home / "dns.log")
    sums = scanned(home, lena, omar)

    first = told(sums["1.h:2,"], *given, *logs)
    steps, reasons = answered(first)
    assert steps == ["yes", "yes", "likely", "not-known"]
    assert {"answered", "read-along", "asked-by-somebody", "habit-shown"} <= reasons
    assert first["mails"][0]["readers"] == ["Dora Delegate"]
    assert "tell-staff" in first["advice"]
    second = told(sums["2.h:2,"], *given, *logs)
    steps, reasons = answered(second)
    assert steps == ["yes", "yes", "likely", "likely"]
    assert {"passed-on", "host-in-log"} <= reasons
    assert "tell-receivers" in second["advice"]
    steps, reasons = answered(told(sums["3.h"], *given, *logs))
    assert steps == ["yes", "not-known", "unlikely", "not-known"]
    assert {"still-new", "pictures-blocked", "asked-by-somebody"} <= reasons
    text = ask(sums["2.h:2,"], *given).output
    assert "Dora Delegate can read this mailbox as well" in text
    assert re.search(r"Rather not\n +unlikely: Gmail asks in the reader's place\n +- the network", text)

    (omar / "new" / "3.h").rename(omar / "cur" / "3.h:2,S")
    scanned(home, omar)
    steps, _ = answered(told(sums["3.h"], *given))
    assert steps == ["yes", "likely", "unlikely", "not-known"]
