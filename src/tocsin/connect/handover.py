"""Hands pipes from the process that makes them to one that was forked earlier and has closed its network."""

from __future__ import annotations

import socket


class Giving:
    """The end of the process that makes pipes."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def give(self, read_fd: int, write_fd: int) -> None:
        """Hand over both ends of a channel; the giver closes its own copies. Raises OSError where nobody takes them."""
        socket.send_fds(self._end, [b"m"], [read_fd, write_fd])

    def close(self) -> None:
        self._end.close()


class Taking:
    """The end of the process that was forked earlier."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end

    def fileno(self) -> int:
        """What to wait for."""
        return self._end.fileno()

    def take(self) -> tuple[int, int] | None:
        """The read and the write end that were handed over first, None where nothing was."""
        try:
            _, fds, _, _ = socket.recv_fds(self._end, 1, 2)
        except (BlockingIOError, ConnectionError):
            return None
        return (fds[0], fds[1]) if len(fds) == 2 else None

    def close(self) -> None:
        self._end.close()


def handover_pair() -> tuple[Giving, Taking]:
    """Both ends, for two processes that come of one fork."""
    giving, taking = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return Giving(giving), Taking(taking)
