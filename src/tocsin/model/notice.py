"""Notices: what one person is told, who confirmed it, and what became of it."""

from __future__ import annotations

import msgspec

from tocsin.model.fact import Fact, Withheld

LANGUAGES = ("en", "fr", "nl", "de", "es")
CHANNELS = ("telephone", "letter", "in-person", "mail")
# What can happen to a notice, in the usual order; each is an entry in its log, none is ever removed.
STATES = (
    "drafted", "confirmed", "approved", "tried", "told", "sent", "refused", "bounced", "answered", "checked",
    "check-failed", "declined", "withdrawn",
)  # fmt: skip


class Sender(msgspec.Struct, frozen=True):
    """Who tells: the operator as people know it. Numbers and addresses stay out: readers find them by themselves."""

    name: str
    role: str = ""
    country: str = ""


class NoticeWish(msgspec.Struct, frozen=True):
    """What a text is made from: only facts that may be said to this audience.

    `name` is how the person is addressed, `code` the single-use code that proves the notice genuine ("" where none is
    given out: a dry run). `reference` is the notice's id. `withheld` tells only that something was left out.
    """

    language: str
    channel: str
    audience: str
    name: str
    facts: tuple[Fact, ...]
    sender: Sender
    reference: str
    made_s: float
    code: str = ""
    left_out: bool = False
    exercise: bool = False


class Notice(msgspec.Struct, frozen=True):
    """A notice as it was drafted: it is never edited, another one replaces it.

    `id` is "n-" and twelve hex digits; `person` the owner's address, `to` the reader (another one for a delegate).
    `subject` is the campaign's id or the SHA-256 of a mail. `text` is plain text without link or picture, with a place
    for the code where one is given out when it is sent; `text_sha256` is what people sign. `replaces` is the notice
    that this one stands for now. `notes` are sentences for the operator, as that a language fell back. `targeted` are
    the addresses that the mails came to.
    """

    id: str
    subject: str
    person: str
    to: str
    name: str
    audience: str
    language: str
    channel: str
    text: str
    text_sha256: str
    made_s: float
    withheld: tuple[Withheld, ...] = ()
    notes: tuple[str, ...] = ()
    replaces: str = ""
    exercise: bool = False
    targeted: tuple[str, ...] = ()


class Assent(msgspec.Struct, frozen=True):
    """A named analyst's signature under notices: `role` is "confirm" (the first) or "approve" (somebody else).

    `notices` are pairs of id and text_sha256, sorted; `signature` is Ed25519 over all other fields but `id`.
    """

    id: str
    role: str
    analyst: str
    at_s: float
    notices: tuple[tuple[str, str], ...]
    signature: bytes = b""


class NoticeEvent(msgspec.Struct, frozen=True):
    """Something that happened to a notice: `state` of STATES, by whom, by which way, with what remark."""

    id: str
    notice: str
    state: str
    at_s: float
    by: str
    how: str = ""
    note: str = ""
