"""Whose mail a line of a log asks for: one reader's alone, or that of several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from tocsin.hunt.observables import is_ip, url_key
from tocsin.model.exposure import Fetched
from tocsin.model.observable import digest
from tocsin.model.observation import Beacon, Observed
from tocsin.model.stored import MailRow
from tocsin.store.interface import Store

_SHORTEST_TOKEN = 6
_BEFORE_S = 300.0  # clocks of mail servers and proxies differ
_ZONES_S = 14 * 3600.0  # a time without a zone can be that much earlier than it looks
_TOKENS = ("high-entropy", "echo", "differs")  # kinds of Personal whose value stands in the URL


class Lines(msgspec.Struct, frozen=True):
    """Lines by number of mail: those that can be of no other reader's mail, and those that can."""

    own: Mapping[int, Sequence[Fetched]] = {}
    anybody: Mapping[int, Sequence[Fetched]] = {}


def asked_for(
    store: Store, records: Mapping[int, Observed], rows: Mapping[int, MailRow], fetched: Sequence[Fetched]
) -> Lines:
    """Lines by mail, from when it was sent on.

    A line is one reader's where no mail of anybody else in the store has its URL, or the token in it. One that has a
    host alone (of a resolver, or an encrypted connection) is one reader's where a single mail names that host.
    """
    if not fetched:
        return Lines()
    by_host: dict[str, list[int]] = {}
    for number, mail in records.items():
        for host in dict.fromkeys(one.host for one in mail.beacons):
            by_host.setdefault(host, []).append(number)
    holders = _Holders(store)
    own: dict[int, list[Fetched]] = {}
    anybody: dict[int, list[Fetched]] = {}
    meant: dict[tuple[str, str], tuple[list[int], bool]] = {}
    for line in fetched:
        key = (line.host, line.url)
        if key not in meant:
            meant[key] = _meant(line, {n: records[n] for n in by_host.get(line.host, ())}, holders)
        numbers, alone = meant[key]
        for number in numbers:
            if _is_later(line, rows[number]):
                (own if alone else anybody).setdefault(number, []).append(line)
    return Lines(own, anybody)


class _Holders:
    """Who has mails that show something, by the store's index, asked once a thing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], tuple[frozenset[int], frozenset[str]]] = {}

    def of(self, kind: str, value: str) -> tuple[frozenset[int], frozenset[str]]:
        """Numbers and owners of the mails that show it."""
        if (kind, value) not in self._known:
            numbers = frozenset(number for _, number in self._store.find((digest(kind, value),)))
            owners = frozenset(row.owner for row in self._store.rows(numbers)) if numbers else frozenset()
            self._known[kind, value] = numbers, owners
        return self._known[kind, value]


def _meant(line: Fetched, mails: Mapping[int, Observed], holders: _Holders) -> tuple[list[int], bool]:
    """The mails that a line can be about, and whether it can be no other reader's."""
    named: dict[int, list[tuple[str, str]]] = {}
    for number, mail in mails.items():
        if things := list(_named(mail.beacons, line)):
            named[number] = things
    if named:
        owners = {
            owner
            for things in named.values()
            for kind, value in things
            for owner in holders.of(kind, value)[1]
        }
        return list(named), len(owners) <= 1
    numbers, _ = holders.of("ip" if is_ip(line.host) else "host", line.host)
    service = any(one.vendor for mail in mails.values() for one in mail.beacons if one.host == line.host)
    return list(mails), not line.url and len(mails) == 1 and len(numbers) <= 1 and not service


def _named(beacons: Iterable[Beacon], line: Fetched) -> Iterator[tuple[str, str]]:
    """What a mail shows that the line's URL has: the token of its reader, or else the URL."""
    if not line.url:
        return
    for one in beacons:
        if one.host != line.host:
            continue
        token = one.personal.value if one.personal is not None and one.personal.kind in _TOKENS else ""
        if len(token) >= _SHORTEST_TOKEN and token in line.url:
            yield "token", token
        elif url_key(one.url) == url_key(line.url):
            yield "url", url_key(one.url)


def _is_later(line: Fetched, row: MailRow) -> bool:
    before_s = _BEFORE_S if line.zoned else _BEFORE_S + _ZONES_S
    return row.time_s is None or line.at_s >= row.time_s - before_s
