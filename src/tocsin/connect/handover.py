"""Hands pipes from the process that makes them to one that was forked earlier and has closed its network."""

from __future__ import annotations

import socket


def handover_pair() -> tuple[socket.socket, socket.socket]:
    """A giving and a taking end."""
    giving, taking = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    taking.setblocking(False)
    return giving, taking


def give(giving: socket.socket, read_fd: int, write_fd: int) -> None:
    """Hand over both ends; the giver closes its own copies. Raises OSError where nobody takes them."""
    socket.send_fds(giving, [b"m"], [read_fd, write_fd])


def take(taking: socket.socket) -> tuple[int, int] | None:
    """What was handed over last, None where nothing was."""
    try:
        _, fds, _, _ = socket.recv_fds(taking, 1, 2)
    except (BlockingIOError, ConnectionError):
        return None
    return (fds[0], fds[1]) if len(fds) == 2 else None
