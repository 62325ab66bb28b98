"""What defusing was asked to do, what it did, and what it could not."""

from __future__ import annotations

import msgspec

from tocsin.model.signature import NO_SIGNATURE, Signature


class Policy(msgspec.Struct, frozen=True):
    """How a mail is defused.

    `links` is "keep" or "inert" (no longer clickable, the host written beside); `attachments` is "seal" (files of
    kinds that could fetch when opened are replaced by a note), "active" (of those, PDF and office files stay that were
    looked through and hold nothing that acts) or "keep"; `tokens` is "keep" or "cut" (query and fragment of
    links go, which breaks some).
    """

    links: str = "keep"
    attachments: str = "seal"
    tokens: str = "keep"


class Done(msgspec.Struct, frozen=True):
    """One kind of change in one place.

    `part` is the part's path or, for header fields of the mail, "". `what` is a kebab-case id of docs/defuse.md,
    `host` the host that would have been asked, defanged, "" where none is named.
    """

    part: str
    what: str
    host: str = ""
    count: int = 1


class Defused(msgspec.Struct, frozen=True):
    """A mail after defusing: `raw` its bytes, `done` what was changed, `left` sentences on what could not be.

    `reserialised` tells that the mail could be read in several ways and was written anew in one; `signature` is what
    the mail's signature was found to be before.
    """

    raw: bytes
    done: tuple[Done, ...] = ()
    reserialised: bool = False
    left: tuple[str, ...] = ()
    signature: Signature = NO_SIGNATURE


class DefusedFile(msgspec.Struct, frozen=True):
    """One mail defused: where it came from, where it and its sealed original lie ("-": standard streams)."""

    source: str
    output: str
    sealed: str
    before_sha256: str
    after_sha256: str
    defused: Defused
