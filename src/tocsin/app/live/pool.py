"""Worker processes for mail that arrives: one task at a time each, killed when it takes too long.

Failure policy: a mail whose observation is late, or ends its worker, is observed once more without its attachments,
and recorded as not looked into if that fails too. A mail that cannot be rewritten in time is not rewritten, and its
task says so. Dead workers are replaced; when they die again and again without a task done, the pool has failed.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from collections import deque

import msgspec

from tocsin.app.live.channel import Channel, pair
from tocsin.app.live.journal import Journal, JournalFailed
from tocsin.app.live.supervise import only
from tocsin.app.observing import Observe, unobserved
from tocsin.app.workers import MOST_DEATHS, observe_or_say_why, settle
from tocsin.connect.guard import refuse_network
from tocsin.mail.smime import signature_of
from tocsin.model.defused import Defused, Policy
from tocsin.model.observation import Observed
from tocsin.model.signature import NO_ANCHORS, NO_SIGNATURE, Anchors, Signature
from tocsin.model.source import RawMail
from tocsin.respond.defuse import defuse

_LONGEST_WAIT_S = 3600.0
_SIGNED = (b"multipart/signed", b"pkcs7", b".p7m", b"-----begin pgp signed message-----")


class Look(msgspec.Struct, frozen=True, tag=True):
    """Observe a mail; `without_attachments` says why they are left alone, "" where they are not."""

    ticket: int
    mail: RawMail
    without_attachments: str = ""


class Edit(msgspec.Struct, frozen=True, tag=True):
    """Seal a mail's original, and defuse the mail as it is to be handed on, where a policy is given.

    `original` are the bytes as they came, `raw` those without what nobody else may write.
    """

    ticket: int
    original: bytes
    raw: bytes
    arrived_s: float
    policy: Policy | None = None


class Tidy(msgspec.Struct, frozen=True, tag=True):
    """Remove originals that came more than so many days ago; `ticket` is nobody's."""

    now_s: float
    keep_days: int
    ticket: int = 0


class Looked(msgspec.Struct, frozen=True, tag=True):
    """What was seen in a mail; always comes, be it that nothing could be. `signature` is what that is worth."""

    ticket: int
    observed: Observed
    signature: Signature = NO_SIGNATURE


class Edited(msgspec.Struct, frozen=True, tag=True):
    """What became of an Edit: `sealed` names the file ("" with `failed` where the disk took nothing).

    `defused` is None where no policy was given, or where defusing was late or failed, which `late` says.
    """

    ticket: int
    sealed: str = ""
    defused: Defused | None = None
    failed: str = ""
    late: str = ""


class Tidied(msgspec.Struct, frozen=True, tag=True):
    """How many originals were removed, or why none could be."""

    removed: int = 0
    failed: str = ""
    ticket: int = 0


class PoolFailed(RuntimeError):
    """Workers die whatever they are given."""


_Task = Look | Edit | Tidy
_Result = Looked | Edited | Tidied
_encoder = msgspec.msgpack.Encoder()
_tasks = msgspec.msgpack.Decoder(Look | Edit | Tidy)
_results = msgspec.msgpack.Decoder(Looked | Edited | Tidied)


class _Worker:
    def __init__(self, channel: Channel, pid: int) -> None:
        self.channel = channel
        self.pid = pid
        self.task: _Task | None = None
        self.started_s = 0.0


class Pool:
    """`jobs` workers; `observe` is built before they are forked, so that a new one works at once."""

    def __init__(
        self, observe: Observe, journal: Journal, jobs: int, mail_time_s: float, anchors: Anchors = NO_ANCHORS
    ) -> None:
        self._observe = observe
        self._anchors = anchors
        self._journal = journal
        self._jobs = jobs
        self._mail_time_s = mail_time_s
        self._waiting: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._deaths = 0

    def start(self) -> None:
        """Hire all workers."""
        while len(self._workers) < self._jobs:
            self._hire()

    def submit(self, task: _Task) -> None:
        """Take a task; edits go before looks, since their mail has waited already."""
        if isinstance(task, Edit):
            self._waiting.appendleft(task)
        else:
            self._waiting.append(task)
        self._hand_out()

    @property
    def waiting(self) -> int:
        """How many tasks no worker has begun."""
        return len(self._waiting)

    def channels(self) -> list[Channel]:
        """What to wait for."""
        return [worker.channel for worker in self._workers]

    def due_s(self) -> float:
        """Seconds until the next worker is late."""
        now_s = time.monotonic()
        ends = [worker.started_s + self._mail_time_s - now_s for worker in self._workers if worker.task]
        return max(0.0, min(ends, default=_LONGEST_WAIT_S))

    def results(self) -> list[_Result]:
        """What was done since the last call. Raises PoolFailed."""
        found: list[_Result] = []
        now_s = time.monotonic()
        for worker in list(self._workers):
            worker.channel.flush()
            for frame in worker.channel.received():
                found.append(_results.decode(frame))
                worker.task = None
                self._deaths = 0
            if worker.channel.closed:
                self._deaths += 1
                found.extend(self._dismiss(worker, "it ended the process that read it"))
            elif worker.task is not None and now_s - worker.started_s > self._mail_time_s:
                found.extend(self._dismiss(worker, f"it took longer than {self._mail_time_s:g} s"))
        if self._deaths > MOST_DEATHS:
            raise PoolFailed(
                "worker processes end again and again before they have read anything, as they do when the system "
                "stops them for want of memory; free some, or use fewer jobs"
            )
        self.start()
        self._hand_out()
        return found

    def _dismiss(self, worker: _Worker, reason: str) -> list[_Result]:
        self._workers.remove(worker)
        worker.channel.close()
        _kill(worker.pid)
        task = worker.task
        if task is None:
            return []
        if isinstance(task, Tidy):
            return [Tidied(failed=f"removing old originals was stopped: {reason}")]
        if isinstance(task, Edit):
            if task.policy is None:
                return [Edited(task.ticket, failed=f"sealing the mail was stopped: {reason}")]
            return [Edited(task.ticket, late=reason)]
        if not task.without_attachments:
            why = f"reading the mail with them was stopped, as {reason}"
            self._waiting.appendleft(msgspec.structs.replace(task, without_attachments=why))
            return []
        return [Looked(task.ticket, unobserved(task.mail, f"Reading this mail was stopped: {reason}"))]

    def _hand_out(self) -> None:
        for worker in self._workers:
            if not self._waiting:
                return
            if worker.task is None and not worker.channel.closed:
                worker.task = self._waiting.popleft()
                worker.started_s = time.monotonic()
                worker.channel.send(_encoder.encode(worker.task))

    def _hire(self) -> None:
        ours, theirs = pair()
        pid = os.fork()
        if pid == 0:
            _become_worker(theirs, self._observe, self._journal, self._anchors)
        theirs.close()
        self._workers.append(_Worker(ours, pid))

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.channel.close()
            _kill(worker.pid)
        self._workers.clear()


def _become_worker(channel: Channel, observe: Observe, journal: Journal, anchors: Anchors) -> None:
    """Work until the parent goes; never returns."""
    status = 1
    try:
        only(channel)
        settle()
        refuse_network(programs_too=True)
        gc.freeze()
        gc.disable()
        while not channel.closed:
            channel.wait(_LONGEST_WAIT_S)
            for frame in channel.received():
                channel.send(_encoder.encode(_done(_tasks.decode(frame), observe, journal, anchors)))
                channel.drain()
                gc.collect(1)
        status = 0
    finally:
        os._exit(status)


def _done(task: _Task, observe: Observe, journal: Journal, anchors: Anchors) -> _Result:
    if isinstance(task, Look):
        observed = observe_or_say_why(observe, task.mail, task.without_attachments)
        return Looked(task.ticket, observed, _signature(task.mail, anchors))
    if isinstance(task, Tidy):
        try:
            return Tidied(journal.expire(task.now_s, task.keep_days))
        except JournalFailed as error:
            return Tidied(failed=str(error))
    try:
        sealed = journal.seal(task.original, task.arrived_s)
    except JournalFailed as error:
        return Edited(task.ticket, failed=str(error))
    if task.policy is None:
        return Edited(task.ticket, sealed)
    return Edited(task.ticket, sealed, defuse(task.raw, task.policy, anchors, task.arrived_s))


def _signature(mail: RawMail, anchors: Anchors) -> Signature:
    """What the signature of a mail is worth; most mails have none, and are not scanned for it again."""
    lower = mail.raw.lower()
    if not any(mark in lower for mark in _SIGNED):
        return NO_SIGNATURE
    return signature_of(mail.raw, anchors, mail.arrival_s or 0.0)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        return
