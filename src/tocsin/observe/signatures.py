"""DKIM signatures (RFC 6376, RFC 8301, RFC 8463) held against keys that were handed in."""

from __future__ import annotations

import msgspec

from tocsin.mail.dns_records import Records
from tocsin.observe.signed_text import (
    MAX_BODY,
    SignedText,
    Tags,
    Unverifiable,
    body_hash,
    canonical_length,
    domain_of,
    fits,
    from_base64,
    read_tags,
    signed_header,
    value_of,
)

MOST_SIGNATURES = 10
_CLOCK_S = 36_000.0  # clocks that run wrong, and mail that waited


class Signature(msgspec.Struct, frozen=True):
    """What one signature is worth.

    `result` is "pass", "fail" (the header it covers is not what the key signed, and the body is whole), or "", unknown;
    then `reason` says why: "altered" (the key signed this header, and the body was changed on the way),
    "altered-header" (header and body both differ from what was signed), "expired", "several-from", "malformed",
    "algorithm", "too-large", or a word about the key ("key-unknown", …). `domain` is "" where it is malformed.
    """

    domain: str
    result: str
    reason: str = ""


def check_signatures(text: SignedText, records: Records, arrival_s: float | None) -> tuple[Signature, ...]:
    """The signatures of a mail, topmost first, at most ten. `arrival_s` is when it came, to which expiry is held."""
    found = []
    authors = sum(name == "from" for name, _ in text.fields)
    digests: dict[tuple[bool, int | None], bytes] = {}
    for name, field in text.fields:
        if name != "dkim-signature":
            continue
        domain = ""
        try:
            tags = read_tags(value_of(field))
            domain = domain_of(tags)
            if authors != 1:
                raise Unverifiable("several-from")
            found.append(_check(text, tags, field, records, arrival_s, digests))
        except Unverifiable as reason:
            found.append(Signature(domain, "", str(reason)))
        if len(found) == MOST_SIGNATURES:
            break
    return tuple(found)


def _check(
    text: SignedText,
    tags: Tags,
    field: bytes,
    records: Records,
    arrival_s: float | None,
    digests: dict[tuple[bool, int | None], bytes],
) -> Signature:
    domain = domain_of(tags)
    names = covered_names(tags)
    if tags.get("v") != "1" or "from" not in names:
        raise Unverifiable("malformed")
    identity = tags.get("i", f"@{domain}").rpartition("@")[2].lower().rstrip(".")
    if identity != domain and not identity.endswith("." + domain):
        raise Unverifiable("malformed")
    header_relaxed, body_relaxed = canonical_forms(tags)
    covered = signed_header(text.fields, names, field, header_relaxed)
    header_holds = fits(records, tags, covered, same_domain=identity != domain)
    body_holds = check_body(text.body, tags, body_relaxed, digests)
    if body_holds and header_holds:
        expiry = tags.get("x", "")
        if expiry.isdecimal() and arrival_s is not None and arrival_s > int(expiry[:15]) + _CLOCK_S:
            raise Unverifiable("expired")
        return Signature(domain, "pass")
    if header_holds:
        raise Unverifiable("altered")
    if not body_holds:
        raise Unverifiable("altered-header")
    return Signature(domain, "fail")


def covered_names(tags: Tags) -> list[str]:
    """The names of the fields that a signature covers, lower-case."""
    if "h" not in tags or "bh" not in tags or "b" not in tags:
        raise Unverifiable("malformed")
    return [name.strip().lower() for name in tags["h"].split(":")]


def canonical_forms(tags: Tags, default: str = "simple") -> tuple[bool, bool]:
    """Whether header and body are taken in relaxed form (RFC 6376 3.4)."""
    header, _, body = tags.get("c", default).replace(" ", "").lower().partition("/")
    body = body or (default if "c" not in tags else "simple")
    if not {header, body} <= {"simple", "relaxed"}:
        raise Unverifiable("malformed")
    return header == "relaxed", body == "relaxed"


def check_body(body: bytes, tags: Tags, relaxed: bool, digests: dict[tuple[bool, int | None], bytes]) -> bool:
    """Whether the body is the one that was signed; one that was only begun to be signed (l=) and goes on is not."""
    if len(body) > MAX_BODY:
        raise Unverifiable("too-large")
    length = None
    if "l" in tags:
        if not tags["l"].isdecimal() or len(tags["l"]) > 76:
            raise Unverifiable("malformed")
        length = int(tags["l"])
        if length < canonical_length(body, relaxed):
            return False
    wanted = from_base64(tags["bh"])
    key = (relaxed, None)  # a longer length than the body has is the whole body
    if key not in digests:
        digests[key] = body_hash(body, relaxed, None, "sha256")
    return digests[key] == wanted
