"""Worker processes that observe mails, each of which can be killed when one mail hangs or crashes it.

The parent reads, workers observe and write to spill files of their own, the parent learns only where records lie.
A worker gets one batch at a time and is idle when the next is sent, so the parent never blocks on a hung one.
Failure policy: a worker that dies or overruns its time on one mail is replaced; that mail is recorded as not
evaluated and the rest of its batch is observed again.
"""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.connection
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from tocsin.app.spill import Row, SpillWriter
from tocsin.connect.guard import refuse_network
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail, ReadError, ReadProgress

Observe = Callable[[RawMail], Observed]

BATCH_MAILS = 128
BATCH_BYTES = 2 * 1024 * 1024
MAIL_TIME_S = 10.0
# A mail of the largest size allowed and its decoded copies fit; a bomb in a C library does not take the machine.
WORKER_ADDRESS_SPACE_BYTES = 4 * 1024 * 1024 * 1024

_batch_encoder = msgspec.msgpack.Encoder()
_batch_decoder = msgspec.msgpack.Decoder(list[RawMail])
_rows_decoder = msgspec.msgpack.Decoder(list[Row])

# fork keeps the imported parsers shared between processes; other systems start afresh.
_START = "fork" if sys.platform.startswith("linux") else "spawn"


def _work(
    connection: Connection, progress: Any, make_observer: Callable[[], Observe], folder: Path, number: int
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when an interrupted scan ends
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_ADDRESS_SPACE_BYTES, WORKER_ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    observe = make_observer()
    refuse_network(programs_too=True)
    # Frozen values form no cycles: the collector finds nothing, and scanning the parsers' tables costs time.
    gc.freeze()
    gc.disable()
    writer = SpillWriter(folder, number)
    while True:
        try:
            data = connection.recv_bytes()
        except (EOFError, OSError):  # the parent has gone
            return
        rows = []
        for position, mail in enumerate(_batch_decoder.decode(data)):
            progress[0] = position
            progress[1] = time.monotonic()
            rows.append(writer.append(_observe_or_say_why(observe, mail)))
        progress[1] = 0.0
        writer.flush()
        gc.collect(1)
        connection.send_bytes(_batch_encoder.encode(rows))


def _observe_or_say_why(observe: Observe, mail: RawMail) -> Observed:
    try:
        return observe(mail)
    except (Exception, RecursionError) as error:  # noqa: BLE001  (the boundary: one mail must not end the scan)
        from tocsin.app.observing import unobserved

        return unobserved(mail, f"Reading this mail failed ({type(error).__name__}: {str(error)[:200]})")


class WorkerFailed(RuntimeError):
    """Workers cannot start at all: no mail is to blame, and trying again would not help."""


class _Worker:
    def __init__(self, make_observer: Callable[[], Observe], folder: Path, number: int) -> None:
        context: Any = multiprocessing.get_context(_START)
        self.connection, child = context.Pipe()
        self.progress = context.RawArray("d", 2)  # position in the batch, monotonic start of that mail
        self.process = context.Process(
            target=_work, args=(child, self.progress, make_observer, folder, number), daemon=True
        )
        self.process.start()
        child.close()
        self.batch: list[RawMail] = []

    def send(self, batch: list[RawMail]) -> None:
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
    ) -> None:
        self._make_observer = make_observer
        self._folder = folder
        self._jobs = jobs
        self._spills = first_spill
        self._mail_time_s = mail_time_s
        self._workers: list[_Worker] = []
        self._failed = SpillWriter(folder, self._next_spill())

    def _next_spill(self) -> int:
        self._spills += 1
        return self._spills - 1

    def _hire(self) -> _Worker:
        worker = _Worker(self._make_observer, self._folder, self._next_spill())
        self._workers.append(worker)
        return worker

    def run(
        self, found: Iterator[RawMail | ReadError | ReadProgress]
    ) -> Iterator[Row | ReadError | ReadProgress]:
        """Observe all that `found` yields; rows come in no particular order."""
        batches = _batches(found)
        waiting: list[list[RawMail]] = []
        exhausted = False
        idle = [self._hire() for _ in range(self._jobs)]
        busy: list[_Worker] = []
        while True:
            # Keep one batch in hand, so that a worker that reports gets the next at once.
            while not waiting and not exhausted:
                item = next(batches, None)
                if item is None:
                    exhausted = True
                elif isinstance(item, list):
                    waiting.append(item)
                else:
                    yield item
            while idle and waiting:
                worker = idle.pop()
                batch = waiting.pop(0)
                try:
                    worker.send(batch)
                except OSError:  # died while idle: a fresh one takes its place
                    waiting.insert(0, batch)
                    idle.append(self._replace(worker))
                    continue
                busy.append(worker)
            if (idle or not waiting) and not exhausted:
                continue
            if not busy:
                if not waiting:
                    return
                continue
            ready = multiprocessing.connection.wait([worker.connection for worker in busy], timeout=1.0)
            for worker in list(busy):
                if worker.connection in ready:
                    try:
                        rows = _rows_decoder.decode(worker.connection.recv_bytes())
                    except (EOFError, OSError):
                        yield from self._bury(worker, "it ended the reading process", busy, idle, waiting)
                        continue
                    busy.remove(worker)
                    idle.append(worker)
                    yield from rows
                elif worker.overdue(self._mail_time_s):
                    reason = f"it took longer than {self._mail_time_s:g} s"
                    yield from self._bury(worker, reason, busy, idle, waiting)

    def _bury(
        self,
        worker: _Worker,
        reason: str,
        busy: list[_Worker],
        idle: list[_Worker],
        waiting: list[list[RawMail]],
    ) -> Iterator[Row]:
        from tocsin.app.observing import unobserved

        busy.remove(worker)
        if not worker.progress[1]:
            raise WorkerFailed("a reading process ended before it read anything; its error stands above")
        position = int(worker.progress[0])
        rest = worker.batch[:position] + worker.batch[position + 1 :]
        if rest:
            waiting.insert(0, rest)
        row = self._failed.append(
            unobserved(worker.batch[position], f"Reading this mail was stopped: {reason}")
        )
        self._failed.flush()
        idle.append(self._replace(worker))
        yield row

    def _replace(self, worker: _Worker) -> _Worker:
        worker.stop()
        self._workers.remove(worker)
        return self._hire()

    def close(self) -> None:
        """End all workers; what they reported is on disk."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()
        self._failed.close()


def _batches(
    found: Iterator[RawMail | ReadError | ReadProgress],
) -> Iterator[list[RawMail] | ReadError | ReadProgress]:
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
