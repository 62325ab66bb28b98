"""The process that starts the others and sees to it that they live; it touches no mail and no store.

The front closes its network, and everything it forks is closed with it. The memory has to reach a database again after
it was lost. So both come from here, and a new memory's pipes are handed to the front.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence

import msgspec

from tocsin.app.live.channel import Channel, pair
from tocsin.connect.handover import Giving, Taking, handover_pair

_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
_FIRST_WAIT_S, _LONGEST_WAIT_S, _STEADY_S = 0.5, 60.0, 120.0
_PR_SET_PDEATHSIG = 1
_MOST_FILES = 65_536

Front = Callable[[Taking], None]


class Companion(msgspec.Struct, frozen=True):
    """A process beside the front that is started again whenever it ends.

    `work` is given the channel to the front where it is `connected`, else None; `gone` says in the log what it means
    that it is not there.
    """

    work: Callable[[Channel | None], None]
    gone: str
    connected: bool = False


class _Kept:
    """Where one companion stands."""

    def __init__(self, companion: Companion) -> None:
        self.companion = companion
        self.pid = 0
        self.started_s = self.next_s = 0.0
        self.wait_s = _FIRST_WAIT_S

    def start(self, giving: Giving, taking: Taking) -> None:
        self.started_s = time.monotonic()
        work = self.companion.work
        if not self.companion.connected:
            self.pid = _fork(lambda: work(None), (giving, taking))
            return
        ours, theirs = pair()

        def alone() -> None:
            only(theirs)
            work(theirs)

        self.pid = _fork(alone, (ours,))
        theirs.close()
        giving.give(ours.fileno(), ours.write_fd)
        ours.close()

    def ended(self, log: Callable[[str], None]) -> None:
        self.pid = 0
        now_s = time.monotonic()
        if now_s - self.started_s > _STEADY_S:
            self.wait_s = _FIRST_WAIT_S
        self.next_s = now_s + self.wait_s
        log(f"{self.companion.gone}; starting again in {self.wait_s:g} s")
        self.wait_s = min(self.wait_s * 2, _LONGEST_WAIT_S)


def supervise(front: Front, companions: Sequence[Companion], log: Callable[[str], None]) -> int:
    """Run all until the front ends or a signal comes; returns the exit status.

    A companion is started again when it ends, at longer and longer intervals. When `front` ends by itself, all ends:
    the service manager starts it anew. `front` is given the socket on which it takes channels to companions.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    raise_file_limit()
    giving, taking = handover_pair()
    front_pid = _fork(lambda: front(taking), (giving,))
    kept = [_Kept(companion) for companion in companions]
    stopping = False
    try:
        while True:
            now_s = time.monotonic()
            waits_s = [3600.0]
            for one in kept if not stopping else ():
                if not one.pid and now_s >= one.next_s:
                    one.start(giving, taking)
                elif not one.pid:
                    waits_s.append(one.next_s - now_s)
            found = signal.sigtimedwait(_SIGNALS, max(0.05, min(waits_s)))
            if found is not None and found.si_signo in (signal.SIGTERM, signal.SIGINT):
                stopping = True
                _signal(front_pid, signal.SIGTERM)
            for pid, status in _ended():
                if pid == front_pid:
                    front_pid = 0
                    return 0 if stopping and status == 0 else max(1, abs(status))
                for one in kept:
                    if one.pid == pid:
                        one.ended(log if not stopping else _nobody)
    finally:
        for one in kept:
            if one.pid:
                _signal(one.pid, signal.SIGTERM)
        if front_pid:
            _signal(front_pid, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _nobody(line: str) -> None:
    """Where nobody needs to be told."""


def _fork(work: Callable[[], None], foreign: tuple[Giving | Taking | Channel, ...]) -> int:
    """Start a child that does this work and ends with its parent."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the supervisor says who ends when
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for one in foreign:
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
