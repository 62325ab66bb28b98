"""Signed data of S/MIME (CMS, RFC 5652): what it holds, and whether its signers signed these bytes."""

from __future__ import annotations

import hashlib
import hmac
import struct
import warnings
from typing import TYPE_CHECKING

import msgspec

from tocsin.mail.ber import INTEGER, OID, SEQUENCE, SET, Element, Malformed, Reader

if TYPE_CHECKING:
    from asn1crypto.cms import SignerInfo
    from cryptography.x509 import Certificate

MOST_CERTIFICATES = 64
MOST_SIGNERS = 4
_MOST_CERTIFICATE_BYTES = 256 << 10
_MOST_SIGNER_BYTES = 128 << 10
_KINDS = {
    "2a864886f70d010702": "signed",
    "2a864886f70d010703": "encrypted",  # enveloped
    "2a864886f70d010706": "encrypted",
    "2a864886f70d0109100117": "encrypted",  # authenticated and enveloped
    "2a864886f70d0109100109": "compressed",
}
_DATA = "1.2.840.113549.1.7.1"
_DIGESTS = {
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_OLD_DIGESTS = {"1.3.14.3.2.26": "SHA-1", "1.2.840.113549.2.5": "MD5", "1.2.840.113549.2.2": "MD2"}
_RSA = "1.2.840.113549.1.1.1"
_RSA_PSS = "1.2.840.113549.1.1.10"
_ED25519 = "1.3.101.112"
_RSA_WITH = {
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_WITH = {
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_OLD_SIGNATURES = {
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.10045.4.1": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
}
_RSA_BITS = (2048, 8192)
# What a parser meets in bytes that somebody made up.
PARSING = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)


class Broken(ValueError):
    """The signature does not fit, or cannot be read; the message is a sentence for people."""


class Doubtful(ValueError):
    """The signature may fit, but proves nothing; the message is a sentence for people."""


class Signed(msgspec.Struct, frozen=True):
    """Signed data in its pieces: certificates and signers as they lie there, `content` None where it is elsewhere."""

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    signers: tuple[bytes, ...]


def kind_of(data: bytes) -> str:
    """ "signed", "encrypted", "compressed", or "" for what is none of these or cannot be told."""
    reader = Reader(data)
    try:
        tag, at, _ = reader.head(0, len(data))
        oid = reader.element(at, len(data))
    except Malformed:
        return ""
    if tag != SEQUENCE or oid.tag != OID:
        return ""
    return _KINDS.get(reader.contents(oid).hex(), "")


def read_signed(data: bytes) -> Signed:
    """Take signed data apart (RFC 5652, 5.1), in BER or DER. Raises Malformed."""
    reader = Reader(data)
    outer = reader.children(_expect(reader.element(0, len(data)), SEQUENCE), 3)
    if len(outer) < 2 or _KINDS.get(reader.contents(outer[0]).hex()) != "signed":
        raise Malformed("not signed data")
    inner = reader.children(_expect(outer[1], 0xA0), 1)
    fields = reader.children(_expect(inner[0] if inner else outer[1], SEQUENCE), 6)
    if len(fields) < 4 or fields[0].tag != INTEGER or fields[1].tag != SET or fields[-1].tag != SET:
        raise Malformed("not the fields of signed data")
    held = reader.children(_expect(fields[2], SEQUENCE), 2)
    if not held or held[0].tag != OID:
        raise Malformed("content of no kind")
    content = None
    if len(held) == 2:
        wrapped = reader.children(_expect(held[1], 0xA0), 1)
        if not wrapped or wrapped[0].tag not in (0x04, 0x24):
            raise Malformed("content that is no octet string")
        content = reader.octets(wrapped[0])
    certificates: tuple[bytes, ...] = ()
    for field in fields[3:-1]:
        if field.tag == 0xA0:
            if field.end - field.body > _MOST_CERTIFICATE_BYTES:
                raise Malformed("more certificates than are read")
            found = reader.children(field, MOST_CERTIFICATES)
            certificates = tuple(reader.whole(one) for one in found if one.tag == SEQUENCE)
        elif field.tag != 0xA1:
            raise Malformed("not the fields of signed data")
    if fields[-1].end - fields[-1].body > _MOST_SIGNER_BYTES:
        raise Malformed("signers larger than are read")
    signers = tuple(reader.whole(one) for one in reader.children(fields[-1], MOST_SIGNERS))
    return Signed(_dotted(reader.contents(held[0])), content, certificates, signers)


def _expect(element: Element, tag: int) -> Element:
    if element.tag != tag:
        raise Malformed("another element than was expected")
    return element


def _dotted(data: bytes) -> str:
    from asn1crypto.core import ObjectIdentifier

    try:
        if not 0 < len(data) < 40:
            raise Malformed("no name of a kind")
        return str(ObjectIdentifier(contents=data).dotted)
    except PARSING as error:
        raise Malformed("no name of a kind") from error


def signers_of(signed: Signed, content: bytes, known: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """The certificates whose keys signed `content`, one a signer, from those in the message and `known`.

    Raises Broken where a signature does not fit, Doubtful where that cannot be told.
    """
    from asn1crypto.cms import SignerInfo

    if not signed.signers:
        raise Broken("it names no signer")
    held = (*certificates_of(signed), *known)
    found: list[Certificate] = []
    for data in signed.signers:
        try:
            signer = SignerInfo.load(data)
            found.append(_signer(signer, signed.content_type, content, held))
        except (Broken, Doubtful):
            raise
        except PARSING as error:
            raise Broken("what it says of its signer cannot be read") from error
    return tuple(found)


def certificates_of(signed: Signed) -> tuple[Certificate, ...]:
    """The certificates in the message that can be read."""
    from cryptography.utils import CryptographyDeprecationWarning
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    found: list[Certificate] = []
    with warnings.catch_warnings():
        # What the library only warns of now, as serial numbers that no certificate may have, it is going to refuse.
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        for data in signed.certificates:
            try:
                found.append(load_der_x509_certificate(data))
            except (ValueError, InvalidVersion, CryptographyDeprecationWarning):
                continue
    return tuple(found)


def _signer(
    signer: SignerInfo, content_type: str, content: bytes, held: tuple[Certificate, ...]
) -> Certificate:
    digest_oid = signer["digest_algorithm"]["algorithm"].dotted
    if digest_oid in _OLD_DIGESTS:
        raise Doubtful(f"it rests on {_OLD_DIGESTS[digest_oid]}, which can be forged")
    digest = _DIGESTS.get(digest_oid)
    if digest is None:
        raise Doubtful(f"its digest ({digest_oid}) is not known here")
    certificate = _named(signer, held)
    attributes = signer["signed_attrs"]
    if attributes.native is None:
        if content_type != _DATA:
            raise Broken("it does not sign what kind of content it covers")
        if content[:1] == b"1":
            raise Doubtful("it covers no text of a mail")  # could be the attributes of another signature
        message = content
    else:
        _attributes(attributes, content_type, hashlib.new(digest, content).digest())
        message = b"\x31" + attributes.dump()[1:]  # a SET in place of the field's tag (RFC 5652, 5.4)
    _verify(signer, certificate, digest, message)
    return certificate


def _named(signer: SignerInfo, held: tuple[Certificate, ...]) -> Certificate:
    """The certificate that a signer names by issuer and number, or by the id of its key."""
    from cryptography.x509 import (
        DuplicateExtension,
        ExtensionNotFound,
        SubjectKeyIdentifier,
        UnsupportedGeneralNameType,
    )

    sid = signer["sid"]
    if sid.name == "issuer_and_serial_number":
        issuer, serial = sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native
        for one in held:
            if one.serial_number == serial and one.issuer.public_bytes() == issuer:
                return one
    else:
        wanted = sid.chosen.native
        for one in held:
            try:
                if one.extensions.get_extension_for_class(SubjectKeyIdentifier).value.digest == wanted:
                    return one
            except (ValueError, ExtensionNotFound, DuplicateExtension, UnsupportedGeneralNameType):
                continue
    raise Doubtful("the signer's certificate is not in the mail")


def _attributes(attributes: object, content_type: str, digest: bytes) -> None:
    """Hold the signed attributes to the content (RFC 5652, 11.1 and 11.2)."""
    values: dict[str, object] = {}
    for attribute in attributes:  # type: ignore[attr-defined]
        kind = attribute["type"].native
        if kind in ("content_type", "message_digest"):
            if kind in values or len(attribute["values"]) != 1:
                raise Broken("it says twice what it covers")
            one = attribute["values"][0]
            values[kind] = one.dotted if kind == "content_type" else one.native
    if values.get("content_type") != content_type:
        raise Broken("it was made for another kind of content")
    found = values.get("message_digest")
    if not isinstance(found, bytes) or not hmac.compare_digest(found, digest):
        raise Broken("the signed text was changed after it was signed")


def _verify(signer: SignerInfo, certificate: Certificate, digest: str, message: bytes) -> None:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    known = {
        "sha224": hashes.SHA224(),
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    algorithm = signer["signature_algorithm"]
    oid = algorithm["algorithm"].dotted
    signature = signer["signature"].native
    if oid in _OLD_SIGNATURES:
        raise Doubtful(f"it rests on {_OLD_SIGNATURES[oid]}, which can be forged")
    if _RSA_WITH.get(oid, _ECDSA_WITH.get(oid, digest)) != digest:
        raise Doubtful("it names two digests for one text")
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            if not _RSA_BITS[0] <= key.key_size <= _RSA_BITS[1]:
                raise Doubtful(
                    f"its RSA key has {key.key_size} bits, expected {_RSA_BITS[0]} to {_RSA_BITS[1]}"
                )
            if oid == _RSA_PSS:
                parameters = algorithm["parameters"]
                if (
                    _DIGESTS.get(parameters["hash_algorithm"]["algorithm"].dotted) != digest
                    or parameters["mask_gen_algorithm"]["algorithm"].native != "mgf1"
                    or _DIGESTS.get(parameters["mask_gen_algorithm"]["parameters"]["algorithm"].dotted)
                    != digest
                ):
                    raise Doubtful("it names several digests for one text")
                salt = parameters["salt_length"].native
                if not 0 <= salt <= 512:
                    raise Broken("its salt is of a length that cannot be")
                key.verify(signature, message, padding.PSS(padding.MGF1(known[digest]), salt), known[digest])
                return
            if oid == _RSA or oid in _RSA_WITH:
                key.verify(signature, message, padding.PKCS1v15(), known[digest])
                return
        elif isinstance(key, ec.EllipticCurvePublicKey) and oid in _ECDSA_WITH:
            key.verify(signature, message, ec.ECDSA(known[digest]))
            return
        elif isinstance(key, ed25519.Ed25519PublicKey) and oid == _ED25519:
            key.verify(signature, message)
            return
    except InvalidSignature as error:
        raise Broken("the signature does not fit the signer's key") from error
    except UnsupportedAlgorithm as error:
        raise Doubtful("the signer's key is of a kind not known here") from error
    raise Doubtful(f"its kind of signature ({oid}) is not known here")
