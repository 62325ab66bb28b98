"""A mailbox on an IMAP server, read without changing it; every answer is taken for what a lying server may say.

Reading is EXAMINE and BODY.PEEK[]: no flag changes. What changes a mailbox (append, move, remove) stands apart below,
and is called only where the operator asked for it.
"""

from __future__ import annotations

import imaplib
import re
import select
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import msgspec
from imapclient.exceptions import IMAPClientError

from tocsin.connect.imap_address import Address
from tocsin.connect.imap_answers import (
    Folder,
    Found,
    ImapError,
    Limits,
    Secret,
    bare,
    bearer,
    forms_of,
    found_of,
    text_of,
)  # fmt: skip
from tocsin.connect.imap_wire import CONNECT_S, Client, HostRefused, Hosts, Nonsense

__all__ = ["Folder", "Found", "Hosts", "ImapError", "Limits", "Secret", "Session"]

_LARGEST_UID = 2**32 - 1
_DESCRIBED_AT_ONCE = 500
_DESCRIPTION_BYTES = 64 * 1024  # of one mail: flags and labels
_ANSWER_BYTES = 1 << 20
_LIST_BYTES = 16 << 20  # two million UIDs
_SLOWEST_BYTES_S = 20_000
_IDLE_BYTES = 4 << 20
_MOST_WORDS = 200
# What imapclient and imaplib raise where an answer is none they know; they were not written for servers that lie.
_SURPRISES = (
    *(ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(RecursionError, OverflowError, StopIteration),
)
_APPENDED = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]", re.IGNORECASE)


class Session:
    """A connection that has logged in. All methods raise ImapError; after any kind but "refused" it is to be closed."""

    def __init__(
        self,
        address: Address,
        secret: Secret,
        hosts: Hosts,
        context: ssl.SSLContext,
        limits: Limits,
    ) -> None:
        self.address = address
        self._limits = limits
        self._hidden = forms_of(address.user, secret.text)
        self._client: Client | None = None
        self._news = False  # that mail came, told in passing
        try:
            self._connect(hosts, context)
            self._log_in(secret)
            with self._talk("asking what the server can do", limits.command_s, _ANSWER_BYTES) as client:
                self.capabilities = frozenset(text_of(name).upper() for name in client.capabilities())
        except ImapError:
            self.drop()
            raise

    def _connect(self, hosts: Hosts, context: ssl.SSLContext) -> None:
        address, seconds = self.address, CONNECT_S + self._limits.command_s
        with self._talk("connecting", seconds, _ANSWER_BYTES):
            direct = context if address.encryption == "tls" else None
            self._client = Client(hosts, address.host, address.port, direct, self._limits.command_s)
            self._wire = self._client.wire
            self._wire.allow(seconds, _ANSWER_BYTES)
            if address.encryption == "starttls":
                self._wire.secure(context)
            if self._wire.state != "NONAUTH":
                raise Nonsense("greets as if somebody had logged in already")

    @property
    def gmail(self) -> bool:
        """Whether folders are labels (Gmail's extensions to IMAP)."""
        return "X-GM-EXT-1" in self.capabilities

    def _log_in(self, secret: Secret) -> None:
        client, user = self._client, self.address.user
        assert client is not None
        offered = {name.decode("ascii", "replace").upper() for name in client.capabilities()}
        if "LOGINDISABLED" in offered and not secret.mechanism:
            raise self._failed("login", "logging in", "the server takes no password here (LOGINDISABLED)")
        refusal = ""
        try:
            with self._talk("logging in", self._limits.command_s, _ANSWER_BYTES):
                if secret.mechanism:
                    client.sasl_login(secret.mechanism.upper(), bearer(secret, self.address))
                elif "AUTH=PLAIN" in offered:
                    client.plain_login(user, secret.text)
                else:
                    client.login(user, secret.text)
        except ImapError as error:
            if error.kind != "refused":
                raise
            refusal = str(error)
        if refusal:  # outside, so that no exception carries the secret along
            raise ImapError("login", refusal)

    # Reading --------------------------------------------------------------------------------------------

    def folders(self) -> list[tuple[str, tuple[str, ...]]]:
        """Names of all folders that can hold mail, with their marks ("\\Sent", "\\All", …) in small letters."""
        with self._talk("listing the folders", self._limits.command_s, _LIST_BYTES) as client:
            found = []
            for marks, _, name in client.list_folders():
                told = tuple(mark.decode("ascii", "replace").lower() for mark in marks)
                if "\\noselect" not in told and "\\nonexistent" not in told:
                    found.append((text_of(name), told))
            return found

    def open(self, name: str, *, writable: bool = False) -> Folder:
        """Open a folder: read-only, so that nothing in it changes, unless it is to be changed."""
        with self._talk(f"opening {name!r}", self._limits.command_s, _ANSWER_BYTES) as client:
            answer = client.select_folder(name, readonly=not writable)
            validity = answer.get(b"UIDVALIDITY")
            if not isinstance(validity, int) or validity <= 0:
                raise Nonsense("names no UIDVALIDITY, without which mails cannot be told apart")
            uid_next = answer.get(b"UIDNEXT")
            if not isinstance(uid_next, int) or not 0 < uid_next <= _LARGEST_UID + 1:
                uid_next = 0
            modseq = answer.get(b"HIGHESTMODSEQ", 0)
            mails = answer.get(b"EXISTS", 0)
            client.wire.untagged_responses.clear()
            self._news = False
        opened = Folder(name, validity, uid_next, mails, modseq if isinstance(modseq, int) else 0)
        if not uid_next:  # some servers leave it out
            opened = msgspec.structs.replace(opened, uid_next=max(self.uids(), default=0) + 1)
        return opened

    def uids(self, above: int = 0, since: date | None = None) -> list[int]:
        """UIDs of the open folder in rising order, each once; those above one, those that arrived since a day."""
        criteria: list[Any] = ["UID", f"{above + 1}:*"]
        if since is not None:
            criteria += ["SINCE", since]
        with self._talk("listing the mails", self._limits.command_s, _LIST_BYTES) as client:
            told = client.search(criteria)
            return sorted({uid for uid in told if isinstance(uid, int) and above < uid <= _LARGEST_UID})

    def describe(self, uids: Iterable[int]) -> dict[int, Found]:
        """What the server says of these mails; those that are gone are not in it."""
        items = ["UID", "RFC822.SIZE", "INTERNALDATE", "FLAGS"]
        if self.gmail:
            items += ["X-GM-MSGID", "X-GM-LABELS"]
        wanted = list(uids)
        found = {}
        for start in range(0, len(wanted), _DESCRIBED_AT_ONCE):
            some = wanted[start : start + _DESCRIBED_AT_ONCE]
            size = _ANSWER_BYTES + len(some) * _DESCRIPTION_BYTES
            with self._talk("asking about mails", self._limits.command_s, size) as client:
                for uid, told in client.fetch(some, items).items():
                    found[uid] = found_of(uid, told)
        return found

    def fetch(self, uids: Iterable[int], size: int) -> dict[int, bytes]:
        """The whole text of mails, of which the server said that they have `size` bytes together.

        Twice as much is taken, since some servers count otherwise than they send, but no mail larger than the limit.
        """
        wanted = list(uids)
        most = _ANSWER_BYTES + max(2 * size, min(self._limits.mail_bytes, 1 << 20))
        seconds = self._limits.command_s + size / _SLOWEST_BYTES_S
        with self._talk("fetching mails", seconds, most) as client:
            found = {}
            for uid, told in client.fetch(wanted, ["BODY.PEEK[]"]).items():
                raw = told.get(b"BODY[]")
                if isinstance(raw, bytes) and len(raw) <= self._limits.mail_bytes:
                    found[uid] = raw
            return found

    def wait(self, seconds: float, poll_s: float, stop_fd: int) -> bool:
        """Wait until the open folder changes; False when `seconds` are over or `stop_fd` ends.

        What was told since the folder was opened or waited for last counts. The server tells by IDLE; one without is
        asked every `poll_s`.
        """
        self._hear()
        news, self._news = self._news, False
        if news:
            return True
        if "IDLE" in self.capabilities:
            return self._idle(seconds, stop_fd)
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            if self._wire.ready(min(left_s, poll_s), stop_fd):
                return True  # a word by itself is mostly BYE, which the next command will meet
            if _ended(stop_fd):
                return False
            with self._talk("asking for news", self._limits.command_s, _IDLE_BYTES) as client:
                _, news = client.noop()
            if any(isinstance(one, tuple) and b"EXISTS" in one for one in news):
                return True
        return False

    def _hear(self) -> None:
        """Note whether mail was told of in passing: a server says it once, with whatever it answers just then."""
        told = self._wire.untagged_responses
        self._news = self._news or "EXISTS" in told
        told.clear()

    def _idle(self, seconds: float, stop_fd: int) -> bool:
        wire = self._wire
        with self._talk("waiting for news", self._limits.command_s, _IDLE_BYTES):
            tag = wire.idle()
            until_s = time.monotonic() + seconds
            heard = "EXISTS" in wire.untagged_responses
            while not heard and (left_s := until_s - time.monotonic()) > 0:
                if not wire.ready(left_s, stop_fd):
                    break
                wire.allow(self._limits.command_s, _IDLE_BYTES)
                wire.hear()
                heard = "EXISTS" in wire.untagged_responses
                if not heard:  # "still here", flags, mails gone
                    wire.untagged_responses.clear()
            wire.allow(self._limits.command_s, _IDLE_BYTES)
            wire.done(tag)
            return heard or "EXISTS" in wire.untagged_responses

    # Changing, where the operator asked for it ----------------------------------------------------------

    def append(
        self, folder: str, raw: bytes, flags: Iterable[str], arrived: datetime | None
    ) -> tuple[int, int] | None:
        """Put a mail into a folder with these flags and this INTERNALDATE.

        Returns UIDVALIDITY and UID where the server tells them (UIDPLUS). Line ends become CRLF.
        """
        seconds = self._limits.command_s + len(raw) / _SLOWEST_BYTES_S
        kept = [flag for flag in flags if flag.lower() != "\\recent"]
        with self._talk(f"adding a mail to {folder!r}", seconds, _ANSWER_BYTES) as client:
            answer = client.append(folder, raw, kept, arrived)
            told = _APPENDED.search(answer) if isinstance(answer, bytes) else None
            return (int(told[1]), int(told[2])) if told else None

    def create(self, folder: str) -> None:
        """Make a folder."""
        with self._talk(f"making {folder!r}", self._limits.command_s, _ANSWER_BYTES) as client:
            client.create_folder(folder)

    def set_flags(self, uid: int, flags: Iterable[str]) -> None:
        """Give a mail of the folder, opened for writing, these flags and no others."""
        kept = [flag for flag in flags if flag.lower() != "\\recent"]
        with self._talk("setting flags", self._limits.command_s, _ANSWER_BYTES) as client:
            client.set_flags([uid], kept, silent=True)

    def move(self, uid: int, folder: str) -> None:
        """Move a mail of the folder, opened for writing: by MOVE, else by COPY and `remove`."""
        with self._talk(f"moving a mail to {folder!r}", self._limits.command_s, _ANSWER_BYTES) as client:
            if "MOVE" in self.capabilities:
                client.move([uid], folder)
                return
            client.copy([uid], folder)
        self.remove(uid)

    def remove(self, uid: int) -> None:
        """Remove one mail, and no other, of the folder opened for writing (UIDPLUS, RFC 4315)."""
        if "UIDPLUS" not in self.capabilities:  # EXPUNGE alone would remove what others marked as well
            raise self._failed("refused", "removing a mail", "the server has no UIDPLUS")
        with self._talk("removing a mail", self._limits.command_s, _ANSWER_BYTES) as client:
            client.add_flags([uid], [b"\\Deleted"], silent=True)
            client.uid_expunge([uid])

    # ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the connection, with a word where it still stands."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.wire.allow(2.0, _ANSWER_BYTES)
            client.logout()
        except (Nonsense, IMAPClientError, imaplib.IMAP4.error, OSError, *_SURPRISES):
            pass
        finally:
            client.wire.shutdown()

    def drop(self) -> None:
        """End the connection without a word: what it would answer is not to be trusted."""
        client, self._client = self._client, None
        if client is not None:
            client.wire.shutdown()

    @contextmanager
    def _talk(self, what: str, seconds: float, size: int) -> Iterator[Client]:
        """One command within its budget; whatever goes wrong becomes an ImapError."""
        client = self._client
        if client is not None:
            client.wire.allow(seconds, size)
            self._hear()
        try:
            yield client  # type: ignore[misc]
        except Nonsense as error:
            raise self._failed("nonsense", what, f"the server {error}") from None
        except HostRefused as error:
            raise self._failed("trust", what, str(error)) from None
        except ssl.SSLCertVerificationError as error:
            raise self._failed(
                "trust", what, f"its certificate cannot be trusted ({error.verify_message})"
            ) from None
        except TimeoutError:
            raise self._failed("lost", what, "no answer in time") from None
        except imaplib.IMAP4.abort as error:
            raise self._failed("lost", what, self._shown(error)) from None
        except (IMAPClientError, imaplib.IMAP4.error) as error:
            raise self._failed("refused", what, self._shown(error)) from None
        except OSError as error:
            raise self._failed("lost", what, error.strerror or type(error).__name__) from None
        except _SURPRISES as error:
            raise self._failed("nonsense", what, f"the answer is no IMAP ({type(error).__name__})") from None

    def _failed(self, kind: str, what: str, why: str) -> ImapError:
        if self._client is None and kind == "refused":  # a greeting that is none
            kind = "lost"
        return ImapError(kind, f"{self.address.account}: {what}: {why}")

    def _shown(self, error: Exception) -> str:
        """What the server said, unless it repeats what it was given to log in."""
        text = " ".join(
            part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in error.args
        )
        if text.startswith(("b'", 'b"')):  # the library's way to write bytes
            text = text[2:-1]
        if any(form in bare(text) for form in self._hidden):
            return "refused (the server's words repeat what is secret and are left out)"
        return text[:_MOST_WORDS] or type(error).__name__


def _ended(fd: int) -> bool:
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(0))
