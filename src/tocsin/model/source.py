"""What connectors hand over: mails with the place they lie in, and places that could not be read."""

from __future__ import annotations

import msgspec


class RawMail(msgspec.Struct, frozen=True):
    """One mail as found.

    `source` is `path#member` (member: byte offset in an mbox as "@1234", name inside an archive, folder and
    item number inside a PST); `mailbox` names the mailbox the mail belongs to, equal for all mails of one
    mbox, Maildir, PST or folder of loose files; `folder` is the folder inside it ("INBOX", "Sent") or "".
    `raw` are the bytes as sent: mbox quoting undone, line ends as found. `records` is the text of a file of DNS
    records that lies beside a single .eml file ("x.eml.dns" for "x.eml").
    """

    source: str
    mailbox: str
    raw: bytes
    folder: str = ""
    arrival_s: float | None = None
    envelope_sender: str = ""
    envelope_recipients: tuple[str, ...] = ()
    # Mailbox flags: of "SRPFDT" (seen, replied, passed on, flagged, draft, trashed), "U" where the mailbox keeps flags
    # and has none on it, "N" where no program has listed it yet; "" where it keeps none.
    flags: str = ""
    headers_missing: bool = False  # bare HTML body
    outgoing: bool = False  # the container itself says that the owner sent it (sent folder, Outlook property)
    records: bytes = b""


class ReadError(msgspec.Struct, frozen=True):
    """A place that could not be read, wholly or from some offset on.

    `code` is a stable kebab-case id; `text` says what was read, what was expected and what to do.
    `offset` is in bytes from the start of the file, or None.
    """

    code: str
    source: str
    text: str
    offset: int | None = None


class ReadProgress(msgspec.Struct, frozen=True):
    """Bytes of input consumed so far, for the progress line; `total` is 0 where unknown."""

    done: int
    total: int
