"""Sockets that mail servers bring their mail to; they are listened on and accepted from, never connected.

Everything after `listen` goes by read and write, which stay open when the guard closes the network.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable

from tocsin.connect.milter_protocol import Event, Session

_READ_BYTES = 1 << 18
_BACKLOG = 512
_MOST_WAITING_BYTES = 1 << 28


class ListenError(ValueError):
    """The socket cannot be listened on; the message says which, why, and what to do."""


class Listener:
    """A socket that mail servers connect to."""

    def __init__(self, listening: socket.socket) -> None:
        listening.setblocking(False)
        self._listening = listening

    def fileno(self) -> int:
        """What to wait for."""
        return self._listening.fileno()

    def accept(self, largest_body_bytes: int) -> Line | None:
        """The next connection, None where there is none, or no room for it (it then waits in the backlog)."""
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return None
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                return None
            raise
        return Line(connection, largest_body_bytes)

    def close(self) -> None:
        self._listening.close()


def listen(address: str, mode: int = 0o660) -> Listener:
    """Listen at `unix:PATH` or `inet:PORT@HOST`, HOST being this machine's own loopback address.

    A socket file that nobody listens on any more is replaced. Raises ListenError.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "unix" and rest:
        return Listener(_listen_unix(rest, mode))
    port, _, host = rest.partition("@")
    if scheme == "inet" and port.isdigit() and host in ("127.0.0.1", "localhost", ""):
        return Listener(_listen_loopback(int(port), address))
    raise ListenError(f"{address}: expected unix:PATH, or inet:PORT@127.0.0.1")


def _listen_unix(path: str, mode: int) -> socket.socket:
    if len(os.fsencode(path)) > 100:
        raise ListenError(f"{path}: is longer than a socket's path may be (100 bytes); name a shorter one")
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.lexists(path):
            _remove_stale(path)
        before = os.umask(0o777 & ~mode)
        try:
            found.bind(path)
        finally:
            os.umask(before)
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        raise ListenError(
            f"{path}: cannot be listened on ({error.strerror}); the folder must exist and be writable"
        ) from error
    except ListenError:
        found.close()
        raise
    return found


def _remove_stale(path: str) -> None:
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise ListenError(f"{path}: is there already and is no socket; name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except OSError as error:
            raise ListenError(f"{path}: is in use ({error.strerror}); stop what listens there") from error
    raise ListenError(f"{path}: another program listens there already; stop it first")


def _listen_loopback(port: int, address: str) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        found.close()
        raise ListenError(f"{address}: cannot be listened on ({error}); choose another port") from error
    return found


class Line:
    """One connection of a mail server; `closed` once it is over, whoever ended it."""

    def __init__(self, connection: socket.socket, largest_body_bytes: int) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._fd = connection.fileno()
        self._outgoing = bytearray()
        self.session = Session(largest_body_bytes)
        self.closed = False
        self.ticket = 0  # of the mail that waits for an answer; 0: none does

    def fileno(self) -> int:
        return self._fd

    @property
    def waiting(self) -> bool:
        """Whether something has not been written yet."""
        return bool(self._outgoing)

    def events(self) -> Iterable[Event]:
        """What has come, a piece at a time. Raises ProtocolError."""
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self.closed = True
            return
        if not data:
            self.closed = True
            return
        for event in self.session.feed(data):
            self.answer(())
            yield event
        self.answer(())

    def answer(self, packets: Iterable[bytes]) -> None:
        """Send these, after what the session owes."""
        self._outgoing += self.session.reply
        self.session.reply.clear()
        for packet in packets:
            self._outgoing += packet
        if len(self._outgoing) > _MOST_WAITING_BYTES:
            self.closed = True
        self.flush()

    def flush(self) -> None:
        """Write what can be written now."""
        written = 0
        try:
            with memoryview(self._outgoing) as view:
                while written < len(view):
                    written += os.write(self._fd, view[written : written + _READ_BYTES])
        except BlockingIOError:
            pass
        except OSError:
            self.closed = True
        del self._outgoing[:written]

    def close(self) -> None:
        self._connection.close()
        self.closed = True
