"""What is asked of and told by IMAP servers, as values; answers are taken for what a lying server may say."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from tocsin.connect.imap_address import Address

_QUOTES = str.maketrans("", "", "\\\"'")


class ImapError(Exception):
    """Something did not work; the message says with whom, what, and what happens now, and holds no secret.

    `kind` is "login" (the server lets nobody in by this secret), "refused" (the server said no to one command, the
    connection stays), "lost" (no connection, or no more), "nonsense" (what came is no IMAP) or "trust" (no encryption
    that can be trusted).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Secret(msgspec.Struct, frozen=True):
    """What opens an account: a password, or a bearer token for `mechanism` "xoauth2" or "oauthbearer"."""

    text: str
    mechanism: str = ""

    def __repr__(self) -> str:
        return f"Secret(mechanism={self.mechanism!r})"


class Limits(msgspec.Struct, frozen=True):
    """How much is taken: bytes of one mail, seconds for one command."""

    mail_bytes: int = 256 * 1024 * 1024
    command_s: float = 60.0


class Folder(msgspec.Struct, frozen=True):
    """A folder as it was opened; `modseq` is 0 where the server keeps none (RFC 7162)."""

    name: str
    uid_validity: int
    uid_next: int
    mails: int
    modseq: int = 0


class Found(msgspec.Struct, frozen=True):
    """What a server says of one mail: `size` in bytes (-1 where it says none), `arrived` its INTERNALDATE.

    `gmail_id` is X-GM-MSGID, the same in all of Gmail's folders, and 0 elsewhere; `labels` are Gmail's.
    """

    uid: int
    size: int
    arrived: datetime | None = None
    flags: tuple[str, ...] = ()
    gmail_id: int = 0
    labels: tuple[str, ...] = ()


def forms_of(user: str, secret: str) -> tuple[str, ...]:
    """A secret as it stands in commands: as it is, and in the base64 of the mechanisms; without what quotes it."""
    if not secret:
        return ()
    plain = base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    alone = base64.b64encode(secret.encode()).decode().rstrip("=")
    return tuple(form for form in dict.fromkeys((bare(secret), plain, alone)) if form)


def bare(text: str) -> str:
    """The text without quotes and escapes, by which one text is found in another however it was quoted."""
    return text.translate(_QUOTES)


def bearer(secret: Secret, address: Address) -> Callable[[bytes], bytes]:
    """Answers to the server's challenges: the token first, then the word that ends a refusal (RFC 7628, 3.2.3)."""
    user = address.user
    if secret.mechanism == "xoauth2":
        first, last = f"user={user}\1auth=Bearer {secret.text}\1\1", b""
    else:
        identity = user.replace("=", "=3D").replace(",", "=2C")
        first = f"n,a={identity},\1host={address.host}\1port={address.port}\1auth=Bearer {secret.text}\1\1"
        last = b"\1"
    answers = iter((first.encode(),))
    return lambda challenge: next(answers, last)


def found_of(uid: int, told: dict[bytes, Any]) -> Found:
    """What was told of a mail, as far as it can be meant."""
    size, arrived = told.get(b"RFC822.SIZE"), told.get(b"INTERNALDATE")
    if isinstance(arrived, datetime) and arrived.tzinfo is None:
        arrived = arrived.replace(tzinfo=UTC)
    flags, labels, gmail_id = told.get(b"FLAGS"), told.get(b"X-GM-LABELS"), told.get(b"X-GM-MSGID")
    return Found(
        uid,
        size if isinstance(size, int) and size >= 0 else -1,
        arrived if isinstance(arrived, datetime) else None,
        tuple(text_of(flag) for flag in flags) if isinstance(flags, tuple) else (),
        gmail_id if isinstance(gmail_id, int) else 0,
        tuple(text_of(label) for label in labels) if isinstance(labels, tuple) else (),
    )


def text_of(name: object) -> str:
    """A name as text; what is no UTF-8 in it is replaced."""
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
