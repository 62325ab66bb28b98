"""Texts that are shown as the mail's own: which they are, and how a line is added to a plain one."""

from __future__ import annotations

from tocsin.mail.drafts import NESTED
from tocsin.model.defused import Done
from tocsin.model.message import Message, Part
from tocsin.respond.tally import sentence
from tocsin.respond.writing import quoted

_GUARDED = frozenset(("multipart/signed", "multipart/encrypted", "multipart/report", *NESTED))


def is_own(message: Message, part: Part) -> bool:
    """Whether a part is shown as the mail's own text, and may be written anew.

    What is signed, encrypted, attached, forwarded whole or part of a report is not.
    """
    if part.disposition == "attachment" or part.data is not None or "!" in part.path:
        return False
    parent = part.parent
    while parent >= 0:
        above = message.parts[parent]
        if above.media_type in _GUARDED or above.disposition == "attachment":
            return False
        parent = above.parent
    return b"-----BEGIN PGP " not in message.raw[part.start : part.end]


def is_plain(message: Message, part: Part) -> bool:
    """Whether that part is plain text."""
    return part.media_type == "text/plain" and not part.filename and is_own(message, part)


def plain_kind(part: Part) -> bytes:
    """The content type of a plain text that is written anew."""
    kept = "".join(
        f"; {name}={quoted(part.params[name])}" for name in ("format", "delsp") if name in part.params
    )
    return b"text/plain; charset=utf-8" + kept.encode()


def with_line(text: str, done: tuple[Done, ...], what: str = "text") -> str:
    """The text with a line at its end that says what was changed."""
    return f"{text.rstrip()}\n\n{sentence(done, what)}\n"
