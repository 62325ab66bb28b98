"""What else happened: incidents that people add by hand, shown beside campaigns and tied to nobody."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b

import msgspec

from tocsin.app.account import account
from tocsin.model.campaign import Incident
from tocsin.model.campaign_view import IncidentLine
from tocsin.model.intel import TLPS
from tocsin.store.interface import Store

KINDS = ("outage", "postponement", "intrusion", "publication", "arrest", "election", "conflict", "other")
_FIRST_YEAR = 1990
_AHEAD_DAYS = 1  # clocks and time zones differ
_LONGEST = {"title": 300, "place": 300, "source": 1_000, "text": 20_000}
_DAY_S = 86_400.0
_MONTH = re.compile(r"\d{4}-\d{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

_decoder = msgspec.msgpack.Decoder(Incident)


class IncidentError(ValueError):
    """An incident cannot be kept or found as asked; the message says what was expected."""


def add_incident(store: Store, incident: Incident, *, now_s: float, who: str = "") -> Incident:
    """Keep what happened, under an id of its own; the same again keeps the first. Raises IncidentError."""
    texts = {name: " ".join(getattr(incident, name).split()) for name in ("title", "place", "source")}
    texts["text"] = incident.text.strip()
    for name, text in texts.items():
        if not text and name != "text":
            raise IncidentError(f"--{name}: is empty; say it in a few words")
        if len(text) > _LONGEST[name]:
            raise IncidentError(f"--{name}: {len(text):,} characters; at most {_LONGEST[name]:,} are kept")
        _check(f"--{name}", text)
    if incident.kind not in KINDS:
        raise IncidentError(f"--kind {incident.kind}: expected one of {', '.join(KINDS)}")
    if incident.tlp not in ("", *TLPS):
        raise IncidentError(f"--tlp {incident.tlp}: expected one of {', '.join(TLPS)}")
    _check("--as", who)
    observed, reported = incident.observed.strip(), incident.reported.strip()
    first_s, _ = moments("--observed", observed, now_s)
    if reported:
        _, last_s = moments("--reported", reported, now_s)
        if last_s <= first_s:
            raise IncidentError(
                f"--reported {reported}: lies before --observed {observed}; what is reported was seen before"
            )
    parts = [incident.kind, observed, texts["title"].casefold(), texts["place"].casefold(), texts["source"]]
    parts += [incident.tlp] if incident.tlp else []
    id = "i-" + blake2b("\0".join(parts).encode(), digest_size=6).hexdigest()
    known = store.get("incident", id)
    if known is not None:
        return _decoder.decode(known)
    kept = msgspec.structs.replace(
        incident,
        **texts,
        id=id,
        observed=observed,
        reported=reported,
        added_s=now_s,
        added_by=who or account(),
    )
    store.put("incident", id, msgspec.msgpack.encode(kept))
    return kept


def load_incidents(store: Store, *, withdrawn: bool = True) -> tuple[IncidentLine, ...]:
    """All incidents, the earliest observed first."""
    incidents = (_decoder.decode(body) for _, body in store.documents("incident"))
    lines = [
        IncidentLine(one, *moments("observed", one.observed))
        for one in incidents
        if withdrawn or one.withdrawn_s is None
    ]
    return tuple(sorted(lines, key=lambda one: (one.first_s, one.incident.id)))


def withdraw_incident(store: Store, wanted: str, because: str, *, now_s: float, who: str = "") -> Incident:
    """Mark an incident, by its id or the beginning of it, as withdrawn. Raises IncidentError."""
    found = [line.incident for line in load_incidents(store) if line.incident.id.startswith(wanted)]
    exact = [one for one in found if one.id == wanted] or found
    if len(exact) != 1:
        why = "several incidents begin so" if exact else "there is no such incident"
        raise IncidentError(f"{wanted}: {why}; tocsin incidents list shows them")
    (one,) = exact
    if one.withdrawn_s is not None:
        raise IncidentError(f"{one.id}: was withdrawn before: {one.withdrawn_because}")
    if not because.strip():
        raise IncidentError("--because: say why it is withdrawn")
    _check("--because", because)
    _check("--as", who)
    gone = msgspec.structs.replace(
        one, withdrawn_s=now_s, withdrawn_by=who or account(), withdrawn_because=because.strip()[:1_000]
    )
    store.put("incident", one.id, msgspec.msgpack.encode(gone))
    return gone


def _check(name: str, text: str) -> None:
    """Refuse what no file of UTF-8 can hold."""
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise IncidentError(f"{name}: is not UTF-8; write it again")


def moments(what: str, text: str, now_s: float | None = None) -> tuple[float, float]:
    """First and last second (Unix, UTC) that a day, a month or an RFC 3339 time covers.

    Without `now_s` any year is taken; with it, years that are likely slips are refused. Raises IncidentError.
    """
    wanted = "expected a day (2021-01-20), a month (2021-01) or a time with its zone (2021-01-20T14:30:00Z)"
    try:
        if _MONTH.fullmatch(text):
            year, month = int(text[:4]), int(text[5:])
            begin = _midnight(date(year, month, 1))
            end = begin + timedelta(days=monthrange(year, month)[1])
        elif _DAY.fullmatch(text):
            begin = _midnight(date.fromisoformat(text))
            end = begin + timedelta(days=1)
        else:
            begin = end = datetime.fromisoformat(text)
            if begin.tzinfo is None or len(text) < 16:
                raise IncidentError(f"{what} {text}: has no time zone; {wanted}")
        first_s, last_s = begin.timestamp(), end.timestamp()
    except (ValueError, OverflowError) as error:
        if isinstance(error, IncidentError):
            raise
        raise IncidentError(f"{what} {text}: is no date; {wanted}") from error
    if now_s is not None and begin.year < _FIRST_YEAR:
        raise IncidentError(f"{what} {text}: lies before {_FIRST_YEAR}; check the year")
    if now_s is not None and first_s > now_s + _AHEAD_DAYS * _DAY_S:
        raise IncidentError(f"{what} {text}: lies in the future; incidents are what has happened")
    return first_s, max(first_s, last_s - 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
