"""The identity of a mail apart from its transport."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from tocsin.mail.headers import decode_words
from tocsin.model.message import Header

_FIELDS = ("message-id", "date", "from", "subject", "to", "cc")
_COVERED = frozenset(_FIELDS)
_BLANKS = b" \t\r\n\x0b\x0c\x00"


def fingerprint(headers: Iterable[Header], bodies: Iterable[tuple[str, bytes]]) -> str:
    """SHA-256 (hex) that is the same for one mail however it was carried.

    `bodies` are (media type, decoded bytes) of the leaf parts in order. Covered are Message-ID, Date, From,
    Subject, To and Cc, decoded and with blanks folded, and the bodies; in texts all blanks are left out, so
    that line ends, trailing blanks and wrapping do not matter.
    """
    found: dict[str, str] = {}
    for header in headers:
        if header.name in _COVERED and header.name not in found:
            found[header.name] = header.value
    digest = hashlib.sha256()
    digest.update(
        "\n".join(" ".join(decode_words(found.get(name, "")).split()) for name in _FIELDS).encode(
            "utf-8", "replace"
        )
    )
    for media_type, data in bodies:
        digest.update(b"\n\x00" + media_type.encode("utf-8", "replace") + b"\x00")
        digest.update(data.translate(None, _BLANKS) if media_type.startswith("text/") else data)
    return digest.hexdigest()
