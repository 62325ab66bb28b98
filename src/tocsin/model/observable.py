"""What intelligence can name and a mail can show: the observables that both are reduced to."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

# "under" is a domain that a host lies in: a mail that calls a.b.evil.example shows the host a.b.evil.example and lies
# under b.evil.example and evil.example (down to the registrable domain). "template" is a hash of text or structure.
KINDS = (
    "url",
    "host",
    "under",
    "token",
    "address",
    "ip",
    "hash",
    "subject",
    "mailer",
    "template",
)


class Observable(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One value of a kind of KINDS, normalised (`hunt.observables`), so that equal things are equal texts.

    `where` is the place in the mail that shows it: a part path, a header's name, or "".
    """

    kind: str
    value: str
    where: str = ""


def digest(kind: str, value: str) -> int:
    """64 bits, signed, that stand for a kind and a value in indexes; the value itself is compared after a hit."""
    name = f"{kind} {value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "little", signed=True)
