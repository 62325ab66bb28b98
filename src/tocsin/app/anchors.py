"""Reads the certificates that the operator trusts to vouch for signers of mail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.model.signature import Anchors

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_BYTES = 8 * 1024 * 1024
MOST_ANCHORS = 1000
_MOST_FILES = 1000
_SUFFIXES = (".pem", ".crt", ".cer")
_MARK = b"-----BEGIN CERTIFICATE-----"


class AnchorsError(ValueError):
    """Anchors cannot be used; the message says where, what was expected and what to do."""


def load_anchors(path: Path) -> Anchors:
    """The certificates of a PEM file, or of the PEM files (.pem, .crt, .cer) of a folder, each once.

    Raises AnchorsError for what cannot be read, holds no certificate, or a damaged one.
    """
    try:
        files = _files(path) if path.is_dir() else [path]
        found: dict[bytes, None] = {}
        for file in files:
            for encoded in _certificates(file):
                found[encoded] = None
    except OSError as error:
        raise AnchorsError(f"{path}: cannot be read ({error.strerror or error}); check the path") from error
    if len(found) > MOST_ANCHORS:
        raise AnchorsError(
            f"{path}: holds more than {MOST_ANCHORS} certificates; name those that sign mail to you"
        )
    return Anchors(tuple(found), str(path))


def _files(folder: Path) -> list[Path]:
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() in _SUFFIXES and one.is_file())
    if not files:
        raise AnchorsError(f"{folder}: holds no file named {', '.join('*' + one for one in _SUFFIXES)}")
    if len(files) > _MOST_FILES:
        raise AnchorsError(f"{folder}: holds more than {_MOST_FILES} files; name a folder of anchors alone")
    return files


def _certificates(path: Path) -> list[bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise AnchorsError(
            f"{path}: is larger than {MAX_BYTES:,} bytes; expected a PEM file of a few certificates"
        )
    if _MARK not in data:
        raise AnchorsError(
            f"{path}: holds no certificate; expected PEM text with {_MARK.decode()} "
            "(DER can be converted: openssl x509 -inform DER -in FILE -out FILE.pem)"
        )
    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise AnchorsError(f"{path}: a certificate in it is damaged; export it again") from error
    for number, one in enumerate(found, 1):
        _readable(one, f"{path}: certificate {number}")
    return [one.public_bytes(Encoding.DER) for one in found]


def _readable(certificate: Certificate, place: str) -> None:
    """Raises AnchorsError where later use would fail."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        certificate.public_key()
    except x509.ExtensionNotFound:
        return  # may vouch for itself alone
    except (
        ValueError,
        TypeError,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        UnsupportedAlgorithm,
    ) as error:
        raise AnchorsError(f"{place} cannot be read in full ({error}); leave it out") from error
