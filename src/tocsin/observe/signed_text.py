"""What a DKIM or ARC signature is computed over, and whether a key fits it (RFC 6376, RFC 8617)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

import msgspec

from tocsin.mail.dns_records import Records
from tocsin.model.message import Message

MAX_FIELD = 32_768  # bytes of a signature field that is looked at; real ones have under 2 KiB
MAX_BODY = 64 * 1024 * 1024
_MOST_FIELDS = 500  # header fields that one signature covers
_MOST_KEY = 2_000  # characters of a key in base64: RSA of 8,192 bits has 1,416
_LEAST_BITS = 1024  # RFC 8301 3.2
_BLANKS = re.compile(rb"[ \t]+")
_WHITE = re.compile(r"\s+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_SIGNATURE = re.compile(rb"(^|;)([ \t\r\n]*+b[ \t\r\n]*+=)[^;]*+")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\Z")

Tags = dict[str, str]


class Unverifiable(Exception):
    """Nothing can be said about a signature; the message says why in one word."""


class SignedText(msgspec.Struct, frozen=True):
    """A mail as signers see it: fields in order as (lower-case name, bytes with CRLF), and the body with CRLF."""

    fields: tuple[tuple[str, bytes], ...]
    body: bytes


def signed_text(message: Message) -> SignedText:
    """The fields and the body of a mail, line ends made CRLF as they were on the way."""
    raw = message.raw
    fields = tuple(
        (header.name, _with_crlf(raw[header.start : header.end]).rstrip(b"\r\n") + b"\r\n")
        for header in message.headers
    )
    start = message.parts[0].start if message.parts else len(raw)
    return SignedText(fields, _with_crlf(raw[start : start + MAX_BODY + 1]))


def _with_crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def read_tags(field: bytes) -> Tags:
    """The tag=value pairs of a signature field with its name, or of a key record; Unverifiable if it has none."""
    if len(field) > MAX_FIELD:
        raise Unverifiable("malformed")
    tags: Tags = {}
    for pair in field.decode("utf-8", "replace").split(";"):
        name, mark, value = pair.partition("=")
        name = name.strip()
        if not mark and not name:
            continue
        if not mark or _NAME.match(name) is None or name in tags:
            raise Unverifiable("malformed")
        tags[name] = value.strip()
    return tags


def value_of(field: bytes) -> bytes:
    """What follows the name of a field."""
    return field.partition(b":")[2]


def domain_of(tags: Tags) -> str:
    """The signing domain, lower-case; Unverifiable where it is none."""
    domain = tags.get("d", "").lower().rstrip(".")
    if _DOMAIN.match(domain) is None:
        raise Unverifiable("malformed")
    return domain


def body_hash(body: bytes, relaxed: bool, length: int | None, algorithm: str) -> bytes:
    """The digest over the canonical body (RFC 6376 3.4), or over its first `length` bytes."""
    if relaxed:
        lines = _BLANKS.sub(b" ", body).split(b"\r\n")
        body = b"\r\n".join([line.rstrip(b" ") for line in lines])
    stripped = _without_last_lines(body)
    if stripped or not relaxed:
        stripped += b"\r\n"
    return hashlib.new(algorithm, stripped if length is None else stripped[:length]).digest()


def canonical_length(body: bytes, relaxed: bool) -> int:
    """How many bytes the canonical body has."""
    if relaxed:
        body = b"\r\n".join([line.rstrip(b" ") for line in _BLANKS.sub(b" ", body).split(b"\r\n")])
    stripped = _without_last_lines(body)
    return len(stripped) + 2 if stripped or not relaxed else 0


def _without_last_lines(body: bytes) -> bytes:
    end = len(body)
    while end >= 2 and body[end - 2 : end] == b"\r\n":
        end -= 2
    return body[:end]


def header_bytes(field: bytes, relaxed: bool) -> bytes:
    """A field in canonical form, CRLF at its end."""
    if not relaxed:
        return field
    name, _, value = field.partition(b":")
    value = _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip(b" \t").lower() + b":" + value + b"\r\n"


def signed_header(
    fields: Sequence[tuple[str, bytes]], names: Sequence[str], signature: bytes, relaxed: bool
) -> bytes:
    """The bytes that the signature covers: the named fields, each name's from below, then itself without its value."""
    places: dict[str, list[bytes]] = {}
    for name, field in fields:
        places.setdefault(name, []).append(field)
    covered = []
    for name in names[:_MOST_FIELDS]:
        left = places.get(name)
        if left:
            covered.append(header_bytes(left.pop(), relaxed))
    covered.append(header_bytes(without_signature(signature), relaxed).removesuffix(b"\r\n"))
    return b"".join(covered)


def without_signature(field: bytes) -> bytes:
    """A signature field with the value of its b= tag taken out."""
    name, colon, value = field.partition(b":")
    return name + colon + _SIGNATURE.sub(rb"\1\2", value.removesuffix(b"\r\n")) + b"\r\n"


def from_base64(text: str) -> bytes:
    """The bytes, blanks inside left out; Unverifiable where it is not base64."""
    try:
        return base64.b64decode(_WHITE.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        raise Unverifiable("malformed") from None


def fits(records: Records, tags: Tags, covered: bytes, *, same_domain: bool = False) -> bool:
    """Whether the key that the tags name made this signature.

    Raises Unverifiable: "key-unknown" where the records do not have it, "key-missing" where they say that there is
    none, "key-revoked", "key-unusable" (malformed, of another kind, or shorter than RFC 8301 allows), "algorithm".
    `same_domain` is asked for signatures whose identity lies below the signing domain.
    """
    kind, _, digest = tags.get("a", "").lower().partition("-")
    if digest != "sha256" or kind not in ("rsa", "ed25519"):
        raise Unverifiable("algorithm")
    key_tags = _key_tags(records, tags)
    key_kind = key_tags.get("k", "rsa").lower()
    services = key_tags.get("s", "*").replace(" ", "").split(":")
    digests = key_tags.get("h", "sha256").replace(" ", "").lower().split(":")
    if key_kind != kind or "sha256" not in digests or not {"*", "email"} & set(services):
        raise Unverifiable("key-unusable")
    if same_domain and "s" in key_tags.get("t", "").replace(" ", "").split(":"):
        raise Unverifiable("key-unusable")
    key = from_base64(key_tags["p"])
    signature = from_base64(tags["b"])
    return _rsa_fits(key, signature, covered) if kind == "rsa" else _ed25519_fits(key, signature, covered)


def _key_tags(records: Records, tags: Tags) -> Tags:
    selector = tags.get("s", "").lower().strip(".")
    if _DOMAIN.match(selector) is None:
        raise Unverifiable("malformed")
    texts = records.lookup(f"{selector}._domainkey.{domain_of(tags)}", "TXT")
    if texts is None:
        raise Unverifiable("key-unknown")
    if not texts:
        raise Unverifiable("key-missing")
    for text in texts:
        try:
            found = read_tags(text.encode("utf-8", "replace"))
        except Unverifiable:
            continue
        if found.get("v", "DKIM1") == "DKIM1" and "p" in found:
            if not found["p"]:
                raise Unverifiable("key-revoked")
            if len(found["p"]) > _MOST_KEY:
                break
            return found
    raise Unverifiable("key-unusable")


def _rsa_fits(data: bytes, signature: bytes, covered: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unverifiable("key-unusable") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise Unverifiable("key-unusable")
    try:
        key.verify(signature, covered, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    except ValueError:
        raise Unverifiable("key-unusable") from None
    return True


def _ed25519_fits(data: bytes, signature: bytes, covered: bytes) -> bool:
    """RFC 8463: the digest is what is signed."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(data).verify(signature, hashlib.sha256(covered).digest())
    except InvalidSignature:
        return False
    except (ValueError, UnsupportedAlgorithm):
        raise Unverifiable("key-unusable") from None
    return True
