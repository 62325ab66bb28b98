"""How notices are mailed: by which relay, from whom, under whose certificate; a TOML file that the operator writes."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from tocsin.connect.credentials import login_for
from tocsin.connect.fetch import FetchError
from tocsin.connect.smtp import Server

_MOST_BYTES = 64 * 1024
_SECURITY = ("tls", "starttls", "none")
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class RelayFileError(ValueError):
    """The file cannot be used; the message says where, what was expected and what to do."""


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    host: str
    sender: str
    certificate: str
    key: str
    security: str = "starttls"
    port: int = 0
    user: str = ""
    name: str = ""
    ca_file: str = ""
    chain: str = ""


class Signer(msgspec.Struct, frozen=True):
    """Certificate and key that mail is signed with, and the certificates between it and a root."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()


class Outgoing(msgspec.Struct, frozen=True):
    """All that mailing needs: `sender` is the address in From and of the envelope, `name` who writes."""

    server: Server
    sender: str
    name: str
    signer: Signer


def load_relay(path: Path, office: str) -> Outgoing:
    """The relay of this file; `office` stands in From where the file gives no name. Raises RelayFileError."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1).decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise RelayFileError(
            f"{path}: cannot be read ({error.strerror}); relay in the settings names it"
        ) from error
    except UnicodeDecodeError as error:
        raise RelayFileError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise RelayFileError(f"{path}: is not valid TOML: {error}") from error
    for key in document:
        if key not in _File.__struct_fields__:
            near = difflib.get_close_matches(key, _File.__struct_fields__, 1, 0.6)
            known = (
                f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(_File.__struct_fields__)}"
            )
            raise RelayFileError(f"{path}: unknown key {key!r}; {known}")
    try:
        found = msgspec.convert(document, _File)
    except msgspec.ValidationError as error:
        raise RelayFileError(
            f"{path}: {error}; expected host, sender, certificate and key at least: docs/notify.md"
        ) from error
    if found.security not in _SECURITY:
        raise RelayFileError(
            f"{path}: security is {found.security!r}; expected one of {', '.join(_SECURITY)}"
        )
    if not 0 <= found.port <= 65_535:
        raise RelayFileError(f"{path}: port is {found.port}; expected 1 to 65535")
    sender = found.sender.strip()
    if sender.count("@") != 1 or not sender.isascii() or any(c.isspace() or c in '<>,;"' for c in sender):
        raise RelayFileError(
            f"{path}: sender is {sender!r}; expected one address, as in office@parliament.example"
        )
    login = None
    if found.user:
        try:
            login = login_for(found.host)
        except FetchError as error:
            raise RelayFileError(str(error)) from error
        if login is None or login.user != found.user:
            raise RelayFileError(
                f"{path}: no password of {found.user} at {found.host} is at hand; docs/notify.md says where it is kept"
            )
    base = path.parent
    server = Server(
        found.host,
        found.port or _PORTS[found.security],
        found.security,
        login,
        str(base / Path(found.ca_file).expanduser()) if found.ca_file else "",
    )
    return Outgoing(server, sender, found.name.strip() or office, _signer(base, found, path))


def _signer(base: Path, found: _File, path: Path) -> Signer:
    certificates = _certificates(base / Path(found.certificate).expanduser())
    chain = _certificates(base / Path(found.chain).expanduser()) if found.chain else ()
    file = base / Path(found.key).expanduser()
    try:
        if file.stat().st_mode & 0o077:
            raise RelayFileError(
                f"{file}: holds a private key and may be read by others; first: chmod 600 {file}"
            )
        key = serialization.load_pem_private_key(file.read_bytes()[:_MOST_BYTES], None)
    except OSError as error:
        raise RelayFileError(f"{file}: cannot be read ({error.strerror}); key in {path} names it") from error
    except TypeError as error:
        raise RelayFileError(
            f"{file}: asks for a passphrase; expected a key without one, mode 0600"
        ) from error
    except ValueError as error:
        raise RelayFileError(f"{file}: holds no private key; expected PEM") from error
    certificate = certificates[0]
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise RelayFileError(f"{file}: expected a key of RSA or an elliptic curve")
    if key.public_key() != certificate.public_key():
        raise RelayFileError(f"{file}: is the key of another certificate than {found.certificate}")
    names = _addresses(certificate)
    if found.sender.strip().lower() not in names:
        raise RelayFileError(
            f"{found.certificate}: stands for {', '.join(names) or 'no address'}, so that mail from {found.sender} "
            "would be shown as wrongly signed; use the certificate of that address"
        )
    return Signer(certificate, key, (*certificates[1:], *chain))


def _certificates(file: Path) -> tuple[x509.Certificate, ...]:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes()[:_MOST_BYTES])
    except OSError as error:
        raise RelayFileError(
            f"{file}: cannot be read ({error.strerror}); expected a certificate in PEM"
        ) from error
    except ValueError as error:
        raise RelayFileError(f"{file}: holds no certificate; expected PEM") from error
    return tuple(found)


def _addresses(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in names.get_values_for_type(x509.RFC822Name)]


def signed(raw: bytes, signer: Signer) -> bytes:
    """A MIME entity as multipart/signed (RFC 8551, 3.5): what it holds stays readable without S/MIME."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(raw)
    builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA256())
    for one in signer.chain:
        builder = builder.add_certificate(one)
    return builder.sign(serialization.Encoding.SMIME, [pkcs7.PKCS7Options.DetachedSignature])
