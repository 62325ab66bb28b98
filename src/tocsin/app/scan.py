"""The scan: observe everything in parallel, then judge in time order with the mailboxes' own history."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from tocsin.app.catalogue import load_catalogue
from tocsin.app.dates import load_dates
from tocsin.app.lists import Lists
from tocsin.app.matching import AddressBook
from tocsin.app.names import load_names
from tocsin.app.observing import observer_factory
from tocsin.app.overview import Overview, is_shown
from tocsin.app.owners import Found, OwnerLearner, owner_of
from tocsin.app.resume import WorkFolder, with_earlier
from tocsin.app.spill import Entry, Row, SpillReader, StorageFailed
from tocsin.app.workers import MAIL_TIME_S, Crew, WorkerFailed
from tocsin.connect.files import read_mail, total_bytes
from tocsin.connect.guard import refuse_network
from tocsin.connect.limits import ReadLimits
from tocsin.judge.known import known_from
from tocsin.judge.owners import unlisted_owner
from tocsin.judge.rules.book import compile_rules
from tocsin.judge.session import compare_copies, judge_in_order, time_order
from tocsin.model.observation import Observed
from tocsin.model.people import Owner, People
from tocsin.model.rules import RuleSet
from tocsin.model.scan import Judged, Mailbox, Stored, Summary
from tocsin.model.source import RawMail, ReadError, ReadProgress
from tocsin.model.weights import Weights

if TYPE_CHECKING:
    from tocsin.store.interface import Store

__all__ = ["Progress", "Scan", "ScanRequest", "StorageFailed", "WorkerFailed", "close_network"]


def close_network(keep: Iterable[int] = ()) -> str:
    """Shut the whole process off from the network before mail is touched; returns how it is held.

    `keep` are sockets of a store that are connected already (`Store.sockets`).
    """
    return refuse_network(keep=keep)


class ScanRequest(msgspec.Struct, frozen=True):
    """What to scan and how; `lists` are the operator's own beside the shipped ones.

    `mandate` says on whose behalf other people's mail is read; `keep_raw` is "alerts" where a store keeps the bytes of
    mails that alarm, else "none".
    """

    paths: tuple[str, ...]
    weights: Weights
    people: People = People()
    lists: Lists = Lists()
    jobs: int = 2
    threshold: float = 0.5
    mail_time_s: float = MAIL_TIME_S
    limits: ReadLimits = ReadLimits()
    budget: int = 0
    rules: RuleSet = RuleSet()
    mandate: str = ""
    keep_raw: str = "alerts"


class Progress(msgspec.Struct, frozen=True):
    """How far a scan is: `stage` is "reading", "storing", "comparing" or "judging"; bytes count while reading, else
    mails.
    """

    stage: str
    mails: int
    total_mails: int
    bytes_done: int
    bytes_total: int
    elapsed_s: float


class Scan:
    """One scan, to be iterated once: yields errors while reading, then a Judged for each mail and owner.

    After the last item `summary()` tells what was read. `close` must be called; when the scan did not finish,
    what was observed is kept for the next run of the same command (`resumable`).
    """

    def __init__(
        self,
        request: ScanRequest,
        *,
        stdin: BinaryIO | None = None,
        report: Callable[[Progress], None] | None = None,
        store: Store | None = None,
        store_made: bool = False,
    ) -> None:
        self._request = request
        self._store = store
        self._store_made = store_made
        self._stored: Stored | None = None
        self._key = b""
        if store is not None:
            from tocsin.app.keeping import observer_of, work_key

            self._observer = observer_of(observing_settings(request))
            self._key = work_key(store)
        self._stdin = stdin
        self._report = report or (lambda progress: None)
        self._started = time.monotonic()
        self._catalogue = load_catalogue(request.lists.vendors)
        dates = request.lists.domain_dates
        registered = load_dates(dates) if dates is not None else None
        names = load_names(request.lists.names)
        self._known = known_from(self._catalogue, names, request.people, registered)
        self._rules = compile_rules(request.rules.rules)
        self._overview = Overview(self._catalogue)
        self._errors: list[ReadError] = []
        self._mailboxes: dict[str, list[float | None]] = {}
        self._owners: dict[str, Found] = {}
        self._counts: dict[str, int] = {}
        self._bytes_done = 0
        self._bytes_total = 0
        self._finished = False
        self._work = WorkFolder(request.paths, observing_settings(request), self._key)
        self._aliases = AddressBook(request.people)
        self._people = {owner.addresses[0]: owner for owner in request.people.owners}

    @property
    def resumable(self) -> bool:
        return self._work.resumable

    def __iter__(self) -> Iterator[Judged | ReadError]:
        entries: dict[tuple[str, str], Entry] = {}
        rows: list[Row] = []
        learner = OwnerLearner(self._aliases)
        for item in self._observe():
            if isinstance(item, ReadError):
                self._errors.append(item)
                yield item
                continue
            learner.add(item)
            rows.append(item)
        self._owners = learner.learn()
        for row in sorted(rows, key=lambda row: row.source):
            self._note_mailbox(row)
            owner = owner_of(row, self._owners, self._aliases)
            entry = entries.get((row.sha256, owner))
            if entry is None:
                entries[row.sha256, owner] = Entry(row, owner, [row.source])
            else:
                entry.sources.append(row.source)
        rows.clear()
        found = list(entries.values())
        entries.clear()
        yield from self._judge(found) if self._store is None else self._judge_stored(found, self._store)
        self._finished = True

    def _observe(self) -> Iterator[Row | ReadError]:
        request = self._request
        self._bytes_total = total_bytes(request.paths)
        mails = 0
        found: Iterator[RawMail | ReadError | ReadProgress | Row]
        found = read_mail(request.paths, limits=request.limits, stdin=self._stdin)
        earlier = {row.source: row for row in self._work.earlier()}
        if self._store is not None:
            from tocsin.app.keeping import Held

            found = with_earlier(found, earlier, Held(self._store, self._observer).row)
        elif earlier:
            found = with_earlier(found, earlier, lambda mail, sha256: None)
        crew = Crew(
            observer_factory(request.lists, request.rules.yara),
            self._work.path,
            request.jobs,
            self._work.next_number(),
            request.mail_time_s,
            self._key,
        )
        try:
            for item in crew.run(found):
                if isinstance(item, ReadProgress):
                    self._bytes_done = max(item.done, self._bytes_done)
                    self._tell("reading", mails, 0)
                    continue
                if isinstance(item, Row):
                    self._check(item)
                    mails += 1
                    if mails % 256 == 0:
                        self._tell("reading", mails, 0)
                yield item
        finally:
            crew.close()

    def _check(self, row: Row) -> None:
        """Refuse what the store must not hold as soon as it is met."""
        if self._store is None or row.exercise == self._store.exercise:
            return
        from tocsin.app.keeping import refuse_strangers

        self.forget()
        refuse_strangers(self._store, row)

    def _judge(self, found: list[Entry]) -> Iterator[Judged]:
        request = self._request
        ordered = sorted(found, key=lambda entry: time_order(entry.row.time_s, entry.row.sha256, entry.owner))
        reader = SpillReader(self._work.path)
        try:
            owners = {entry.owner: self._owner(entry.owner) for entry in ordered}

            def read(number: int) -> Observed:
                return reader.read(ordered[number].row)

            rows = [entry.row for entry in ordered]
            differences = (
                compare_copies(
                    [row.copies for row in rows],
                    [entry.owner for entry in ordered],
                    [row.time_s for row in rows],
                    read,
                )
                if len(owners) > 1
                else {}
            )
            judged_mails = judge_in_order(
                read,
                [owners[entry.owner] for entry in ordered],
                differences,
                request.weights,
                self._known,
                request.threshold,
                lambda stage, done: self._tell(stage, done, len(ordered)),
                self._rules,
            )
            for entry, (mail, verdict) in zip(ordered, judged_mails, strict=True):
                judged = Judged(mail, verdict, entry.owner, tuple(entry.sources))
                self._overview.add(judged)
                yield judged
        finally:
            reader.close()

    def _judge_stored(self, found: list[Entry], store: Store) -> Iterator[Judged]:
        """Keep what is new, then judge it together with everything the store holds."""
        from tocsin.app import keeping
        from tocsin.app.campaigns import update_campaigns
        from tocsin.app.rejudging import Judging, Rejudging

        request, now_s = self._request, time.time()
        reader = SpillReader(self._work.path, self._key)
        try:
            outcome = keeping.keep(
                store,
                found,
                reader.read,
                self._observer,
                now_s=now_s,
                report=lambda done: self._tell("storing", done, len(found)),
            )
        finally:
            reader.close()
        keeping.audit(
            store,
            "observe",
            outcome.numbers,
            now_s=now_s,
            mandate=request.mandate,
            detail=f"{len(request.paths)} paths",
        )
        rejudging = Rejudging(
            store,
            outcome,
            Judging(
                request.weights,
                self._known,
                self._rules,
                request.threshold,
                self._owner,
                judging_settings(request),
                now_s,
                request.mandate,
                request.keep_raw,
                self._observer,
            ),
            self._tell,
        )
        for judged in rejudging.judged():
            if not judged.earlier:
                self._overview.add(judged)
            yield judged
        self._tell("linking", 0, 0)
        updated = update_campaigns(store, now_s=now_s, people=request.people)
        self._stored = msgspec.structs.replace(
            rejudging.stored(made=self._store_made),
            campaigns=len(updated.campaigns),
            new_campaigns=len(updated.new),
            grown_campaigns=len(updated.grown),
        )

    def _owner(self, address: str) -> Owner:
        known = self._people.get(address)
        if known is not None:
            return known
        return unlisted_owner(address, self._catalogue)

    def _note_mailbox(self, row: Row) -> None:
        self._counts[row.mailbox] = self._counts.get(row.mailbox, 0) + 1
        span = self._mailboxes.setdefault(row.mailbox, [None, None])
        if is_shown(row.time_s):
            span[0] = row.time_s if span[0] is None else min(span[0], row.time_s)
            span[1] = row.time_s if span[1] is None else max(span[1], row.time_s)

    def _tell(self, stage: str, mails: int, total: int) -> None:
        self._report(
            Progress(
                stage, mails, total, self._bytes_done, self._bytes_total, time.monotonic() - self._started
            )
        )

    def summary(self) -> Summary:
        """What was read and found so far; complete once the scan has been iterated to its end."""
        overview = self._overview
        return Summary(
            mails=overview.mails,
            unique=overview.unique,
            mailboxes=tuple(
                Mailbox(
                    name,
                    self._owners.get(name, Found("", "")).address,
                    self._owners.get(name, Found("", "")).known_by,
                    self._counts[name],
                    span[0],
                    span[1],
                )
                for name, span in sorted(self._mailboxes.items())
            ),
            first_s=overview.first_s,
            last_s=overview.last_s,
            classes=overview.classes,
            alerts=overview.alerts,
            beaconing=overview.beaconing,
            not_evaluated=overview.not_evaluated,
            defective=overview.defective,
            months=overview.months,
            sites=overview.sites,
            errors=tuple(self._errors),
            elapsed_s=time.monotonic() - self._started,
            bytes_read=self._bytes_done,
            prior=self._request.weights.prior,
            threshold=self._request.threshold,
            rules=self._request.weights.version,
            exercise=overview.exercise,
            interrupted=not self._finished,
            queue=overview.queue.freeze(self._request.budget),
            budget=self._request.budget,
            stored=self._stored,
        )

    def forget(self) -> None:
        """Do not keep what was observed when `close` is called: nobody will go on with this scan."""
        self._finished = True

    def close(self) -> None:
        """Remove the observations on disk, or keep them if the scan was interrupted and can be resumed."""
        if self._finished or not self._work.resumable:
            self._work.remove()
        else:
            self._work.keep()


def observing_settings(request: ScanRequest) -> str:
    """What decides, beside the mails, how they are observed."""
    yara = hashlib.sha256(repr(request.rules.yara).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{request.lists.digest()} {yara} {request.mail_time_s:g} {request.limits.max_mail_bytes}"


def judging_settings(request: ScanRequest) -> str:
    """What decides, beside the mails, how they are judged."""
    renamed = msgspec.json.encode(request.people.renamed) if request.people.renamed else b""
    people = hashlib.sha256(msgspec.json.encode(request.people.owners) + renamed).hexdigest()
    rules = hashlib.sha256(repr(request.rules).encode("utf-8", "surrogateescape")).hexdigest()
    lists = request.lists.digest()
    return (
        f"{request.weights.version} {request.weights.prior:g} {request.threshold:g} {people} {rules} {lists}"
    )
