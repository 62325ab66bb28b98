"""Fetches whole accounts into a spool that `scan` reads: oldest mail first, to go on where it was stopped.

The spool is a Maildir for each account, private, and removed once its mails are judged. Judging is the scan's: it knows
the whole account before it looks at the first mail, and closes the network before that.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from tocsin.app.live.watch import WatchError, WatchRequest, contexts_of, named_accounts
from tocsin.app.live.watch_state import Reached, StateError, WatchState
from tocsin.app.logins import Account, LoginError, secret_for
from tocsin.connect.imap import Session
from tocsin.connect.imap_answers import Folder, Found, ImapError, Limits
from tocsin.connect.imap_wire import Hosts, Trust
from tocsin.connect.maildir import maildir_flags, maildir_folder
from tocsin.model.source import ReadError

_VIEWS = frozenset(("\\all", "\\flagged", "\\important"))  # mails of other folders again (RFC 6154, RFC 8457)
_GMAIL_KEPT = frozenset(("\\all", "\\junk", "\\trash"))  # on Gmail every other folder is a label on these
_BATCH_MAILS, _BATCH_BYTES = 50, 8 * 1024 * 1024
_MOST_FAILURES = 6
_ROOM_BYTES = 256 * 1024 * 1024
_SPOOLED = re.compile(r"\d+\.F([0-9a-f]{8})V(\d+)U(\d+)\.tocsin")

Tell = Callable[[ReadError], None]
Log = Callable[[str], None]


class Fetching(msgspec.Struct, frozen=True):
    """How far fetching is, for the progress line."""

    mails: int
    total_mails: int
    bytes_done: int
    bytes_total: int
    elapsed_s: float
    stage: str = "fetching"


class Cut(Exception):
    """Fetching was given up; the message says why. What was fetched is kept, and the same command goes on."""


def spool_of(request: WatchRequest) -> Path:
    """Where mails lie until they are judged."""
    return request.state / "backfill"


def fetch_accounts(
    request: WatchRequest, since: date | None, tell: Tell, log: Log, report: Callable[[Fetching], None]
) -> tuple[Path, ...]:
    """Fetch all that is not spooled yet; returns the folders to scan.

    Mail that comes meanwhile or later is for watching, which goes on from here. Raises WatchError before anything is
    connected, Cut.
    """
    accounts = named_accounts(request)
    contexts = contexts_of(accounts)
    spool = spool_of(request)
    try:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = WatchState(request.state)
    except OSError as error:
        raise WatchError(
            f"{spool}: cannot be made ({error.strerror}); name another folder with --state"
        ) from error
    except StateError as error:
        raise WatchError(str(error)) from error
    hosts = Hosts((account.address.host, account.address.port) for account in accounts)
    hosts.refuse_others()
    places = []
    try:
        for account in accounts:
            place = spool / _file_name(account.address.account)
            context = contexts[account.address.account]
            _Fetch(account, place, hosts, context, request, since, state, tell, log, report).run()
            places.append(place)
    except OSError as error:
        raise Cut(
            f"{error.filename or spool}: {error.strerror}; make room and run the same command again"
        ) from error
    except StateError as error:
        raise Cut(str(error)) from error
    finally:
        state.close()
    return tuple(place for place in places if any(_spooled_files(place)))


def forget(places: tuple[Path, ...]) -> None:
    """Remove what was judged."""
    for place in places:
        shutil.rmtree(place, ignore_errors=True)


class _Wanted(msgspec.Struct, frozen=True):
    """A folder's mails that are to be fetched, oldest first, and how far it then is read; `sent`: by its owner."""

    folder: str
    sent: bool
    found: tuple[Found, ...]
    reached: Reached


class _Fetch:
    """The fetching of one account; mutable."""

    def __init__(
        self,
        account: Account,
        place: Path,
        hosts: Hosts,
        context: Trust,
        request: WatchRequest,
        since: date | None,
        state: WatchState,
        tell: Tell,
        log: Log,
        report: Callable[[Fetching], None],
    ) -> None:
        self._account = account
        self._place = place
        self._hosts = hosts
        self._context = context
        self._largest = request.config.max_mail_bytes
        self._command_s = request.command_s
        self._since = since
        self._state = state
        self._tell = tell
        self._log = log
        self._report = report
        self._started_s = time.monotonic()
        self._passed_over: set[tuple[str, int]] = set()
        self._trouble: dict[tuple[str, int], int] = {}

    def run(self) -> None:
        """Fetch until all is there; a lost connection is made again. Raises Cut, OSError, StateError."""
        failures = 0
        before = -1
        while True:
            try:
                secret = secret_for(self._account)
                limits = Limits(self._largest, self._command_s)
                session = Session(self._account.address, secret, self._hosts, self._context, limits)
                try:
                    self._fetch(session)
                    session.close()
                    return
                finally:
                    session.drop()
            except LoginError as error:
                raise Cut(str(error)) from error
            except ImapError as error:
                there = sum(1 for _ in _spooled_files(self._place)) + len(self._passed_over)
                failures = 0 if there > before >= 0 else failures + 1
                before = there
                if error.kind in ("login", "trust") or failures >= _MOST_FAILURES:
                    raise Cut(
                        f"{error}; what was fetched is kept, run the same command again to go on"
                    ) from error
                wait_s = 2.0**failures * random.uniform(0.5, 1.0)
                self._log(f"{error}; tried again in {wait_s:.0f} s")
                time.sleep(wait_s)

    def _fetch(self, session: Session) -> None:
        inbox = _reached(session.open("INBOX")) if session.gmail and not self._account.folders else None
        there = _spooled(self._place)
        wanted = [self._wanted(session, *folder, there) for folder in self._folders(session)]
        total = sum(len(one.found) for one in wanted)
        size = sum(max(found.size, 0) for one in wanted for found in one.found)
        room = shutil.disk_usage(self._place.parent).free
        if size + _ROOM_BYTES > room:
            raise Cut(
                f"{self._place}: the account has {size:,} bytes, and there is room for {room:,}; name another folder "
                "with --state, or fetch less with --since"
            )
        mails = done = 0
        for one in wanted:
            session.open(one.folder)
            for batch in self._batches(one):
                uids = [found.uid for found in batch]
                raws = self._batch(session, one.folder, batch)
                for found in batch:
                    raw = raws.get(found.uid)
                    if raw is None:
                        continue  # gone meanwhile, or passed over
                    self._keep(one, found, raw, gmail=session.gmail)
                mails += len(uids)
                done += sum(max(found.size, 0) for found in batch)
                elapsed_s = time.monotonic() - self._started_s
                self._report(Fetching(mails, total, done, size, elapsed_s))
            self._go_on_from(one.folder, one.reached)
        if inbox is not None:  # a label on what was fetched, and what is watched afterwards
            self._go_on_from("INBOX", inbox)

    def _go_on_from(self, folder: str, reached: Reached) -> None:
        """Let watching begin with what came after."""
        account = self._account.address.account
        known = self._state.reached(account, folder)
        if known is None or known.uid_validity != reached.uid_validity:
            self._state.reach(account, folder, reached)

    def _folders(self, session: Session) -> list[tuple[str, bool]]:
        """The folders that were named, else all that hold each mail once; with each, whether it is of sent mail."""
        listed = session.folders()
        marks = dict(listed)
        names = list(self._account.folders)
        if not names and session.gmail:
            names = [name for name, held in listed if _GMAIL_KEPT & set(held)] or ["INBOX"]
        if not names:
            names = [name for name, held in listed if not _VIEWS & set(held)]
        return [(name, "\\sent" in marks.get(name, ())) for name in names]

    def _wanted(self, session: Session, folder: str, sent: bool, there: set[tuple[str, int, int]]) -> _Wanted:
        opened = session.open(folder)
        reached = _reached(opened)
        uids = [uid for uid in session.uids(0, self._since) if uid <= reached.last_uid]
        here, validity = _mark(folder), opened.uid_validity
        found = session.describe([uid for uid in uids if (here, validity, uid) not in there])
        kept: list[Found] = []
        for one in found.values():
            if (folder, one.uid) in self._passed_over or any(f.lower() == "\\draft" for f in one.flags):
                continue
            if one.size > self._largest:
                self._pass_over(
                    folder, one.uid, "mail-too-large",
                    f"is larger ({one.size:,} bytes) than what is read of one mail (max_mail_bytes in the settings)",
                )  # fmt: skip
                continue
            kept.append(one)
        return _Wanted(folder, sent, tuple(sorted(kept, key=_age)), reached)

    def _batches(self, wanted: _Wanted) -> Iterator[list[Found]]:
        single = bool(self._trouble)
        batch: list[Found] = []
        size = 0
        for found in wanted.found:
            if batch and (single or len(batch) >= _BATCH_MAILS or size + found.size > _BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(found)
            size += max(found.size, 0)
        if batch:
            yield batch

    def _batch(self, session: Session, folder: str, batch: list[Found]) -> dict[int, bytes]:
        try:
            return session.fetch([found.uid for found in batch], sum(max(found.size, 0) for found in batch))
        except ImapError as error:
            first = (folder, batch[0].uid)
            self._trouble[first] = self._trouble.get(first, 0) + 1
            if self._trouble[first] >= 3 and len(batch) == 1:
                self._pass_over(folder, batch[0].uid, "not-fetched", f"cannot be fetched ({error})")
            raise

    def _pass_over(self, folder: str, uid: int, code: str, text: str) -> None:
        self._passed_over.add((folder, uid))
        self._tell(ReadError(code, self._account.address.source(folder, uid), text))

    def _keep(self, wanted: _Wanted, found: Found, raw: bytes, *, gmail: bool) -> None:
        """Write one mail, whole or not at all."""
        validity = wanted.reached.uid_validity
        arrived_s = int(found.arrived.timestamp()) if found.arrived is not None else 0
        mark = f"F{_mark(wanted.folder)}V{validity}U{found.uid}"
        name = f"{max(arrived_s, 0)}.{mark}.tocsin:2,{maildir_flags(found.flags)}"
        folder = "Sent" if wanted.sent else wanted.folder
        if gmail:
            folder = _gmail_folder(folder, found.labels)
        home = self._place / maildir_folder(folder)
        for part in ("cur", "new", "tmp"):
            (home / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in ("cur", "new", "tmp"):
            (self._place / part).mkdir(mode=0o700, exist_ok=True)
        draft = home / "tmp" / name
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(home / "cur" / name)


def _reached(opened: Folder) -> Reached:
    return Reached(opened.uid_validity, opened.uid_next - 1, opened.modseq, time.time())


def _age(found: Found) -> tuple[float, int]:
    return (found.arrived.timestamp() if found.arrived is not None else 0.0, found.uid)


def _gmail_folder(folder: str, labels: tuple[str, ...]) -> str:
    """The folder that a mail among Gmail's all mail is in, by its labels."""
    held = {label.lower() for label in labels}
    if "\\sent" in held:
        return "Sent"
    return "INBOX" if "\\inbox" in held else folder


def _file_name(account: str) -> str:
    """An account's name as a folder's."""
    return re.sub(r"[^A-Za-z0-9@._-]", "_", account).lstrip(".")[:200] or "account"


def _spooled_files(place: Path) -> Iterator[Path]:
    yield from place.glob("cur/*")
    yield from place.glob(".*/cur/*")


def _spooled(place: Path) -> set[tuple[str, int, int]]:
    """What lies in the spool already: folder, UIDVALIDITY, UID."""
    matches = (_SPOOLED.match(path.name) for path in _spooled_files(place))
    return {(match[1], int(match[2]), int(match[3])) for match in matches if match}


def _mark(folder: str) -> str:
    """A folder in eight letters."""
    return hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:8]
