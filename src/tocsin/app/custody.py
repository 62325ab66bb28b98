"""Keeping a store in order: what it holds, what is past its period, and what one person may have or have gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tocsin.app.campaigns import forget_people, load_campaigns, update_campaigns
from tocsin.app.config import Config
from tocsin.app.hunt import account
from tocsin.app.memory import bytes_on_disk, key_place
from tocsin.model.holding import Holding
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
    if not numbers:
        return 0
    erased = store.erase(numbers)
    _note(store, "expire", erased, now_s, settings.mandate, f"{settings.retention_days} days")
    update_campaigns(store, now_s=now_s)
    return erased


def addresses_of(store: Store, person: str, people: People) -> tuple[str, ...]:
    """The addresses by which the store knows a person, who is named by address or as in people.toml.

    Raises CustodyError for somebody it does not know.
    """
    wanted = person.strip().lower()
    kept = {address for address, _ in store.owners()}
    for owner in people.owners:
        if wanted in owner.addresses or wanted == owner.name.lower():
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


def export_person(
    store: Store, addresses: tuple[str, ...], *, now_s: float, mandate: str
) -> Iterator[dict[str, object]]:
    """Everything the store holds on a person, a value at a time: mails with records, verdicts, hits, then campaigns."""
    numbers = numbers_of(store, addresses)
    entry = AuditEntry(
        now_s,
        account(),
        "export",
        tuple(numbers[:_BATCH]),
        False,
        len(numbers),
        mandate,
        ", ".join(addresses),
    )
    store.audit(entry)
    for start in range(0, len(numbers), _BATCH):
        some = numbers[start : start + _BATCH]
        rows = {row.number: row for row in store.rows(some)}
        for number, record in list(store.records(some)):
            raw = store.raw(number)
            yield {
                "schema": "tocsin.held/1",
                "row": rows[number],
                "occurrences": store.occurrences(number),
                "record": record,
                "verdicts": store.verdicts(number),
                "hits": list(store.hits(number=number)),
                "raw": raw,
            }
    for campaign in load_campaigns(store):
        if set(campaign.people) & set(addresses):
            mine = [member for member in campaign.members if member.owner in addresses]
            yield {"schema": "tocsin.held/1", "campaign": campaign.id, "members": mine}


def erase_person(store: Store, addresses: tuple[str, ...], *, now_s: float, mandate: str) -> int:
    """Remove a person's mails with all that was drawn from them; returns how many. The audit keeps that it was done."""
    numbers = numbers_of(store, addresses)
    try:
        erased = store.erase(numbers)
    except StoreError:
        erased = len(numbers) if not numbers_of(store, addresses) else 0
        if erased:  # done; only the log could not be emptied yet
            _after_erasing(store, addresses, erased, now_s, mandate)
        raise
    _after_erasing(store, addresses, erased, now_s, mandate)
    return erased


def _after_erasing(store: Store, addresses: tuple[str, ...], erased: int, now_s: float, mandate: str) -> None:
    forget_people(store, addresses)
    update_campaigns(store, now_s=now_s)
    _note(store, "erase", erased, now_s, mandate, "one person")


def verify(store: Store, report: Callable[[int], None] | None = None) -> tuple[int, list[str]]:
    """Read everything once: how many records could be read, and what is wrong, in words."""
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
        if report is not None and good % _BATCH == 0:
            report(good)
    try:
        entries = sum(1 for _ in store.audit_entries())
        if not entries and rows:
            problems.append("the audit is empty, though mail is kept")
    except StoreError as error:
        problems.append(str(error))
    return good, problems


def _note(store: Store, action: str, count: int, now_s: float, mandate: str, detail: str) -> None:
    store.audit(AuditEntry(now_s, account(), action, count=count, mandate=mandate, detail=detail))
