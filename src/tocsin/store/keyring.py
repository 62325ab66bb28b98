"""The keyring of the system, where it answers at once and asks nobody.

On Linux that is a Secret Service on the session's bus whose default collection is open. A server has no such bus, and
then no socket is opened and nothing is started. A locked collection would open a window to ask for a password; a
program that runs at night must not wait for that, and keeps its key in a file instead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Thread
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")

_SERVICE = "tocsin"
_WAIT_S = 5.0
_DEFAULT_COLLECTION = "/org/freedesktop/secrets/aliases/default"


def from_keyring(store_id: str) -> str | None:
    """The key kept for a store, or None where there is none, or no keyring that answers."""
    return _in_time(lambda library: library.get_password(_SERVICE, store_id))


def to_keyring(store_id: str, key: str) -> bool:
    """Keep the key of a store; False where there is no keyring that gives it back."""

    def keep(library: ModuleType) -> bool:
        library.set_password(_SERVICE, store_id, key)
        return bool(library.get_password(_SERVICE, store_id) == key)

    return _in_time(keep) or False


def _in_time(ask: Callable[[ModuleType], T | None]) -> T | None:
    """What a keyring answers, or None; a bus that hangs is left hanging."""
    if not _possible():
        return None
    answers: list[T | None] = []
    thread = Thread(target=lambda: answers.append(_ask(ask)), daemon=True)
    thread.start()
    thread.join(_WAIT_S)
    return answers[0] if answers else None


def _possible() -> bool:
    """Whether a keyring may be there at all, told without opening anything."""
    if sys.platform in ("darwin", "win32") or os.environ.get("PYTHON_KEYRING_BACKEND"):
        return True
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))


def _ask(ask: Callable[[ModuleType], T | None]) -> T | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        backend = keyring.get_keyring()
        if backend.priority < 1 or not _open(type(backend).__module__):
            return None
        return ask(keyring)
    except (KeyringError, RuntimeError, OSError):
        return None


def _open(backend: str) -> bool:
    """Whether a Secret Service can be asked without a window; other keyrings ask nobody."""
    if backend != "keyring.backends.SecretService":
        return backend not in ("keyring.backends.chainer", "keyring.backends.kwallet")
    import secretstorage
    from secretstorage.exceptions import SecretStorageException

    try:
        connection = secretstorage.dbus_init()
        try:
            return not secretstorage.Collection(connection, _DEFAULT_COLLECTION).is_locked()
        finally:
            connection.close()
    except SecretStorageException:
        return False
