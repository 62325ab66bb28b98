"""Keep sources of intelligence in a store: add, renew, list, show and remove them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice

import msgspec

from tocsin.app.packed import BATCH, Batch, Packed, Seen
from tocsin.exchange.entries import Entry, Listed, UnreadableIntel, grade_of
from tocsin.exchange.reading import format_of, read
from tocsin.hunt.digests import leading_digests
from tocsin.hunt.warnings import Warnings, with_warnings
from tocsin.model.intel import Hit, Indicator, IntelSource, NotUnderstood
from tocsin.model.sources import Added, IndicatorState, SourceState
from tocsin.store.interface import Store

DAY_S = 86_400.0
_PYMISP_TOTAL = 4 * 1024 * 1024  # bytes of one source that PyMISP checks: it takes seconds for each megabyte
_SLUG = re.compile(r"[^a-z0-9]+")


class IntelError(ValueError):
    """What was asked cannot be done; the message says what to change."""


class Options(msgspec.Struct, frozen=True):
    """What a person says about a source where the source itself says nothing.

    `grade`, `tlp` and `pap` are as in `IntelSource`; `valid_days` counts from when it is read. `replace` takes
    indicators that a full source no longer has out of force.
    """

    name: str = ""
    grade: str = ""
    tlp: str = ""
    pap: str = ""
    confidence: int | None = None
    valid_days: int | None = None
    replace: bool = False


def checked_grade(text: str) -> str:
    """An Admiralty grade as it is kept, "" for none. Raises IntelError."""
    if text and not grade_of(text):
        raise IntelError(f"{text}: expected a letter A to F and a digit 1 to 6, as in B2")
    return grade_of(text)


class NotUnderstoodList(msgspec.Struct, frozen=True):
    """What a store keeps beside a source: what could not be acted on, and what was left out, counted by kind."""

    pieces: tuple[NotUnderstood, ...]
    other: dict[str, int]


def source_id(name: str, location: str) -> str:
    """The id of a source: by its name where a person gave one, else by where it lies; readable and stable."""
    stem = name or re.split(r"[/\\]", location.rstrip("/\\"))[-1].partition(".")[0] or location
    slug = _SLUG.sub("-", stem.lower()).strip("-")[:40] or "source"
    return (
        f"{slug}-{blake2b((name or location).encode('utf-8', 'surrogateescape'), digest_size=3).hexdigest()}"
    )


def sources(store: Store) -> dict[str, IntelSource]:
    """All sources by id."""
    return {id: msgspec.msgpack.decode(body, type=IntelSource) for id, body in store.documents("source")}


def find_source(store: Store, wanted: str) -> IntelSource:
    """The source with this id or name, or whose id alone begins so. Raises IntelError."""
    known = sources(store)
    if wanted in known:
        return known[wanted]
    named = [one for one in known.values() if one.name == wanted or one.id.startswith(wanted)]
    if len(named) == 1:
        return named[0]
    if named:
        raise IntelError(
            f"{wanted}: is the name of {len(named)} sources: {', '.join(one.id for one in named)}"
        )
    listed = ", ".join(sorted(known)[:20]) or "none yet"
    raise IntelError(f"{wanted}: there is no such source; known: {listed}")


def prepared(store: Store, location: str, options: Options, at_s: float) -> IntelSource:
    """The source as it is to be kept, of no format yet: a known one renewed, with what was said of it before."""
    id = source_id(options.name, location)
    known = sources(store).get(id)
    stem = re.split(r"[/\\]", location.rstrip("/\\"))[-1]
    return IntelSource(
        id,
        options.name or (known.name if known is not None else stem),
        known.format if known is not None else "",
        location,
        known.added_s if known is not None else at_s,
        at_s,
        options.grade or (known.grade if known is not None else ""),
        options.tlp or (known.tlp if known is not None else ""),
        options.pap or (known.pap if known is not None else ""),
        known.sha256 if known is not None else "",
    )


class Parts:
    """The files of one source as entries, one after the other; `problems` are those that could not be read.

    A source of one file raises UnreadableIntel, one of several goes on with the next.
    """

    def __init__(self, parts: Iterable[tuple[str, bytes]], source: str, *, alone: bool) -> None:
        self.problems: list[str] = []
        self.formats: set[str] = set()
        self.files = 0
        self._parts = parts
        self._source = source
        self._alone = alone

    def entries(self) -> Iterator[Entry]:
        """All entries of all files."""
        checked = 0
        for place, data in self._parts:
            self.files += 1
            try:
                kind = format_of(data, place)
                self.formats.add(kind)
                checked += len(data)
                by_pymisp = self._alone or checked <= _PYMISP_TOTAL
                yield from read(data, self._source, place, format=kind, by_pymisp=by_pymisp)
            except UnreadableIntel as error:
                if self._alone:
                    raise
                self.problems.append(str(error))
                yield NotUnderstood("", place, str(error).removeprefix(f"{place}: "))


def keep(store: Store, source: IntelSource, intake: Intake, options: Options, *, whole: bool = True) -> Added:
    """Store what was read of a source, all or nothing; the store is locked only while this writes.

    `whole` tells that what is not among it is gone from the source. Raises UnreadableIntel where a new source has
    nothing that can be looked for.
    """
    with store.transaction():
        renewed = store.get("source", source.id) is not None
        if not intake.seen and not renewed and intake.listed.count:
            first = intake.listed.not_understood()[0]
            raise UnreadableIntel(
                f"{source.location}: nothing in it can be looked for ({intake.listed.count:,} not understood); the "
                f"first at {first.where}: {first.reason}"
            )
        _tell_apart(store, source.id, intake)
        gone, retired = _gone(store, source.id, intake.seen, options) if renewed and whole else (0, 0)
        counts = [0, 0, 0]
        for some in intake.packed.batches:
            for place, count in enumerate(store.add_indicators(some.led())):
                counts[place] += count
        store.put("source", source.id, msgspec.msgpack.encode(source))
        if not whole and not intake.seen and not intake.listed.count:
            return Added(source, renewed, 0, 0, 0)  # nothing new: what was not understood before stays listed
        listed = NotUnderstoodList(intake.listed.not_understood(), dict(intake.listed.other))
        store.put("not-understood", source.id, msgspec.msgpack.encode(listed))
    return Added(
        source,
        renewed,
        counts[0],
        counts[1],
        counts[2],
        intake.repeated,
        gone,
        retired,
        intake.shared,
        intake.listed.count,
        dict(intake.listed.other),
    )


class Intake:
    """Entries of a source, read and made ready before the store is touched: normalised, held against warning lists.

    An indicator that the source holds twice counts once, as it stands first.
    """

    def __init__(self, source: IntelSource, options: Options, warnings: Warnings) -> None:
        self.packed = Packed()
        self.seen = Seen()
        self.listed = Listed()
        self.repeated = 0
        self.shared = 0
        self._source = source
        self._options = options
        self._warnings = warnings

    def take(self, entries: Iterable[Entry]) -> None:
        """Read all of them."""
        stream = self._indicators(entries)
        while batch := list(islice(stream, BATCH)):
            new = self.seen.take([hash(one.id) for one in batch])
            fresh = [one for one, is_new in zip(batch, new, strict=True) if is_new]
            self.repeated += len(batch) - len(fresh)
            self.shared += sum(1 for one in fresh if one.warning)
            if fresh:
                self.packed.add([(one, leading_digests(one.pattern)) for one in fresh])

    def _indicators(self, entries: Iterable[Entry]) -> Iterator[Indicator]:
        for entry in entries:
            if isinstance(entry, Indicator):
                yield from with_warnings(self._completed(entry), self._warnings)
            else:
                self.listed.take(entry)

    def _completed(self, one: Indicator) -> Indicator:
        source, options = self._source, self._options
        until = one.valid_until_s
        if until is None and options.valid_days is not None:
            until = source.renewed_s + options.valid_days * DAY_S
        return msgspec.structs.replace(
            one,
            source=source.id,
            valid_until_s=until,
            confidence=one.confidence if one.confidence is not None else options.confidence,
            grade=one.grade or source.grade,
            tlp=one.tlp or source.tlp,
            pap=one.pap or source.pap,
        )


def _tell_apart(store: Store, source: str, intake: Intake) -> None:
    """Give indicators that another source has under the same id one of their own: each keeps its grade and marks.

    It is ID@SOURCE, and stays so when the other source is removed, so that nothing alarms twice.
    """
    for number, batch in enumerate(intake.packed.batches):
        if not batch.given_ids:
            continue
        own = {id: f"{id}@{source}" for id in batch.given_ids}
        holders = store.indicator_holders([*own, *own.values()], source)
        renamed = {
            id: other for id, other in own.items() if holders.get(other) or holders.get(id, True) is False
        }
        if renamed:
            led = [
                (msgspec.structs.replace(one, id=renamed.get(one.id, one.id)), digests)
                for one, digests in batch.led()
            ]
            intake.packed.batches[number] = Batch(led)
            intake.seen.take([hash(id) for id in renamed.values()])


def _gone(store: Store, source: str, seen: Seen, options: Options) -> tuple[int, int]:
    """How many known indicators a source no longer has, and how many of them were taken out of force for it."""
    gone = 0
    revoked = Packed()
    known = store.indicators(source)
    while batch := list(islice(known, BATCH)):
        unknown = seen.unknown([hash(one.id) for one in batch])
        away = [one for one, is_gone in zip(batch, unknown, strict=True) if is_gone]
        gone += len(away)
        if options.replace:
            led = [
                (msgspec.structs.replace(one, revoked=True), leading_digests(one.pattern))
                for one in away
                if not one.revoked
            ]
            if led:
                revoked.add(led)
    for some in revoked.batches:
        store.add_indicators(some.led())
    return gone, sum(some.count for some in revoked.batches)


def states(store: Store, at_s: float, wanted: str = "") -> list[SourceState]:
    """How sources stand, the one that was renewed last first; only one of them where it is named.

    Raises IntelError for a name that is not known.
    """
    chosen = [find_source(store, wanted)] if wanted else list(sources(store).values())
    hits: dict[str, list[Hit]] = {}
    for hit in store.hits():
        hits.setdefault(hit.indicator, []).append(hit)
    listed = sorted(chosen, key=lambda one: (-one.renewed_s, one.id))
    return [_state(store, source, hits, at_s) for source in listed]


def _state(store: Store, source: IntelSource, hits: dict[str, list[Hit]], at_s: float) -> SourceState:
    counts = dict.fromkeys(("revoked", "expired", "shared", "pending", "valid"), 0)
    met: list[Hit] = []
    for one in store.indicators(source.id):
        counts[standing(one, at_s)] += 1
        met += hits.get(one.id, ())
    body = store.get("not-understood", source.id)
    listed = msgspec.msgpack.decode(body, type=NotUnderstoodList) if body else NotUnderstoodList((), {})
    return SourceState(
        source,
        sum(counts.values()),
        counts["valid"],
        counts["pending"],
        counts["expired"],
        counts["revoked"],
        counts["shared"],
        len(met),
        sum(hit.alarms for hit in met),
        max((hit.found_s for hit in met), default=None),
        listed.pieces,
        listed.other,
    )


def standing(one: Indicator, at_s: float) -> str:
    """Whether an indicator is in force: "valid", or why not."""
    if one.revoked:
        return "revoked"
    if one.valid_until_s is not None and one.valid_until_s <= at_s:
        return "expired"
    if one.warning:
        return "shared"
    return "pending" if one.valid_from_s is not None and one.valid_from_s > at_s else "valid"


def remove(store: Store, wanted: str) -> tuple[IntelSource, int]:
    """Forget a source and its indicators; hits stay. Returns it and their number. Raises IntelError."""
    source = find_source(store, wanted)
    with store.transaction():
        count = store.remove_indicators(source.id)
        for kind in ("source", "not-understood", "poll"):
            store.remove(kind, source.id)
    return source, count


def show(store: Store, wanted: str) -> list[IndicatorState]:
    """Indicators with this id, or that are written or compare with this value, each with its hits.

    Raises IntelError where there is none.
    """
    from tocsin.hunt.refang import refang
    from tocsin.hunt.terms import leaves

    known = sources(store)
    one = store.indicator(wanted)
    found = [one] if one is not None else []
    if one is None:
        value = refang(wanted).strip().lower()
        found = [
            indicator
            for indicator in store.indicators()
            if indicator.written.lower() in (value, wanted.lower())
            or any(value in leaf.values for leaf in leaves(indicator.pattern))
        ]
    if not found:
        raise IntelError(
            f"{wanted}: there is no such indicator; name an id, or a value as `tocsin intel list` counts it"
        )
    return [_indicator_state(store, indicator, known) for indicator in found]


def _indicator_state(store: Store, indicator: Indicator, known: dict[str, IntelSource]) -> IndicatorState:
    hits = sorted(store.hits(indicator=indicator.id), key=lambda hit: (hit.found_s, hit.number))
    rows = {row.number: row for row in store.rows({hit.number for hit in hits})} if hits else {}
    return IndicatorState(
        indicator, known.get(indicator.source), tuple((hit, rows.get(hit.number)) for hit in hits)
    )
