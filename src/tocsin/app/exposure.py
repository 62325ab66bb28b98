"""Gathers what is known around the mails of a campaign, person by person: flags, answers, logs, habits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tocsin.app.exposure_logs import LogError, read_logs
from tocsin.app.habits import habits_for
from tocsin.app.matching import AddressBook
from tocsin.model.campaign import Campaign
from tocsin.model.exposure import Exposure, Fetched, MailExposure
from tocsin.model.observation import Observed
from tocsin.model.people import Contact, People
from tocsin.model.stored import MailRow
from tocsin.respond.exposure import Circumstances, expose_mail, gathered
from tocsin.store.interface import Store

__all__ = ["LogError", "exposures"]

_DAY_S = 86_400.0
_SHORTEST_TOKEN = 6
_BEFORE_S = 300.0  # clocks of mail servers and proxies differ


def exposures(
    store: Store, subject: Campaign | Collection[int], people: People, *, logs: Sequence[Path] = ()
) -> tuple[Exposure, ...]:
    """One exposure for each person who was sent the mails of a campaign, or mails with these numbers, by address.

    `logs` are files that say what was asked for of the beacons' hosts. Raises LogError.
    """
    numbers = [one.number for one in subject.members] if isinstance(subject, Campaign) else list(subject)
    name = subject.id if isinstance(subject, Campaign) else ""
    contacts = {one.person: one for one in people.contacts}
    book = AddressBook(people)
    records = dict(store.records(numbers))
    rows = {row.number: row for row in store.rows(numbers)}
    answered = _answered(store, rows.values(), records)
    hosts = {beacon.host for mail in records.values() for beacon in mail.beacons if beacon.host}
    read = read_logs(logs, hosts)
    own, anybody = _asked_for(records, rows, read.fetched)
    by_person: dict[str, list[MailExposure]] = {}
    for number, mail in sorted(records.items()):
        row = rows[number]
        contact = contacts.get(book.get(row.owner, row.owner), Contact(row.owner))
        address = _address(mail, row.owner, book)
        around = Circumstances(
            flags=mail.flags or None,
            answered=(row.owner, mail.message_id) in answered,
            handled=next((one.value for one in mail.observations if one.kind == "handled"), ""),
            pictures=contact.pictures,
            habits=habits_for(contact, address),
            fetched=tuple(own.get(number, ())),
            asked_by_somebody=tuple(anybody.get(number, ())),
            logs=bool(logs),
        )
        one = expose_mail(mail, row.owner, address, around, sent_s=row.time_s)
        by_person.setdefault(row.owner, []).append(one)
    return tuple(
        gathered(person, name, mails, delegates=_has_delegates(contacts, book, person))
        for person, mails in sorted(by_person.items())
    )


def _has_delegates(contacts: Mapping[str, Contact], book: AddressBook, person: str) -> bool:
    contact = contacts.get(book.get(person, person))
    return contact is not None and bool(contact.delegates)


def _answered(
    store: Store, rows: Collection[MailRow], records: Mapping[int, Observed]
) -> set[tuple[str, str]]:
    """Pairs of owner and Message-ID of mails that the owner answered or passed on, as far as sent mail is kept."""
    owners = {row.owner for row in rows}
    wanted = {mail.message_id for mail in records.values() if mail.message_id}
    since_s = min((row.time_s for row in rows if row.time_s is not None), default=0.0) - _DAY_S
    sent = [
        row.number
        for row in store.rows()
        if row.outgoing and row.owner in owners and (row.time_s is None or row.time_s >= since_s)
    ]
    by_number = {row.number: row.owner for row in store.rows(sent)}
    return {
        (by_number[number], id)
        for number, mail in store.records(sent)
        for id in mail.sender.in_reply_to
        if id in wanted
    }


def _asked_for(
    records: Mapping[int, Observed], rows: Mapping[int, MailRow], fetched: Sequence[Fetched]
) -> tuple[dict[int, list[Fetched]], dict[int, list[Fetched]]]:
    """Lines by mail, from when it was sent on: those that can be of no other reader, and those that can.

    A resolver knows hosts alone, and an address without a token is the same in everybody's mail: such a line says that
    somebody asked, and not who.
    """
    own: dict[int, list[Fetched]] = {}
    anybody: dict[int, list[Fetched]] = {}
    for line in fetched:
        named = [
            number for number, mail in records.items() if _names(mail, line) and _is_later(line, rows[number])
        ]
        near = named or [
            number
            for number, mail in records.items()
            if any(one.host == line.host for one in mail.beacons) and _is_later(line, rows[number])
        ]
        target = own if named and len({rows[number].owner for number in named}) == 1 else anybody
        for number in near:
            target.setdefault(number, []).append(line)
    return own, anybody


def _names(mail: Observed, line: Fetched) -> bool:
    """Whether a line asks for a URL of this mail, or for one with a token of its reader."""
    if not line.url:
        return False
    return any(
        one.url == line.url
        or (
            one.personal is not None
            and len(one.personal.value) >= _SHORTEST_TOKEN
            and one.host == line.host
            and one.personal.value in line.url
        )
        for one in mail.beacons
    )


def _is_later(line: Fetched, row: MailRow) -> bool:
    return row.time_s is None or line.at_s >= row.time_s - _BEFORE_S


def _address(mail: Observed, owner: str, book: AddressBook) -> str:
    """The address of the owner that the mail came to, as it is written there."""
    known = [address for address in (*mail.delivered_to, *mail.to) if book.get(address, address) == owner]
    return known[0] if known else owner
