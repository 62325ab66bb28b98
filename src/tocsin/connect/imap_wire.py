"""The line to an IMAP server: to hosts that the operator named and no other, within limits of time and size.

imaplib and imapclient know the protocol; they trust the server with how much it sends and how long it takes. This puts
a budget under each command, and reads no more and waits no longer than that.
"""

from __future__ import annotations

import imaplib
import select
import socket
import ssl
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

CONNECT_S = 20.0
LINE_BYTES = 1 << 20
_CHUNK = 1 << 16
_KEEP_ALIVE_S = 120


Trust = ssl.SSLContext


def trusting(ca_file: Path | None = None) -> Trust:
    """How servers prove who they are: by the system's authorities, or those of a PEM file alone.

    Raises OSError where that is no such file.
    """
    return ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)


class Nonsense(Exception):
    """What came is not IMAP, or more of it than was asked for; the message says what."""


class HostRefused(Exception):
    """A connection to a host that the operator did not name."""


class Hosts:
    """The door to the network: the hosts and ports that the operator named, and the addresses they resolved to."""

    def __init__(self, named: Iterable[tuple[str, int]]) -> None:
        self._named = frozenset(named)
        self._names = frozenset(host for host, _ in self._named)
        self._resolved: set[tuple[str, int]] = set()

    def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """A connection, over whichever of the host's addresses answers first. Raises HostRefused, OSError."""
        if (host, port) not in self._named:
            raise HostRefused(f"{host}:{port} is not among the hosts that were named")
        last: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            self._resolved.add((str(address[0]), port))
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(timeout_s)
                connection.connect(address)
                _keep_alive(connection)
                return connection
            except OSError as error:
                connection.close()
                last = error
        raise last or OSError(f"{host} has no address")

    def refuse_others(self) -> None:
        """From now on this process's interpreter resolves and connects to nothing else; sockets of this machine pass.

        Native code that opened a socket by itself would not be seen: this holds Tocsin to its word, not an attacker
        who runs code in this process.
        """

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event in ("socket.getaddrinfo", "socket.gethostbyname"):
                if arguments[0] not in self._names:
                    raise HostRefused(f"{arguments[0]} is not among the hosts that were named")
            elif event == "socket.connect":
                address = arguments[1]
                if isinstance(address, tuple) and tuple(address[:2]) not in self._resolved:
                    raise HostRefused(f"{address[0]} is no address of a host that was named")

        sys.addaudithook(hook)


def _keep_alive(connection: socket.socket) -> None:
    """Notice a peer that has gone without a word while both sides are silent."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", _KEEP_ALIVE_S), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Wire(imaplib.IMAP4):
    """imaplib's protocol over a connection of ours; `allow` gives each command its time and its bytes."""

    def __init__(
        self, hosts: Hosts, host: str, port: int, context: ssl.SSLContext | None, greeting_s: float
    ) -> None:
        self._hosts = hosts
        self._context = context
        self._buffer = bytearray()
        self._searched = 0
        self._left = LINE_BYTES
        self._greeting_s = greeting_s
        self._until_s = 0.0
        super().__init__(host, port)

    def allow(self, seconds: float, size: int) -> None:
        """What the next command may take: seconds until its end, and bytes that come until then."""
        self._until_s = time.monotonic() + seconds
        self._left = size

    def secure(self, context: ssl.SSLContext) -> None:
        """STARTTLS; nothing that came before it counts afterwards (RFC 3501, 6.2.1)."""
        if self.state != "NONAUTH":
            raise Nonsense("greets as if somebody had logged in already, before anything is encrypted")
        if "STARTTLS" not in self.capabilities:
            raise Nonsense(
                "offers no STARTTLS, so that nothing would be encrypted; use imaps:// if it has that"
            )
        kind, _ = self._simple_command("STARTTLS")
        if kind != "OK":
            raise Nonsense("refuses STARTTLS, so that nothing would be encrypted")
        if self._buffer:
            raise Nonsense("goes on in plain text after STARTTLS")
        self.sock.settimeout(CONNECT_S)
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        self._tls_established = True
        self.untagged_responses.clear()
        self._get_capabilities()

    # What imaplib calls ---------------------------------------------------------------------------------

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        connection = self._hosts.connect(host, port, CONNECT_S)
        if self._context is not None:
            try:
                connection = self._context.wrap_socket(connection, server_hostname=host)
            except (OSError, ValueError):
                connection.close()
                raise
        self.sock = connection
        self._until_s = time.monotonic() + self._greeting_s

    def read(self, size: int) -> bytes:
        if size > self._left + len(self._buffer):
            raise Nonsense(f"announces {size:,} bytes at once, more than was asked for")
        while len(self._buffer) < size:
            if not self._fill():
                raise self.abort("the connection ended within a mail")
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._searched = 0
        return data

    def readline(self) -> bytes:
        while (end := self._buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(self._buffer)
            if not self._fill():
                return b""
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def _fill(self) -> bool:
        wait_s = self._until_s - time.monotonic()
        if wait_s <= 0:
            raise TimeoutError("no end of the answer in time")
        self.sock.settimeout(wait_s)
        piece = self.sock.recv(_CHUNK)
        self._left -= len(piece)
        if self._left < 0:
            raise Nonsense("sends more than was asked for")
        self._buffer += piece
        return bool(piece)

    def send(self, data: Any) -> None:
        self.sock.settimeout(max(1.0, self._until_s - time.monotonic()))
        self.sock.sendall(data)

    def shutdown(self) -> None:
        self.sock.close()

    # Waiting --------------------------------------------------------------------------------------------

    def idle(self) -> bytes:
        """Enter IDLE (RFC 2177); answers of other kinds may come before the continuation."""
        tag: bytes = self._command("IDLE")
        while self._get_response() is not None:
            if self.tagged_commands[tag] is not None:
                del self.tagged_commands[tag]
                raise self.error("the server refuses IDLE")
        return tag

    def done(self, tag: bytes) -> None:
        """Leave IDLE."""
        self.send(b"DONE\r\n")
        self._command_complete("IDLE", tag)

    def hear(self) -> None:
        """Take in one answer that the server sent by itself."""
        self._get_response()
        self._check_bye()

    def ready(self, timeout_s: float, stop_fd: int) -> bool:
        """Wait until something can be read; False when the time is over or `stop_fd` ends."""
        if self._buffer or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return True
        poller = select.poll()
        poller.register(self.sock.fileno(), select.POLLIN)
        poller.register(stop_fd, select.POLLIN)
        events = poller.poll(max(0.0, timeout_s) * 1000)
        return any(fd == self.sock.fileno() for fd, _ in events)


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient over a Wire."""

    def __init__(
        self, hosts: Hosts, host: str, port: int, context: ssl.SSLContext | None, greeting_s: float
    ) -> None:
        self._hosts = hosts
        self._context = context
        self._greeting_s = greeting_s
        super().__init__(host, port, ssl=False)  # TLS is the wire's own
        self.normalise_times = False

    def _create_IMAP4(self) -> Wire:
        return Wire(self._hosts, self.host, self.port, self._context, self._greeting_s)

    def _set_read_timeout(self) -> None:
        """Each command has its own; see `Wire.allow`."""

    @property
    def wire(self) -> Wire:
        wire: Wire = self._imap
        return wire


__all__ = ["CONNECT_S", "Client", "HostRefused", "Hosts", "Nonsense", "Trust", "Wire", "trusting"]
