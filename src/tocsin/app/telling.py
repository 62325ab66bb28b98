"""Who of a campaign's targets was told, and whom it was tried with: recorded by hand, never assumed."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b

import msgspec

from tocsin.app.account import account
from tocsin.app.incidents import IncidentError, moments
from tocsin.model.campaign import Campaign
from tocsin.model.judgement import Telling
from tocsin.render.records import rfc3339
from tocsin.store.interface import Store

RESULTS = ("told", "attempted", "declined")
_LONGEST = 1_000
_ZONES_S = 14 * 3600.0  # a day begins up to so much earlier elsewhere

_decoder = msgspec.msgpack.Decoder(Telling)


class TellingError(ValueError):
    """A telling cannot be recorded as asked; the message says what was expected."""


def record_telling(
    store: Store,
    campaign: Campaign,
    person: str,
    *,
    how: str,
    result: str,
    on: str = "",
    note: str = "",
    by: str = "",
    now_s: float,
) -> Telling:
    """Record that a target was told, or that it was tried, on a day ("" for now). Raises TellingError."""
    address = person.strip().lower()
    if address not in campaign.people:
        raise TellingError(
            f"{person}: {campaign.id} did not reach this address; tocsin campaigns show {campaign.id} lists people"
        )
    if result not in RESULTS:
        raise TellingError(f"--result {result}: expected one of {', '.join(RESULTS)}")
    for what, text in (("--how", how), ("--note", note), ("--as", by)):
        if len(text) > _LONGEST or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise TellingError(f"{what}: expected UTF-8 of at most {_LONGEST:,} characters")
    if not how.strip():
        raise TellingError("--how: say by which way, as in telephone, letter or in person")
    try:
        at_s, last_s = moments("--on", on.strip()) if on.strip() else (now_s, now_s)
        if at_s > now_s:
            raise TellingError(f"--on {on.strip()}: lies in the future; only what has happened is recorded")
        if campaign.first_seen_s is not None and last_s < campaign.first_seen_s - _ZONES_S:
            first = (rfc3339(campaign.first_seen_s) or "unknown")[:10]
            raise TellingError(
                f"--on {on.strip()}: lies before the first mail of {campaign.id} ({first}); nobody was told of it then"
            )
        if on.strip():
            moments("--on", on.strip(), now_s)  # refuses years that are likely slips
    except IncidentError as error:
        raise TellingError(str(error)) from error
    one = Telling("", campaign.id, address, at_s, how.strip(), result, by.strip() or account(), note.strip())
    body = msgspec.msgpack.encode(one)
    kept = msgspec.structs.replace(one, id="t-" + blake2b(body, digest_size=6).hexdigest())
    store.put("telling", kept.id, msgspec.msgpack.encode(kept))
    return kept


def tellings(store: Store, campaign: Campaign) -> tuple[Telling, ...]:
    """What is recorded for a campaign under any of its ids, the earliest first."""
    names = {campaign.id, *campaign.aliases}
    found = [_read(id, body) for id, body in store.documents("telling")]
    return tuple(sorted((one for one in found if one.campaign in names), key=lambda one: (one.at_s, one.id)))


def forget_tellings(store: Store, people: Collection[str]) -> None:
    """Remove what is recorded of telling these people."""
    for id, body in list(store.documents("telling")):
        if _read(id, body).person in people:
            store.remove("telling", id)


def tellings_of(store: Store, people: Collection[str]) -> tuple[Telling, ...]:
    """What is recorded of telling these people, in any campaign, the earliest first."""
    found = (_read(id, body) for id, body in store.documents("telling"))
    return tuple(sorted((one for one in found if one.person in people), key=lambda one: (one.at_s, one.id)))


def untold(store: Store, campaign: Campaign) -> tuple[str, ...]:
    """Addresses of those whom nobody told or tried to tell."""
    reached = {one.person for one in tellings(store, campaign)}
    return tuple(address for address in campaign.people if address not in reached)


def _read(id: str, body: bytes) -> Telling:
    """A telling as it was kept; one that cannot be read tells nobody, so that its person counts as untold."""
    try:
        return msgspec.structs.replace(_decoder.decode(body), id=id)
    except msgspec.DecodeError:
        return Telling(id, "", "", 0.0, "", "", "")
