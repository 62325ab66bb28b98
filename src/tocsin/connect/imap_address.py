"""Addresses of mailboxes as operators write them: imaps://USER@HOST/FOLDER (RFC 5092, without passwords)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

import msgspec

from tocsin.connect.fetch import is_loopback

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MECHANISMS = {"*": "", "plain": "", "login": "", "xoauth2": "xoauth2", "oauthbearer": "oauthbearer"}
_LONGEST = 1000
_EXPECTED = "expected imaps://USER@HOST/FOLDER, as in imaps://ada@mail.example.org/INBOX"


class AddressError(ValueError):
    """The address of a mailbox cannot be used; the message says what was expected and repeats no password."""


class Address(msgspec.Struct, frozen=True):
    """A mailbox on a server. `folder` is "" where none was named.

    `encryption` is "tls", "starttls" or "none"; `mechanism` is "xoauth2", "oauthbearer", or "" where the account's
    settings decide.
    """

    user: str
    host: str
    port: int
    encryption: str = "tls"
    folder: str = ""
    mechanism: str = ""

    @property
    def account(self) -> str:
        """What names the account, in states and messages: user@host, with the port where it is an unusual one."""
        port = "" if self.port in (143, 993) else f":{self.port}"
        return f"{self.user}@{self.host}{port}"

    def source(self, folder: str, uid: int) -> str:
        """The place of one mail, as it stands in records."""
        scheme = "imaps" if self.encryption == "tls" else "imap"
        return f"{scheme}://{quote(self.user, safe='@')}@{self.host}/{quote(folder)}#{uid}"


def parse_address(text: str, *, insecure_loopback: bool = False) -> Address:
    """The mailbox that an address names. Raises AddressError.

    imaps:// is TLS from the start (port 993), imap:// is STARTTLS (port 143), which is done without only on this
    machine itself and where `insecure_loopback` says so.
    """
    if len(text) > _LONGEST or _UNSEEN.search(text):
        raise AddressError(f"the address is no address of a mailbox; {_EXPECTED}")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise AddressError(f"{_named(text)}: is no address of a mailbox; {_EXPECTED}") from None
    if parts.scheme not in ("imap", "imaps"):
        raise AddressError(f"{_named(text)}: is no address of a mailbox; {_EXPECTED}")
    userinfo, at, _ = parts.netloc.rpartition("@")
    if ":" in userinfo:
        raise AddressError(
            f"{parts.scheme}://…@{host}: has a password in it, which others on this machine can read; leave it out "
            "and put it into the keyring, a file or the environment: docs/watch.md"
        )
    user, _, options = userinfo.partition(";")
    if not at or not user:
        raise AddressError(f"{_named(text)}: names no user; {_EXPECTED}")
    if not _HOST.fullmatch(host):
        raise AddressError(f"{_named(text)}: names no host; {_EXPECTED}")
    if parts.query or parts.fragment:
        raise AddressError(f"{_named(text)}: write ? and # in a folder's name as %3F and %23")
    mechanism = ""
    if options:
        key, _, value = options.partition("=")
        if key.lower() != "auth" or value.lower() not in _MECHANISMS:
            raise AddressError(
                f"{_named(text)}: ;{options[:40]} is not understood; expected ;AUTH=XOAUTH2 or ;AUTH=OAUTHBEARER"
            )
        mechanism = _MECHANISMS[value.lower()]
    encryption = "tls" if parts.scheme == "imaps" else "starttls"
    if encryption == "starttls" and insecure_loopback and is_loopback(host):
        encryption = "none"
    return Address(
        _plain(user, text),
        host,
        port or (993 if encryption == "tls" else 143),
        encryption,
        _plain(parts.path.removeprefix("/"), text),
        mechanism,
    )


def _plain(text: str, whole: str) -> str:
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise AddressError(f"{_named(whole)}: its % codes are not UTF-8") from None
    if _UNSEEN.search(plain):
        raise AddressError(f"{_named(whole)}: has control characters in a name")
    return plain


def _named(text: str) -> str:
    """The address as far as it may be repeated: without what could be a password."""
    scheme, mark, rest = text.partition("://")
    userinfo, at, host = rest.rpartition("@")
    if at and ":" in userinfo:
        userinfo = "…"
    return f"{scheme}{mark}{userinfo}{at}{host}"[:200] if mark else repr(text[:60])
