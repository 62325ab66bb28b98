"""Signed mail: what is signed, and whether the signature leads to an anchor of the operator's.

A detached signature covers one part of its container, the rest of the mail is signed by nobody. An opaque one has its
content inside, open to everybody: programs unwrap and draw it. OpenPGP signatures are not checked, so that they verify
to nothing. Source: RFC 1847, RFC 8551.
"""

from __future__ import annotations

import re

from tocsin.mail.addresses import parse_addresses
from tocsin.mail.body import part_bytes
from tocsin.model.message import Message, Part
from tocsin.model.signature import NO_ANCHORS, NO_SIGNATURE, Anchors, Signature

DETACHED = frozenset(("application/pkcs7-signature", "application/x-pkcs7-signature"))
OPAQUE = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_LARGEST_BYTES = 32 * 1024 * 1024
_MOST_SIGNED = 8
_BARE_LF = re.compile(rb"(?<!\r)\n")
_ORDER = ("broken", "unverified", "verified")


def signatures(message: Message, anchors: Anchors = NO_ANCHORS, at_s: float = 0.0) -> dict[int, Signature]:
    """By the index of the part that is signed: what its signature is worth at this moment (Unix time).

    That part is the container of a detached signature, or the part that holds an opaque one. Beyond a few, signatures
    are not looked at, and verify to nothing. Never raises.
    """
    found: dict[int, Signature] = {}
    for index, part in enumerate(message.parts):
        if "!" in part.path or part.reading:
            continue
        if part.media_type == "multipart/signed":
            many = len(found) >= _MOST_SIGNED
            found[index] = _MANY if many else _detached(message, index, anchors, at_s)
        elif part.media_type in OPAQUE and len(found) < _MOST_SIGNED:
            opaque = _opaque(message, part, anchors, at_s)
            if opaque is not None:
                found[index] = opaque
    return found


def signature_of(message: Message, anchors: Anchors = NO_ANCHORS, at_s: float = 0.0) -> Signature:
    """What the signatures of a mail are worth together: as little as the least of them."""
    if not any(part.media_type == "multipart/signed" or part.media_type in OPAQUE for part in message.parts):
        return NO_SIGNATURE
    found = signatures(message, anchors, at_s)
    return min(found.values(), key=lambda one: _ORDER.index(one.state), default=NO_SIGNATURE)


def opaque_content(data: bytes) -> bytes | None:
    """What lies inside an opaque signature, None where nothing does: it is encrypted, detached, or no signature."""
    from tocsin.mail.cms import Unreadable, parse_signed

    try:
        return parse_signed(data).content
    except Unreadable:
        return None


_MANY = Signature(
    "unverified", f"It is not one of the first {_MOST_SIGNED} signatures, which alone are checked."
)


def _detached(message: Message, index: int, anchors: Anchors, at_s: float) -> Signature:
    container = message.parts[index]
    children = [
        one for one in message.parts if one.parent == index and not one.reading and "!" not in one.path
    ]
    if len(children) != 2:
        return Signature("broken", "It does not consist of what is signed and one signature.")
    content, signature = children
    covers = (content.path,)
    if signature.media_type not in DETACHED:
        return Signature("unverified", "OpenPGP signatures are not checked here.", covers=covers)
    start = _start(message, container, content)
    if start < 0 or content.end - start > _LARGEST_BYTES:
        return Signature("unverified", "What is signed cannot be told apart from the rest.", covers=covers)
    signed = _BARE_LF.sub(b"\r\n", message.raw[start : content.end])
    return _judged(message, part_bytes(message, signature), signed, anchors, at_s, covers)


def _opaque(message: Message, part: Part, anchors: Anchors, at_s: float) -> Signature | None:
    data = part_bytes(message, part)
    content = opaque_content(data)
    if content is None:
        return None
    return _judged(message, data, content, anchors, at_s, (part.path,))


def _judged(
    message: Message, data: bytes, content: bytes, anchors: Anchors, at_s: float, covers: tuple[str, ...]
) -> Signature:
    from tocsin.mail.cms import Unreadable, check, parse_signed

    try:
        signed = parse_signed(data)
    except Unreadable as error:
        return Signature("broken", f"The signature cannot be read: {error}.", covers=covers)
    checked = check(signed, content, anchors.certificates, at_s)
    if checked.state != "verified":
        return Signature(checked.state, checked.why, covers=covers)
    author = _author(message)
    if author not in checked.addresses:
        return Signature(
            "unverified", "It was made by somebody else than the mail says it is from.", covers=covers
        )
    return Signature("verified", "", author, covers)


def _start(message: Message, container: Part, content: Part) -> int:
    """Where the signed part begins: after the line that parts it from what stands before; -1 where there is none."""
    boundary = container.params.get("boundary", "").encode("latin-1", "replace")
    if not boundary:
        return -1
    line = message.raw.rfind(b"--" + boundary, container.start, content.start)
    if line < 0:
        return -1
    end = message.raw.find(b"\n", line, content.start)
    return end + 1 if end >= 0 else -1


def _author(message: Message) -> str:
    """The one address that the mail says it is from, "" where there is none or several."""
    fields = [header.value for header in message.headers if header.name == "from"]
    if len(fields) != 1:
        return ""
    found = parse_addresses(fields[0])
    return found[0].address.lower() if len(found) == 1 else ""
