"""Where the keys of encrypted stores lie: never beside the store.

In this order: the file that TOCSIN_KEY_FILE names, and then nowhere else; a file named after the store's id below
XDG_DATA_HOME/tocsin/keys; the keyring of the system. A new key goes into the keyring where there is one that answers
without asking anybody, else into such a file. The keyring is asked over a socket: open stores before the network is
closed to the process.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from tocsin.store.interface import StoreError, StoreLocked
from tocsin.store.keyring import from_keyring, to_keyring

KEY_BYTES = 32
_MOST_BYTES = 1024  # of a key file; what is longer is something else


def find_key(store_id: str, where: str) -> str:
    """The key of a store, 64 hexadecimal digits. Raises StoreLocked where there is none, or others may read it."""
    named = os.environ.get("TOCSIN_KEY_FILE")
    if named:
        return _read(Path(named), where)
    file = _file_of(store_id)
    if file.exists():
        return _read(file, where)
    key = from_keyring(store_id)
    if key is not None:
        return _checked(key, "the system's keyring", where)
    raise StoreLocked(
        f"{where}: is encrypted, and its key is not here: neither in {file} nor in an open keyring of "
        "the system. Put the key file back, or name it by TOCSIN_KEY_FILE; without its key a store cannot be read. If "
        "this file is no store of Tocsin, name another"
    )


def new_key(store_id: str) -> tuple[str, str]:
    """Make and keep the key of a new store; returns it, and where it lies, in words.

    TOCSIN_KEY_FILE, where it is set, names the file: one that is there is used as it is.
    """
    named = os.environ.get("TOCSIN_KEY_FILE")
    if named and Path(named).exists():
        return _read(Path(named), named), named
    key = secrets.token_hex(KEY_BYTES)
    if not named and to_keyring(store_id, key):
        return key, "the system's keyring"
    file = Path(named) if named else _file_of(store_id)
    _write(file, key)
    return key, str(file)


def key_place(store_id: str) -> str:
    """Where the key of a store is looked for first and found, in words."""
    named = os.environ.get("TOCSIN_KEY_FILE")
    if named:
        return named
    file = _file_of(store_id)
    return str(file) if file.exists() else "the system's keyring"


def forget_key(store_id: str) -> None:
    """Remove the key file of a store that could not be made."""
    if not os.environ.get("TOCSIN_KEY_FILE"):
        _file_of(store_id).unlink(missing_ok=True)


def _file_of(store_id: str) -> Path:
    data = os.environ.get("XDG_DATA_HOME") or ""
    base = Path(data) if data.startswith("/") else Path.home() / ".local" / "share"
    return base / "tocsin" / "keys" / f"{store_id}.key"


def _read(file: Path, where: str) -> str:
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            text = opened.read(_MOST_BYTES)
    except OSError as error:
        raise StoreLocked(f"{where}: its key file {file} cannot be read ({error.strerror})") from error
    if stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreLocked(
            f"{where}: its key file {file} can be used by others (mode {stat.S_IMODE(status.st_mode):04o}); "
            f"expected 0600. Find out who read it, then run: chmod 600 {file}"
        )
    return _checked(text.decode("ascii", "replace"), str(file), where)


def _checked(text: str, place: str, where: str) -> str:
    key = text.strip().lower()
    if len(key) != 2 * KEY_BYTES or set(key) - set("0123456789abcdef"):
        raise StoreLocked(f"{where}: {place} holds no key; expected {2 * KEY_BYTES} hexadecimal digits")
    return key


def _write(file: Path, key: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(f"{key}\n")
            opened.flush()
            os.fsync(opened.fileno())
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(
            f"{file}: the key of the new store cannot be kept there ({error.strerror}); no store was made. Set "
            "TOCSIN_KEY_FILE to a place for it, or ask for a store without encryption by --plain"
        ) from error
