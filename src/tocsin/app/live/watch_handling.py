"""What is done with a mail in its mailbox where the operator asked for it: a copy beside it, in its place, or a move.

Every step may be the last one before the power fails, and may be done again: a copy that is there already is found by
its digest, and a mail that is gone already is not removed twice. Nothing is removed before its copy was fetched back
and found to be what was put there, and before the original lies sealed on disk.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from tocsin.app.live.bench import Handled
from tocsin.app.live.watch_state import Kept, Task
from tocsin.connect.imap import Session
from tocsin.connect.imap_answers import Found, ImapError
from tocsin.respond.sealed import SealBroken, unseal
from tocsin.respond.tag import VERDICT_FIELD

MODES = ("copy", "move", "replace")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_TRIES = 200  # mails that came after a copy was asked for and have its size


class NotDone(Exception):
    """A mail was left as it is; the message says why."""


class Refused(Exception):
    """This server cannot do what was asked for, so that nothing is begun; the message says what can be done."""


class Outcome(msgspec.Struct, frozen=True):
    """What was done: of `render.watch.WatchRecord.done`."""

    done: str
    why: str = ""
    target: str = ""


def check(session: Session, mode: str, alerts_folder: str) -> None:
    """Refuse, before anything is touched, what this server cannot do without danger. Raises Refused."""
    account, abilities = session.address.account, session.capabilities
    if mode == "replace" and session.gmail:
        raise Refused(
            f"{account}: Gmail only takes a label off a mail that is expunged and keeps it among all mail, so that the "
            "original would stay; use --handle move or --handle copy"
        )
    if mode == "replace" and "UIDPLUS" not in abilities:
        raise Refused(
            f"{account}: the server has no UIDPLUS, so that one mail cannot be removed without removing what others "
            "have marked as well; use --handle copy"
        )
    if alerts_folder and not abilities & {"MOVE", "UIDPLUS"}:
        raise Refused(
            f"{account}: the server has neither MOVE nor UIDPLUS, so that mails cannot be moved one by one; use "
            "--handle copy without --alerts-folder"
        )


def canonical(raw: bytes) -> bytes:
    """The mail with CRLF alone, as servers keep it."""
    return _LINE_END.sub(b"\r\n", raw)


def mark_of(raw: bytes) -> bytes:
    """What a mail is known again by: SHA-256 of its canonical form."""
    return hashlib.sha256(canonical(raw)).digest()


def plan(
    handled: Handled, raw: bytes, found: Found, mode: str, alerts_folder: str, alert: bytes
) -> Task | None:
    """What is to be done with a mail by the policy's decision; None for nothing."""
    task = Task(
        "move",
        handled.sha256,
        mark_of(raw).hex(),
        found.size,
        alert,
        found.arrived.isoformat() if found.arrived is not None else "",
        handled.sealed,
        target=alerts_folder,
    )
    if handled.action == "quarantine" or (mode == "move" and handled.action == "defuse"):
        return task if alerts_folder else None
    if mode not in ("copy", "replace") or handled.action != "defuse" or handled.defused is None:
        return None
    if handled.defused.raw == raw:
        return None
    copy = canonical(_tagged(handled.defused.raw, handled.tag))
    digest = hashlib.sha256(copy).hexdigest()
    return msgspec.structs.replace(task, plan=mode, copy=copy, copy_sha256=digest, target="")


def _tagged(raw: bytes, tag: str) -> bytes:
    """The mail with the verdict at its top, and none that came with it."""
    head, gap, body = raw, b"", b""
    for blank in (b"\r\n\r\n", b"\n\n"):
        at = raw.find(blank)
        if 0 <= at < len(head):
            head, gap, body = raw[:at], blank, raw[at + len(blank) :]
    name = VERDICT_FIELD.encode()
    kept: list[bytes] = []
    dropping = False
    for line in head.splitlines(keepends=True):
        if line[:1] not in (b" ", b"\t"):
            dropping = line.partition(b":")[0].strip().lower() == name.lower()
        if not dropping:
            kept.append(line)
    return name + b": " + tag.encode("ascii", "replace") + b"\r\n" + b"".join(kept) + gap + body


def carry_out(session: Session, folder: str, kept: Kept) -> Outcome:
    """Do what a task says, or the rest of it where it was begun before.

    Raises NotDone where the mail is left as it is, ImapError where the connection is lost in the middle: the task is
    then to be carried out again.
    """
    task = kept.task
    try:
        if task.plan == "move":
            _move(session, folder, kept)
            return Outcome("moved", target=task.target)
        copy = _copied(session, folder, kept)
        dated = not task.arrived or copy.arrived == datetime.fromisoformat(task.arrived)
        if task.plan == "copy":
            return Outcome("copied", "" if dated else "the server did not keep the date of arrival with it")
        if not dated:
            raise NotDone("the server did not keep the date of arrival with the copy; the original was left")
        _remove(session, folder, kept, copy)
        return Outcome("replaced")
    except ImapError as error:
        if error.kind != "refused":
            raise
        raise NotDone(str(error)) from error


def _open(session: Session, folder: str, kept: Kept, *, writable: bool = False) -> None:
    if session.open(folder, writable=writable).uid_validity != kept.uid_validity:
        raise NotDone(f"the server has numbered {folder} anew meanwhile; the mail was left as it is")


def _copied(session: Session, folder: str, kept: Kept) -> Found:
    """The copy, fetched back and found to be what was put there; one that is there already is not added again."""
    task = kept.task
    _open(session, folder, kept)
    copy = _find(session, session.uids(kept.uid), task.copy_sha256, len(task.copy))
    if copy is not None:
        return copy
    original = session.describe([kept.uid]).get(kept.uid)
    if original is None:
        raise NotDone("the mail was taken away meanwhile")
    arrived = datetime.fromisoformat(task.arrived) if task.arrived else None
    told = session.append(folder, task.copy, _kept_flags(original.flags), arrived)
    _open(session, folder, kept)
    hint = [told[1]] if told is not None and told[0] == kept.uid_validity else []
    copy = _find(session, hint, task.copy_sha256, len(task.copy))
    copy = copy or _find(session, session.uids(kept.uid), task.copy_sha256, len(task.copy))
    if copy is None:
        raise NotDone("the copy that the server gives back is not what was put there; the original was left")
    return copy


def _find(session: Session, uids: Iterable[int], sha256: str, size: int) -> Found | None:
    """The newest of these mails that has this digest in its canonical form; `size` is what the server says of it."""
    described = session.describe(uids)
    likely = [found for _, found in sorted(described.items()) if found.size == size][-_TRIES:]
    for found in reversed(likely):
        raw = session.fetch([found.uid], size).get(found.uid)
        if raw is not None and mark_of(raw).hex() == sha256:
            return found
    return None


def _remove(session: Session, folder: str, kept: Kept, copy: Found) -> None:
    """Remove the original, of which a copy stands ready, if it still is the mail that was judged."""
    task = kept.task
    _hold_sealed(task)
    _open(session, folder, kept, writable=True)
    now = session.describe([kept.uid]).get(kept.uid)
    if now is None:
        return  # removed already: by this before it was stopped, or by the mailbox's owner
    raw = session.fetch([kept.uid], max(now.size, 0)).get(kept.uid, b"")
    if hashlib.sha256(raw).hexdigest() != task.sha256:
        raise NotDone("the mail in its place is another one than was judged; it was left")
    flags = _kept_flags(now.flags)
    if _kept_flags(copy.flags) != flags:  # read, answered or flagged meanwhile
        session.set_flags(copy.uid, flags)
        described = session.describe([copy.uid]).get(copy.uid)
        if described is None or _kept_flags(described.flags) != flags:
            raise NotDone("the server does not keep the flags with the copy; the original was left")
    session.remove(kept.uid)
    if kept.uid in session.describe([kept.uid]):
        raise NotDone("the server says that it removed the original, and still shows it")


def _hold_sealed(task: Task) -> None:
    """See that the original lies on disk, whole. Raises NotDone."""
    raw = b""
    if task.sealed:
        try:
            raw, _ = unseal(Path(task.sealed).read_bytes())
        except (OSError, SealBroken) as error:
            raise NotDone(
                f"the original is not sealed on disk as it should be ({error}); it was left"
            ) from error
    if hashlib.sha256(raw).hexdigest() != task.sha256:
        raise NotDone("the original is not sealed on disk as it should be; it was left")


def _move(session: Session, folder: str, kept: Kept) -> None:
    task = kept.task
    there: Found | None = None
    if "MOVE" not in session.capabilities:  # two steps: it may have been copied, and not removed
        session.open(task.target)
        there = _find(session, session.uids(), task.canonical_sha256, task.size)
    _open(session, folder, kept, writable=True)
    if kept.uid not in session.describe([kept.uid]):
        return
    if there is not None:
        session.remove(kept.uid)
    else:
        session.move(kept.uid, task.target)


def _kept_flags(flags: Iterable[str]) -> frozenset[str]:
    """Flags that belong to a mail: \\Recent belongs to a session, \\Deleted to a removal."""
    return frozenset(flag for flag in flags if flag.lower() not in ("\\recent", "\\deleted"))
