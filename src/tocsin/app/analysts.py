"""Analysts and their keys: the public part in the store, the private part with the analyst alone."""

from __future__ import annotations

import os
import stat
from hashlib import blake2b
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin.app.account import account
from tocsin.model.judgement import Analyst
from tocsin.store.interface import Store

_LONGEST_NAME = 120
_MOST_BYTES = 16 * 1024
_PUBLIC_BYTES = 32

_decoder = msgspec.msgpack.Decoder(Analyst)


class AnalystError(ValueError):
    """An analyst, or their key, is not as it should be; the message says what was expected and what to do."""


class PassphraseNeeded(AnalystError):
    """The private key is locked, and no passphrase or a wrong one was given."""


def add_analyst(
    store: Store,
    name: str,
    *,
    now_s: float,
    role: str = "",
    passphrase: str = "",
    public_key: bytes | None = None,
) -> tuple[Analyst, Path | None]:
    """Make a key for somebody and enter them, or enter a colleague by their `public_key`.

    Returns the analyst and the file of the private key, None for a colleague's. Raises AnalystError.
    """
    name, role = _text("the name", name), _text("the role", role) if role else ""
    if any(one.name == name and one.retired_s is None for one in analysts(store)):
        raise AnalystError(f"{name}: is entered already; retire that key first, or add a distinguishing word")
    file = None
    if public_key is None:
        key = Ed25519PrivateKey.generate()
        public_key = key.public_key().public_bytes_raw()
        file = key_file(id_of(public_key))
        _write(file, key, passphrase)
    elif len(public_key) != _PUBLIC_BYTES:
        raise AnalystError(f"the public key has {len(public_key)} bytes; expected {_PUBLIC_BYTES} of Ed25519")
    one = Analyst(id_of(public_key), name, public_key, now_s, account(), role)
    if store.get("analyst", one.id) is not None:
        raise AnalystError(f"{one.id}: this key is entered already; tocsin analysts list shows whose it is")
    store.put("analyst", one.id, msgspec.msgpack.encode(one))
    return one, file


def analysts(store: Store) -> tuple[Analyst, ...]:
    """All who may sign, or once could, the first entered first; an entry that cannot be read has no key."""
    found = (_read(id, body) for id, body in store.documents("analyst"))
    return tuple(sorted(found, key=lambda one: (one.added_s, one.id)))


def find_analyst(store: Store, wanted: str) -> Analyst:
    """The analyst by id, its beginning, or name; of one name the one who can sign. Raises AnalystError."""
    wanted = wanted.strip()
    found = [one for one in analysts(store) if wanted and (one.id.startswith(wanted) or one.name == wanted)]
    active = [one for one in found if one.retired_s is None] or found
    if len(active) != 1:
        why = "several analysts answer to this" if active else "no analyst answers to this"
        raise AnalystError(f"{wanted or 'nobody'}: {why}; tocsin analysts list shows them")
    return active[0]


def retire_analyst(store: Store, wanted: str, *, now_s: float) -> Analyst:
    """Let a key sign nothing more; what it signed stays. Raises AnalystError."""
    one = find_analyst(store, wanted)
    if one.retired_s is not None:
        raise AnalystError(f"{one.name} ({one.id}): was retired before")
    gone = msgspec.structs.replace(one, retired_s=now_s, retired_by=account())
    store.put("analyst", one.id, msgspec.msgpack.encode(gone))
    return gone


def id_of(public_key: bytes) -> str:
    """The id that a public key gives its analyst."""
    return "a-" + blake2b(public_key, digest_size=6).hexdigest()


def key_file(id: str) -> Path:
    """Where the private key of an analyst lies on this machine."""
    data = os.environ.get("XDG_DATA_HOME") or ""
    base = Path(data) if data.startswith("/") else Path.home() / ".local" / "share"
    return base / "tocsin" / "analysts" / f"{id}.pem"


def is_locked(id: str) -> bool:
    """Whether the private key of an analyst lies here and asks for a passphrase."""
    try:
        return b"ENCRYPTED" in key_file(id).read_bytes()[:_MOST_BYTES].split(b"\n", 1)[0]
    except OSError:
        return False


def sign(analyst: Analyst, message: bytes, passphrase: str = "") -> bytes:
    """64 bytes of Ed25519 over `message`. Raises AnalystError, PassphraseNeeded."""
    if analyst.retired_s is not None:
        raise AnalystError(f"{analyst.name} ({analyst.id}): this key is retired and signs nothing more")
    file = key_file(analyst.id)
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            data = opened.read(_MOST_BYTES)
    except OSError as error:
        raise AnalystError(
            f"{file}: the private key of {analyst.name} cannot be read ({error.strerror}); an analyst signs on the "
            "machine where the key was made"
        ) from error
    if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AnalystError(
            f"{file}: can be used by others (mode {stat.S_IMODE(status.st_mode):04o}); expected 0600. Retire this "
            "key if somebody could have read it; else run: chmod 600"
        )
    try:
        key = serialization.load_pem_private_key(data, passphrase.encode() or None)
    except TypeError as error:
        if passphrase:
            raise AnalystError(f"{file}: has no passphrase, and one was given; give none") from error
        raise PassphraseNeeded(f"{file}: is locked by a passphrase; give it") from error
    except ValueError as error:
        if passphrase:
            raise PassphraseNeeded(f"{file}: this passphrase does not open it") from error
        raise AnalystError(f"{file}: holds no private key; expected PEM of PKCS #8") from error
    if not isinstance(key, Ed25519PrivateKey) or key.public_key().public_bytes_raw() != analyst.public_key:
        raise AnalystError(f"{file}: holds another key than the one entered for {analyst.name}")
    return key.sign(message)


def is_signed(analyst: Analyst, message: bytes, signature: bytes) -> bool:
    """Whether this analyst's key signed this message; the id must be that key's own."""
    if id_of(analyst.public_key) != analyst.id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(analyst.public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(id: str, body: bytes) -> Analyst:
    try:
        return msgspec.structs.replace(_decoder.decode(body), id=id)
    except msgspec.DecodeError:
        return Analyst(id, "(an entry that cannot be read)", b"", 0.0, "")


def _write(file: Path, key: Ed25519PrivateKey, passphrase: str) -> None:
    locked = (
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption()
    )
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise AnalystError(
            f"{file}: the new key cannot be kept there ({error.strerror}); nobody was entered"
        ) from error


def _text(what: str, text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST_NAME:
        raise AnalystError(f"{what} has {len(text)} characters; expected 1 to {_LONGEST_NAME}")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise AnalystError(f"{what} is not UTF-8; write it again")
    return text
