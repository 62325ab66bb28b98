"""A list of people that nobody can read who has the file alone: AES-256-GCM, its key where keys of stores lie.

The file is a line, 16 bytes that name its key, 12 of nonce, and the sealed TOML. In a list that keeps addresses as
keyed hashes, each address is "hash:" and 32 hexadecimal digits: mail still finds its person, and whoever opens the list
cannot say which addresses it holds without trying them.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.app.matching import AddressBook
from tocsin.app.people_fields import PeopleError
from tocsin.model.people import People
from tocsin.store.interface import StoreError
from tocsin.store.keys import find_key, new_key

MAGIC = b"TOCSIN-PEOPLE-1\n"
HASHED = "hash:"
_ID_BYTES, _NONCE_BYTES = 16, 12
_HEAD = len(MAGIC) + _ID_BYTES


def is_sealed(data: bytes) -> bool:
    """Whether these are the bytes of a sealed list."""
    return data.startswith(MAGIC)


def seal(text: bytes) -> tuple[bytes, str, bytes]:
    """A sealed list under a new key, where that key lies, in words, and the key of hashes in it. Raises PeopleError."""
    id = secrets.token_bytes(_ID_BYTES)
    try:
        key, place = new_key(_name(id))
    except (StoreError, OSError) as error:
        raise PeopleError(f"the key of the list cannot be kept: {error}") from error
    return _sealed(text, id, bytes.fromhex(key)), place, _derived(bytes.fromhex(key), b"addresses")


def reseal(before: bytes, text: bytes, where: Path) -> bytes:
    """A changed list under the key that it had. Raises PeopleError."""
    id = before[len(MAGIC) : _HEAD]
    return _sealed(text, id, _key(id, where))


def unseal(data: bytes, where: Path) -> tuple[bytes, bytes]:
    """The TOML of a sealed list, and the key of its hashes. Raises PeopleError."""
    id, rest = data[len(MAGIC) : _HEAD], data[_HEAD:]
    if len(id) < _ID_BYTES or len(rest) <= _NONCE_BYTES:
        raise PeopleError(f"{where}: is a sealed list that was cut off; take it from a copy")
    key = _key(id, where)
    try:
        text = AESGCM(_derived(key, b"list")).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], data[:_HEAD])
    except InvalidTag:
        raise PeopleError(f"{where}: does not open with its key: it was changed, or is not whole") from None
    return text, _derived(key, b"addresses")


def with_hashes(people: People, key: bytes) -> People:
    """The people with each address replaced by what stands for it; ways and delegates stay as they are."""
    book = AddressBook(msgspec.structs.replace(people, address_key=key))
    owners = tuple(
        msgspec.structs.replace(
            owner,
            addresses=tuple(map(book.form, owner.addresses)),
            unpublished=tuple(map(book.form, owner.unpublished)),
            name="" if owner.name == owner.addresses[0] else owner.name,
        )
        for owner in people.owners
    )
    contacts = tuple(
        msgspec.structs.replace(one, person=book.form(one.person), private=tuple(map(book.form, one.private)))
        for one in people.contacts
    )
    return msgspec.structs.replace(people, owners=owners, contacts=contacts, address_key=key)


def _sealed(text: bytes, id: bytes, key: bytes) -> bytes:
    nonce, head = os.urandom(_NONCE_BYTES), MAGIC + id
    return head + nonce + AESGCM(_derived(key, b"list")).encrypt(nonce, text, head)


def _key(id: bytes, where: Path) -> bytes:
    try:
        return bytes.fromhex(find_key(_name(id), str(where)))
    except StoreError as error:
        raise PeopleError(
            f"{error}".replace("If this file is no store of Tocsin, name another", "").strip()
        ) from error


def _name(id: bytes) -> str:
    return f"people-{id.hex()}"


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"tocsin people 1 " + purpose).derive(key)
