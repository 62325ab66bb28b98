"""Whose address is it: any form of an address that people.toml knows, to its person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from tocsin.mail.canonical import canonical
from tocsin.model.people import Contact, Owner, People

_MOST_MET = 200_000
_HASHED = "hash:"


class AddressBook(Mapping[str, str]):
    """Maps addresses to the first address of their person; an address as it is written in the list comes first.

    Other forms are found by what both come to (`mail.canonical`): case, a part from "+" on, dots where the provider
    ignores them, and the former domains of `People.renamed`. Iterates over addresses as they are written.
    """

    def __init__(self, people: People) -> None:
        """Where two people come to one form, it leads to nobody, and is in `shared` with their names."""
        self._renamed = dict(people.renamed)
        self._key = people.address_key
        self._met: dict[str, str | None] = {}  # a mailbox names the same addresses again and again
        self._written = {
            address: owner.addresses[0] for owner in people.owners for address in owner.addresses
        }
        forms: dict[str, set[str]] = {}
        for address, person in self._written.items():
            forms.setdefault(self.form(address), set()).add(person)
        self._forms = {form: next(iter(found)) for form, found in forms.items() if form and len(found) == 1}
        names = {owner.addresses[0]: owner.name or owner.addresses[0] for owner in people.owners}
        self.shared: Mapping[str, tuple[str, ...]] = {
            form: tuple(sorted(names[person] for person in found))
            for form, found in forms.items()
            if form and len(found) > 1
        }

    def __getitem__(self, address: str) -> str:
        found = self._find(address)
        if found is None:
            raise KeyError(address)
        return found

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and self._find(address) is not None

    def get(self, address: str, default: Any = None) -> Any:
        """As a dict's, without an exception for each stranger."""
        found = self._find(address)
        return default if found is None else found

    def _find(self, address: str) -> str | None:
        exact = self._written.get(address)
        if exact is not None or not self._written:
            return exact
        if address not in self._met:
            if len(self._met) >= _MOST_MET:
                self._met.clear()
            self._met[address] = self._forms.get(self.form(address))
        return self._met[address]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)

    def form(self, address: str) -> str:
        """What all forms of an address come to: a hash where the list keeps hashes; "" for what is no address."""
        if address.startswith(_HASHED):
            return address
        local, at, domain = canonical(address).rpartition("@")
        form = f"{local}{at}{self._renamed.get(domain, domain)}"
        if not self._key or not form:
            return form
        return _HASHED + blake2b(form.encode(), key=self._key, digest_size=16).hexdigest()


class OwnerBook(Mapping[str, Owner]):
    """Maps any form of an address to its person; iterates over addresses as they are written."""

    def __init__(self, people: People) -> None:
        self._book = AddressBook(people)
        self._owners = {owner.addresses[0]: owner for owner in people.owners}

    def __getitem__(self, address: str) -> Owner:
        return self._owners[self._book[address]]

    def __contains__(self, address: object) -> bool:
        return address in self._book

    def __iter__(self) -> Iterator[str]:
        return iter(self._book)

    def __len__(self) -> int:
        return len(self._book)


def contact_of(people: People, address: str) -> Contact | None:
    """How the person with this address is reached; None where nothing is listed."""
    person = AddressBook(people).get(address)
    return next((one for one in people.contacts if one.person == person), None)
