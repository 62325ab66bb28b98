"""IMAP servers of the tests' own: one that is scripted to lie or to be Gmail, and a man in the middle of a real one."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator

CAPABILITIES = b"IMAP4rev1 IDLE UIDPLUS MOVE"


class Fake:
    """A small server for one connection after another, without encryption, on 127.0.0.1.

    `answers` take the place of its own: a command's name in capital letters ("UID FETCH", "GREETING") to bytes that are
    sent instead, in which %T is the tag; b"" ends the connection, None says nothing.
    """

    def __init__(
        self,
        mails: dict[int, bytes] | None = None,
        answers: dict[str, bytes | None] | None = None,
        capabilities: bytes = CAPABILITIES,
        folders: tuple[tuple[bytes, bytes], ...] = ((b"\\HasNoChildren", b"INBOX"),),
        attributes: Callable[[int], bytes] = lambda uid: b"",
    ) -> None:
        self.mails = mails or {}
        self.answers = answers or {}
        self.commands: list[str] = []
        self._capabilities = capabilities
        self._folders = folders
        self._attributes = attributes
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            self._send(connection, self.answers.get("GREETING", b"* OK ready\r\n"), b"")
            for line in lines:
                tag, _, rest = line.strip().partition(b" ")
                words = rest.decode("latin-1").upper().split()
                name = " ".join(words[:2]) if words[:1] == ["UID"] else "".join(words[:1])
                self.commands.append(rest.decode("latin-1"))
                told = self.answers[name] if name in self.answers else self._answer(name, rest)
                if not self._send(connection, told, tag):
                    return

    def _send(self, connection: socket.socket, answer: bytes | None, tag: bytes) -> bool:
        if answer is None:
            return True
        connection.sendall(answer.replace(b"%T", tag))
        return bool(answer)

    def _answer(self, name: str, rest: bytes) -> bytes:
        told = b""
        if name == "CAPABILITY":
            told = b"* CAPABILITY %s\r\n" % self._capabilities
        elif name == "LIST":
            told = b"".join(b'* LIST (%s) "/" "%s"\r\n' % one for one in self._folders)
        elif name in ("EXAMINE", "SELECT"):
            uid_next = max(self.mails, default=0) + 1
            told = b"* %d EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT %d]\r\n" % (
                len(self.mails),
                uid_next,
            )
        elif name == "UID SEARCH":
            told = b"* SEARCH %s\r\n" % b" ".join(b"%d" % uid for uid in sorted(self.mails))
        elif name == "UID FETCH":
            told = b"".join(self._fetched(rest))
        return told + b"%T OK done\r\n"

    def _fetched(self, rest: bytes) -> Iterator[bytes]:
        match = re.match(rb"UID FETCH ([\d,]+)", rest)
        assert match is not None
        for number, uid in enumerate(sorted(self.mails), 1):
            if str(uid).encode() not in match[1].split(b","):
                continue
            raw = self.mails[uid]
            if b"BODY.PEEK[]" in rest:
                yield b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (number, uid, len(raw), raw)
            else:
                more = self._attributes(uid)
                yield (
                    b'* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE "23-Nov-2026 10:00:00 +0000" FLAGS ()%s)\r\n'
                    % (number, uid, len(raw), more)
                )


class Between:
    """Passes everything on between a client and a server without encryption, and may stop or change it.

    `stop_at` is what a client's line must hold to be kept back: then `stopped` is set, and nothing passes any more.
    What `hide` has is taken out of what the server says; `change` replaces one text by another of the same length.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.stop_at = b""
        self.skip = 0  # how many such lines pass before
        self.hide: tuple[bytes, ...] = ()
        self.change = (b"", b"")
        self.stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), client, server:
            while data := client.recv(65536):
                if self.stop_at and self.stop_at in data and not self.stopped.is_set():
                    if self.skip:
                        self.skip -= 1
                    else:
                        self.stopped.set()
                        return
                server.sendall(data)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, server:
            while data := server.recv(65536):
                for text in self.hide:
                    data = data.replace(text, b"")
                client.sendall(data.replace(*self.change) if self.change[0] else data)
