"""The hunt: new intelligence against all stored mail, and new mail against all intelligence."""

from __future__ import annotations

import getpass
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from tocsin.hunt.digests import leading_digests
from tocsin.hunt.hits import hits_of
from tocsin.hunt.match import Shown
from tocsin.hunt.observables import digests_of, observables
from tocsin.hunt.search import SearchSet
from tocsin.model.intel import Hit, Indicator, IntelSource
from tocsin.model.observation import Observed
from tocsin.model.stored import AuditEntry
from tocsin.store.interface import Store

INDICATORS_AT_ONCE = 20_000
MAILS_AT_ONCE = 500
PAIRS_AT_ONCE = 2_000_000  # of indicator and mail, 16 bytes each, before their mails are read


class HuntHit(msgspec.Struct, frozen=True):
    """A hit with what people want to know beside it; `new` tells that the store did not have it yet."""

    hit: Hit
    indicator: Indicator
    source: IntelSource | None
    sha256: str
    message_id: str
    person: str
    subject: str
    sender: str
    time_s: float | None
    new: bool
    exercise: bool = False


class Person(msgspec.Struct):
    """What of one indicator reached one person; times are Unix seconds, None where no mail has a usable one."""

    address: str
    mails: int = 0
    new: int = 0
    first_s: float | None = None
    last_s: float | None = None
    match: str = ""
    seen: str = ""
    where: str = ""


class Touched(msgspec.Struct):
    """One indicator that met mail: how many mails, of whom, and what kept it from alarming (excuse: mails)."""

    indicator: Indicator
    source: IntelSource | None
    mails: int = 0
    new: int = 0
    alarms: int = 0
    new_alarms: int = 0
    first_s: float | None = None
    last_s: float | None = None
    people: dict[str, Person] = {}
    excuses: dict[str, int] = {}


class HuntResult(msgspec.Struct):
    """What a hunt found, by indicator in the order found; counts are of hits (one indicator in one mail).

    `problems` are indicators that could not be searched for, each with the reason.
    """

    touched: dict[str, Touched] = {}
    indicators: int = 0
    mails: int = 0
    hits: int = 0
    new: int = 0
    alarms: int = 0
    new_alarms: int = 0
    problems: list[tuple[str, str]] = []
    now_s: float = 0.0
    exercise: bool = False

    def add(self, found: HuntHit) -> None:
        """Count one hit."""
        hit, new = found.hit, found.new
        touched = self.touched.get(hit.indicator)
        if touched is None:
            touched = self.touched[hit.indicator] = Touched(found.indicator, found.source)
        person = touched.people.get(found.person)
        if person is None:
            person = touched.people[found.person] = Person(
                found.person, match=hit.match, seen=hit.seen.value, where=hit.seen.where
            )
        for one in (touched, person):
            one.mails += 1
            one.new += new
            if found.time_s is not None:
                one.first_s = found.time_s if one.first_s is None else min(one.first_s, found.time_s)
                one.last_s = found.time_s if one.last_s is None else max(one.last_s, found.time_s)
        touched.alarms += hit.alarms
        touched.new_alarms += hit.alarms and new
        if hit.excuse:
            touched.excuses[hit.excuse] = touched.excuses.get(hit.excuse, 0) + 1
        self.hits += 1
        self.new += new
        self.alarms += hit.alarms
        self.new_alarms += hit.alarms and new
        self.exercise = self.exercise or found.exercise


Report = Callable[[HuntHit], None]
OnNew = Callable[[Sequence[HuntHit]], None]


def hunt_new(
    store: Store, indicators: Iterable[Indicator], *, now_s: float, report: Report | None = None
) -> HuntResult:
    """Hold indicators against all stored mail; keeps the hits and tells `report` each one, known ones as well.

    Can be broken off and run again: what was found so far is kept, and is not new then. Memory does not grow with the
    number of hits, but for a line for each indicator and person.
    """
    hunt = _Hunt(store, now_s, report)
    stream = iter(indicators)
    while batch := list(islice(stream, INDICATORS_AT_ONCE)):
        hunt.hold(batch)
    hunt.result.mails = sum(count for _, count in store.owners())
    hunt.log("all intelligence" if hunt.result.indicators > 1 else "one indicator")
    return hunt.result


def hunt_mails(
    store: Store, numbers: Collection[int], *, now_s: float, report: Report | None = None
) -> HuntResult:
    """Hold stored mails against all intelligence; otherwise like `hunt_new`."""
    hunt = _Hunt(store, now_s, report)
    matcher = Matcher(store)
    hunt.result.problems.extend(matcher.problems)
    ordered = sorted(numbers)
    for start in range(0, len(ordered), MAILS_AT_ONCE):
        chunk = ordered[start : start + MAILS_AT_ONCE]
        mails = list(store.records(chunk))
        hunt.keep(mails, matcher.candidates([mail for _, mail in mails]))
        hunt.result.mails += len(mails)
    hunt.log("mails that came")
    return hunt.result


class Matcher:
    """All intelligence of a store, for mails that are not stored yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._searched = SearchSet(store.indicators_to_search())
        self.problems = self._searched.problems

    def candidates(self, mails: Sequence[Observed]) -> list[tuple[Shown, dict[str, Indicator]]]:
        """For each mail what it shows, and the indicators that it may meet, by id."""
        found: list[tuple[Shown, dict[str, Indicator]]] = []
        wanted: dict[int, list[int]] = {}
        searched = self._searched
        for place, mail in enumerate(mails):
            seen = observables(mail)
            possible = set(searched.always)
            for digest in digests_of(seen):
                wanted.setdefault(digest, []).append(place)
                possible.update(searched.exact.get(digest, ()))
            kinds = searched.kinds
            for one in seen:
                if one.kind in kinds:
                    possible.update(searched.ask(one.kind, one.value))
            found.append(
                (Shown(seen), {searched.indicators[n].id: searched.indicators[n] for n in sorted(possible)})
            )
        if wanted:
            for digest, indicator in self._store.indicators_by_digest(wanted):
                for place in wanted[digest]:
                    found[place][1][indicator.id] = indicator
        return found

    def hits(self, mails: Sequence[Observed], now_s: float) -> list[list[tuple[Hit, Indicator]]]:
        """The hits of mails that have no number yet (-1), each with its indicator."""
        return [
            [
                (hit, indicators[hit.indicator])
                for hit in hits_of(-1, _time(mail), shown, indicators.values(), now_s)
            ]
            for mail, (shown, indicators) in zip(mails, self.candidates(mails), strict=True)
        ]


class _Hunt:
    def __init__(self, store: Store, now_s: float, report: Report | None) -> None:
        self._store = store
        self._now_s = now_s
        self._report = report
        self._sources: dict[str, IntelSource | None] = {}
        self.result = HuntResult(now_s=now_s)

    def hold(self, batch: Sequence[Indicator]) -> None:
        """Find the mails that these indicators may meet, read them, and keep the hits."""
        self.result.indicators += len(batch)
        ways: dict[int, list[int]] = {}
        to_search: list[Indicator] = []
        places: list[int] = []
        for place, indicator in enumerate(batch):
            digests = leading_digests(indicator.pattern)
            for digest in digests:
                ways.setdefault(digest, []).append(place)
            if not digests:
                to_search.append(indicator)
                places.append(place)
        pairs = _Pairs(lambda found: self._verify(found, batch))
        if ways:
            for digest, number in pairs.paused(self._store.find, list(ways)):
                for place in ways[digest]:
                    pairs.add(number, place)
        if to_search:
            ids = {indicator.id: place for indicator, place in zip(to_search, places, strict=True)}
            searched = SearchSet(to_search)
            self.result.problems.extend(searched.problems)
            self._search(searched, ids, pairs)
        pairs.flush()

    def _search(self, searched: SearchSet, ids: dict[str, int], pairs: _Pairs) -> None:
        place_of = [ids[one.id] for one in searched.indicators]
        if searched.exact:
            for digest, number in self._store.find(list(searched.exact)):
                for one in searched.exact[digest]:
                    pairs.add(number, place_of[one])
        for kind in searched.kinds:
            for piece in searched.pieces(kind):
                for number, value in self._store.texts(kind, piece):
                    for one in searched.ask(kind, value):
                        pairs.add(number, place_of[one])
        if searched.always:
            for row in self._store.rows():
                for one in searched.always:
                    pairs.add(row.number, place_of[one])

    def _verify(self, pairs: Iterable[tuple[int, int]], batch: Sequence[Indicator]) -> None:
        mails: dict[int, dict[str, Indicator]] = {}
        for number, place in pairs:
            if number not in mails and len(mails) == MAILS_AT_ONCE:
                self._read(mails)
                mails = {}
            mails.setdefault(number, {})[batch[place].id] = batch[place]
        if mails:
            self._read(mails)

    def _read(self, wanted: dict[int, dict[str, Indicator]]) -> None:
        mails = list(self._store.records(list(wanted)))
        self.keep(mails, [(Shown(observables(mail)), wanted[number]) for number, mail in mails])

    def keep(
        self,
        mails: Sequence[tuple[int, Observed]],
        candidates: Sequence[tuple[Shown, dict[str, Indicator]]],
    ) -> None:
        """Evaluate, keep what is new together with the verdicts that it changes, and report."""
        hits: list[Hit] = []
        known: dict[int, Observed] = {}
        named: dict[str, Indicator] = {}
        for (number, mail), (shown, indicators) in zip(mails, candidates, strict=True):
            met = hits_of(number, _time(mail), shown, indicators.values(), self._now_s)
            if met:
                known[number] = mail
                hits.extend(met)
                named.update((hit.indicator, indicators[hit.indicator]) for hit in met)
        if not hits:
            return
        owners = {row.number: row.owner for row in self._store.rows(list(known))}
        with self._store.transaction():
            fresh = {_name(hit) for hit in self._store.add_hits(hits)}
            found = [
                self._told(
                    hit, known[hit.number], owners[hit.number], named[hit.indicator], _name(hit) in fresh
                )
                for hit in hits
            ]
        for one in found:
            self.result.add(one)
            if self._report is not None:
                self._report(one)

    def _told(self, hit: Hit, mail: Observed, owner: str, indicator: Indicator, new: bool) -> HuntHit:
        return HuntHit(
            hit,
            indicator,
            self._source(indicator.source),
            mail.sha256,
            mail.message_id,
            owner,
            mail.subject,
            mail.sender.address,
            _time(mail),
            new,
            mail.exercise,
        )

    def _source(self, id: str) -> IntelSource | None:
        if id not in self._sources:
            body = self._store.get("source", id)
            self._sources[id] = msgspec.msgpack.decode(body, type=IntelSource) if body is not None else None
        return self._sources[id]

    def log(self, what: str) -> None:
        """Note the hunt in the store's audit table."""
        result = self.result
        self._store.audit(
            AuditEntry(
                self._now_s,
                account(),
                "hunt",
                count=result.mails,
                detail=f"{what}: {result.indicators} indicators, {result.hits} hits, {result.new} new",
            )
        )


class _Pairs:
    """Pairs of mail and indicator, gathered in few bytes and handed on in the order of mails.

    A run of the store's iterator must not be held over a write, so a full gathering is only handed on between runs:
    `paused` cuts the digests into pieces.
    """

    def __init__(self, hand_on: Callable[[Iterable[tuple[int, int]]], None]) -> None:
        self._hand_on = hand_on
        self._numbers = array("q")
        self._places = array("q")

    def add(self, number: int, place: int) -> None:
        self._numbers.append(number)
        self._places.append(place)

    def paused(
        self, find: Callable[[Collection[int]], Iterator[tuple[int, int]]], digests: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        step = INDICATORS_AT_ONCE
        for start in range(0, len(digests), step):
            yield from find(digests[start : start + step])
            if len(self._numbers) >= PAIRS_AT_ONCE:
                self.flush()

    def flush(self) -> None:
        numbers, places = self._numbers, self._places
        self._numbers, self._places = array("q"), array("q")
        if not numbers:
            return
        import numpy

        order = numpy.argsort(numpy.frombuffer(numbers, dtype=numpy.int64), kind="stable")
        self._hand_on((numbers[at], places[at]) for at in order)


def account() -> str:
    """The account of the operating system, for the audit table."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _time(mail: Observed) -> float | None:
    return mail.arrival_s if mail.arrival_s is not None else mail.date_s


def _name(hit: Hit) -> tuple[str, int, str, str, str]:
    return hit.indicator, hit.number, hit.match, hit.seen.kind, hit.seen.value
