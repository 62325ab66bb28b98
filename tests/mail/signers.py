"""People who sign mail, and those who vouch for them: keys and certificates made for the tests."""

from __future__ import annotations

import base64
import datetime
import hashlib
from functools import cache
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tocsin.model.signature import Anchors

NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
AT_S = NOW.timestamp()
ADDRESS = "ruth@weekly-observer.example"
PAGE = b'Content-Type: text/html; charset=utf-8\r\n\r\n<p>Dear Ann</p><img src="https://t.beacon.example/p.gif">\r\n'
FIELDS = f"From: Ruth Hadley <{ADDRESS}>\r\nTo: ann@parliament.example\r\nSubject: Interview\r\nMIME-Version: 1.0\r\n"
_DAY = datetime.timedelta(days=1)
Key = Any


@cache
def key(number: int, kind: str = "ec") -> Key:
    """A key pair; the same number and kind give the same one."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "rsa-short":
        return rsa.generate_private_key(65537, 1024)
    return (
        ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    )


def certificate(
    name: str,
    own: Key,
    issuer: x509.Certificate | None = None,
    issuer_key: Key = None,
    *,
    address: str = "",
    ca: bool | None = None,
    path_length: int | None = None,
    purposes: tuple[x509.ObjectIdentifier, ...] = (),
    usage: str = "",
    start: datetime.datetime = NOW - 30 * _DAY,
    end: datetime.datetime = NOW + 30 * _DAY,
    more: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    subject_address: str = "",
    serial: int = 0,
) -> x509.Certificate:
    """A certificate for `own`, by `issuer` or by itself; `usage` is "sign", "vouch", "encipher" or ""."""
    names = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if subject_address:
        names.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, subject_address))
    subject = x509.Name(names)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(own.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False)
    )
    if address:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), False)
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
    if usage:
        flags = dict.fromkeys(
            (
                "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
            ),
            False,
        )  # fmt: skip
        flags[
            {"sign": "digital_signature", "vouch": "key_cert_sign", "encipher": "key_encipherment"}[usage]
        ] = True
        builder = builder.add_extension(x509.KeyUsage(**flags), True)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical)
    signing = issuer_key if issuer_key is not None else own
    return builder.sign(signing, None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256())


MAIL = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)


@cache
def root(number: int = 0, **changes: Any) -> x509.Certificate:
    """An authority of its own."""
    return certificate(f"Root {number}", key(number), ca=True, usage="vouch", **changes)


def signer(**changes: Any) -> x509.Certificate:
    """The certificate of Ruth Hadley, by root 0 unless said otherwise."""
    values: dict[str, Any] = {
        "own": key(10), "issuer": root(), "issuer_key": key(0), "address": ADDRESS, "purposes": MAIL, "usage": "sign",
    }  # fmt: skip
    return certificate("Ruth Hadley", **{**values, **changes})


def anchors(*certificates: x509.Certificate) -> Anchors:
    """What an operator trusts; root 0 where nothing is named."""
    return Anchors(tuple(one.public_bytes(Encoding.DER) for one in certificates or (root(),)))


def pem(one: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return one.public_bytes(Encoding.PEM)


def pem_key(one: Key) -> bytes:
    """A private key as PEM."""
    data: bytes = one.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return data


def signature(
    content: bytes,
    by: x509.Certificate,
    own: Key,
    others: tuple[x509.Certificate, ...] = (),
    opaque: bool = False,
) -> bytes:
    """Signed data over `content`, DER."""
    builder = PKCS7SignatureBuilder().set_data(content).add_signer(by, own, hashes.SHA256())
    for one in others:
        builder = builder.add_certificate(one)
    options = [PKCS7Options.Binary] if opaque else [PKCS7Options.DetachedSignature, PKCS7Options.Binary]
    return builder.sign(Encoding.DER, options)


def wrapped(data: bytes) -> bytes:
    """Base64 in lines of CRLF."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def clear_body(content: bytes, data: bytes, boundary: str = "sig") -> bytes:
    """A multipart/signed entity: content fields and body."""
    return (
        (
            f'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="{boundary}"'
            f"\r\n\r\n--{boundary}\r\n"
        ).encode()
        + content
        + (
            f"\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode()
        + wrapped(data)
        + f"--{boundary}--\r\n".encode()
    )


def clear(
    content: bytes = PAGE,
    by: x509.Certificate | None = None,
    own: Key = None,
    others: tuple[x509.Certificate, ...] = (),
    fields: str = FIELDS,
) -> bytes:
    """A mail with a signature beside what it covers."""
    data = signature(content, by or signer(), own or key(10), others)
    return fields.encode() + clear_body(content, data)


def opaque(
    content: bytes = PAGE, by: x509.Certificate | None = None, own: Key = None, fields: str = FIELDS
) -> bytes:
    """A mail inside its signature."""
    return fields.encode() + opaque_body(signature(content, by or signer(), own or key(10), opaque=True))


def opaque_body(data: bytes) -> bytes:
    """An entity of opaque signed data: content fields and body."""
    return (
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + wrapped(data)
    )


def edwards(content: bytes, by: x509.Certificate, own: Key) -> bytes:
    """Detached signed data of an Ed25519 key (RFC 8419), DER."""
    from asn1crypto import cms

    info = cms.ContentInfo.load(signature(content, signer(), key(10)))
    signed = info["content"]
    one = signed["signer_infos"][0]
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [hashlib.sha512(content).digest()]},
        ]
    )
    one["sid"] = cms.SignerIdentifier(
        "issuer_and_serial_number",
        {"issuer": asn1_x509.Name.load(by.issuer.public_bytes()), "serial_number": by.serial_number},
    )
    one["digest_algorithm"] = {"algorithm": "sha512"}
    one["signed_attrs"] = attributes
    one["signature_algorithm"] = {"algorithm": "ed25519"}
    one["signature"] = own.sign(attributes.dump())
    signed["certificates"] = [asn1_x509.Certificate.load(by.public_bytes(Encoding.DER))]
    return bytes(info.dump(force=True))
