"""Whose mail a line of a log asks for: one reader's alone, or that of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.hunt.observables import is_ip, url_key
from tocsin.model.exposure import Fetched
from tocsin.model.observable import digest
from tocsin.model.observation import Beacon, Observed
from tocsin.model.stored import MailRow
from tocsin.store.interface import Store

_SHORTEST_TOKEN = 6
_MOST_LINES = 50  # for one mail
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
    by_host: dict[str, _Named] = {}
    for number, mail in records.items():
        for beacon in mail.beacons:
            by_host.setdefault(beacon.host, _Named()).add(number, beacon)
    holders = _Holders(store)
    own: dict[int, list[Fetched]] = {}
    anybody: dict[int, list[Fetched]] = {}
    meant: dict[tuple[str, str], tuple[list[int], bool]] = {}
    for line in fetched:
        key = (line.host, line.url)
        if key not in meant:
            meant[key] = _meant(line, by_host[line.host], holders) if line.host in by_host else ([], False)
        numbers, alone = meant[key]
        lines = own if alone else anybody
        for number in numbers:
            if _is_later(line, rows[number]):
                lines.setdefault(number, []).append(line)
        if any(len(lines.get(number, ())) >= _MOST_LINES for number in numbers):  # more of them tell no more
            numbers = [number for number in numbers if len(lines.get(number, ())) < _MOST_LINES]
            meant[key] = numbers, alone
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


class _Named:
    """What the mails of one campaign name of one host; asked for a line, it takes as long as the line is."""

    def __init__(self) -> None:
        self.mails: dict[int, None] = {}
        self.service = False
        self._urls: dict[str, dict[int, None]] = {}
        self._tokens: dict[str, dict[str, dict[int, None]]] = {}  # by their first letters

    def add(self, number: int, one: Beacon) -> None:
        self.mails[number] = None
        self.service = self.service or one.vendor is not None
        self._urls.setdefault(url_key(one.url), {})[number] = None
        token = one.personal.value if one.personal is not None and one.personal.kind in _TOKENS else ""
        if len(token) >= _SHORTEST_TOKEN:
            alike = self._tokens.setdefault(token[:_SHORTEST_TOKEN], {})
            alike.setdefault(token, {})[number] = None

    def in_url(self, url: str) -> dict[tuple[str, str], list[int]]:
        """The tokens that stand in a URL, else the URL itself where a mail has it; each with its mails."""
        if not url:
            return {}
        found: dict[tuple[str, str], list[int]] = {}
        for at in range(len(url) - _SHORTEST_TOKEN + 1):
            for token, numbers in self._tokens.get(url[at : at + _SHORTEST_TOKEN], {}).items():
                if url.startswith(token, at):
                    found["token", token] = list(numbers)
        key = url_key(url)
        return found or ({("url", key): list(self._urls[key])} if key in self._urls else {})


def _meant(line: Fetched, there: _Named, holders: _Holders) -> tuple[list[int], bool]:
    """The mails that a line can be about, and whether it can be no other reader's."""
    if named := there.in_url(line.url):
        owners = {owner for kind, value in named for owner in holders.of(kind, value)[1]}
        mails = dict.fromkeys(number for numbers in named.values() for number in numbers)
        return list(mails), len(owners) <= 1
    numbers, _ = holders.of("ip" if is_ip(line.host) else "host", line.host)
    alone = not line.url and len(there.mails) == 1 and len(numbers) <= 1 and not there.service
    return list(there.mails), alone


def _is_later(line: Fetched, row: MailRow) -> bool:
    before_s = _BEFORE_S if line.zoned else _BEFORE_S + _ZONES_S
    return row.time_s is None or line.at_s >= row.time_s - before_s
