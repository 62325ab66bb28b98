"""Names that the receiving server looks up by itself, made so that each reader has one of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.model.message import Header, Message
from tocsin.model.observation import Personal
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import Technique

TECHNIQUE = "receiver-dns"

ABOUT = Technique(
    TECHNIQUE,
    "Name that the receiving server looks up",
    "receipt",
    ("resolver", "time"),
    "`DKIM-Signature` and `ARC` selectors and domains, `BIMI-Selector`, domains of `Return-Path` and `From`, HELO, SPF "
    "macros in `Received-SPF`, host of `Message-ID`",
    "To check a mail, the server that receives it looks up names that the sender chose: where the signature's key "
    "lies, what the domain says about its senders. When a name is made for one reader, the look-up tells the "
    "sender that this reader's server took the mail and when, before anybody opened it. It reaches the sender from "
    "the server's resolver, not from the reader's computer.",
    "Nothing: the mail server does this on arrival. It shows that the address exists and which service receives "
    "its mail, not who reads it or where.",
    "All receiving servers that check SPF, DKIM or DMARC; HELO and Message-ID names are looked up by some filters. "
    "Block lists make filters look up the hosts of links too; those are told as `link`.",
    ("RFC 7208 section 7 (macros)", "RFC 6376 section 3.6.2.1", "RFC 7489 section 6.6.3", "RFC 8617"),
)

_SELECTOR, _MACHINE = "selector", frozenset({"helo", "message-id"})
_SIGNATURES = frozenset(
    {"dkim-signature", "domainkey-signature", "arc-message-signature", "arc-seal"}
    | {"x-google-dkim-signature"}
)
_RESULTS = frozenset({"received-spf", "authentication-results"})
_FIELDS = _SIGNATURES | _RESULTS | {"received", "return-path", "from", "message-id", "bimi-selector"}
_RESULT = re.compile(r"(helo|envelope-from|mailfrom|mechanism)=\s*\"?<?([^\s;\"<>]{1,500})")
_FROM = re.compile(r"from\s+([^\s;()\[\]]+)", re.IGNORECASE)
_MACRO = re.compile(r"%\{([slodivh])(\d{0,3})(r?)([.+,/_=-]*)\}|%([%_-])", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_=+-]{1,63}\.)+[a-z0-9-]{2,63}")
_MAX_HOPS = 4
_MAX_RESULTS = 4
_MAX_HOSTS = 100


def find_in_headers(message: Message) -> Iterator[tuple[str, Reference]]:
    """Find names that receiving servers look up, as `https://name/`, with the name of the field.

    They are candidates: every mail has some, and only one that knows its reader is a beacon (see `knows_reader`).
    Given are the key's name of each signature (`selector._domainkey.domain`), the logo's (`selector._bimi.domain`),
    `_dmarc` of the sender's domain, the domains of the envelope and of HELO, names made from SPF macros where the
    mechanism was recorded, and the host of Message-ID. HELO and Message-ID are conditional.
    """
    told: set[str] = set()
    for field, attribute, host, label in _hosts(message):
        host = host.strip(".").lower()
        if host in told or len(host) > 253 or len(told) >= _MAX_HOSTS or _HOST.fullmatch(host) is None:
            continue
        told.add(host)
        yield (
            field.name,
            Reference(
                TECHNIQUE, f"https://{host}/", "", attribute, "receipt", attribute in _MACHINE,
                offset=field.start, label=label,
            ),
        )  # fmt: skip


def knows_reader(reference: Reference, personal: Personal | None) -> bool:
    """Whether a name was made for a reader: an address or an identifier of the mail in it, or a random domain.

    A random *selector* names a key, and mail services rotate those; a random machine name is what machines in data
    centres are called; a word of the mail's own identifiers may be the sender's name, and a local part alone may be
    any word. None of these picks out a reader by itself.
    """
    if personal is None:
        return False
    kind, attribute = personal.kind, reference.attribute
    if kind == "high-entropy":
        return attribute != _SELECTOR and attribute not in _MACHINE
    if kind == "echo":
        digits = sum(map(str.isdigit, personal.value))
        return len(personal.value) >= 10 and digits >= 3 and attribute not in _MACHINE
    return kind not in ("plain-local", "percent-local")


def _hosts(message: Message) -> Iterator[tuple[Header, str, str, str]]:
    """(field, what kind of name, name, label) of everything that may be looked up."""
    sender = author = helo = ""
    hops = results = 0
    for header in message.headers:
        name = header.name
        if name not in _FIELDS:
            continue
        value = header.value
        if name == "received":
            hops += 1
            if hops <= _MAX_HOPS and (hop := _FROM.match(value)) is not None:
                helo = hop[1]
                yield header, "helo", helo, "HELO"
        elif name in _SIGNATURES:
            selector, domain = _selector_and_domain(value)
            yield header, _SELECTOR, f"{selector}._domainkey.{domain}", "selector of a signature"
            yield header, "signer", domain, "domain of a signature"
        elif name in _RESULTS:
            results += 1
            if results <= _MAX_RESULTS:
                yield from _results(header, sender, helo)
        elif name == "return-path":
            sender = sender or value.strip("<> ")
            yield header, "mail-from", sender.rpartition("@")[2], "domain of the envelope"
        elif name == "from":
            author = author or value.rpartition("@")[2].partition(">")[0].strip()
            yield header, "from", f"_dmarc.{author}", "DMARC record of the sender"
        elif name == "message-id":
            yield header, "message-id", value.strip("<> ").rpartition("@")[2], "host of Message-ID"
        else:
            selector, _ = _selector_and_domain(value)
            domain = author or _author(message)
            yield header, _SELECTOR, f"{selector}._bimi.{domain}", "selector of a logo"


def _selector_and_domain(tags: str) -> tuple[str, str]:
    """What a list of tags (RFC 6376 section 3.2) gives as `s` and `d`, white space left out, "" for none."""
    selector = domain = ""
    for tag in tags.split(";"):
        name, _, value = tag.partition("=")
        name = name.strip()
        if name == "s":
            selector = "".join(value.split())
        elif name == "d":
            domain = "".join(value.split())
    return selector, domain


def _author(message: Message) -> str:
    """The domain of From, where the field stands further down."""
    for header in message.headers:
        if header.name == "from":
            return header.value.rpartition("@")[2].partition(">")[0].strip()
    return ""


def _results(header: Header, sender: str, helo: str) -> Iterator[tuple[Header, str, str, str]]:
    found = _RESULT.findall(header.value)
    values = dict(found)
    sender = values.get("envelope-from") or values.get("mailfrom") or sender
    helo = values.get("helo") or helo
    for key, value in found:
        if key == "mechanism":
            domain = value.partition(":")[2]
            if "%" in domain:
                yield header, "spf", expand_macros(domain, sender, helo), "SPF macro"
        elif key == "helo":
            yield header, "helo", value, "HELO"
        else:
            yield header, "mail-from", value.rpartition("@")[2], "domain of the envelope"


def expand_macros(domain: str, sender: str, helo: str) -> str:
    """Expand SPF macros by what the mail says, "" where one is missing that it does not tell (RFC 7208 section 7)."""
    local, _, host = sender.rpartition("@")
    known = {"s": sender, "l": local, "o": host, "d": host, "h": helo, "v": "in-addr"}
    missing = False

    def expanded(match: re.Match[str]) -> str:
        nonlocal missing
        if match[5]:
            return {"%": "%", "_": " ", "-": "%20"}[match[5]]
        value = known.get(match[1].lower(), "")
        missing = missing or not value
        labels = re.split(f"[{re.escape(match[4] or '.')}]", value)
        if match[3]:
            labels.reverse()
        return ".".join(labels[-int(match[2]) :] if match[2] and int(match[2]) else labels)

    result = _MACRO.sub(expanded, domain[:500])
    return "" if missing else result.replace("@", ".")
