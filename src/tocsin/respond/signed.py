"""Which parts a verified signature keeps from being rewritten, and mail taken out of signatures that are none."""

from __future__ import annotations

import re

from tocsin.mail.ber import Malformed
from tocsin.mail.body import part_bytes
from tocsin.mail.fields import BlankLines, read_block
from tocsin.mail.smime import SIGNATURE_TYPES, is_opaque, signatures_of
from tocsin.mail.transfer import undo
from tocsin.model.message import Message, Part
from tocsin.model.signature import Anchors

_CRYPTOGRAPHY_NAMES = re.compile(r"(?:.*\.(?:p7[msczb]|asc|sig|sign|gpg|pgp|key|txt|dat)|[^.]*)\Z", re.I)
_ARMOUR = b"-----BEGIN PGP "
_CONTENT = re.compile(r"content-")
_SIGNATURES = SIGNATURE_TYPES | {"application/pgp-signature"}


class Cover:
    """What verified signatures cover in one mail."""

    def __init__(self, message: Message, anchors: Anchors, at_s: float) -> None:
        self.all = signatures_of(message, anchors, at_s)
        self.signatures = tuple(one for one in self.all if one.state == "verified")
        self._paths = {
            (f"{one.part}.1" if one.part else "1") if one.form == "smime" else one.part
            for one in self.signatures
        }

    def spans(self, part: Part) -> bool:
        """Whether a part lies in what is covered."""
        return any(one.start <= part.start and part.end <= one.end for one in self.signatures)

    def names(self, path: str) -> bool:
        """Whether a path is that of a covered part, or of one inside it."""
        return any(path == one or path.startswith((f"{one}.", f"{one}!")) for one in self._paths if one)

    def exempts(self, message: Message, part: Part) -> bool:
        """Whether a part is left as it is: covered, or the signature over what is."""
        if not self.signatures:
            return False
        if self.spans(part):
            return True
        above = message.parts[part.parent].path if part.parent >= 0 else None
        return part.media_type in SIGNATURE_TYPES and any(
            one.form == "smime" and one.part == above for one in self.signatures
        )


def shuts_itself(message: Message, part: Part) -> bool:
    """Whether a part is cryptography that no program draws: encrypted text, keys, or a signature.

    What only says so is none: its bytes and its name must fit. Nor is what names addresses that programs ask while they
    check it (certificates, lists of those taken back, key servers).
    """
    from tocsin.mail.cms import kind_of

    if not _CRYPTOGRAPHY_NAMES.match(part.filename):
        return False
    data = part_bytes(message, part)
    kind = part.media_type
    if kind.startswith("application/pgp") or (
        kind == "application/octet-stream" and _is_encrypted(message, part)
    ):
        head = data[:4096].lstrip()
        if not head.startswith((_ARMOUR, b"Version:")) and (data[:1] < b"\x80" or b"<" in data[:16]):
            return False
        return kind != "application/pgp-signature" or not _asks(_packets(data))
    found = kind_of(data)
    if found == "encrypted":
        return is_opaque(part)
    return found == "signed" and _content(data) is None and not _asks(data)


def _asks(data: bytes) -> bool:
    return b"://" in data or b"ldap:" in data.lower()


def _packets(data: bytes) -> bytes:
    """The bytes in an OpenPGP armour (RFC 9580, 6.2), or those that stand without one."""
    if not data.lstrip().startswith(_ARMOUR):
        return data
    body = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return undo(body.partition(b"\n-----")[0].partition(b"\n=")[0], "base64")


def _is_encrypted(message: Message, part: Part) -> bool:
    above = message.parts[part.parent] if part.parent >= 0 else None
    return above is not None and above.media_type == "multipart/encrypted"


def _content(data: bytes) -> bytes | None:
    """What signed data holds inside; None for nothing, b"" for what cannot be read."""
    from tocsin.mail.cms import read_signed

    try:
        return read_signed(data).content
    except Malformed:
        return b""


def opened(message: Message, part: Part, newline: bytes) -> tuple[list[bytes], bytes] | None:
    """The content fields and the body of the mail inside signed data; None where it cannot be taken out whole.

    Lines end as in the mail around it.
    """
    from tocsin.mail.cms import kind_of

    data = part_bytes(message, part)
    content = _content(data) if is_opaque(part) and kind_of(data) == "signed" else None
    if not content or b"\0" in content:
        return None
    inner = content.replace(b"\r\n", b"\n").replace(b"\n", newline)
    block = read_block(inner, 0, len(inner), BlankLines(inner), 100, 1 << 16)
    if block.marks or block.other_body >= 0:
        return None
    fields = [inner[one.start : one.end].rstrip(b"\r\n") for one in block.headers if _CONTENT.match(one.name)]
    body = inner[block.body :]
    for other in message.parts:
        boundary = other.params.get("boundary", "")
        if boundary and other is not part and b"--" + boundary.encode("utf-8", "replace") in body:
            return None
    return fields, body


def bereft(message: Message, sealed: frozenset[str]) -> list[int]:
    """The containers of signed mail whose signature was among the parts put under seal, by their paths."""
    found = {
        part.parent
        for part in message.parts
        if part.path in sealed and part.media_type in _SIGNATURES and not part.reading
    }
    return sorted(
        index for index in found if index >= 0 and message.parts[index].media_type == "multipart/signed"
    )
