"""HTML around an encrypted part, so that the decrypted text would become part of an address (EFAIL)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from tocsin.mail.body import part_bytes, part_text
from tocsin.model.message import Message, Part
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import Technique

TECHNIQUE = "encrypted-exfil"

ABOUT = Technique(
    TECHNIQUE,
    "Address left open before an encrypted part",
    "open",
    ("plaintext", "address", "time"),
    "An HTML part that ends inside an address, before a part in PGP/MIME, S/MIME or with an inline PGP message in one "
    "`multipart`; an HTML part with such an open address around an inline PGP message",
    "The mail puts a text that was encrypted for the reader, taken from elsewhere, behind a piece of HTML that ends in "
    "the middle of an address. A program that decrypts the part and joins all of them into one page asks the sender's "
    "server for an address that holds the decrypted text.",
    "Do not open the mail in a program that decrypts by itself. Decrypt the part outside of the mail program, and tell "
    "whoever wrote the encrypted text that somebody holds a copy of it.",
    "Versions before the summer of 2018 of Thunderbird with Enigmail, Apple Mail, iOS Mail, MailMate and others. "
    "Programs of today keep decrypted parts apart.",
    (
        "Poddebniak et al., Efail, USENIX Security 2018",
        "https://efail.de/",
        "CVE-2017-17688",
        "CVE-2017-17689",
    ),
)
_ENCRYPTED = frozenset(
    {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
)
_HTML = frozenset({"text/html", "application/xhtml+xml", "text/x-amp-html"})
_TEXT = frozenset({"text/plain", "text/html", "application/octet-stream", "text/enriched"})
_ARMOR = "-----BEGIN PGP MESSAGE-----"
_LONGEST_TAIL = 20_000  # characters at the end of a part in which an address may have been left open
_MAX_PARTS = 500
_TRIES = 40  # places, from the end, where an address could have been opened

_TAG = re.compile(r"<([a-z][a-z0-9:-]{0,30})(?=[\s/])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"[\s/]*+([^\s\"'<>=/][^\s=>/]*+)(?:\s*+=\s*+(?:\"([^\"]*+)(\"?)|'([^']*+)('?)|([^\s>]*+)))?+"
)
_STYLE_URL = re.compile(r"url\(\s*+(?:\"([^\"]*+)|'([^']*+)|([^)\"'\s]*+))\Z", re.IGNORECASE)
_STYLE_IMPORT = re.compile(r"@import\s*+(?:\"([^\"]*+)|'([^']*+))\Z", re.IGNORECASE)
_REMOTE = re.compile(r"\s*+(?:https?:|ftp:)?//[^/\s\"'<>]", re.IGNORECASE)
_BASE = re.compile(
    r"<base\s[^<>]{0,500}?\bhref\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.IGNORECASE
)
_FORM = re.compile(
    r"<form\s[^<>]{0,500}?\baction\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))[^<>]*+>", re.IGNORECASE
)
_FIELD = re.compile(r"<(textarea|select|option|input|button)\b", re.IGNORECASE)
_LOADS = frozenset({"src", "href", "data", "poster", "background", "srcset", "action", "formaction"})
_REFRESH = re.compile(r"\s*+[\d.]*+\s*+[;,]?\s*+(?:url\s*+=\s*+)?+['\"]?+", re.IGNORECASE)
_CLICKED = frozenset({"a", "area", "form", "button"})
_WORD = re.compile(r"\s")


def find_in_message(message: Message) -> Iterator[tuple[Part, Reference]]:
    r"""Find HTML parts that leave an address open before an encrypted part of the same container.

    Open is an attribute, quoted or not, or a style's `url(` or `@import`, that has begun with a host and has no end
    when the part ends; tags before it may stand open too, as `<title>`, `<style>` and `<textarea>` do. So is a
    relative address behind a `<base>` with a host, and a field without end in a form that goes to a host. The
    encrypted part follows somewhere behind it in the same `multipart`, at any depth: `multipart/encrypted`,
    `pkcs7-mime` unless it is signed data, or a text that begins a PGP message. In one HTML part around an inline PGP
    message the text before the message is looked at in the same way. What was decrypted is never looked at, nor
    are gadgets inside the encryption itself, which nobody without the key can see.
    Links and forms need a click, the rest acts on opening; conditional, since few programs join parts today.
    Source: Efail, USENIX Security 2018, section 4 (direct exfiltration).
    """
    parts = message.parts
    if not any(part.media_type in _HTML for part in parts[:_MAX_PARTS]):
        return
    armored = _ARMOR.encode() in message.raw
    encrypted = [
        index for index, part in enumerate(parts[:_MAX_PARTS]) if _is_encrypted(message, part, armored)
    ]
    if not encrypted and not armored:
        return
    for index, part in enumerate(parts[:_MAX_PARTS]):
        if part.media_type not in _HTML:
            continue
        text = part_text(message, part)
        armor = text.find(_ARMOR) if armored else -1
        if armor >= 0:
            found = _open_address(text[max(0, armor - _LONGEST_TAIL) : armor])
        elif any(_follows(parts, index, other) for other in encrypted):
            found = _open_address(text[-_LONGEST_TAIL:])
        else:
            continue
        if found is not None:
            yield part, found


def _is_encrypted(message: Message, part: Part, armored: bool) -> bool:
    if part.media_type in _ENCRYPTED:
        return part.params.get("smime-type", "").lower() not in ("signed-data", "certs-only")
    if not armored or part.media_type not in _TEXT:
        return False
    return part_bytes(message, part)[:2_000].lstrip().startswith(_ARMOR.encode())


def _follows(parts: tuple[Part, ...], first: int, second: int) -> bool:
    """Whether the second part stands behind the first in one `multipart`, at whatever depth either lies."""
    if second <= first or parts[first].reading != parts[second].reading:
        return False
    around = set()
    above = parts[first].parent
    while above >= 0 and parts[above].media_type.startswith("multipart/"):
        around.add(above)
        above = parts[above].parent
    above = parts[second].parent
    while above >= 0 and above not in around:
        above = parts[above].parent
    return above >= 0


def _open_address(text: str) -> Reference | None:
    """Give the address that a text leaves open at its end, None where it leaves none."""
    tail = text.rstrip("\r\n")
    lowered = tail.lower()
    for word, pattern in (("url(", _STYLE_URL), ("@import", _STYLE_IMPORT)):
        for start in _last(lowered, word):
            match = pattern.match(tail, start)
            url = next((group for group in match.groups() if group), "") if match else ""
            if _REMOTE.match(url):
                return _reference(url, "style", word.rstrip("("))
    # An address may hold "<", so each place where a tag could begin is tried, the last first.
    for start in _last(tail, "<"):
        tag = _TAG.match(tail, start)
        attribute, url = _open_attribute(tail, tag.end()) if tag else ("", "")
        if tag is None or not attribute:
            continue
        name, attribute = tag[1].lower(), attribute.lower()
        if name == "meta" and attribute == "content":
            url = url[_REFRESH.match(url).end() :]  # type: ignore[union-attr]  # matches anything
        if _REMOTE.match(url):
            return _reference(url, name, attribute)
        if attribute in _LOADS and (base := _named(_BASE.findall(tail[:start]))):
            return _reference(base, name, attribute)
    return _open_field(tail)


def _open_field(tail: str) -> Reference | None:
    """Give where a form is sent whose last field has no end yet, so that what follows is typed into it."""
    forms = list(islice(_FORM.finditer(tail), _MAX_PARTS))
    inside = tail[forms[-1].end() :] if forms else ""
    if not inside or "</form" in inside.lower():
        return None
    fields = list(islice(_FIELD.finditer(inside), _MAX_PARTS))
    if not fields:
        return None
    field = fields[-1][1].lower()
    rest = inside[fields[-1].end() :]
    if field in ("input", "button"):
        is_open = _open_attribute(rest, 0)[0].lower() == "value"
    else:
        is_open = f"</{field}" not in rest.lower()
    url = _named([forms[-1].groups("")])
    return _reference(url, "form", f"action, {field}") if is_open and url else None


def _named(found: list[tuple[str, ...]]) -> str:
    """The first address among what a pattern found, if it names a host."""
    url = next(filter(None, found[0]), "") if found else ""
    return url if _REMOTE.match(url) else ""


def _last(text: str, word: str) -> Iterator[int]:
    start = len(text)
    for _ in range(_TRIES):
        start = text.rfind(word, 0, start)
        if start < 0:
            return
        yield start


def _open_attribute(text: str, position: int) -> tuple[str, str]:
    """Read a tag's attributes; give name and value of one that reaches the end of the text, else empty strings."""
    while position < len(text):
        match = _ATTRIBUTE.match(text, position)
        if match is None:
            break
        name, double, double_end, single, single_end, bare = match.groups()
        position = match.end()
        if position == len(text) and not double_end and not single_end:
            return name, double or single or bare or ""
    return "", ""


def _reference(url: str, tag: str, attribute: str) -> Reference:
    return Reference(
        TECHNIQUE,
        _WORD.split(url.strip(), maxsplit=1)[0],
        tag,
        attribute,
        trigger="click" if tag in _CLICKED else "open",
        conditional=True,
        label=f"{tag} {attribute}",
    )
