"""The bench as a service of its own processes, for a program that must keep its network open.

`start` forks them; it is to be called before any thread is started. The program itself only hands over bytes and takes
answers: it looks into no mail.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time

import msgspec

from tocsin.app.live.bench import Handled, LiveMail
from tocsin.app.live.build import Live, Log
from tocsin.app.live.channel import Channel, pair
from tocsin.app.live.pool import PoolFailed
from tocsin.app.live.supervise import die_with_parent, supervise
from tocsin.connect.handover import Taking

_LONGEST_WAIT_S = 1.0
_encoder = msgspec.msgpack.Encoder()
_mails = msgspec.msgpack.Decoder(LiveMail)
_answers = msgspec.msgpack.Decoder(Handled)


class Service:
    """The caller's side; `handle` may be called from several threads."""

    def __init__(self, channel: Channel, pid: int) -> None:
        self._channel = channel
        self._pid = pid
        self._lock = threading.Lock()
        self._waiting: dict[int, list[Handled | None]] = {}
        self._came = threading.Condition(self._lock)
        self._tickets = 0
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="bench", daemon=True)
        self._thread.start()

    def handle(self, live: LiveMail, timeout_s: float = 300.0) -> Handled:
        """Have a mail handled and wait for it; its ticket is set here. `failed` says it where nothing can be done."""
        end_s = time.monotonic() + timeout_s
        with self._lock:
            self._tickets += 1
            ticket = self._tickets
            answer: list[Handled | None] = [None]
            self._waiting[ticket] = answer
            sent = self._channel.send(_encoder.encode(msgspec.structs.replace(live, ticket=ticket)))
            os.write(self._wake_write, b"w")
            while sent and answer[0] is None and not self._channel.closed:
                if not self._came.wait(max(0.0, end_s - time.monotonic())) and time.monotonic() >= end_s:
                    break
            self._waiting.pop(ticket, None)
        return answer[0] or Handled(ticket, failed="what reads mail has ended, or is too far behind")

    @property
    def ended(self) -> bool:
        """Whether the processes have gone."""
        return self._channel.closed

    def _listen(self) -> None:
        while not self._channel.closed:
            poll = select.poll()
            poll.register(self._channel.fileno(), select.POLLIN)
            poll.register(self._wake_read, select.POLLIN)
            if self._channel.waiting:
                poll.register(self._channel.write_fd, select.POLLOUT)
            ready = dict(poll.poll())
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            with self._lock:
                self._channel.flush()
                for frame in self._channel.received():
                    handled = _answers.decode(frame)
                    if handled.ticket in self._waiting:
                        self._waiting[handled.ticket][0] = handled
                self._came.notify_all()

    def stop(self) -> None:
        """End the processes and wait for them."""
        try:
            os.kill(self._pid, signal.SIGTERM)
            os.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):
            return


def start(live: Live, log: Log) -> Service:
    """Fork the processes of the bench."""
    ours, theirs = pair()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            die_with_parent()
            ours.close()
            status = supervise(lambda taking: _serve(theirs, taking, live, log), live.companions(log), log)
        finally:
            sys.stderr.flush()
            os._exit(status)
    theirs.close()
    return Service(ours, pid)


def _serve(channel: Channel, taking: Taking, live: Live, log: Log) -> None:
    stopping = False
    wake_read, wake_write = os.pipe()

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            os.write(wake_write, b"s")  # by itself a signal does not end a poll

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program that asked decides when it ends
    try:
        with live.bench() as bench:
            while not channel.closed and not (stopping and not bench.busy):
                poll = select.poll()
                poll.register(channel.fileno(), select.POLLIN)
                if channel.waiting:
                    poll.register(channel.write_fd, select.POLLOUT)
                poll.register(taking, select.POLLIN)
                poll.register(wake_read, 0 if stopping else select.POLLIN)
                for one in bench.channels():
                    poll.register(one.fileno(), select.POLLIN)
                    if one.waiting:
                        poll.register(one.write_fd, select.POLLOUT)
                ready = dict(poll.poll(min(_LONGEST_WAIT_S, bench.due_s()) * 1000))
                if taking.fileno() in ready and (fds := taking.take()) is not None:
                    bench.connect(Channel(*fds))
                for frame in channel.received():
                    bench.submit(_mails.decode(frame))
                for handled in bench.results():
                    channel.send(_encoder.encode(handled))
                channel.flush()
                for problem in bench.problems:
                    log(problem)
                bench.problems.clear()
    except PoolFailed as error:
        log(f"stopped: {error}")
        raise SystemExit(3) from error
