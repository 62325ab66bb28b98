"""One stored mail again: its record, its verdict with all versions, and where it was found."""

from __future__ import annotations

import re

from tocsin.app.account import account
from tocsin.model.scan import Judged
from tocsin.model.stored import AuditEntry, VerdictVersion
from tocsin.store.interface import Store

_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_MOST_FOUND = 1_000


def stored_mails(
    store: Store, message: str, *, now_s: float, mandate: str = ""
) -> list[tuple[Judged, tuple[VerdictVersion, ...]]]:
    """Stored mails by SHA-256 (its first 8 or more digits) or Message-ID, with the versions of their verdicts.

    A mail that was never judged is left out. Looking for a Message-ID reads every record. The look is audited.
    """
    digest = message.strip().lower()
    if _DIGEST.fullmatch(digest):
        numbers = list(store.numbers(digest))[:_MOST_FOUND]
    else:
        wanted = message.strip("<> ")
        numbers = [number for number, mail in store.records() if mail.message_id.strip("<> ") == wanted]
    found = []
    owners = {row.number: row.owner for row in store.rows(numbers)}
    for number in numbers[:_MOST_FOUND]:
        history = store.verdicts(number)
        if history:
            judged = Judged(
                store.read(number), history[-1].verdict, owners[number], store.occurrences(number)
            )
            found.append((judged, history))
    if found:
        entry = AuditEntry(now_s, account(), "show", tuple(numbers), False, len(numbers), mandate, "explain")
        store.audit(entry)
    return found


def history_of(
    store: Store, judged: Judged, *, now_s: float, mandate: str = ""
) -> tuple[VerdictVersion, ...]:
    """What the store thought of a mail over time, () where it does not keep it for this owner. The look is audited."""
    for row in list(store.rows(store.numbers(judged.observed.sha256))):
        if row.owner == judged.owner:
            store.audit(AuditEntry(now_s, account(), "show", (row.number,), False, 1, mandate, "explain"))
            return store.verdicts(row.number)
    return ()
