"""People as they are listed: on the terminal, and as JSON."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.people import Contact, Owner
from tocsin.render.shown import shown

PERSON_SCHEMA = "tocsin.person/1"


class WayRecord(msgspec.Struct, frozen=True):
    """A way to reach somebody."""

    kind: str
    to: str
    note: str


class DelegateRecord(msgspec.Struct, frozen=True):
    """Somebody else who reads the mailbox."""

    name: str
    role: str
    address: str
    languages: tuple[str, ...]
    ways: tuple[WayRecord, ...]


class PersonRecord(msgspec.Struct, frozen=True):
    """One person of people.toml; addresses are "hash:…" where the list keeps them so."""

    schema: str
    name: str
    addresses: tuple[str, ...]
    private: tuple[str, ...]
    unpublished: tuple[str, ...]
    organisation: str
    sector: str
    country: str
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    protected: bool
    ways: tuple[WayRecord, ...]
    delegates: tuple[DelegateRecord, ...]
    mandate: str
    consent: str
    retention_days: int | None
    pictures: str
    reads_with: tuple[str, ...]


def person_line(owner: Owner, contact: Contact) -> bytes:
    """The record as one line."""
    record = PersonRecord(
        PERSON_SCHEMA,
        owner.name,
        owner.addresses,
        contact.private,
        owner.unpublished,
        owner.organisation,
        owner.sector,
        owner.country,
        owner.languages,
        owner.topics,
        contact.roles,
        contact.groups,
        owner.protected,
        tuple(WayRecord(way.kind, way.to, way.note) for way in contact.ways),
        tuple(
            DelegateRecord(
                one.name,
                one.role,
                one.address,
                one.languages,
                tuple(WayRecord(way.kind, way.to, way.note) for way in one.ways),
            )
            for one in contact.delegates
        ),
        contact.mandate,
        contact.consent,
        contact.retention_days,
        contact.pictures,
        contact.reads_with,
    )
    return plain_json(record) + b"\n"


def person_text(owner: Owner, contact: Contact) -> str:
    """One person in a few lines: who, which addresses, how they are reached, who reads along."""
    marks = dict.fromkeys(contact.private, "private") | {
        address: "private, unpublished" if address in contact.private else "unpublished"
        for address in owner.unpublished
    }
    where = ", ".join(shown(one, 80) for one in (owner.organisation, owner.sector, owner.country) if one)
    languages = f" ({', '.join(shown(one, 8) for one in owner.languages)})" if owner.languages else ""
    lines = [f"{shown(owner.name, 80)}{languages}, {where}"]
    lines += [
        f"  {_address(address)}" + (f"  [{marks[address]}]" if address in marks else "")
        for address in owner.addresses
    ]
    lines += [f"  reached by {way.kind}: {shown(way.to, 120)}" for way in contact.ways]
    if not contact.ways:
        lines.append("  no way to reach this person outside the mailbox is listed")
    lines += [
        f"  read by {shown(one.name, 80)}" + (f", {shown(one.role, 60)}" if one.role else "")
        for one in contact.delegates
    ]
    return "\n".join(lines) + "\n"


def _address(address: str) -> str:
    return f"{address[:13]}… (kept as a hash)" if address.startswith("hash:") else shown(address, 120)
