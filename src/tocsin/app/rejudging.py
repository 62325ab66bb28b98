"""Judging everything that a store holds, in time order, as if all of it had been scanned at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import msgspec

from tocsin.app import keeping
from tocsin.app.hunt import hunt_mails
from tocsin.app.versions import Standing, Surroundings, next_version, standing_of
from tocsin.connect.reread import reread
from tocsin.judge.known import Known
from tocsin.judge.pointers import Pointer
from tocsin.judge.rules.book import RuleBook
from tocsin.judge.session import compare_copies, judge_in_order, time_order
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.scan import Judged, Stored
from tocsin.model.stored import VerdictVersion
from tocsin.model.verdict import Verdict
from tocsin.model.weights import Weights
from tocsin.store.interface import Store

_BATCH = 500
_JUDGED_BY = "judged-by"


class Judging(msgspec.Struct, frozen=True):
    """By what stored mail is judged; `settings` stands for all that decides beside the mails (rules, lists, people).

    `raw` is "alerts" where the bytes of mails that alarm are kept, else "none". `observer` is what observes now: a
    record that it made of bytes that are kept is as good as the mail itself.
    """

    weights: Weights
    known: Known
    rules: RuleBook
    threshold: float
    owner: Callable[[str], Owner]
    settings: str
    now_s: float
    mandate: str = ""
    raw: str = "alerts"
    observer: str = ""


class Rejudging:
    """One round of judging; iterate `judged` once, then ask `stored`.

    All versions of the round are kept together or not at all, so that a round that is broken off leaves no trace and
    is simply done again.
    """

    def __init__(
        self,
        store: Store,
        outcome: keeping.Outcome,
        judging: Judging,
        report: Callable[[str, int, int], None],
    ) -> None:
        self._store = store
        self._outcome = outcome
        self._judging = judging
        self._report = report
        self._changed = 0
        self._alarmed = 0
        self._hits = 0
        self._total = 0
        self._people: set[str] = set()
        self._new_alerts: list[tuple[int, str, tuple[str, ...]]] = []

    def judged(self) -> Iterator[Judged]:
        """The mails of this scan, and earlier ones that alarm now and did not before.

        All is read and written in one transaction: another scan of the same mails waits, and then finds the verdicts.
        """
        with self._store.transaction():
            yield from self._round()
        self._keep_raw()

    def _round(self) -> Iterator[Judged]:
        store, judging, outcome = self._store, self._judging, self._outcome
        if outcome.new and next(store.indicators(), None) is not None:
            self._hits = hunt_mails(store, outcome.new, now_s=judging.now_s, threshold=judging.threshold).new
        ordered = sorted(
            keeping.everything(store), key=lambda one: time_order(one.time_s, one.sha256, one.owner)
        )
        self._total = len(ordered)
        self._people = {one.owner for one in ordered}
        pointers = keeping.pointers_by_mail(store)
        standing = {one.number: standing_of(one.verdict) for one in store.standing()}
        surroundings = self._surroundings()
        met = {n: pointers[one.number] for n, one in enumerate(ordered) if one.number in pointers}
        versions: list[VerdictVersion] = []
        for one, (mail, verdict) in zip(ordered, self._verdicts(ordered, met), strict=True):
            places = outcome.numbers.get(one.number)
            before = standing.get(one.number)
            version = next_version(
                one.number,
                verdict,
                before,
                surroundings,
                observed_again=one.number in outcome.again,
                partial=places is None and not (one.raw and one.observer == judging.observer),
                pointers=pointers.get(one.number, ()),
            )
            if version is not None:
                versions.append(version)
                if len(versions) == _BATCH:
                    store.add_verdicts(versions)
                    versions.clear()
            newly = self._count(places, before, version)
            if verdict.alert and not one.raw and judging.raw == "alerts":
                self._new_alerts.append((one.number, mail.sha256, tuple(places or (mail.source,))))
            if places is not None:
                yield Judged(mail, verdict, one.owner, tuple(places))
            elif newly:
                yield Judged(mail, verdict, one.owner, store.occurrences(one.number), earlier=True)
        store.add_verdicts(versions)
        store.put("setting", _JUDGED_BY, judging.settings.encode())
        keeping.audit(
            store,
            "judge",
            [one.number for one in ordered],
            now_s=judging.now_s,
            mandate=judging.mandate,
            detail=f"{len(outcome.numbers)} mails of a scan, {len(outcome.new)} of them new",
        )

    def stored(self, *, made: bool) -> Stored:
        """What the round did."""
        outcome = self._outcome
        return Stored(
            url=self._store.url,
            encrypted=self._store.encrypted,
            made=made,
            new=len(outcome.new),
            known=len(outcome.numbers) - len(outcome.new),
            total=self._total,
            changed=self._changed,
            alarmed=self._alarmed,
            hits=self._hits,
            people=len(self._people),
            mandate=self._judging.mandate,
        )

    def _verdicts(
        self, ordered: list[keeping.Kept], pointers: dict[int, tuple[Pointer, ...]]
    ) -> Iterator[tuple[Observed, Verdict]]:
        store, judging = self._store, self._judging

        def read(place: int) -> Observed:
            return store.read(ordered[place].number)

        owners = {address: judging.owner(address) for address in self._people}
        differences = (
            compare_copies(
                [one.copies for one in ordered],
                [one.owner for one in ordered],
                [one.time_s for one in ordered],
                read,
            )
            if len(owners) > 1
            else {}
        )
        return judge_in_order(
            read,
            [owners[one.owner] for one in ordered],
            differences,
            judging.weights,
            judging.known,
            judging.threshold,
            lambda stage, done: self._report(stage, done, len(ordered)),
            judging.rules,
            pointers,
        )

    def _surroundings(self) -> Surroundings:
        judging = self._judging
        earlier = self._store.get("setting", _JUDGED_BY)
        return Surroundings(
            judging.now_s,
            judging.weights.version,
            earlier is not None and earlier != judging.settings.encode(),
            keeping.state_of_intelligence(self._store),
        )

    def _count(
        self, places: list[str] | None, before: Standing | None, version: VerdictVersion | None
    ) -> bool:
        """Count an earlier verdict that changed; whether it alarms now and did not before."""
        if version is None or before is None:
            return False
        self._changed += 1
        newly = version.verdict.alert and not before.alert and places is None
        self._alarmed += newly
        return newly

    def _keep_raw(self) -> None:
        """Keep the bytes of mails that alarm, where they can still be read and are the same."""
        for number, sha256, places in self._new_alerts:
            for place in places:
                try:
                    raw = reread(place)
                except LookupError:
                    continue
                if hashlib.sha256(raw).hexdigest() == sha256:
                    self._store.keep_raw(number, raw)
                    break
