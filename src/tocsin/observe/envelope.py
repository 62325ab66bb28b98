"""Whom a mail went to and when it arrived, by what the receiving side wrote into it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.mail.addresses import Address, normalise, parse_addresses
from tocsin.mail.dates import parse_date
from tocsin.model.message import Defect, Message
from tocsin.model.observation import Observation
from tocsin.observe.fields import Fields, fields_by_name, first_of

MAX_RECIPIENTS = 10_000
_ADDRESSED = ("to", "cc", "bcc", "resent-to", "resent-cc")
_DELIVERED = frozenset(
    (
        "delivered-to", "x-original-to", "envelope-to", "x-delivered-to", "x-envelope-to", "x-forwarded-to",
        "x-apparently-to", "apparently-to", "x-rcpt-to", "x-resolved-to",
    )
)  # fmt: skip
_READ = _DELIVERED.union(_ADDRESSED, ("received",))
_ARRIVED = ("x-received", "delivery-date", "x-delivery-time", "x-originalarrivaltime")
_RUN = re.compile(r"[^\s,;<>]{500,}")
_NOT_PLAIN = ('"', "(", ";", ":", "=?", "[", "\\")
_FOR = re.compile(r"for\s+<?([^\s<>;()]{1,250}@[^\s<>;()]{1,250})")
_FILETIME = re.compile(r"\bFILETIME=\[[0-9A-F:.]+\]")
_EARLIEST_S, _LATEST_S = 315_532_800.0, 4_102_444_800.0  # 1980 and 2100: stamps beyond are broken clocks
_DAY_S = 86_400.0
_AFTER_DAYS, _BEFORE_DAYS = 2, 30
_COPIED_DAYS = 2
_ZONE = re.compile(r"\s([+-])(\d\d)([0-5]\d)(?!\d)")
_APART_MINUTES = 300
# Hours east of Greenwich, summer time and an hour's journey included, of countries that lie within a few zones (IANA
# time zone database, zone.tab). Large countries and endings that are sold to everybody are left out.
_ZONES_OF = (
    (-1, 3, "be nl lu fr de at ch it es dk se no pl cz sk hu si hr mt"),
    (-1, 2, "uk ie pt is"),
    (-1, 4, "eu int"),
    (0, 4, "fi ee lv lt gr bg ro cy ua md il tr"),
    (7, 9, "cn hk tw sg mo ph my"),
    (8, 10, "jp kr"),
    (5, 6, "in lk np"),
)
_COUNTRY_HOURS: Mapping[str, tuple[int, int]] = {
    country: (west, east) for west, east, countries in _ZONES_OF for country in countries.split()
}


class Recipients(msgspec.Struct, frozen=True):
    """Whom a mail names and whom it reached.

    `to` are normalised addresses of To, Cc and Bcc in order, each once; `delivered_to` those that the receiving side
    recorded, the envelope first, then from the top of the header; `people` are both, with display names.
    """

    to: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    people: tuple[Address, ...] = ()
    defects: tuple[Defect, ...] = ()


def read_recipients(message: Message) -> Recipients:
    """Everyone the mail went to, at most 10,000; a defect tells where there were more.

    Fields such as Delivered-To count only above the lowest Received, since the sender wrote what is below; in a
    mail without any Received they count wherever they stand.
    """
    addressed: list[str] = []
    recorded: list[tuple[int, str]] = []
    top = ""
    lowest = -1
    for index, header in enumerate([header for header in message.headers if header.name in _READ]):
        name = header.name
        if name == "received":
            if lowest < 0:
                top = header.value
            lowest = index
        elif name in _ADDRESSED:
            addressed.append(header.value)
        elif name in _DELIVERED:
            recorded.append((index, header.value))
    to: dict[str, Address] = {}
    defects: tuple[Defect, ...] = ()
    for value in addressed:
        for person in _people(value, MAX_RECIPIENTS + 1 - len(to)):
            to.setdefault(normalise(person.address), person)
        if len(to) > MAX_RECIPIENTS:
            to.popitem()
            text = f"The mail names more than {MAX_RECIPIENTS} recipients; the rest were not read."
            defects = (Defect("too-many-recipients", text, "to"),)
            break
    delivered = dict.fromkeys(map(normalise, message.envelope.recipients[:MAX_RECIPIENTS]))
    for index, value in recorded:
        if (index < lowest or lowest < 0) and len(delivered) < MAX_RECIPIENTS:
            delivered.update(
                (normalise(person.address), None) for person in parse_addresses(bounded(value), 100)
            )
    if top and "for" in top and (named := _FOR.search(top[:4_000])) is not None:
        delivered[normalise(named[1])] = None
    delivered.pop("", None)
    people = list(to.values())
    people += [Address("", address, address.rpartition("@")[2]) for address in delivered if address not in to]
    return Recipients(tuple(to), tuple(delivered), tuple(people), defects)


def bounded(value: str) -> str:
    """An address field without unbroken runs of 500 characters, which no address has and which cost time."""
    return value if len(value) < 1_000 else _RUN.sub(" ", value)


def _people(value: str, limit: int) -> Iterable[Address]:
    """The mailboxes of a field; plain lists are split at their commas, which is several times faster."""
    value = bounded(value)
    if "," in value and not any(mark in value for mark in _NOT_PLAIN):
        pieces = value.split(",", limit)[:limit]
        if all("@" in piece for piece in pieces):
            return itertools.chain.from_iterable(parse_addresses(piece, 1) for piece in pieces)
    return parse_addresses(value, limit)


def recipients(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The normalised addresses that the mail names, and those that it was delivered to (see `Recipients`)."""
    found = read_recipients(message)
    return found.to, found.delivered_to


def arrival(message: Message, fields: Fields | None = None) -> float | None:
    """When the mail arrived, Unix time (UTC), by the newest stamp that the sender could not write, or None.

    The connector's own stamp comes first, then the topmost Received, then the receiver's other stamps. Where the
    first two lie more than two days apart, the connector's tells when a program copied or exported the mail (the
    From line of an mbox often does), and Received counts. The Date field is the sender's word and is never used.
    Stamps before 1980 or after 2100 are passed over. `fields` are those of the message by name, where somebody
    has them already.
    """
    if fields is None:
        fields = fields_by_name(message.headers)
    received = first_of(fields, "received")  # one further down may be forged
    stamp = _plausible(parse_date(received.rpartition(";")[2])) if received else None
    outer = _plausible(message.arrival_s)
    if outer is not None and (stamp is None or abs(outer - stamp) <= _COPIED_DAYS * _DAY_S):
        return outer
    if stamp is not None:
        return stamp
    return _first_stamp({name: fields[name][0] for name in _ARRIVED if name in fields})


def observe_dates(date_s: float | None, arrival_s: float | None) -> tuple[Observation, ...]:
    """Where the Date field and the arrival contradict each other; the value is the difference in days.

    "date-after-arrival" from two days in the future, "date-before-arrival" from thirty days in the past.
    """
    if date_s is None or arrival_s is None:
        return ()
    days = (date_s - arrival_s) / _DAY_S
    if days > _AFTER_DAYS:
        return (Observation("date-after-arrival", f"{days:.0f}", "date"),)
    if days < -_BEFORE_DAYS:
        return (Observation("date-before-arrival", f"{-days:.0f}", "date"),)
    return ()


def observe_zone(date: str, received: Sequence[str], domain: str) -> tuple[Observation, ...]:
    """Where the zone of the Date field is that of neither the country that From's domain names nor the first hop.

    `received` are the Received fields, newest first. "zone-unlike-domain" has the zone as value, "zone-unlike-hop" both
    zones, five hours or more apart. Greenwich time says nothing: servers and phones abroad write it. Whoever writes a
    mail sets its clock, and people travel: weak and forgeable.
    """
    zone = _zone_minutes(date)
    if not zone:
        return ()
    found: tuple[Observation, ...] = ()
    usual = _COUNTRY_HOURS.get(domain.rpartition(".")[2])
    if usual is not None and not usual[0] * 60 <= zone <= usual[1] * 60:
        found = (Observation("zone-unlike-domain", _zone_text(zone), "date"),)
    hop = _zone_minutes(received[-1].rpartition(";")[2]) if received else 0
    if hop and abs(hop - zone) >= _APART_MINUTES:
        found = (*found, Observation("zone-unlike-hop", f"{_zone_text(zone)} {_zone_text(hop)}", "date"))
    return found


def _zone_minutes(stamp: str) -> int:
    """Minutes east of Greenwich of an RFC 5322 stamp; 0 for Greenwich and for none."""
    found = _ZONE.search(stamp[:200])
    if found is None:
        return 0
    minutes = int(found[2]) * 60 + int(found[3])
    return 0 if minutes > 14 * 60 else -minutes if found[1] == "-" else minutes


def _zone_text(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _first_stamp(stamps: dict[str, str]) -> float | None:
    for name in _ARRIVED:
        if name in stamps:
            value = _FILETIME.sub("", stamps[name])
            stamp = (
                _plausible(float(value)) if value.isascii() and value.isdigit() and len(value) < 20 else None
            )
            stamp = stamp or _plausible(parse_date(value.rpartition(";")[2]))
            if stamp is not None:
                return stamp
    return None


def _plausible(stamp: float | None) -> float | None:
    return stamp if stamp is not None and _EARLIEST_S <= stamp < _LATEST_S else None
