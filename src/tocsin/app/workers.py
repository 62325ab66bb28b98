"""Worker processes that observe mails, each of which can be killed when one mail hangs or crashes it.

The parent reads, workers observe and write to spill files of their own, the parent learns only where records lie.
A worker gets one batch at a time and is idle when the next is sent, so the parent never blocks on a hung one.
Failure policy: a worker that overruns its time on one mail, or dies on the same mail twice, is replaced; that mail
is observed again without its attachments, which is where hostile files meet parsers in C, and recorded as not evaluated
if that fails too. The rest of its batch is observed again. A worker that cannot start, or cannot write what it
observed, says so and the scan ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from tocsin.app.spill import Row, SpillWriter, StorageFailed
from tocsin.connect.guard import refuse_network
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail, ReadError, ReadProgress

# Observes a mail; the second argument says why its attachments are left alone, "" where they are not.
Observe = Callable[[RawMail, str], Observed]

BATCH_MAILS = 128
BATCH_BYTES = 2 * 1024 * 1024
MAIL_TIME_S = 10.0
# A mail of the largest size allowed and its decoded copies fit; a bomb in a C library does not take the machine.
WORKER_ADDRESS_SPACE_BYTES = 4 * 1024 * 1024 * 1024

# So many reading processes may die one after the other without any mail having been observed in between.
MOST_DEATHS = 6


_PR_SET_PDEATHSIG = 1  # prctl(2)


class _Failure(msgspec.Struct, frozen=True):
    """A worker's answer when it cannot work at all; `storage`: what it observed cannot be written."""

    text: str
    storage: bool


class _Batch(msgspec.Struct, frozen=True):
    mails: list[RawMail]
    without_attachments: str = ""  # the reason


_batch_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(_Batch)
_answer_decoder = msgspec.msgpack.Decoder(list[Row] | _Failure)

# Held back while a worker is made, so that it never answers a signal that was meant for the parent.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# fork keeps the imported parsers shared between processes; other systems start afresh.
_START = "fork" if sys.platform.startswith("linux") else "spawn"


def settle() -> None:
    """Make this process a worker: it ends with its parent, answers no signal meant for that, takes not all memory.

    To be called first thing after the fork.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when an interrupted scan ends
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    if sys.platform.startswith("linux"):
        # A forked worker holds both ends of its pipe, so it would never see that a killed parent has gone.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_ADDRESS_SPACE_BYTES, WORKER_ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _silence()


def _work(
    connection: Connection,
    progress: Any,
    make_observer: Callable[[], Observe],
    folder: Path,
    number: int,
    key: bytes,
) -> None:
    settle()
    try:
        _answer_batches(connection, progress, make_observer, SpillWriter(folder, number, key))
    except StorageFailed as error:
        _answer_failure(connection, _Failure(str(error), storage=True))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent has gone
        return
    except Exception as error:  # noqa: BLE001  (the boundary: the parent says what is wrong, in one line)
        _answer_failure(connection, _Failure(f"{type(error).__name__}: {error}", storage=False))


def _silence() -> None:
    """Discard what libraries in C write about hostile files (libtiff does); workers themselves report by their pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _answer_batches(
    connection: Connection, progress: Any, make_observer: Callable[[], Observe], writer: SpillWriter
) -> None:
    observe = make_observer()
    refuse_network(programs_too=True)
    # Frozen values form no cycles: the collector finds nothing, and scanning the parsers' tables costs time.
    gc.freeze()
    gc.disable()
    while True:
        rows = []
        batch = _batch_decoder.decode(connection.recv_bytes())
        for position, mail in enumerate(batch.mails):
            progress[0] = position
            progress[1] = time.monotonic()
            rows.append(writer.append(observe_or_say_why(observe, mail, batch.without_attachments)))
        progress[1] = 0.0
        writer.flush()
        gc.collect(1)
        connection.send_bytes(_batch_encoder.encode(rows))


def _answer_failure(connection: Connection, failure: _Failure) -> None:
    """Answer whatever was or will be asked: the parent listens only after it has sent a batch."""
    with contextlib.suppress(OSError, EOFError):
        connection.send_bytes(_batch_encoder.encode(failure))
        while True:
            connection.recv_bytes()


def observe_or_say_why(observe: Observe, mail: RawMail, without_attachments: str) -> Observed:
    """The record of a mail; one that fails is read without its attachments, and else recorded as not looked into."""
    try:
        return observe(mail, without_attachments)
    except (Exception, RecursionError) as error:  # noqa: BLE001  (the boundary: one mail must not end the scan)
        reason = f"{type(error).__name__}: {str(error)[:200]}"
    if not without_attachments:
        return observe_or_say_why(observe, mail, f"reading them failed ({reason})")
    from tocsin.app.observing import unobserved

    return unobserved(mail, f"Reading this mail failed ({reason})")


class WorkerFailed(RuntimeError):
    """Workers cannot work at all: no mail is to blame, and trying again would not help."""


class _Worker:
    def __init__(self, make_observer: Callable[[], Observe], folder: Path, number: int, key: bytes) -> None:
        context: Any = multiprocessing.get_context(_START)
        self.connection, child = context.Pipe()
        self.progress = context.RawArray("d", 2)  # position in the batch, monotonic start of that mail
        self.process = context.Process(
            target=_work, args=(child, self.progress, make_observer, folder, number, key), daemon=True
        )
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        child.close()
        self.batch = _Batch([])

    def send(self, batch: _Batch) -> None:
        self.batch = batch
        self.progress[0] = 0.0
        self.progress[1] = 0.0
        self.connection.send_bytes(_batch_encoder.encode(batch))

    def overdue(self, mail_time_s: float) -> bool:
        started = self.progress[1]
        return bool(started and time.monotonic() - started > mail_time_s)

    def stop(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


class Crew:
    """Observes a stream of mails with `jobs` workers and yields a Row for each, errors and progress passed on.

    `first_spill` numbers the spill files: earlier numbers belong to a scan that is being resumed.
    """

    def __init__(
        self,
        make_observer: Callable[[], Observe],
        folder: Path,
        jobs: int,
        first_spill: int = 0,
        mail_time_s: float = MAIL_TIME_S,
        key: bytes = b"",
    ) -> None:
        self._make_observer = make_observer
        self._folder = folder
        self._key = key
        self._jobs = jobs
        self._spills = first_spill
        self._mail_time_s = mail_time_s
        self._workers: list[_Worker] = []
        self._deaths = 0  # since a mail was last observed
        self._suspects: set[str] = set()  # sources of mails on which a worker has died once
        self._failed = SpillWriter(folder, self._next_spill(), key)

    def _next_spill(self) -> int:
        self._spills += 1
        return self._spills - 1

    def _hire(self) -> _Worker:
        worker = _Worker(self._make_observer, self._folder, self._next_spill(), self._key)
        self._workers.append(worker)
        return worker

    def run(
        self, found: Iterator[RawMail | ReadError | ReadProgress | Row]
    ) -> Iterator[Row | ReadError | ReadProgress]:
        """Observe all mails that `found` yields; rows come in no particular order."""
        batches = _batches(found)
        waiting: list[_Batch] = []
        exhausted = False
        idle: list[_Worker] = []
        busy: list[_Worker] = []
        while True:
            # Keep one batch in hand, so that a worker that reports gets the next at once.
            while not waiting and not exhausted:
                item = next(batches, None)
                if item is None:
                    exhausted = True
                elif isinstance(item, list):
                    waiting.append(_Batch(item))
                else:
                    yield item
            # Workers are hired as work comes: one mail needs one.
            while waiting and (idle or len(self._workers) < self._jobs):
                worker = idle.pop() if idle else self._hire()
                batch = waiting.pop(0)
                try:
                    worker.send(batch)
                except OSError:  # died while idle: a fresh one takes its place
                    waiting.insert(0, batch)
                    self._dismiss(worker, died=True)
                    continue
                busy.append(worker)
            if not waiting and not exhausted:
                continue
            if not busy:
                if not waiting:
                    return
                continue
            ready = multiprocessing.connection.wait([worker.connection for worker in busy], timeout=1.0)
            for worker in list(busy):
                if worker.connection in ready:
                    try:
                        rows = _answered(worker.connection.recv_bytes())
                    except (EOFError, OSError):
                        busy.remove(worker)
                        yield from self._bury(worker, waiting)
                        continue
                    busy.remove(worker)
                    idle.append(worker)
                    self._deaths = 0
                    yield from rows
                elif worker.overdue(self._mail_time_s):
                    busy.remove(worker)
                    yield from self._stop_overdue(worker, waiting)

    def _bury(self, worker: _Worker, waiting: list[_Batch]) -> Iterator[Row]:
        """A worker died. The mail it had in hand is tried once more, alone: it may not be to blame."""
        started, position = worker.progress[1], int(worker.progress[0])
        batch = worker.batch
        self._dismiss(worker, died=True)
        if not started:
            waiting.insert(0, batch)
            return
        mail = _take_out(batch, position, waiting)
        if mail.source not in self._suspects:
            self._suspects.add(mail.source)
            waiting.insert(0, _Batch([mail]))
            return
        yield from self._try_less(batch, mail, "it ended the reading process", waiting)

    def _stop_overdue(self, worker: _Worker, waiting: list[_Batch]) -> Iterator[Row]:
        batch = worker.batch
        mail = _take_out(batch, int(worker.progress[0]), waiting)
        self._dismiss(worker, died=False)
        yield from self._try_less(batch, mail, f"it took longer than {self._mail_time_s:g} s", waiting)

    def _try_less(self, batch: _Batch, mail: RawMail, reason: str, waiting: list[_Batch]) -> Iterator[Row]:
        """Observe a mail without its attachments; give it up if that is what was tried."""
        if batch.without_attachments:
            yield self._give_up(mail, reason)
        else:
            self._deaths = 0
            waiting.insert(0, _Batch([mail], f"reading the mail with them was stopped, as {reason}"))

    def _give_up(self, mail: RawMail, reason: str) -> Row:
        from tocsin.app.observing import unobserved

        self._deaths = 0
        row = self._failed.append(unobserved(mail, f"Reading this mail was stopped: {reason}"))
        self._failed.flush()
        return row

    def _dismiss(self, worker: _Worker, *, died: bool) -> None:
        worker.stop()
        self._workers.remove(worker)
        self._deaths += died
        if self._deaths > MOST_DEATHS:
            raise WorkerFailed(
                "reading processes end again and again before they read anything, as they do when the system "
                "stops them for want of memory; free some, or use --jobs 1"
            )

    def close(self) -> None:
        """End all workers; what they reported is on disk."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()
        self._failed.close()


def _answered(data: bytes) -> list[Row]:
    answer: list[Row] | _Failure = _answer_decoder.decode(data)
    if isinstance(answer, _Failure):
        raise (StorageFailed if answer.storage else WorkerFailed)(answer.text)
    return answer


def _take_out(batch: _Batch, position: int, waiting: list[_Batch]) -> RawMail:
    """Give the mail at `position` and queue the rest of its batch."""
    rest = batch.mails[:position] + batch.mails[position + 1 :]
    if rest:
        waiting.insert(0, msgspec.structs.replace(batch, mails=rest))
    return batch.mails[position]


def _batches(
    found: Iterator[RawMail | ReadError | ReadProgress | Row],
) -> Iterator[list[RawMail] | ReadError | ReadProgress | Row]:
    batch: list[RawMail] = []
    size = 0
    for item in found:
        if not isinstance(item, RawMail):
            yield item
            continue
        batch.append(item)
        size += len(item.raw)
        if len(batch) >= BATCH_MAILS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
