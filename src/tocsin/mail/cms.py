"""Signatures of S/MIME: whether a CMS SignedData fits what it signs, and whose certificate leads to an anchor.

Source: RFC 5652 (CMS), RFC 8551 (S/MIME 4.0), RFC 5280 (certificates). What is not understood does not verify.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

LARGEST_BYTES = 32 * 1024 * 1024
MOST_CERTIFICATES = 20
MOST_SIGNERS = 4
MOST_STEPS = 6
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_UNDERSTOOD = frozenset(
    (
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    )
)
_LEAST_RSA_BITS = 2048
# What parsers of hostile structures raise.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class Unreadable(ValueError):
    """The bytes are no signature that is understood; the message says what was expected."""


class Checked(msgspec.Struct, frozen=True):
    """What one signature was found to be: `state` of model.signature.STATES, a sentence, addresses of the signer."""

    state: str
    why: str
    addresses: tuple[str, ...] = ()


class SignedData(msgspec.Struct, frozen=True):
    """A parsed SignedData: what lies inside (None where it is detached), and the structure itself."""

    content: bytes | None
    structure: Any


def parse_signed(data: bytes) -> SignedData:
    """Parse a SignedData from DER or BER. Raises Unreadable."""
    if len(data) > LARGEST_BYTES:
        raise Unreadable(f"it is larger than {LARGEST_BYTES:,} bytes")
    try:
        info = cms.ContentInfo.load(data)
        if info["content_type"].native != "signed_data":
            raise Unreadable("it is no signed data")
        signed = info["content"]
        content = signed["encap_content_info"]["content"]
        inside = content.native if content is not None else None
        if not 1 <= len(signed["signer_infos"]) <= MOST_SIGNERS:
            raise Unreadable(f"it has no signer, or more than {MOST_SIGNERS}")
    except _UNREADABLE as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("it does not keep to the format") from error
    return SignedData(inside if isinstance(inside, bytes) else None, signed)


def check(signed: SignedData, content: bytes, anchors: Sequence[bytes], at_s: float) -> Checked:
    """Whether a signature fits this content and leads to an anchor that was good at this moment (Unix time).

    Of several signers the best counts. Never raises, whatever the structure holds.
    """
    try:
        certificates = _certificates(signed.structure)
        trusted = [x509.load_der_x509_certificate(one) for one in anchors]
        found = [
            _signer(info, certificates, trusted, signed.structure, content, at_s)
            for info in signed.structure["signer_infos"]
        ]
    except (*_UNREADABLE, UnsupportedAlgorithm):
        return Checked("unverified", "The signature does not keep to the format.")
    order = ("verified", "unverified", "broken")
    return min(found, key=lambda one: order.index(one.state))


def _certificates(signed: Any) -> list[x509.Certificate]:
    return [
        x509.load_der_x509_certificate(choice.chosen.dump())
        for choice in list(signed["certificates"] or ())[:MOST_CERTIFICATES]
        if choice.name == "certificate"
    ]


def _signer(
    info: Any,
    certificates: list[x509.Certificate],
    trusted: list[x509.Certificate],
    signed: Any,
    content: bytes,
    at_s: float,
) -> Checked:
    name = info["digest_algorithm"]["algorithm"].native
    if name not in _HASHES:
        return Checked("unverified", f"It was made with {name}, which is no longer good enough.")
    certificate = _of_signer(info, [*certificates, *trusted])
    if certificate is None:
        return Checked("unverified", "The certificate of the signer is not in it.")
    digest = hashlib.new(name, content).digest()
    attributes = info["signed_attrs"]
    if len(attributes):
        said = {one["type"].native: one["values"] for one in attributes}
        kinds = said.get("content_type")
        if kinds is None or kinds[0].native != signed["encap_content_info"]["content_type"].native:
            return Checked("unverified", "It does not say what kind of content it signs.")
        digests = said.get("message_digest")
        if digests is None or len(digests) != 1 or digests[0].native != digest:
            return Checked("broken", "What it signs was changed after it was signed.")
        to_verify = attributes.untag().dump()
    else:
        to_verify = content
    problem = _mismatch(certificate, info, to_verify, _HASHES[name])
    if problem:
        return Checked(*problem)
    when = datetime.datetime.fromtimestamp(at_s, datetime.UTC)
    doubt = _unfit(certificate) or _leads_nowhere(certificate, certificates, trusted, when)
    if doubt:
        return Checked("unverified", doubt)
    return Checked("verified", "", _addresses(certificate))


def _of_signer(info: Any, certificates: Sequence[x509.Certificate]) -> x509.Certificate | None:
    sid = info["sid"]
    for one in certificates:
        if sid.name == "issuer_and_serial_number":
            wanted = sid.chosen
            if (
                one.serial_number == wanted["serial_number"].native
                and one.issuer.public_bytes() == wanted["issuer"].dump()
            ):
                return one
        else:
            try:
                key_id = one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
            except x509.ExtensionNotFound:
                continue
            if key_id == sid.chosen.native:
                return one
    return None


def _mismatch(
    certificate: x509.Certificate, info: Any, data: bytes, algorithm: hashes.HashAlgorithm
) -> tuple[str, str] | None:
    """(state, why) where the mathematics fails or is not known."""
    key = certificate.public_key()
    signature = info["signature"].native
    method = info["signature_algorithm"]
    kind = method["algorithm"].native
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size < _LEAST_RSA_BITS:
                return "unverified", f"Its key has {key.key_size} bits, which is no longer good enough."
            if kind == "rsassa_pss":
                parameters = method["parameters"]
                used = _HASHES.get(parameters["hash_algorithm"]["algorithm"].native)
                masked = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
                if used is None or used.name != algorithm.name or masked != used.name:
                    return "unverified", "It was made in a way that is not understood."
                salt = int(parameters["salt_length"].native)
                key.verify(signature, data, padding.PSS(padding.MGF1(used), salt), used)
            elif kind in ("rsassa_pkcs1v15", f"{algorithm.name}_rsa"):
                key.verify(signature, data, padding.PKCS1v15(), algorithm)
            else:
                return "unverified", "It was made in a way that is not understood."
        elif isinstance(key, ec.EllipticCurvePublicKey):
            if kind not in (f"{algorithm.name}_ecdsa", "ecdsa"):
                return "unverified", "It was made in a way that is not understood."
            key.verify(signature, data, ec.ECDSA(algorithm))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            return "unverified", "Its kind of key is not understood."
    except InvalidSignature:
        return "broken", "The signature does not fit what it signs."
    return None


def _unfit(certificate: x509.Certificate) -> str:
    """Why a certificate may not sign mail, "" where it may."""
    if problem := _not_understood(certificate):
        return problem
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return "The certificate of the signer is not for signatures."
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    allowed = (ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    if purposes is not None and not any(one in allowed for one in purposes):
        return "The certificate of the signer is not for mail."
    return ""


def _leads_nowhere(
    leaf: x509.Certificate,
    certificates: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    when: datetime.datetime,
) -> str:
    """Why no row of certificates leads from this one to an anchor, "" where one does."""
    if not trusted:
        return "No anchors are set up to check it by."
    current, seen = leaf, {leaf.fingerprint(hashes.SHA256())}
    for steps in range(MOST_STEPS):
        if problem := _not_good_at(current, when):
            return problem
        if any(one == current for one in trusted):
            return ""
        for anchor in trusted:
            if _issued(anchor, current):
                return _not_good_at(anchor, when) or _no_issuer(anchor, steps)
        above = next(
            (
                one
                for one in certificates
                if one.fingerprint(hashes.SHA256()) not in seen and _issued(one, current)
            ),
            None,
        )
        if above is None:
            return "Its certificate leads to no anchor that is set up."
        if problem := _not_understood(above) or _no_issuer(above, steps):
            return problem
        seen.add(above.fingerprint(hashes.SHA256()))
        current = above
    return "Its certificate leads to no anchor within a few steps."


def _issued(issuer: x509.Certificate, subject: x509.Certificate) -> bool:
    if issuer.subject != subject.issuer:
        return False
    algorithm = subject.signature_hash_algorithm
    if algorithm is not None and algorithm.name not in _HASHES:
        return False
    try:
        subject.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _no_issuer(certificate: x509.Certificate, below: int) -> str:
    """Why a certificate may not vouch for others, `below` of which lie between it and the signer; "" where it may."""
    basic = _extension(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca:
        return "A certificate between signer and anchor may not vouch for others."
    if basic.path_length is not None and below > basic.path_length:
        return "More certificates lie between signer and anchor than may."
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return "A certificate between signer and anchor may not vouch for others."
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    allowed = (ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    if purposes is not None and not any(one in allowed for one in purposes):
        return "A certificate between signer and anchor is not for mail."
    return ""


def _not_good_at(certificate: x509.Certificate, when: datetime.datetime) -> str:
    if when < certificate.not_valid_before_utc:
        return "A certificate was not good yet when the mail came."
    if when > certificate.not_valid_after_utc:
        return "A certificate was no longer good when the mail came."
    return ""


def _not_understood(certificate: x509.Certificate) -> str:
    for one in certificate.extensions:
        if one.critical and one.oid not in _UNDERSTOOD:
            return f"A certificate sets a condition that is not understood ({one.oid.dotted_string})."
        if one.oid == ExtensionOID.NAME_CONSTRAINTS:
            return "A certificate is for certain names alone, which is not looked into."
    return ""


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    found: list[str] = []
    names = _extension(certificate, x509.SubjectAlternativeName)
    if names is not None:
        found.extend(names.get_values_for_type(x509.RFC822Name))
    found.extend(str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS))
    return tuple(dict.fromkeys(address.strip().lower() for address in found))
