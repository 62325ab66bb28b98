"""Follows one folder of one account: waits for mail, has it judged, and does with it what was asked for.

Failure policy: whatever the server does, the connection is given up, said, and made again after a while, longer each
time. How far the folder is read is written down with each mail, so that nothing is lost and nothing told twice by that.
A mail that cannot be fetched three times in a row is passed over, said, and tried again at the next start.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator

import msgspec

from tocsin.app.live.bench import Handled, LiveMail
from tocsin.app.live.watch_handling import NotDone, Outcome, Refused, carry_out, check, mark_of, plan
from tocsin.app.live.watch_state import Kept, Reached, StateError, Task, WatchState
from tocsin.app.logins import Account, LoginError, secret_for
from tocsin.connect.imap import Session
from tocsin.connect.imap_answers import Folder, Found, ImapError, Limits
from tocsin.connect.imap_wire import Hosts, Trust
from tocsin.connect.maildir import maildir_flags
from tocsin.model.source import ReadError
from tocsin.render.watch import WatchRecord, watch_record

IDLE_S = 20 * 60.0  # servers may end an IDLE of 30 minutes (RFC 2177), and networks forget sooner
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 300.0
_FIRST_LOGIN_WAIT_S, _LONGEST_LOGIN_WAIT_S = 60.0, 3600.0  # servers lock accounts after wrong passwords
_CHUNK = 200
_BATCH_MAILS, _BATCH_BYTES = 50, 8 * 1024 * 1024
_MOST_TRIES = 3
_BREATH_S = 1.0
_CLOCKS_DIFFER_S = 3600.0

Handle = Callable[[LiveMail], Handled]


class Setup(msgspec.Struct, frozen=True):
    """How folders are followed. `mode` is "" (nothing is changed) or of `watch_handling.MODES`.

    With `once` a folder is read to its end and left; with `existing` one that was never watched is read from its start.
    `poll_s` is how often a server without IDLE is asked.
    """

    mode: str = ""
    alerts_folder: str = ""
    once: bool = False
    existing: bool = False
    poll_s: float = 60.0
    largest_bytes: int = 64 * 1024 * 1024
    command_s: float = 60.0
    first_wait_s: float = _FIRST_WAIT_S


class Around(msgspec.Struct, frozen=True):
    """What followers share: where mails are handled, what is written down, told and logged, and when to stop."""

    handle: Handle
    state: WatchState
    hosts: Hosts
    context: Callable[[Account], Trust]
    tell: Callable[[WatchRecord | ReadError], None]
    log: Callable[[str], None]
    stopping: threading.Event
    stop_fd: int


class PutOff(Exception):
    """A mail cannot be handled now; the message says why. It is tried again."""


class Follower:
    """One folder of one account; `run` is a thread's work.

    `turn` is shared by the folders of an account: one mail at a time, so that none is judged in two of them.
    """

    def __init__(
        self, account: Account, folder: str, setup: Setup, around: Around, turn: threading.Lock
    ) -> None:
        self._account = account
        self._name = account.address.account
        self._folder = folder
        self._setup = setup
        self._around = around
        self._turn = turn
        self._tries: dict[int, int] = {}
        self._outgoing = False
        self._watched_before = False

    def run(self) -> None:
        """Follow until told to stop; with `once`, until the folder is read. Raises Refused."""
        failures, login_failures = 0, 0
        while not self._around.stopping.is_set():
            started_s = time.monotonic()
            try:
                self._connected()
                if self._setup.once:
                    return
                failures = login_failures = 0
                continue
            except LoginError as error:
                reason, kind = str(error), "login"
            except ImapError as error:
                reason, kind = str(error), error.kind
            except (PutOff, StateError) as error:
                reason, kind = f"{self._name}: {error}", "put off"
            if self._setup.once and (kind in ("login", "trust") or failures >= _MOST_TRIES - 1):
                self._fault("not-followed", f"{reason}. This folder was not read to its end.")
                return
            if time.monotonic() - started_s > _LONGEST_WAIT_S:
                failures = login_failures = 0
            if kind == "login":
                wait_s = _waiting(login_failures, _FIRST_LOGIN_WAIT_S, _LONGEST_LOGIN_WAIT_S)
                login_failures += 1
            else:
                wait_s = _waiting(failures, self._setup.first_wait_s, _LONGEST_WAIT_S)
            failures += 1
            self._around.log(f"{reason}; {self._folder} is tried again in {wait_s:.0f} s")
            self._around.stopping.wait(wait_s)

    def _connected(self) -> None:
        """Log in, follow, and leave in order; a connection that failed is dropped."""
        account, setup = self._account, self._setup
        limits = Limits(setup.largest_bytes, setup.command_s)
        secret = secret_for(account)
        session = Session(account.address, secret, self._around.hosts, self._around.context(account), limits)
        del secret
        try:
            if setup.mode:
                self._check(session)
            self._follow(session)
            session.close()
        finally:
            session.drop()

    def _check(self, session: Session) -> None:
        """Refuse at the start what the server cannot do; what it can no more later is for others no reason to end."""
        try:
            check(session, self._setup.mode, self._setup.alerts_folder)
        except Refused as error:
            if self._watched_before:
                raise PutOff(str(error)) from error
            raise

    def _follow(self, session: Session) -> None:
        folders = dict(session.folders())
        self._outgoing = "\\sent" in folders.get(self._folder, ())
        target = self._setup.alerts_folder
        if target and target not in folders:
            session.create(target)
            self._around.log(f"{self._name}: made the folder {target}")
        opened = session.open(self._folder)
        reached = self._begin(opened)
        for kept in self._around.state.tasks(self._name, self._folder):
            self._finish(session, kept)
        session.open(self._folder)
        for uid in self._around.state.take_put_off(self._name, self._folder, reached.uid_validity):
            reached = self._take_all(session, [uid], reached)
        if not self._watched_before:
            self._around.log(f"{self._name}: following {self._folder}")
            self._watched_before = True
        while not self._around.stopping.is_set():
            before, started_s = reached, time.monotonic()
            reached = self._catch_up(session, reached)
            if self._setup.once:
                return
            changed = session.wait(IDLE_S, self._setup.poll_s, self._around.stop_fd)
            if changed and reached == before and time.monotonic() - started_s < _BREATH_S:
                self._around.stopping.wait(_BREATH_S)  # a server that tells of mail without end

    def _begin(self, opened: Folder) -> Reached:
        """How far the folder is read, as its server numbers it now."""
        state = self._around.state
        known = state.reached(self._name, self._folder)
        if known is None and self._setup.existing:
            known = Reached(opened.uid_validity, 0, opened.modseq)
        elif known is None:
            known = Reached(opened.uid_validity, opened.uid_next - 1, opened.modseq, time.time())
        elif known.uid_validity != opened.uid_validity:
            self._around.log(
                f"{self._name}: the server has numbered {self._folder} anew; what is not known is read again"
            )
            known = Reached(opened.uid_validity, 0, opened.modseq, known.since_s, opened.uid_next)
        elif opened.uid_next <= known.last_uid or (opened.modseq and opened.modseq < known.modseq):
            self._around.log(
                f"{self._name}: {self._folder} is older than it was, as after a restored backup; what is not known is "
                "read again"
            )
            known = Reached(opened.uid_validity, 0, opened.modseq, known.since_s, opened.uid_next)
        else:
            known = msgspec.structs.replace(known, modseq=opened.modseq)
        state.reach(self._name, self._folder, known)
        return known

    def _catch_up(self, session: Session, reached: Reached) -> Reached:
        uids = session.uids(reached.last_uid)
        for start in range(0, len(uids), _CHUNK):
            reached = self._take_all(session, uids[start : start + _CHUNK], reached)
            if self._around.stopping.is_set():
                break
        return reached

    def _take_all(self, session: Session, uids: list[int], reached: Reached) -> Reached:
        described = session.describe(uids)
        for batch in _batches(uids, described, self._wanted, single=bool(self._tries)):
            wanted = [uid for uid in batch if self._wanted(described.get(uid))]
            raws: dict[int, bytes] = {}
            if wanted:
                try:
                    raws = session.fetch(wanted, sum(max(described[uid].size, 0) for uid in wanted))
                except ImapError as error:
                    if error.kind in ("login", "trust"):
                        raise
                    tries = self._tries[wanted[0]] = self._tries.get(wanted[0], 0) + 1
                    if tries < _MOST_TRIES or len(wanted) > 1:
                        raise
                    reached = self._pass_over(wanted[0], reached, str(error))
                    raise
            for uid in batch:
                reached = self._take(session, uid, described.get(uid), raws.get(uid), reached)
                if self._around.stopping.is_set():
                    return reached
        return reached

    def _wanted(self, found: Found | None) -> bool:
        """Whether a mail is to be fetched."""
        if found is None or found.size > self._setup.largest_bytes or "\\draft" in _lower(found.flags):
            return False
        return not (found.gmail_id and self._around.state.known(self._name, _gmail_mark(found)))

    def _take(
        self, session: Session, uid: int, found: Found | None, raw: bytes | None, reached: Reached
    ) -> Reached:
        """One mail, to its end; returns how far the folder is read with it."""
        state = self._around.state
        after = msgspec.structs.replace(reached, last_uid=max(uid, reached.last_uid))
        if found is None or not self._wanted(found) or _is_older(found, reached):
            if found is not None and found.size > self._setup.largest_bytes:
                self._fault(
                    "mail-too-large",
                    f"is larger ({found.size:,} bytes) than what is read of one mail; it was not fetched and not "
                    "judged (max_mail_bytes in the settings)",
                    uid,
                )
            state.reach(self._name, self._folder, after)
            return after
        if raw is None:
            raw = session.fetch([uid], max(found.size, 0)).get(uid)
        if raw is None:
            if uid not in session.describe([uid]):
                state.reach(self._name, self._folder, after)
                return after
            return self._pass_over(uid, reached, "the server does not send this mail")
        with self._turn:
            kept = self._judge(uid, found, raw, after)
        if kept is not None:
            self._finish(session, kept)
            session.open(self._folder)
        return after

    def _judge(self, uid: int, found: Found, raw: bytes, after: Reached) -> Kept | None:
        """Have a mail judged that is not known, tell of it, and write it down; returns what is to be done with it."""
        state = self._around.state
        marks = (mark_of(raw), *((_gmail_mark(found),) if found.gmail_id else ()))
        known = [state.known(self._name, mark) for mark in marks]
        again = self._setup.mode in ("move", "replace") and known[0] == "handled" and not any(known[1:])
        if any(known) and not again:
            state.reach(self._name, self._folder, after)
            return None
        handled = self._around.handle(self._live(uid, found, raw))
        if handled.failed:
            raise PutOff(f"a mail cannot be handled now: {handled.failed}")
        record = self._record(uid, found, handled)
        task = self._plan(handled, raw, found, record)
        if task is None and (record.verdict.alert or handled.kind == "unread"):
            self._around.tell(record)
        number = state.note(self._name, self._folder, after, uid, marks, task)
        return Kept(number, after.uid_validity, uid, task) if task is not None else None

    def _live(self, uid: int, found: Found, raw: bytes) -> LiveMail:
        return LiveMail(
            0,
            raw,
            (self._account.person,),
            found.arrived.timestamp() if found.arrived is not None else time.time(),
            source=self._account.address.source(self._folder, uid),
            mailbox=self._name,
            folder=self._folder,
            flags=maildir_flags(found.flags) or "U",
            outgoing=self._outgoing,
        )

    def _record(self, uid: int, found: Found, handled: Handled) -> WatchRecord:
        assert handled.observed is not None
        assert handled.opinions is not None
        opinion = max(handled.opinions.opinions, key=lambda one: (one.verdict.alert, one.verdict.likelihood))
        record = watch_record(
            handled.observed,
            opinion.verdict,
            account=self._name,
            folder=self._folder,
            uid=uid,
            owner=opinion.owner,
            action=handled.action,
        )
        return msgspec.structs.replace(
            record,
            sealed=handled.sealed,
            labels=found.labels,
            history=handled.opinions.history,
            intelligence=handled.opinions.intelligence,
        )

    def _plan(self, handled: Handled, raw: bytes, found: Found, record: WatchRecord) -> Task | None:
        setup = self._setup
        if not setup.mode or self._folder == setup.alerts_folder:
            return None
        return plan(handled, raw, found, setup.mode, setup.alerts_folder, msgspec.json.encode(record))

    def _finish(self, session: Session, kept: Kept) -> None:
        """Carry a task out and tell of it; what cannot be done is told as well."""
        try:
            outcome = carry_out(session, self._folder, kept)
        except NotDone as error:
            outcome = Outcome("not-done", str(error))
        record = msgspec.json.decode(kept.task.alert, type=WatchRecord)
        self._around.tell(
            msgspec.structs.replace(record, done=outcome.done, why=outcome.why, target=outcome.target)
        )
        self._around.state.finish(kept.number)

    def _pass_over(self, uid: int, reached: Reached, reason: str) -> Reached:
        self._tries.pop(uid, None)
        after = msgspec.structs.replace(reached, last_uid=max(uid, reached.last_uid))
        self._around.state.put_off(self._name, self._folder, after, uid)
        self._fault("not-fetched", f"cannot be fetched ({reason}); it is tried again at the next start", uid)
        return after

    def _fault(self, code: str, text: str, uid: int = 0) -> None:
        source = self._account.address.source(self._folder, uid) if uid else f"{self._name}/{self._folder}"
        self._around.tell(ReadError(code, source, text))


def _is_older(found: Found, reached: Reached) -> bool:
    """Whether a mail of a folder that was numbered anew had come before watching began."""
    arrived = found.arrived
    return (
        found.uid < reached.old_below
        and arrived is not None
        and arrived.timestamp() < reached.since_s - _CLOCKS_DIFFER_S
    )


def _batches(
    uids: list[int],
    described: dict[int, Found],
    wanted: Callable[[Found | None], bool],
    *,
    single: bool,
) -> Iterator[list[int]]:
    """The mails in runs that are fetched by one command; one by one where a run did not arrive."""
    batch: list[int] = []
    size = 0
    for uid in uids:
        found = described.get(uid)
        more = max(found.size, 0) if found is not None and wanted(found) else 0
        if batch and (single or len(batch) >= _BATCH_MAILS or size + more > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(uid)
        size += more
    if batch:
        yield batch


def _waiting(failures: int, first_s: float, longest_s: float) -> float:
    """How long to wait: twice as long each time, and not all at the same moment."""
    most_s = min(first_s * 2.0 ** min(failures, 20), longest_s)
    return most_s * random.uniform(0.5, 1.0)


def _gmail_mark(found: Found) -> bytes:
    return b"gmail %d" % found.gmail_id


def _lower(flags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(flag.lower() for flag in flags)
