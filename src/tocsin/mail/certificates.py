"""Whether a signer's certificate is vouched for by an anchor, for mail, at one moment (RFC 5280, RFC 8551)."""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from tocsin.mail.cms import Doubtful

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Extensions, GeneralName, NameConstraints

_LONGEST_PATH = 8
_MOST_CHECKS = 64  # signatures checked for one signer
_DIGESTS = frozenset(("sha224", "sha256", "sha384", "sha512", "sha3-224", "sha3-256", "sha3-384", "sha3-512"))
_UNDERSTOOD_WORDS = """
    2.5.29.14 2.5.29.15 2.5.29.17 2.5.29.18 2.5.29.19 2.5.29.30 2.5.29.31 2.5.29.32 2.5.29.35 2.5.29.37
    1.3.6.1.5.5.7.1.1
"""
_UNDERSTOOD = frozenset(_UNDERSTOOD_WORDS.split())


@lru_cache(maxsize=4)  # one set of anchors an operator
def anchors_of(encoded: tuple[bytes, ...]) -> tuple[Certificate, ...]:
    """Anchors ready for use; those that cannot be read are left out."""
    from cryptography.x509 import load_der_x509_certificate

    found: list[Certificate] = []
    for data in encoded:
        try:
            found.append(load_der_x509_certificate(data))
        except ValueError:
            continue
    return tuple(found)


def addresses_of(certificate: Certificate) -> tuple[str, ...]:
    """The mail addresses that a certificate is for, lower-case. Raises Doubtful where it cannot be read."""
    from cryptography.x509 import RFC822Name, SubjectAlternativeName
    from cryptography.x509.oid import NameOID

    names = _extensions(certificate)
    found: list[str] = []
    for extension in names:
        if isinstance(extension.value, SubjectAlternativeName):
            found.extend(extension.value.get_values_for_type(RFC822Name))
    found.extend(str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS))
    return tuple(dict.fromkeys(one.strip().lower() for one in found))


def hold_to_anchors(
    signer: Certificate, held: tuple[Certificate, ...], anchors: tuple[Certificate, ...], at_s: float
) -> None:
    """Find a path from the signer to an anchor through the certificates in the mail. Raises Doubtful with why not.

    `at_s` is Unix time, at which all certificates of the path must hold.
    """
    if not anchors:
        raise Doubtful("no anchors were configured")
    try:
        at = datetime.datetime.fromtimestamp(at_s, datetime.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Doubtful("the time of the mail cannot be read") from error
    _end(signer, at)
    search = _Search(held, anchors, at)
    if not search.climb([signer]):
        raise Doubtful(search.why)


class _Search:
    def __init__(
        self, held: tuple[Certificate, ...], anchors: tuple[Certificate, ...], at: datetime.datetime
    ) -> None:
        self.held = held
        self.anchors = anchors
        self.at = at
        self.checks = 0
        self.why = "no anchor that was configured vouches for the signer"

    def climb(self, path: list[Certificate]) -> bool:
        """Whether the path, from the signer upwards, ends at an anchor or can be led to one."""
        top = path[-1]
        if top in self.anchors:
            return self._holds(path)
        if len(path) > _LONGEST_PATH:
            return False
        for above in (*self.anchors, *self.held):
            if above in path or above.subject != top.issuer:
                continue
            self.checks += 1
            if self.checks > _MOST_CHECKS:
                self.why = "more certificates claim to vouch for the signer than are looked at"
                return False
            if self._issued(top, above) and self.climb([*path, above]):
                return True
        return False

    def _issued(self, below: Certificate, above: Certificate) -> bool:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

        try:
            digest = below.signature_hash_algorithm
            if digest is not None and digest.name not in _DIGESTS:
                self.why = f"a certificate on the way to an anchor rests on {digest.name.upper()}, which can be forged"
                return False
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True

    def _holds(self, path: list[Certificate]) -> bool:
        try:
            between = (
                0  # certificates of authorities between this one and the signer, not issued to themselves
            )
            for index, one in enumerate(path[1:], 1):
                _authority(one, self.at, between)
                for lower in path[:index]:
                    _constrained(one, lower, lower is path[0])
                between += one.subject != one.issuer
        except Doubtful as error:
            self.why = str(error)
            return False
        return True


def _extensions(certificate: Certificate) -> Extensions:
    from cryptography import x509

    try:
        return certificate.extensions
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise Doubtful("a certificate holds what cannot be read") from error


def _common(certificate: Certificate, at: datetime.datetime, whose: str) -> None:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    for extension in _extensions(certificate):
        if extension.critical and extension.oid.dotted_string not in _UNDERSTOOD:
            raise Doubtful(f"{whose} has a condition that is not understood here")
        usage = extension.value
        if isinstance(usage, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.EMAIL_PROTECTION not in usage:
            raise Doubtful(f"{whose} is not meant for mail")
    if at < certificate.not_valid_before_utc:
        raise Doubtful(f"{whose} was not valid yet when the mail came")
    if at > certificate.not_valid_after_utc:
        raise Doubtful(f"{whose} had run out when the mail came")


def _end(certificate: Certificate, at: datetime.datetime) -> None:
    from cryptography import x509

    _common(certificate, at, "the signer's certificate")
    for extension in _extensions(certificate):
        usage = extension.value
        if isinstance(usage, x509.KeyUsage) and not (usage.digital_signature or usage.content_commitment):
            raise Doubtful("the signer's certificate is not meant for signing")


def _authority(certificate: Certificate, at: datetime.datetime, between: int) -> None:
    from cryptography import x509

    _common(certificate, at, "a certificate that vouches for the signer")
    basic = None
    for extension in _extensions(certificate):
        value = extension.value
        if isinstance(value, x509.BasicConstraints):
            basic = value
        elif isinstance(value, x509.KeyUsage) and not value.key_cert_sign:
            raise Doubtful("a certificate on the way to an anchor may not vouch for others")
    if basic is None or not basic.ca:
        raise Doubtful("a certificate on the way to an anchor may not vouch for others")
    if basic.path_length is not None and between > basic.path_length:
        raise Doubtful("the way to an anchor is longer than it allows")


def _constrained(above: Certificate, below: Certificate, is_signer: bool) -> None:
    """Hold a certificate to the names that one above it may vouch for (RFC 5280, 4.2.1.10)."""
    from cryptography import x509

    limits = next((e.value for e in _extensions(above) if isinstance(e.value, x509.NameConstraints)), None)
    if limits is None or (not is_signer and below.subject == below.issuer):
        return
    names: list[GeneralName] = [x509.RFC822Name(one) for one in _mail_names(below)]
    if len(below.subject.rdns):
        names.append(x509.DirectoryName(below.subject))
    for extension in _extensions(below):
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names.extend(one for one in extension.value if not isinstance(one, x509.RFC822Name))
    for name in names:
        _allowed(limits, name)


def _mail_names(certificate: Certificate) -> tuple[str, ...]:
    found = addresses_of(certificate)
    if any(not one.isascii() for one in found):
        raise Doubtful("the certificate's address cannot be held to what its issuer may vouch for")
    return found


def _allowed(limits: NameConstraints, name: GeneralName) -> None:
    permitted = [one for one in limits.permitted_subtrees or () if type(one) is type(name)]
    excluded = [one for one in limits.excluded_subtrees or () if type(one) is type(name)]
    if permitted and not any(_within(name, one, False) for one in permitted):
        raise Doubtful("a certificate names somebody for whom its issuer may not vouch")
    if any(_within(name, one, True) for one in excluded):
        raise Doubtful("a certificate names somebody for whom its issuer may not vouch")


def _within(name: GeneralName, tree: GeneralName, unknown: bool) -> bool:
    """Whether a name lies in a subtree; `unknown` where that cannot be told."""
    from cryptography import x509

    if isinstance(name, x509.RFC822Name) and isinstance(tree, x509.RFC822Name):
        address, wanted = name.value.lower(), tree.value.lower()
        domain = address.rpartition("@")[2]
        if "@" in wanted:
            return address == wanted
        return domain.endswith(wanted) if wanted.startswith(".") else domain == wanted
    if isinstance(name, x509.DirectoryName) and isinstance(tree, x509.DirectoryName) and not unknown:
        base = list(tree.value.rdns)
        return list(name.value.rdns)[: len(base)] == base
    return unknown
