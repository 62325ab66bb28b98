"""Keeping a store in order: what it holds, what is past its period, and what one person may have or have gone."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.app.account import account
from tocsin.app.campaigns import forget_people, known_people, load_campaigns, update_campaigns
from tocsin.app.comparing import forget_compared
from tocsin.app.config import Config
from tocsin.app.matching import AddressBook
from tocsin.app.memory import bytes_on_disk, key_place
from tocsin.app.notices import followed, forget_notices
from tocsin.app.telling import forget_tellings, tellings_of
from tocsin.model.holding import Held, Holding
from tocsin.model.people import People
from tocsin.model.stored import AuditEntry
from tocsin.store.interface import Store, StoreError

_DAY_S = 86_400.0
_BATCH = 1_000


class CustodyError(ValueError):
    """It cannot be done as asked; the message says why and what to do."""


def holding(store: Store, settings: Config, *, now_s: float) -> Holding:
    """What the store holds at this moment."""
    times = [row.time_s for row in store.rows() if row.time_s is not None]
    versions = [(one.version, one.verdict.alert) for one in store.standing()]
    return Holding(
        url=store.url,
        encrypted=store.encrypted,
        exercise=store.exercise,
        key=key_place(settings.store) if store.encrypted else "",
        bytes=bytes_on_disk(settings.store),
        mails=sum(count for _, count in store.owners()),
        owners=store.owners(),
        first_s=min(times, default=None),
        last_s=max(times, default=None),
        alerts=sum(alert for _, alert in versions),
        verdict_versions=sum(version for version, _ in versions),
        raw=sum(row.raw for row in store.rows()),
        sources=sum(1 for _ in store.documents("source")),
        indicators=sum(1 for _ in store.indicators()),
        hits=sum(1 for _ in store.hits()),
        campaigns=len(load_campaigns(store)),
        incidents=sum(1 for _ in store.documents("incident")),
        audit_entries=sum(1 for _ in store.audit_entries()),
        expired=len(expired(store, settings, now_s=now_s)),
        retention_days=settings.retention_days,
        retention_alert_days=settings.retention_alert_days,
    )


def expired(store: Store, settings: Config, *, now_s: float) -> list[int]:
    """Numbers of mails kept for longer than their period; those that alarm, or that intelligence meets, have their own.

    A period counts from when the mail was stored: old mail that was read today is kept as long as new mail.
    """
    lasting = {one.number for one in store.standing() if one.verdict.alert or one.verdict.indicator}
    short_s, long_s = settings.retention_days * _DAY_S, settings.retention_alert_days * _DAY_S
    return [
        row.number
        for row in store.rows()
        if now_s - row.stored_s > (max(short_s, long_s) if row.number in lasting else short_s)
    ]


def expire(store: Store, settings: Config, *, now_s: float) -> int:
    """Erase what is past its period; returns how many mails."""
    numbers = expired(store, settings, now_s=now_s)
    periods = f"{settings.retention_days} days, alerts {settings.retention_alert_days}"
    return _erase(
        store, numbers, AuditEntry(now_s, account(), "expire", (), False, 0, settings.mandate, periods)
    )


def addresses_of(store: Store, person: str, people: People) -> tuple[str, ...]:
    """The addresses by which the store knows a person, who is named by address or as in people.toml.

    Raises CustodyError for somebody it does not know.
    """
    wanted = person.strip().lower()
    kept = {address for address, _ in store.owners()}
    first = AddressBook(people).get(wanted, "")
    for owner in people.owners:
        if first == owner.addresses[0] or wanted == owner.name.lower():
            found = tuple(address for address in owner.addresses if address in kept)
            if found:
                return found
    if wanted in kept:
        return (wanted,)
    raise CustodyError(
        f"{person}: the store keeps no mail of that person; tocsin store status names whose it keeps"
    )


def numbers_of(store: Store, addresses: tuple[str, ...]) -> list[int]:
    """The numbers of these people's mails."""
    return [row.number for row in store.rows() if row.owner in addresses]


def export_person(store: Store, addresses: tuple[str, ...], *, now_s: float, mandate: str) -> Iterator[Held]:
    """Everything the store holds on a person, a value at a time: what is known of them, mails, campaigns, audit."""
    numbers = numbers_of(store, addresses)
    ends = (numbers[0], numbers[-1]) if numbers else ()
    store.audit(AuditEntry(now_s, account(), "export", ends, True, len(numbers), mandate, "one person"))
    known = known_people(store)
    for owner in {id(known[address]): known[address] for address in addresses if address in known}.values():
        yield Held(person=owner)
    for start in range(0, len(numbers), _BATCH):
        some = numbers[start : start + _BATCH]
        rows = {row.number: row for row in store.rows(some)}
        for number in some:
            yield Held(
                mail=rows[number],
                occurrences=store.occurrences(number),
                record=store.read(number),
                verdicts=store.verdicts(number),
                hits=tuple(store.hits(number=number)),
                raw=store.raw(number),
            )
    for campaign in load_campaigns(store):
        mine = tuple(member for member in campaign.members if member.owner in addresses)
        if mine:
            yield Held(campaign=campaign.id, members=mine)
    for one in followed(store):
        if one.notice.person in addresses or one.notice.to in addresses:
            yield Held(notice=one.notice, notice_log=one.log)
    for telling in tellings_of(store, addresses):
        yield Held(telling=telling)
    mails = set(numbers)
    for entry in store.audit_entries():
        if _touches(entry, mails):
            yield Held(audit=entry)


def _touches(entry: AuditEntry, mails: set[int]) -> bool:
    """Whether an entry may be about one of these mails; a run names its ends alone."""
    if entry.through and entry.mails:
        return any(entry.mails[0] <= number <= entry.mails[-1] for number in mails)
    return not mails.isdisjoint(entry.mails)


def erase_person(store: Store, addresses: tuple[str, ...], *, now_s: float, mandate: str) -> int:
    """Remove a person's mails with all that was drawn from them; returns how many. The audit keeps that it was done."""
    entry = AuditEntry(now_s, account(), "erase", (), False, 0, mandate, "one person")
    return _erase(store, numbers_of(store, addresses), entry, addresses)


def _erase(store: Store, numbers: list[int], entry: AuditEntry, addresses: tuple[str, ...] = ()) -> int:
    """Erase mails and note it in one go, then link what is left anew."""
    if not numbers:
        return 0
    try:
        with store.transaction():
            erased = store.erase(numbers)
            if addresses:
                forget_compared(store, addresses)
                forget_people(store, addresses)
                forget_notices(store, addresses)
                forget_tellings(store, addresses)
            store.audit(msgspec.structs.replace(entry, count=erased))
    except StoreError:
        if not any(True for _ in store.rows(numbers)):  # done; only the log could not be emptied yet
            update_campaigns(store, now_s=entry.at_s)
        raise
    update_campaigns(store, now_s=entry.at_s)
    return erased


def verify(store: Store, *, now_s: float, mandate: str) -> tuple[int, list[str]]:
    """Read everything once: how many records could be read, and what is wrong, in words. Audited if the audit holds."""
    problems: list[str] = []
    rows = {row.number: row.sha256 for row in store.rows()}
    good = 0
    for number, sha256 in rows.items():
        try:
            record = store.read(number)
        except (StoreError, ValueError, KeyError) as error:
            problems.append(f"mail {number} ({sha256[:16]}): its record cannot be read ({error})")
            continue
        if record.sha256 != sha256:
            problems.append(
                f"mail {number}: its record is of another mail ({record.sha256[:16]}, not {sha256[:16]})"
            )
            continue
        good += 1
    try:
        entries = sum(1 for _ in store.audit_entries())
        if not entries and rows:
            problems.append("the audit is empty, though mail is kept")
        store.audit(AuditEntry(now_s, account(), "read", (), False, len(rows), mandate, "verify"))
    except StoreError as error:
        problems.append(str(error))
    return good, problems
