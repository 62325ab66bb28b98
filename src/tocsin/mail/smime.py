"""Signed mail: which bytes a signature covers, and whether it holds (RFC 8551, RFC 1847)."""

from __future__ import annotations

import re

import msgspec

from tocsin.mail.addresses import parse_addresses
from tocsin.mail.ber import Malformed
from tocsin.mail.body import part_bytes
from tocsin.mail.drafts import NESTED
from tocsin.mail.mime import scan
from tocsin.mail.received import parse_received
from tocsin.model.message import Message, Part
from tocsin.model.signature import NO_ANCHORS, NO_SIGNATURE, STATES, Anchors, Signature

SIGNATURE_TYPES = frozenset(("application/pkcs7-signature", "application/x-pkcs7-signature"))
OPAQUE_TYPES = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
MOST_SIGNATURES = 8
_MOST_DETACHED_BYTES = 1 << 20
_PGP_INLINE = b"-----BEGIN PGP SIGNED MESSAGE-----"
_HINTS = (b"multipart/signed", b"pkcs7", b".p7", _PGP_INLINE.lower())
_MARK_END = re.compile(rb"([^\r\n]*)(\r?\n|\Z)?")
_OPENPGP = "It has an OpenPGP signature; Tocsin cannot check those."


def signature_of(mail: bytes | Message, anchors: Anchors = NO_ANCHORS, at_s: float = 0.0) -> Signature:
    """What the signatures of a mail come to: the gravest of those found, "none" for a mail without any.

    `at_s` is Unix time of arrival, at which certificates must hold. Never raises, whatever the bytes. A Message
    costs less than bytes, which must be scanned where they speak of signatures at all.
    """
    if isinstance(mail, bytes):
        lower = mail.lower()
        if not any(hint in lower for hint in _HINTS):
            return NO_SIGNATURE
        mail = scan(mail)
    return gravest(signatures_of(mail, anchors, at_s))


def gravest(found: tuple[Signature, ...]) -> Signature:
    """The one that says least for the mail; NO_SIGNATURE of none."""
    return max(found, key=lambda one: STATES.index(one.state), default=NO_SIGNATURE)


def signatures_of(message: Message, anchors: Anchors, at_s: float) -> tuple[Signature, ...]:
    """All signatures of a mail in the order of their parts, without those inside what a verified one covers."""
    found: list[Signature] = []
    looked = 0
    for index, part in enumerate(message.parts):
        if part.reading or "!" in part.path:
            continue
        if part.media_type != "multipart/signed" and not is_opaque(part):
            continue
        if any(one.state == "verified" and one.start <= part.start and part.end <= one.end for one in found):
            continue
        looked += 1
        if looked > MOST_SIGNATURES:
            why = f"The mail has more than {MOST_SIGNATURES} signatures; the others were not looked at."
            found.append(Signature("unverified", why, "", part.path))
            break
        one = (
            _opaque(message, index, anchors, at_s)
            if is_opaque(part)
            else _clear(message, index, anchors, at_s)
        )
        if one is not None:
            found.append(one)
    if not found and _has_inline(message):
        found.append(Signature("unverified", _OPENPGP, "openpgp"))
    return tuple(found)


def is_opaque(part: Part) -> bool:
    """Whether mail programs take a part for a mail inside signed or encrypted data (RFC 8551, 3.2.1)."""
    return part.media_type in OPAQUE_TYPES or (
        part.media_type == "application/octet-stream" and part.filename.lower().endswith((".p7m", ".p7z"))
    )


def arrival_of(message: Message, now_s: float) -> float:
    """When a mail came, as its last receiver recorded it; `now_s` where that is not told or lies in the future."""
    if message.arrival_s is not None:
        return min(message.arrival_s, now_s)
    for header in message.headers[:50]:
        if header.name == "received":
            time_s = parse_received(header.value).time_s
            return now_s if time_s is None else min(time_s, now_s)
    return now_s


def _has_inline(message: Message) -> bool:
    if message.raw.find(_PGP_INLINE) >= 0:
        return True
    return any(body.find(_PGP_INLINE) >= 0 for body in message.bodies.values())


def _clear(message: Message, index: int, anchors: Anchors, at_s: float) -> Signature:
    """A signature that stands beside the text it covers (multipart/signed)."""
    part = message.parts[index]
    children = [
        one for one in message.parts if one.parent == index and not one.reading and "!" not in one.path
    ]
    last = children[-1] if children else None
    kinds = (part.params.get("protocol", "").lower(), last.media_type if last is not None else "")
    if any(kind.startswith("application/pgp") for kind in kinds):
        return Signature("unverified", _OPENPGP, "openpgp", part.path)
    span = _span(message, part, children)
    if span is None or last is None or last.media_type not in SIGNATURE_TYPES:
        why = "The signed mail is not built as signed mail is; nothing was checked."
        return Signature("unverified", why, "", part.path)
    if last.end - last.start > _MOST_DETACHED_BYTES:
        why = f"The signature is larger than {_MOST_DETACHED_BYTES >> 20} MiB; it was not checked."
        return Signature("unverified", why, "smime", part.path)
    content = message.raw[span[0] : span[1]]
    if content.count(b"\n") != content.count(b"\r\n"):
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    found = Signature("", "", "smime", part.path, "", span[0], span[1])
    return _checked(message, index, found, part_bytes(message, last), content, anchors, at_s)


def _span(message: Message, part: Part, children: list[Part]) -> tuple[int, int] | None:
    """The bytes of the first of two parts, where there is but one way to find them."""
    boundary = part.params.get("boundary", "").encode("utf-8", "replace").rstrip()
    if not boundary or len(children) != 2:
        return None
    first, raw = children[0], message.raw
    mark = b"--" + boundary
    starts: list[int] = []
    at = raw.find(mark, part.start, part.end)
    while at >= 0 and len(starts) < 4:
        if raw[at - 1] in b"\r\n":
            starts.append(at)
        at = raw.find(mark, at + len(mark), part.end)
    lines = [match for at in starts if (match := _MARK_END.match(raw, at + len(mark), part.end))]
    if len(lines) != 3 or lines[0][1].strip(b" \t") or lines[1][1].strip(b" \t"):
        return None
    if lines[2][1].rstrip(b" \t") != b"--" or not lines[0][2] or not lines[1][2]:
        return None
    if raw.find(b"<", part.start, starts[0]) >= 0 or raw.find(b"<", lines[2].end(), part.end) >= 0:
        return None  # what nobody signed, and some program might draw
    start, end = lines[0].end(), starts[1]
    end -= 2 if raw[end - 2 : end] == b"\r\n" else 1
    begin = first.headers[0].start if first.headers else first.start - len(lines[0][2])
    return (start, end) if (begin, first.end) == (start, end) and start < end else None


def _opaque(message: Message, index: int, anchors: Anchors, at_s: float) -> Signature | None:
    """A signature around the text it covers; None for what holds no signed text."""
    from tocsin.mail.cms import kind_of, read_signed

    part = message.parts[index]
    data = part_bytes(message, part)
    if kind_of(data) != "signed":
        return None
    found = Signature("", "", "smime-opaque", part.path, "", part.start, part.end)
    try:
        signed = read_signed(data)
    except Malformed:
        return _state(found, "broken", "The signature cannot be read.")
    if signed.content is None:
        return None  # certificates alone
    return _checked(message, index, found, data, signed.content, anchors, at_s)


def _checked(
    message: Message, index: int, found: Signature, data: bytes, content: bytes, anchors: Anchors, at_s: float
) -> Signature:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType

    from tocsin.mail.certificates import addresses_of, anchors_of, hold_to_anchors
    from tocsin.mail.cms import PARSING, Broken, Doubtful, certificates_of, read_signed, signers_of

    try:
        signed = read_signed(data)
        if found.form == "smime" and signed.content is not None:
            raise Doubtful("it holds another text than the one beside it")
        trusted = anchors_of(anchors.certificates)
        signers = signers_of(signed, content, trusted)
        addresses = [addresses_of(signer) for signer in signers]
        found = msgspec.structs.replace(found, signer=next((one for all_ in addresses for one in all_), ""))
        if not _in_plain_sight(message, index, found):
            raise Doubtful("programs may show something else than what was signed")
        for signer in signers:
            hold_to_anchors(signer, certificates_of(signed), trusted, at_s)
        author = _author(message)
        if not any(author in some for some in addresses):
            raise Doubtful("it was made by another address than the one in From")
    except Malformed as error:
        return _state(found, "broken", f"The signature cannot be read: {error}.")
    except Broken as error:
        return _state(found, "broken", f"The signature does not hold: {error}.")
    except Doubtful as error:
        return _state(found, "unverified", f"The signature proves nothing here: {error}.")
    except (*PARSING, DuplicateExtension, InvalidVersion, UnsupportedAlgorithm, UnsupportedGeneralNameType):
        # Certificates are read piece by piece, each when it is asked for.
        return _state(found, "unverified", "The signature proves nothing here: a certificate cannot be read.")
    found = msgspec.structs.replace(found, signer=author)
    why = "It is as it was signed by the address in From, for which an anchor vouches."
    return msgspec.structs.replace(found, state="verified", why=why)


def _state(found: Signature, state: str, why: str) -> Signature:
    return msgspec.structs.replace(found, state=state, why=why, start=0, end=0)


def _author(message: Message) -> str:
    """The one address in the one From field, lower-case. Raises Doubtful."""
    from tocsin.mail.cms import Doubtful

    fields = [header.value for header in message.headers if header.name == "from"]
    if len(fields) != 1:
        raise Doubtful(f"the mail has {len(fields)} From fields, expected one")
    found = parse_addresses(fields[0], 2)
    if len(found) != 1:
        raise Doubtful("the From field does not name one address")
    return found[0].address.lower()


def _in_plain_sight(message: Message, index: int, found: Signature) -> bool:
    """Whether the signed part stands in the mail itself, and every program finds it there."""
    parent = message.parts[index].parent
    while parent >= 0:
        if message.parts[parent].media_type in NESTED:
            return False
        parent = message.parts[parent].parent
    return all(
        not part.reading or (found.start <= part.start and part.end <= found.end) for part in message.parts
    )
