"""The hunt: new intelligence against all stored mail, and new mail against all intelligence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from tocsin.app.account import account
from tocsin.app.intel import find_source
from tocsin.app.matcher import Matcher, came_s, source_of
from tocsin.app.packed import Batch, Packed, packed
from tocsin.app.pairs import Found, Pairs, Ways
from tocsin.app.weights import load_weights
from tocsin.hunt.hits import hits_of
from tocsin.hunt.match import Shown
from tocsin.hunt.observables import observables
from tocsin.hunt.search import SearchSet
from tocsin.judge.pointers import Pointer, pointer, strongest, with_pointers
from tocsin.model.hunt import HuntHit, HuntResult, Person, Touched
from tocsin.model.intel import Hit, Indicator, IntelSource
from tocsin.model.observation import Observed
from tocsin.model.stored import AuditEntry, VerdictVersion
from tocsin.model.weights import Weights
from tocsin.store.interface import Store

__all__ = ["HuntHit", "HuntResult", "Matcher", "chosen", "hunt_mails", "hunt_new", "hunt_since"]

INDICATORS_AT_ONCE = 200_000
MAILS_AT_ONCE = 500
ANSWERS_KEPT = 200_000  # of one kind, while texts are searched


Report = Callable[[HuntHit], None]


def hunt_new(
    store: Store,
    indicators: Iterable[Indicator] | Packed,
    *,
    now_s: float,
    report: Report | None = None,
    threshold: float = 0.5,
) -> HuntResult:
    """Hold indicators against all stored mail; keeps the hits and tells `report` each one, known ones as well.

    A mail with a new hit that alarms gets a version of its verdict, for which `threshold` is the operator's. Can be
    broken off and run again: what was found so far is kept, and is not new then. Memory does not grow with the number
    of hits, but for a line for each indicator and person.
    """
    hunt = _Hunt(store, now_s, report, threshold)
    hunt.hold_all(indicators)
    hunt.log("intelligence against all mail")
    return hunt.result


def hunt_mails(
    store: Store,
    numbers: Collection[int],
    *,
    now_s: float,
    report: Report | None = None,
    threshold: float = 0.5,
) -> HuntResult:
    """Hold stored mails against all intelligence; otherwise like `hunt_new`."""
    hunt = _Hunt(store, now_s, report, threshold)
    hunt.take(numbers, lambda indicator: False)
    hunt.log("mails that came")
    return hunt.result


def hunt_since(
    store: Store, since_s: float, *, now_s: float, report: Report | None = None, threshold: float = 0.5
) -> HuntResult:
    """Hold what came since then against all else; otherwise like `hunt_new`.

    Mails count by when they came or were stored, indicators by when their source was renewed or by their own date.
    """
    renewed = {
        id
        for id, body in store.documents("source")
        if msgspec.msgpack.decode(body, type=IntelSource).renewed_s >= since_s
    }

    def is_recent(one: Indicator) -> bool:
        return one.source in renewed or (one.modified_s or one.created_s or 0.0) >= since_s

    hunt = _Hunt(store, now_s, report, threshold)
    hunt.hold_all(one for one in store.indicators() if is_recent(one))
    numbers = [row.number for row in store.rows() if max(row.stored_s, row.time_s or 0.0) >= since_s]
    hunt.take(numbers, is_recent)
    hunt.log("what came since a date")
    return hunt.result


def chosen(store: Store, wanted: str) -> Iterable[Indicator]:
    """One indicator by its id, or all of a source by its id or name. Raises IntelError."""
    one = store.indicator(wanted)
    return (one,) if one is not None else store.indicators(find_source(store, wanted).id)


def count_hit(result: HuntResult, found: HuntHit) -> None:
    """Count one hit."""
    hit, new = found.hit, found.new
    touched = result.touched.get(hit.indicator)
    if touched is None:
        touched = result.touched[hit.indicator] = Touched(found.indicator, found.source)
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
    result.hits += 1
    result.new += new
    result.alarms += hit.alarms
    result.new_alarms += hit.alarms and new
    result.exercise = result.exercise or found.exercise


class _Hunt:
    def __init__(self, store: Store, now_s: float, report: Report | None, threshold: float) -> None:
        self._store = store
        self._threshold = threshold
        self._weights: Weights | None = None
        self._held: str | None = None
        self._now_s = now_s
        self._report = report
        self._sources: dict[str, IntelSource | None] = {}
        self.result = HuntResult(now_s=now_s)

    def hold_all(self, indicators: Iterable[Indicator] | Packed) -> None:
        """Hold indicators against all mail, some at a time."""
        given = indicators if isinstance(indicators, Packed) else packed(indicators)
        for group in given.groups(INDICATORS_AT_ONCE):
            self.hold(group)
        self.result.mails = sum(count for _, count in self._store.owners())

    def take(self, numbers: Collection[int], skip: Callable[[Indicator], bool]) -> None:
        """Hold stored mails against all intelligence, but for indicators that were held already."""
        matcher = Matcher(self._store)
        self.result.problems.extend(matcher.problems)
        ordered = sorted(numbers)
        for start in range(0, len(ordered), MAILS_AT_ONCE):
            mails = list(self._store.records(ordered[start : start + MAILS_AT_ONCE]))
            candidates = [
                (shown, {id: one for id, one in found.items() if not skip(one)})
                for shown, found in matcher.candidates([mail for _, mail in mails])
            ]
            self.keep(mails, candidates)
        self.result.mails = max(self.result.mails, len(ordered))

    def hold(self, group: Sequence[Batch]) -> None:
        """Find the mails that these indicators may meet, read them, and keep the hits."""
        self.result.indicators += sum(batch.count for batch in group)
        ways = Ways(group)
        pairs = Pairs(lambda found: self._verify(found, ways))
        for digest, number in pairs.paused(self._store.find, ways.digests()):
            for place in ways.places(digest):
                pairs.add(number, place)
        searching = ways.at(ways.searched)
        if searching:
            ids = {indicator.id: place for place, indicator in searching.items()}
            searched = SearchSet(searching.values())
            self.result.problems.extend(searched.problems)
            self._search(searched, ids, pairs)
        pairs.flush()

    def _search(self, searched: SearchSet, ids: dict[str, int], pairs: Pairs) -> None:
        place_of = [ids[one.id] for one in searched.indicators]
        if searched.exact:
            for digest, number in self._store.find(list(searched.exact)):
                for one in searched.exact[digest]:
                    pairs.add(number, place_of[one])
        for kind in searched.kinds:
            answers: dict[str, tuple[int, ...]] = {}  # hosts and addresses come again and again
            for piece in searched.pieces(kind):
                for number, value in self._store.texts(kind, piece):
                    met = answers.get(value)
                    if met is None:
                        if len(answers) == ANSWERS_KEPT:
                            answers.clear()
                        met = answers[value] = tuple(searched.ask(kind, value))
                    for one in met:
                        pairs.add(number, place_of[one])
        if searched.always:
            for row in self._store.rows():
                for one in searched.always:
                    pairs.add(row.number, place_of[one])

    def _verify(self, pairs: Found, ways: Ways) -> None:
        named = ways.at(set(pairs.places))
        mails: dict[int, dict[str, Indicator]] = {}
        for number, place in pairs.ordered():
            if number not in mails and len(mails) == MAILS_AT_ONCE:
                self._read(mails)
                mails = {}
            mails.setdefault(number, {})[named[place].id] = named[place]
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
            met = hits_of(number, came_s(mail), shown, indicators.values(), self._now_s)
            if met:
                known[number] = mail
                hits.extend(met)
                named.update((hit.indicator, indicators[hit.indicator]) for hit in met)
        if not hits:
            return
        owners = {row.number: row.owner for row in self._store.rows(list(known))}
        with self._store.transaction():
            new = self._store.add_hits(hits)
            self._judge([hit for hit in new if hit.alarms], named)
            fresh = {_name(hit) for hit in new}
            found = [
                self._told(
                    hit, known[hit.number], owners[hit.number], named[hit.indicator], _name(hit) in fresh
                )
                for hit in hits
            ]
        for one in found:
            count_hit(self.result, one)
            if self._report is not None:
                self._report(one)

    def _judge(self, hits: Sequence[Hit], named: dict[str, Indicator]) -> None:
        """Add a version to the verdict of each mail that new hits alarm on."""
        pointers: dict[int, list[Pointer]] = {}
        for hit in hits:
            indicator = named[hit.indicator]
            pointers.setdefault(hit.number, []).append(
                pointer(hit, indicator, self._source(indicator.source))
            )
        if not pointers:
            return
        if self._weights is None:
            self._weights = load_weights()
        self._store.add_verdicts(
            [
                VerdictVersion(
                    standing.number,
                    0,
                    self._now_s,
                    "intelligence",
                    strongest(pointers[standing.number]).text,
                    with_pointers(
                        standing.verdict, pointers[standing.number], self._weights, self._threshold
                    ),
                    partial=True,
                    intelligence=self._state(),
                )
                for standing in list(self._store.standing(list(pointers)))
            ]
        )

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
            came_s(mail),
            new,
            mail.exercise,
        )

    def _source(self, id: str) -> IntelSource | None:
        if id not in self._sources:
            self._sources[id] = source_of(self._store, id)
        return self._sources[id]

    def _state(self) -> str:
        """The state of intelligence that was held against mail: which sources, each as of when."""
        if self._held is None:
            known = [
                msgspec.msgpack.decode(body, type=IntelSource) for _, body in self._store.documents("source")
            ]
            self._held = " ".join(f"{one.id}@{one.renewed_s:.0f}" for one in known)[:500]
        return self._held

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


def _name(hit: Hit) -> tuple[str, int, str, str, str]:
    return hit.indicator, hit.number, hit.match, hit.seen.kind, hit.seen.value
