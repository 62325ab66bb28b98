"""Makes mails with real signatures, and the DNS records that go with them; keys are made anew for every run."""

from __future__ import annotations

import base64
from functools import lru_cache

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
BODY = b"Dear Sir,\r\n\r\nA  word about next week. \r\n\r\n\r\n"
HEADERS = (
    b"From: Ann Peters <ann@outlet.example>\r\nTo: reader@house.example\r\nSubject: A word   about next week\r\n"
    b"Date: Tue, 12 Jan 2021 09:29:00 +0100\r\nMessage-ID: <1@outlet.example>\r\n"
)
RECEIVED = (
    b"Received: from out.outlet.example (out.outlet.example [192.0.2.7]) by mx.house.example;"
    b" Tue, 12 Jan 2021 09:30:00 +0100\r\n"
)


@lru_cache
def key(bits: int = 1024) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(bits: int = 1024) -> bytes:
    return key(bits).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def key_record(name: str, bits: int = 1024) -> str:
    """The line of a file of records that has the key."""
    public = base64.b64encode(key(bits).public_key().public_bytes(serialization.Encoding.DER, _SPKI)).decode()
    return f'{name} 3600 IN TXT "v=DKIM1; k=rsa; p={public[:120]}" "{public[120:]}"\n'


@lru_cache
def small_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def signed(
    headers: bytes = HEADERS,
    body: bytes = BODY,
    domain: str = "outlet.example",
    canonical: str = "relaxed/relaxed",
    length: bool = False,
    identity: str = "",
) -> bytes:
    """The mail with a signature of this domain under selector "k" on top."""
    mail = headers + b"\r\n" + body
    header, _, body_form = canonical.partition("/")
    signature: bytes = dkim.sign(
        mail,
        b"k",
        domain.encode(),
        pem(),
        identity=identity.encode() or None,
        canonicalize=(header.encode(), body_form.encode()),
        length=length,
    )
    return signature + mail


def signed_small(mail: bytes, domain: str = "outlet.example") -> tuple[bytes, str]:
    """The mail with an Ed25519 signature (RFC 8463) under selector "e", and the line with its key."""
    private = base64.b64encode(
        small_key().private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
    )
    signature: bytes = dkim.sign(
        mail,
        b"e",
        domain.encode(),
        private,
        signature_algorithm=b"ed25519-sha256",
        canonicalize=(b"relaxed", b"relaxed"),
    )
    public = base64.b64encode(
        small_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    ).decode()
    return signature + mail, f'e._domainkey.{domain}. TXT "v=DKIM1; k=ed25519; p={public}"\n'


def sealed(mail: bytes, domain: str, results: str) -> bytes:
    """The mail with one more ARC set of this domain (selector "a"), whose station saw these results."""
    field = f"Authentication-Results: {domain}; {results}\r\n".encode()
    sets: list[bytes] = dkim.arc_sign(field + mail, b"a", domain.encode(), pem(), domain.encode())
    assert sets
    return b"".join(sets) + mail
