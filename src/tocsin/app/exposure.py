"""Gathers what is known around the mails of a campaign, person by person: flags, answers, logs, habits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from tocsin.app.config import Config
from tocsin.model.campaign import Campaign
from tocsin.model.exposure import Exposure, Fetched, MailExposure
from tocsin.model.observation import Observed
from tocsin.model.people import Contact, People
from tocsin.respond.exposure import Circumstances, expose_mail, gathered
from tocsin.store.interface import Store


class LogError(ValueError):
    """A log cannot be read; the message says which, where, and what was expected."""


def exposures(
    store: Store,
    subject: Campaign | Collection[int],
    settings: Config,
    people: People,
    *,
    fetched: Sequence[Fetched] = (),
    now_s: float,
) -> tuple[Exposure, ...]:
    """One exposure for each person who was sent the mails of a campaign, or mails with these numbers, by address."""
    numbers = [one.number for one in subject.members] if isinstance(subject, Campaign) else list(subject)
    name = subject.id if isinstance(subject, Campaign) else ""
    contacts = _contacts(people)
    answered = _answered(store, numbers)
    rows = {row.number: row for row in store.rows(numbers)}
    by_person: dict[str, list[MailExposure]] = {}
    for number, mail in store.records(numbers):
        row = rows[number]
        contact = contacts.get(row.owner, Contact(row.owner))
        around = Circumstances(
            flags=mail.flags or None,
            answered=(row.owner, mail.message_id) in answered,
            pictures=contact.pictures,
            fetched=tuple(_asked_for(mail, fetched)),
            logs=bool(fetched),
        )
        one = expose_mail(mail, row.owner, _address(mail, row.owner), around, sent_s=row.time_s)
        by_person.setdefault(row.owner, []).append(one)
    return tuple(
        gathered(person, name, mails, delegates=bool(contacts.get(person, Contact(person)).delegates))
        for person, mails in sorted(by_person.items())
    )


def read_logs(paths: Iterable[Path]) -> tuple[Fetched, ...]:
    """What logs of proxies, firewalls and resolvers say was asked for. Raises LogError."""
    for path in paths:
        raise LogError(f"{path}: logs of this kind are not read yet")
    return ()


def _contacts(people: People) -> Mapping[str, Contact]:
    return {one.person: one for one in people.contacts}


def _answered(store: Store, numbers: Collection[int]) -> set[tuple[str, str]]:
    """Pairs of owner and Message-ID of mails that the owner answered, as far as sent mail is kept."""
    return set()


def _asked_for(mail: Observed, fetched: Sequence[Fetched]) -> Iterable[Fetched]:
    urls = {one.url for one in mail.beacons if one.url}
    hosts = {one.host for one in mail.beacons if one.host}
    for line in fetched:
        if (line.url and line.url in urls) or (not line.url and line.host in hosts):
            yield line


def _address(mail: Observed, owner: str) -> str:
    """The address of the owner that the mail came to."""
    known = (*mail.delivered_to, *mail.to)
    return owner if owner in known or not known else known[0] if len(known) == 1 else owner
