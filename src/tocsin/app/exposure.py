"""Gathers what is known around the mails of a campaign, person by person: flags, answers, logs, habits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from tocsin.app.exposure_lines import asked_for
from tocsin.app.exposure_logs import LogError, read_logs
from tocsin.app.habits import habits_for
from tocsin.app.matching import AddressBook
from tocsin.connect.folder_names import is_junk
from tocsin.model.campaign import Campaign
from tocsin.model.exposure import Exposure, MailExposure
from tocsin.model.observation import Observed
from tocsin.model.people import Contact, People
from tocsin.model.stored import MailRow
from tocsin.observe.forwarded import is_forward_subject
from tocsin.respond.exposure import Circumstances, expose_mail, gathered
from tocsin.store.interface import Store

__all__ = ["LogError", "exposures"]

_DAY_S = 86_400.0
_ANSWERED_WITHIN_S = 366 * _DAY_S


class _Acted(msgspec.Struct, frozen=True):
    """What the owner did with one mail, as their own mails show, and when they first did."""

    answered: bool = False
    passed_on: bool = False
    at_s: float | None = None


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
    acted = _acted(store, rows.values(), records)
    hosts = {beacon.host for mail in records.values() for beacon in mail.beacons if beacon.host}
    lines = asked_for(store, records, rows, read_logs(logs, hosts).fetched)
    by_person: dict[str, list[MailExposure]] = {}
    for number, mail in sorted(records.items()):
        row = rows[number]
        contact = contacts.get(book.get(row.owner, row.owner), Contact(row.owner))
        address = _address(mail, row.owner, book)
        did = acted.get((row.owner, mail.message_id), _Acted())
        own = lines.own.get(number, ())
        habits = habits_for(contact, address)
        around = Circumstances(
            flags=mail.flags or None,
            answered=did.answered,
            passed_on=did.passed_on,
            acted_s=did.at_s,
            junk=is_junk(mail.folder.rpartition("/")[2]),
            handled=next((one.value for one in mail.observations if one.kind == "handled"), ""),
            pictures=contact.pictures,
            habits=habits,
            by_address=bool(habits) and not contact.reads_with,
            readers=tuple(one.name for one in contact.delegates),
            fetched=tuple(line for line in own if line.let_through),
            stopped=tuple(line for line in own if not line.let_through),
            asked_by_somebody=tuple(lines.anybody.get(number, ())),
            logs=bool(logs),
        )
        one = expose_mail(mail, row.owner, address, around, sent_s=row.time_s)
        by_person.setdefault(row.owner, []).append(one)
    return tuple(gathered(person, name, mails) for person, mails in sorted(by_person.items()))


def _acted(
    store: Store, rows: Collection[MailRow], records: Mapping[int, Observed]
) -> dict[tuple[str, str], _Acted]:
    """By owner and Message-ID, what the owner's own mails say that they did, as far as sent mail is kept."""
    owners = {row.owner for row in rows}
    wanted = {mail.message_id for mail in records.values() if mail.message_id}
    times_s = [row.time_s for row in rows if row.time_s is not None]
    first_s = min(times_s, default=0.0) - _DAY_S
    last_s = max(times_s, default=float("inf")) + _ANSWERED_WITHIN_S
    sent = {
        row.number: row
        for row in store.rows()
        if row.outgoing and row.owner in owners and (row.time_s is None or first_s <= row.time_s <= last_s)
    }
    found: dict[tuple[str, str], _Acted] = {}
    for number, mail in store.records(tuple(sent)) if sent else ():
        forward = mail.content.forwarded_inline or is_forward_subject(mail.subject)
        at_s = sent[number].time_s
        for id in wanted.intersection(mail.sender.in_reply_to):
            before = found.get((sent[number].owner, id), _Acted())
            found[sent[number].owner, id] = _Acted(
                before.answered or not forward,
                before.passed_on or forward,
                min((one for one in (before.at_s, at_s) if one is not None), default=None),
            )
    return found


def _address(mail: Observed, owner: str, book: AddressBook) -> str:
    """The address of the owner that the mail came to, as it is written there."""
    known = [address for address in (*mail.delivered_to, *mail.to) if book.get(address, address) == owner]
    return known[0] if known else owner
