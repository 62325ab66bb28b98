"""What can go wrong around the gate does, and no mail is lost, none delivered undefused against policy."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import select
import signal
import smtplib
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import mail_house, postfix_server
from tests.e2e.mailboxes import mail, mbox
from tests.e2e.running import run
from tests.mail_kinds import MAKERS, html, plain
from tests.milter_client import MilterClient, mail_packets, options, packet

pytestmark = pytest.mark.skipif(bool(mail_house.missing()), reason=mail_house.missing())
BEACON = b"t.outlet.example/p.gif"
PROBES = itertools.count()


@pytest.fixture(scope="module")
def house() -> Iterator[mail_house.House]:
    with mail_house.house() as found:
        yield found


def tracked(name: str, number: int, padding: bytes = b"") -> bytes:
    """A mail that must not be delivered to desk.test as it is."""
    raw = html(number).raw.replace(b"html.", name.encode() + b".")
    return raw.replace(b"<p>Good", padding + b"<p>Good")


def delivered(house: mail_house.House, address: str) -> Counter[str]:
    """Message-IDs in a mailbox; every mail in it is defused."""
    found: Counter[str] = Counter()
    for raw in house.mailbox(address):
        assert BEACON not in raw.replace(b"=\r\n", b""), raw[:3000]
        assert b"X-Tocsin-Defused:" in raw
        assert raw.rstrip().endswith(b"</html>") or b"text/html" not in raw
        match = re.search(rb"(?mi)^Message-ID: *<([^>]+)>", raw)
        assert match is not None
        found[match[1].decode()] += 1
    return found


def send_until_taken(house: mail_house.House, raw: bytes, address: str, timeout_s: float = 90.0) -> None:
    """As a mail server would: whatever was not taken is tried again."""
    end_s = time.monotonic() + timeout_s
    while True:
        try:
            house.send(raw, address)
            return
        except (smtplib.SMTPException, OSError) as error:
            refused = isinstance(error, smtplib.SMTPDataError) and not 400 <= error.smtp_code < 500
            if refused or time.monotonic() > end_s:
                raise
            time.sleep(0.05)


def test_killed_in_mid_stream(house: mail_house.House) -> None:
    mails = [tracked("killed", n) for n in range(120)]

    def send(start: int) -> None:
        for raw in mails[start::6]:
            send_until_taken(house, raw, "killed@desk.test")

    with ThreadPoolExecutor(7) as pool:
        senders = [pool.submit(send, start) for start in range(6)]
        for _ in range(2):
            time.sleep(0.5)
            house.gate.kill()
            time.sleep(0.3)
            house.gate.start()
        for sender in senders:
            sender.result()
    house.postfix.wait_until_delivered()
    found = delivered(house, "killed@desk.test")
    assert set(found) == {f"killed.{n}@outlet.example" for n in range(120)}
    assert max(found.values()) == 1, "a mail that was refused was delivered all the same"
    house.gate.log()


def test_the_queue_waits_for_a_gate_that_is_gone(house: mail_house.House) -> None:
    house.gate.stop()
    with pytest.raises(smtplib.SMTPException) as refused:
        house.send(tracked("gone", 0), "gone@desk.test")
    assert "451" in str(refused.value)
    command = [
        "sendmail",
        "-C",
        str(house.postfix.folder / "etc"),
        "-f",
        "writer@outlet.example",
        "gone@desk.test",
    ]
    for n in range(5):
        subprocess.run(command, input=tracked("gone", n).replace(b"\r\n", b"\n"), check=True, timeout=60)
    time.sleep(1.0)
    assert house.mailbox("gone@desk.test") == []
    house.gate.start()
    house.postfix.flush()
    house.until(lambda: len(house.mailbox("gone@desk.test")) == 5)
    assert set(delivered(house, "gone@desk.test")) == {f"gone.{n}@outlet.example" for n in range(5)}


def remembering(house: mail_house.House, tmp_path: Path) -> Path:
    """Have the gate run with a store, which is made where there is none yet."""
    store = house.gate.folder / "store.db"
    if not store.exists():
        mbox(tmp_path / "old.mbox", [mail(n) for n in range(3)])
        run("scan", tmp_path / "old.mbox", "--store", store, "--plain", "--quiet", home=house.gate.folder)
    if house.gate.arguments != ("--store", store):
        house.gate.again("--store", store)
    house.until(lambda: probe(house, "history=yes"))
    return store


def test_its_processes_are_killed_one_by_one(house: mail_house.House, tmp_path: Path) -> None:
    remembering(house, tmp_path)
    sent = threading.Event()

    def send(start: int) -> None:
        for n in range(start, 160, 4):
            send_until_taken(house, tracked("single", n), "single@desk.test")

    with ThreadPoolExecutor(5) as pool:
        senders = [pool.submit(send, start) for start in range(4)]
        killer = pool.submit(kill_in_turns, house.gate, sent)
        for sender in senders:
            sender.result()
        sent.set()
        assert killer.result() >= 3
    house.until(lambda: probe(house, "history=yes"))  # what reads the store was started again

    (front,) = house.gate.processes()["front"]
    os.kill(front, signal.SIGKILL)
    assert house.gate.ended() != 0  # whoever watches over services starts it anew
    with pytest.raises(smtplib.SMTPException):
        house.send(tracked("single", 999), "single@desk.test")
    house.gate.start()
    house.send(tracked("single", 160), "single@desk.test")
    house.postfix.wait_until_delivered()
    found = delivered(house, "single@desk.test")
    assert max(found.values()) == 1
    held = sum("single@desk.test" in str(one["recipients"]) for one in house.held())
    assert len(found) + held == 161  # held is what lost its worker while it was defused
    assert held < 20


def kill_in_turns(gate: mail_house.Gate, enough: threading.Event) -> int:
    """Kill a worker, then what reads the store, then workers until it is enough; how many were killed."""
    killed = 0
    while not enough.wait(0.25):
        living = gate.processes()["memory" if killed == 1 else "worker"]
        if living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(living[0], signal.SIGKILL)
            killed += 1
    return killed


def test_a_store_that_is_locked_or_gone(house: mail_house.House, tmp_path: Path) -> None:
    store = remembering(house, tmp_path)
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for n in range(20):
            house.send(tracked("locked", n), "locked@desk.test")
        other.execute("ROLLBACK")
    for path in store.parent.glob("store.db*"):
        path.unlink()
    for n in range(20, 40):
        house.send(tracked("locked", n), "locked@desk.test")
    house.postfix.wait_until_delivered()
    assert len(delivered(house, "locked@desk.test")) == 40
    house.gate.again()


def probe(house: mail_house.House, wanted: str) -> bool:
    """Whether a mail that comes now is tagged so: one that never came before, as those are told what they were told."""
    client = MilterClient(house.gate.socket)
    kind = plain(0)
    name = f" <probe.{next(PROBES)}@outlet.example>".encode()
    fields = [(b"From", b" a@outlet.example"), (b"Subject", b" probe"), (b"Message-ID", name)]
    answer = client.send(
        mail_packets("a@outlet.example", ["probe@desk.test"], fields, kind.raw.partition(b"\r\n\r\n")[2])
    )
    client.close()
    return any(wanted.encode() in value for _, _, _, value in answer.changes)


def test_a_full_disk_acknowledges_nothing(house: mail_house.House) -> None:
    spool = house.gate.folder / "small"
    spool.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(spool)], check=True, timeout=30)
    try:
        house.gate.again(spool=spool)
        filler = spool / "filler"
        with filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 65_536)
                file.flush()
        for n in range(3):
            with pytest.raises(smtplib.SMTPDataError) as refused:
                house.send(tracked("full", n), "full@desk.test")
            assert refused.value.smtp_code == 451
        with pytest.raises(smtplib.SMTPDataError):
            house.send(tracked("full", 9), "full@hold.test")
        house.send(plain(1).raw, "unchanged@desk.test")
        assert house.mailbox("full@desk.test") == []
        filler.unlink()
        for n in range(3):
            house.send(tracked("full", n), "full@desk.test")
        house.postfix.wait_until_delivered()
        assert len(delivered(house, "full@desk.test")) == 3
        assert len(house.mailbox("unchanged@desk.test")) == 1
        assert "make room" in house.gate.log().lower()
        assert not list(spool.rglob("*.part"))
    finally:
        house.gate.again()
        subprocess.run(["umount", str(spool)], check=False, timeout=30)


def test_a_mail_that_takes_too_long_is_handled_as_unread(house: mail_house.House) -> None:
    house.gate.again(config="live_time_s = 0.25\n")
    slow = b"<table><tr><td>" * 90_000 + b"x" * 3_000_000
    started = len(house.held())
    house.send(tracked("slow", 0, slow), "slow@desk.test")
    house.send(tracked("slow", 1, slow), "slow@house.test")
    house.send(tracked("quick", 0), "slow@desk.test")
    house.postfix.wait_until_delivered()
    log = house.gate.log()
    assert log.count("(unread") == 2, log
    assert len(house.held()) == started + 1  # what cannot be defused in time is held
    assert set(delivered(house, "slow@desk.test")) == {"quick.0@outlet.example"}
    (tagged,) = house.mailbox("slow@house.test")
    assert b"found=unread" in tagged.replace(b"\r\n", b"\n")
    house.gate.again()


def test_two_hundred_connections_and_clients_that_talk_nonsense(house: mail_house.House) -> None:
    stop = threading.Event()
    nonsense = (
        b"EHLO there\r\n",
        options() + packet(b"E"),
        options() + b"\xff\xff\xff\xff",
        options() + b"".join(mail_packets("a@outlet.example", ["x@desk.test"], [(b"A", b"b")], b"text")[:-1]),
        options(version=1) * 50,
        os.urandom(5000),
    )

    def disturb() -> None:
        while not stop.is_set():
            for data in nonsense:
                with (
                    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
                    contextlib.suppress(OSError),
                ):
                    client.settimeout(1.0)
                    client.connect(str(house.gate.socket))
                    client.sendall(data)
            time.sleep(0.02)

    hanging = [MilterClient(house.gate.socket) for _ in range(20)]
    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        with ThreadPoolExecutor(200) as senders:
            done = [
                senders.submit(send_until_taken, house, tracked("many", n), "many@desk.test")
                for n in range(200)
            ]
            for one in done:
                one.result()
    finally:
        stop.set()
        disturber.join()
        for client in hanging:
            client.close()
    house.postfix.wait_until_delivered(120)
    found = delivered(house, "many@desk.test")
    assert set(found) == {f"many.{n}@outlet.example" for n in range(200)}
    assert max(found.values()) == 1
    assert "was cut off" in house.gate.log()


def test_a_connection_lost_while_the_body_is_replaced(house: mail_house.House) -> None:
    taken: list[str] = []
    body = b"".join(b"<p>%06d %s</p>\r\n" % (n, b"word " * 12) for n in range(60_000))
    for n, delay_s in enumerate((0.5, 1.0)):
        raw = tracked("torn", n, body)

        def kill(after_s: float = delay_s) -> None:
            time.sleep(after_s)
            house.gate.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        with contextlib.suppress(smtplib.SMTPException, OSError):
            house.send(raw, "torn@desk.test")
            taken.append(f"torn.{n}@outlet.example")
        killer.join()
        house.gate.start()
    house.postfix.wait_until_delivered()
    assert set(delivered(house, "torn@desk.test")) == set(taken)
    for raw in house.mailbox("torn@desk.test"):
        assert raw.count(b" word word") >= 60_000


class Cutting:
    """Stands between Postfix and the gate, and cuts the connection after so many bytes of the gate's answers."""

    def __init__(self, path: Path, gate: Path) -> None:
        self.most_bytes = 0
        self.answered_bytes = 0
        self._gate = gate
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        path.chmod(0o666)
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                server, _ = self._listening.accept()
                with server, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gate:
                    gate.connect(str(self._gate))
                    self._between(server, gate)

    def _between(self, server: socket.socket, gate: socket.socket) -> None:
        self.answered_bytes = 0
        with contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select([server, gate], [], [], 60)
                if not ready:
                    return
                for one in ready:
                    data = one.recv(65_536)
                    if not data:
                        return
                    if one is gate:
                        data = data[: self.most_bytes - self.answered_bytes]
                        self.answered_bytes += len(data)
                    (server if one is gate else gate).sendall(data)
                    if self.answered_bytes >= self.most_bytes:
                        return

    def close(self) -> None:
        self._listening.close()


def test_half_an_answer_changes_nothing(house: mail_house.House) -> None:
    cutting = Cutting(house.folder / "cut.sock", house.gate.socket)
    postfix = postfix_server.Server(
        house.folder / "pf2", house.dovecot.lmtp_port, milter=f"unix:{house.folder}/cut.sock"
    )
    raw = tracked("half", 0, b"".join(b"<p>%06d %s</p>\r\n" % (n, b"word " * 12) for n in range(5_000)))
    try:
        postfix.start()
        cutting.most_bytes = 1 << 40
        with postfix.smtp() as client:
            client.sendmail("writer@outlet.example", "half@desk.test", raw.replace(b"half.0@", b"whole.0@"))
        whole = cutting.answered_bytes
        assert whole > 300_000
        for cut in (30, 70_000, whole // 2, whole - 200, whole - 3):
            cutting.most_bytes = cut
            with postfix.smtp() as client, pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail("writer@outlet.example", "half@desk.test", raw)
            assert refused.value.smtp_code == 451, cut
        postfix.wait_until_delivered()
    finally:
        cutting.close()
        postfix.stop()
    assert set(delivered(house, "half@desk.test")) == {"whole.0@outlet.example"}


def test_every_kind_of_mail_is_sealed_before_it_is_changed(house: mail_house.House) -> None:
    client = MilterClient(house.gate.socket)
    for maker in MAKERS:
        kind = maker(7)
        head, _, body = kind.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        fields = []
        for line in re.split(rb"\n(?![ \t])", head):
            name, _, value = line.partition(b":")
            fields.append((name, value))
        answer = client.send(mail_packets("a@outlet.example", ["x@desk.test"], fields, body))
        assert answer.verdict == "a", kind.name
        if answer.body is None and not any(name == b"X-Tocsin-Defused" for _, _, name, _ in answer.changes):
            continue
        raw = (
            b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n" for name, value in fields)
            + b"\r\n"
            + body
        )
        digest = hashlib.sha256(raw).hexdigest()
        assert list(house.gate.spool.rglob(f"{digest}*.tocsin-sealed")), kind.name
    client.close()
