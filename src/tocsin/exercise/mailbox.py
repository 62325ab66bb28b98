"""Mailboxes and the truth about them, as bytes: mbox in the mboxrd manner, JSON lines, a note."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence

import msgspec

from tocsin.exercise.stamp import from_line_date
from tocsin.model.scenario import ExerciseMail, MailboxOwner, Truth

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)


def mbox(mails: Iterable[ExerciseMail]) -> bytes:
    """The mails in order of arrival; `From ` at the start of a line, after any `>`, gets one `>` more."""
    out = []
    for mail in sorted(mails, key=lambda m: (m.at, m.message_id)):
        out.append(f"From {mail.sent_from or 'MAILER-DAEMON'} {from_line_date(mail.at)}\n".encode())
        out.append(_FROM_LINE.sub(rb">\1", mail.raw))
        out.append(b"\n")
    return b"".join(out)


def maildir(mails: Iterable[ExerciseMail], addresses: Collection[str]) -> dict[str, bytes]:
    """Path below the Maildir to the mail's bytes; what `addresses` sent lies in .Sent.

    Four received mails in five are flagged as seen, the others are still new, so that a mailbox tells what its program
    has shown.
    """
    found: dict[str, bytes] = {}
    for number, mail in enumerate(sorted(mails, key=lambda m: (m.at, m.message_id))):
        own = mail.sent_from in addresses
        seen = own or hashlib.sha256(mail.message_id.encode()).digest()[0] % 5 > 0
        name = f"{int(mail.at.timestamp())}.M{number}P1.exercise"
        place = f"cur/{name}:2,S" if seen else f"new/{name}"
        found[f"{'.Sent/' if own else ''}{place}"] = mail.raw
    return found


def truth(mails: Iterable[ExerciseMail]) -> tuple[Truth, ...]:
    """One line for each mail of each owner, in order of time."""
    ordered = sorted(mails, key=lambda m: (m.at, m.owner, m.message_id))
    return tuple(
        Truth(hashlib.sha256(m.raw).hexdigest(), m.message_id, m.owner, m.label, m.scenario, m.campaign)
        for m in ordered
    )


def truth_lines(lines: Sequence[Truth]) -> bytes:
    """truth.jsonl."""
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def note(
    title: str, seed: int, lines: Sequence[Truth], owners: Sequence[MailboxOwner], folders: Sequence[str] = ()
) -> str:
    """README.txt: says that this is an exercise, what is in the directory and how it was made.

    `folders` hold the mailboxes where they do not lie beside this file.
    """
    labels: dict[str, int] = {}
    for line in lines:
        labels[line.label] = labels.get(line.label, 0) + 1
    counts = "".join(f"  {count:6d}  {label}\n" for label, count in sorted(labels.items()))
    boxes = "".join(f"  {owner.slug}.mbox  {owner.name}, {owner.organisation.name}\n" for owner in owners)
    if folders:
        boxes = f"The mailboxes lie in {' and '.join(folders)}, by time:\n{boxes.replace('.mbox', '')}"
    return (
        "EXERCISE - EXERCISE - EXERCISE\n\n"
        "Every person, outlet, organisation and actor in these mails is fictional. Every host is on a\n"
        "reserved domain (.example, .test, .invalid) and every network address is kept for documentation.\n"
        "Nothing here was sent, and nothing here can be: these are files.\n\n"
        f"{title}\nseed {seed}, {len(lines)} mails\n{counts}\n"
        f"{boxes}\n"
        "  people.toml  the owners of the mailboxes, for --people\n"
        "  names.toml   fictional outlets and institutions with their domains, for --names\n"
        "  dates.csv    when a part of the domains was registered, for --dates\n"
        "  truth.jsonl  what each mail is; sha256 is of the mail's bytes with the mbox quoting undone\n"
    )
