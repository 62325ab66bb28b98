"""Seals a list of people, and gives back what a sealed one holds."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from tocsin.app.matching import AddressBook
from tocsin.app.people import parse_people, read_people_text
from tocsin.app.people_fields import PeopleError
from tocsin.app.people_sealed import HASHED, is_sealed, reseal, seal, unseal, with_hashes
from tocsin.app.people_writing import Newcomer, entry_text
from tocsin.model.people import Contact, People


def seal_list(path: Path, output: Path, *, hash_addresses: bool) -> str:
    """Write the sealed list; where its key lies, in words. Raises PeopleError, OSError; nothing is changed then.

    A sealed list that lies at `output` already gives its key, so that hashes of addresses stay what they are.
    """
    data = path.read_bytes() if path.exists() else b""
    if is_sealed(data):
        raise PeopleError(f"{path}: is sealed already")
    if not data:
        raise PeopleError(f"{path}: there is no list to seal; check the path given to --people")
    text, _ = read_people_text(data, path)
    people = parse_people(text, str(path))
    before = output.read_bytes() if output.exists() else b""
    if not is_sealed(before) and _holds_hashes(people):
        raise PeopleError(
            f"{path}: holds hashes of addresses, which mean nothing under a new key; name the sealed list that it was "
            "taken from with -o, and it is sealed with that list's key"
        )
    if hash_addresses:
        _check_forms(people, path)
    if is_sealed(before):
        _, key = unseal(before, output)
        place = "the place where it lay"
    else:
        before, place, key = seal(data)
    sealed_text = list_text(with_hashes(people, key)).encode() if hash_addresses else data
    write_list(output, reseal(before, sealed_text, output))
    return place


def _holds_hashes(people: People) -> bool:
    return any(address.startswith(HASHED) for owner in people.owners for address in owner.addresses)


def _check_forms(people: People, path: Path) -> None:
    """Raises PeopleError for an address that no mail could be told by once it is hashed."""
    book = AddressBook(people)
    for owner in people.owners:
        for address in (*owner.addresses, *owner.unpublished):
            if not book.form(address):
                raise PeopleError(
                    f"{path}: {address} cannot be hashed: it has no whole domain, or is longer than addresses are; "
                    "write it as mail shows it, or seal without --hash-addresses"
                )


def open_list(path: Path) -> str:
    """The TOML of a sealed list. Raises PeopleError, OSError."""
    data = path.read_bytes()
    if not is_sealed(data):
        raise PeopleError(f"{path}: is not sealed; it can be read as it is")
    return read_people_text(data, path)[0]


def list_text(people: People) -> str:
    """A whole list in TOML; comments of the file that it came from are not in it."""
    contacts = {one.person: one for one in people.contacts}
    parts = []
    if people.renamed:
        pairs = ", ".join(f"{_quoted(former)} = {_quoted(now)}" for former, now in people.renamed)
        parts.append(f"[matching]\nrenamed = {{ {pairs} }}\n")
    for owner in people.owners:
        contact = contacts.get(owner.addresses[0], Contact(owner.addresses[0]))
        parts.append(entry_text(Newcomer(owner, contact)))
    return "".join(parts)


def write_list(path: Path, data: bytes) -> None:
    """Write a list that its owner alone can read, whole or not at all. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
