"""`tocsin gate` as a mail server sees it, without one: it needs neither root nor Postfix."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from tests.e2e.running import WRONG_USE, run
from tests.e2e.test_zero_contact import needs_strace
from tests.mail_house import Gate
from tests.milter_client import MilterClient, mail_packets
from tocsin.app.live.build import default_spool
from tocsin.app.live.gate import become

FIELDS = [
    (b"From", b" Ann <ann@outlet.example>"),
    (b"Subject", b" hello"),
    (b"X-Tocsin-Verdict", b" no-sign"),
    (b"Authentication-Results", b" mx.house.example; dmarc=pass"),
    (b"MIME-Version", b" 1.0"),
    (b"Content-Type", b" text/html"),
]
PAGE = b"<html><p>Good morning</p><img src='http://t.outlet.example/p.gif?id=9f8e7d6c5b4a3928' width=1></html>\r\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path that is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="tocsin-g-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_mail_is_handled_by_policy(folder: Path) -> None:
    gate = Gate(
        folder, policy='[default]\ntracked = "defuse"\n[[rule]]\nfor = "@hold.test"\ntracked = "quarantine"\n'
    )
    gate.start()
    client = MilterClient(gate.socket)
    defused = client.send(mail_packets("a@outlet.example", ["x@desk.test"], FIELDS, PAGE))
    held = client.send(mail_packets("a@outlet.example", ["x@desk.test", "y@hold.test"], FIELDS, PAGE))
    plain = client.send(mail_packets("a@outlet.example", ["x@desk.test"], FIELDS[:3], b"text\r\n"))
    odd = client.send(mail_packets("\udcff@x.example", ["\udcff@desk.test"], FIELDS, PAGE))
    assert odd.verdict == "a"
    old = MilterClient(gate.socket, protocol=0)  # a server that waits for a word after everything
    old.close()
    client.close()
    assert gate.stop() == 0
    assert defused.verdict == held.verdict == plain.verdict == "a"
    after = dict(defused.fields(FIELDS))
    assert b"action=defuse" in after[b"X-Tocsin-Verdict"]
    assert b"Authentication-Results" in after, "no id of this house was set"
    assert defused.body is not None
    assert b"t.outlet.example" not in defused.body
    assert held.quarantine is not None
    assert held.quarantine.startswith("Tocsin: tracked, sha256 ")
    assert held.body is None
    assert plain.body is None
    assert plain.quarantine is None
    assert [name for kind, _, name, value in plain.changes if not value] == [b"X-Tocsin-Verdict"]


def test_stripping_alone(folder: Path) -> None:
    gate = Gate(folder, "--strip-only", config='authserv_id = "mx.house.example"\n')
    gate.start()
    client = MilterClient(gate.socket)
    answer = client.send(mail_packets("a@outlet.example", ["x@desk.test"], FIELDS, PAGE * 100))
    client.close()
    assert gate.stop() == 0
    left = [name for name, _ in answer.fields(FIELDS)]
    assert left == [b"From", b"Subject", b"MIME-Version", b"Content-Type"]
    assert answer.body is None
    assert not gate.spool.exists()


def test_without_a_mark(folder: Path) -> None:
    gate = Gate(folder, "--no-mark")
    gate.start()
    client = MilterClient(gate.socket)
    answer = client.send(mail_packets("a@outlet.example", ["x@desk.test"], FIELDS[:2], b"text\r\n"))
    client.close()
    gate.stop()
    assert answer.changes == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--listen", "tcp:25"), "expected unix:PATH, or inet:PORT@127.0.0.1"),
        (("--listen", "inet:99999@127.0.0.1"), "cannot be listened on"),
        (("--listen", "inet:2525@192.0.2.1"), "expected unix:PATH"),
        (("--listen", "unix:{folder}/missing/g.sock"), "the folder must exist"),
        (("--listen", "unix:{folder}"), "is no socket"),
        (("--listen", "unix:{folder}/" + "x" * 120), "shorter"),
        (("--listen", "unix:{folder}/g", "--policy", "{folder}/none.toml"), "cannot be read"),
        (("--listen", "unix:{folder}/g", "--people", "{folder}/none.toml"), "cannot be read"),
        (("--listen", "unix:{folder}/g", "--socket-mode", "rw"), "expected an octal number"),
        (("--listen", "unix:{folder}/g", "--strip-only"), "needs authserv_id"),
        (("--listen", "unix:{folder}/g", "--user", "nobody-there"), "--user nobody-there"),
    ],
)
def test_what_cannot_be_started_says_why(arguments: tuple[str, ...], told: str, folder: Path) -> None:
    given = [argument.format(folder=folder) for argument in arguments]
    result = run("gate", *given, home=folder)
    assert result.returncode == WRONG_USE
    assert told in result.stderr.decode()


def test_two_gates_do_not_share_a_socket(folder: Path) -> None:
    gate = Gate(folder)
    gate.start()
    second = run("gate", "--listen", f"unix:{gate.socket}", home=folder)
    assert second.returncode == WRONG_USE
    assert b"another program listens there already" in second.stderr
    gate.kill()
    assert gate.socket.exists(), "a killed gate leaves its socket behind"
    gate.start()
    client = MilterClient(gate.socket)
    assert client.send(mail_packets("a@outlet.example", ["x@desk.test"], FIELDS, PAGE)).verdict == "a"
    client.close()
    gate.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root goes on as somebody else")
def test_going_on_as_another_account_lives_in_its_home(folder: Path) -> None:
    account = pwd.getpwnam("nobody")
    home = folder / "home"
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    folder.chmod(0o755)
    moved = pwd.struct_passwd((*account[:5], str(home), account.pw_shell))
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:  # what is given up does not come back
        try:
            os.environ.pop("XDG_STATE_HOME", None)
            with mock.patch("pwd.getpwnam", return_value=moved):
                become("nobody", ())
            file = default_spool()
            file.mkdir(parents=True)
            os.write(write_fd, str(file).encode())
        finally:
            os._exit(0)
    os.close(write_fd)
    with open(read_fd, "rb") as told:
        place = told.read().decode()
    os.waitpid(pid, 0)
    assert Path(place).is_relative_to(home)
    assert Path(place).stat().st_uid == account.pw_uid


@needs_strace
def test_the_gate_contacts_nothing(folder: Path) -> None:
    trace = folder / "trace"
    gate = Gate(folder, policy='[default]\ntracked = "defuse"\n')
    gate.prefix = ("strace", "-D", "-f", "-qq", "-e", "trace=%network", "-o", str(trace))
    gate.start()
    client = MilterClient(gate.socket)
    for n in range(3):
        answer = client.send(mail_packets("a@outlet.example", ["x@desk.test"], FIELDS, PAGE + b"%d" % n))
        assert answer.body is not None
    client.close()
    gate.stop()
    lines = trace.read_text().splitlines()
    assert any("bind(" in line and "AF_UNIX" in line for line in lines), "the trace sees what is done"
    assert not [line for line in lines if re.search(r"AF_INET|AF_NETLINK|sendto\(", line)]
    assert not [line for line in lines if "connect(" in line and str(gate.socket) not in line]


def openssl(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(
        ["openssl", *arguments], cwd=folder, input=given, capture_output=True, check=True, timeout=60
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl (Debian package openssl)")
def test_signed_mail_is_spared_only_where_its_signature_leads_to_an_anchor(folder: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        folder,
        "req",
        "-x509",
        *key,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-days",
        "2",
        "-subj",
        "/CN=House CA",
    )
    openssl(folder, "req", *key, "-keyout", "ann.key", "-out", "ann.csr", "-subj", "/CN=Ann")
    (folder / "names").write_text(
        "subjectAltName=email:ann@outlet.example\nextendedKeyUsage=emailProtection\n"
    )
    openssl(
        *(folder, "x509", "-req", "-in", "ann.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", "names", "-out", "ann.pem"),
    )
    page = b"Content-Type: text/html\r\n\r\n" + PAGE
    signed = openssl(
        *(folder, "cms", "-sign", "-signer", "ann.pem", "-inkey", "ann.key", "-md", "sha256"),
        *("-from", "Ann <ann@outlet.example>", "-subject", "signed"),
        given=page,
    )
    head, _, body = signed.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = [
        (name, value) for name, _, value in (line.partition(b":") for line in re.split(rb"\n(?![ \t])", head))
    ]
    body = body.replace(b"\n", b"\r\n")
    policy = '[default]\ntracked = "defuse"\n[[rule]]\nfor = "@strict.test"\nsigned = "quarantine"\n'
    gate = Gate(folder / "gate", "--anchors", folder / "ca.pem", policy=policy)
    gate.start()
    client = MilterClient(gate.socket)
    spared = client.send(mail_packets("ann@outlet.example", ["x@strict.test"], fields, body))
    forged = client.send(
        mail_packets("ann@outlet.example", ["x@desk.test"], fields, body.replace(b"Good", b"Bad "))
    )
    held = client.send(
        mail_packets("ann@outlet.example", ["x@strict.test"], fields, body.replace(b"Good", b"Bad "))
    )
    client.close()
    gate.stop()
    assert spared.body is None
    assert spared.quarantine is None
    assert b"signature=verified" in dict(spared.fields(fields))[b"X-Tocsin-Verdict"]
    assert forged.body is not None
    assert b"t.outlet.example/p.gif" not in forged.body
    assert b"signature=broken" in dict(forged.fields(fields))[b"X-Tocsin-Verdict"]
    assert held.quarantine is not None
