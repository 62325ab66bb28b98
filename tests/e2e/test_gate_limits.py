"""What the gate does at its limits, as a mail server sees it: it needs neither root nor Postfix."""

from __future__ import annotations

import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.mailboxes import mail, mbox
from tests.e2e.running import run
from tests.mail_house import Gate
from tests.milter_client import Answer, MilterClient, mail_packets, wait_for_socket
from tocsin.app.live.front import Front, FrontSetup
from tocsin.connect.handover import handover_pair
from tocsin.connect.milter import listen

FIELDS = [(b"From", b" Ann <ann@outlet.example>"), (b"Content-Type", b" text/html")]
PAGE = b"<html><p>Good morning</p><img src='http://t.outlet.example/p.gif?id=9f8e7d6c5b4a3928' width=1></html>\r\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path that is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="tocsin-l-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def sent(client: MilterClient, recipient: str, body: bytes, number: int = 0) -> Answer:
    fields = [*FIELDS, (b"Message-ID", b" <%d@outlet.example>" % number)]
    return client.send(mail_packets("ann@outlet.example", [recipient], fields, body))


def verdict(answer: Answer) -> bytes:
    return b"".join(value for _, _, name, value in answer.changes if name == b"X-Tocsin-Verdict")


def test_a_mail_that_is_too_large_is_handled_as_unread(folder: Path) -> None:
    policy = '[default]\ntracked = "defuse"\n[[rule]]\nfor = "@tag.test"\nunread = "tag"\n'
    gate = Gate(folder, policy=policy, config="max_mail_bytes = 100_000\n")
    gate.start()
    client = MilterClient(gate.socket)
    held = sent(client, "x@desk.test", PAGE * 1_000)
    tagged = sent(client, "x@tag.test", PAGE * 1_000)
    small = sent(client, "x@desk.test", PAGE)
    client.close()
    assert gate.stop() == 0
    assert held.quarantine is not None
    assert (held.body, tagged.body, tagged.quarantine) == (None, None, None)
    assert b"found=unread; action=tag" in verdict(tagged)
    assert small.body is not None


def test_a_store_that_does_not_answer_is_done_without(folder: Path) -> None:
    mbox(folder / "old.mbox", [mail(1)])
    run("scan", folder / "old.mbox", "--store", folder / "s.db", "--plain", "--quiet", home=folder)
    gate = Gate(folder / "gate", "--store", folder / "s.db")
    gate.start()
    client = MilterClient(gate.socket)
    numbers = iter(range(10_000))

    def until(wanted: bytes) -> None:
        end_s = time.monotonic() + 60
        while wanted not in verdict(sent(client, "x@desk.test", b"text\r\n", next(numbers))):
            assert time.monotonic() < end_s, gate.log()
            time.sleep(0.1)

    until(b"history=yes; intelligence=yes")
    (memory,) = gate.processes()["memory"]
    os.kill(memory, signal.SIGSTOP)
    for _ in range(2):
        answer = sent(client, "x@desk.test", b"text\r\n", next(numbers))
        assert answer.verdict == "a"
        assert b"history=no; intelligence=no" in verdict(answer)
    os.kill(memory, signal.SIGCONT)
    until(b"history=yes; intelligence=yes")
    client.close()
    assert gate.stop() == 0
    assert "the store is late" in gate.log()


def test_more_mail_at_once_than_may_be_held_puts_one_connection_off(folder: Path) -> None:
    path = folder / "front.sock"
    pid = os.fork()
    if pid == 0:
        try:
            _, taking = handover_pair()
            limits = FrontSetup(1 << 20, 300_000, authserv_id="mx.house.example", strip_only=True)
            Front(listen(f"unix:{path}"), None, taking, limits, lambda line: None).run()
        finally:
            os._exit(0)
    try:
        wait_for_socket(path)
        clients = MilterClient(path), MilterClient(path)
        *begun, end = mail_packets("ann@outlet.example", ["x@desk.test"], FIELDS, PAGE * 2_000)
        for client in clients:
            client.socket.sendall(b"".join(begun))  # more than 200,000 bytes, and not yet its end
        (ready,), _, _ = select.select([client.socket for client in clients], [], [], 60)
        refused, other = sorted(clients, key=lambda client: client.socket is not ready)
        command, text = refused.read()
        assert (command, text[:9]) == (b"y", b"451 4.7.1")
        with pytest.raises((EOFError, ConnectionError)):
            refused.read()
        assert other.send([end]).verdict == "a"
        assert sent(other, "x@desk.test", PAGE).verdict == "a"
        for client in clients:
            client.close()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
