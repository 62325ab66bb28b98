"""The process that starts the others and sees to it that they live; it touches no mail and no store.

The front closes its network, and everything it forks is closed with it. The memory has to reach a database again after
it was lost. So both come from here, and a new memory's pipes are handed to the front.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable

from tocsin.app.live.channel import Channel, pair
from tocsin.connect.handover import give, handover_pair

_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
_FIRST_WAIT_S, _LONGEST_WAIT_S, _STEADY_S = 0.5, 60.0, 120.0
_PR_SET_PDEATHSIG = 1
_MOST_FILES = 65_536

Front = Callable[[socket.socket | None], None]
Memory = Callable[[Channel], None]


def supervise(front: Front, memory: Memory | None, log: Callable[[str], None]) -> int:
    """Run both until the front ends or a signal comes; returns the exit status.

    `memory` is started again when it ends, at longer and longer intervals; when `front` ends by itself, all ends: the
    service manager starts it anew.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    raise_file_limit()
    giving, taking = handover_pair() if memory is not None else (None, None)
    front_pid = _fork(lambda: front(taking), (giving,))
    memory_pid = 0
    started_s, next_s, wait_s = 0.0, 0.0, _FIRST_WAIT_S
    stopping = False
    try:
        while True:
            now_s = time.monotonic()
            if (
                memory is not None
                and giving is not None
                and not memory_pid
                and now_s >= next_s
                and not stopping
            ):
                memory_pid = _start_memory(memory, giving)
                started_s = now_s
            timeout_s = max(0.05, next_s - now_s) if memory is not None and not memory_pid else 3600.0
            found = signal.sigtimedwait(_SIGNALS, timeout_s)
            if found is not None and found.si_signo in (signal.SIGTERM, signal.SIGINT):
                stopping = True
                _signal(front_pid, signal.SIGTERM)
            for pid, status in _ended():
                if pid == front_pid:
                    front_pid = 0
                    return 0 if stopping and status == 0 else max(1, abs(status))
                if pid == memory_pid:
                    memory_pid = 0
                    if stopping:
                        continue
                    lived_s = time.monotonic() - started_s
                    wait_s = _FIRST_WAIT_S if lived_s > _STEADY_S else min(wait_s * 2, _LONGEST_WAIT_S)
                    next_s = time.monotonic() + wait_s
                    log(
                        f"what reads the store ended; mail is judged without it; it starts again in {wait_s:g} s"
                    )
    finally:
        for pid, number in ((memory_pid, signal.SIGTERM), (front_pid, signal.SIGKILL)):
            if pid:
                _signal(pid, number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _start_memory(memory: Memory, giving: socket.socket) -> int:
    ours, theirs = pair()
    pid = _fork(lambda: _alone(memory, theirs), (ours,))
    theirs.close()
    give(giving, ours.fileno(), ours.write_fd)
    ours.close()
    return pid


def _alone(memory: Memory, channel: Channel) -> None:
    only(channel)
    memory(channel)


def _fork(work: Callable[[], None], foreign: tuple[socket.socket | Channel | None, ...]) -> int:
    """Start a child that does this work and ends with its parent."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for one in foreign:
            if one is not None:
                one.close()
        work()
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001  (the end of a process: whoever reads the log must see why)
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def die_with_parent() -> None:
    """End this process when the one that forked it does, however that ends (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def only(channel: Channel) -> None:
    """Close everything that a fork brought along but the channel and the standard streams.

    A connection that a child still held open would not end when its owner closes it.
    """
    start = 3
    for fd in sorted((channel.fileno(), channel.write_fd)):
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def raise_file_limit() -> None:
    """Allow as many open files as this process may have: every connection takes one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _ended() -> list[tuple[int, int]]:
    """Children that have ended, with their exit status (negative: the signal)."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not pid:
            return found
        found.append((pid, os.waitstatus_to_exitcode(status)))


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
