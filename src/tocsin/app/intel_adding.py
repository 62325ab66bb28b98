"""`tocsin intel add` and `poll`: fetch, close the network, keep, hunt."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from tocsin.app.campaigns import update_campaigns
from tocsin.app.config import Config
from tocsin.app.hunt import hunt_new
from tocsin.app.intel import (
    Intake,
    IntelError,
    Options,
    Parts,
    find_source,
    keep,
    prepared,
    source_id,
    sources,
)
from tocsin.app.intel_fetching import Fetched, PollState, fetch_source, is_address
from tocsin.app.intel_files import parts_of
from tocsin.app.packed import Packed
from tocsin.app.scan import close_network
from tocsin.app.warning_lists import load_warning_lists
from tocsin.exchange.entries import UnreadableIntel
from tocsin.hunt.warnings import Warnings
from tocsin.model.hunt import HuntHit, HuntResult
from tocsin.model.intel import IntelSource
from tocsin.model.sources import Added
from tocsin.store.interface import Store


class Outcome(msgspec.Struct, frozen=True):
    """What became of one location: what was kept and found, or why it could not be read.

    `found` is what the hunt found in all mail that is kept.
    """

    location: str
    added: Added | None = None
    found: HuntResult | None = None
    error: str = ""


class Adding:
    """One run over several sources; raises WarningListError and CatalogueError for lists that cannot be used."""

    def __init__(
        self, settings: Config, options: Options, report: Callable[[HuntHit], None] | None = None
    ) -> None:
        self._settings = settings
        self._options = options
        self._report = report
        self._warnings = Warnings(load_warning_lists(settings.warning_lists, settings.vendors))

    def add(self, store: Store, locations: Sequence[str]) -> Iterator[Outcome]:
        """Take in each location. All that comes over the network is fetched first, then the network is closed.

        Raises IntelError for a path where nothing is.
        """
        for location in locations:
            if not is_address(location) and not os.path.lexists(location):
                raise IntelError(f"{location}: there is no such file or folder; check the path")
        return self._run(store, [self._work(store, location, self._options) for location in locations])

    def poll(self, store: Store, wanted: Sequence[str]) -> Iterator[Outcome]:
        """Renew the sources with an address. Raises IntelError for a name that is not known or has none."""
        chosen = [find_source(store, one) for one in wanted] or [
            one for one in sources(store).values() if is_address(one.location)
        ]
        if not chosen:
            raise IntelError("no source has an address to poll; add one: tocsin intel add https://HOST/…")
        for one in chosen:
            if not is_address(one.location):
                raise IntelError(
                    f"{one.id}: came from a file; renew it with: tocsin intel add {one.location}"
                )
        return self._run(store, [self._work(store, one.location, _again(store, one)) for one in chosen])

    def _work(self, store: Store, location: str, options: Options) -> _Work:
        if not is_address(location):
            # The same file is the same source from whatever folder it is named.
            return _Work(str(Path(location).absolute()), options, None, "")
        body = store.get("poll", source_id(options.name, location))
        state = msgspec.msgpack.decode(body, type=PollState) if body is not None else PollState()
        try:
            return _Work(location, options, fetch_source(location, self._settings.intel_hosts, state), "")
        except UnreadableIntel as error:
            return _Work(location, options, None, str(error))

    def _run(self, store: Store, works: Sequence[_Work]) -> Iterator[Outcome]:
        close_network(store.sockets())
        for work in works:
            if work.error:
                yield Outcome(work.location, error=work.error)
                continue
            try:
                added, packed = self._keep(store, work)
            except UnreadableIntel as error:
                yield Outcome(work.location, error=str(error))
                continue
            found = hunt_new(
                store,
                packed,
                now_s=time.time(),
                report=self._report,
                threshold=self._settings.threshold,
            )
            if found.new_alarms:  # what intelligence points at is worth linking
                update_campaigns(store, now_s=time.time())
            yield Outcome(work.location, added, found)

    def _keep(self, store: Store, work: _Work) -> tuple[Added, Packed]:
        at_s = time.time()
        fetched = work.fetched
        seen = hashlib.sha256()
        files = parts_of(Path(work.location), seen) if fetched is None else iter(fetched.parts)
        alone = (
            _is_one_file(Path(work.location))
            if fetched is None
            else fetched.format == "" and len(fetched.parts) == 1
        )
        source = prepared(store, work.location, work.options, at_s)
        parts = Parts(files, source.id, alone=alone)
        intake = Intake(source, work.options, self._warnings)
        intake.take(parts.entries())
        kind = fetched.format if fetched is not None and fetched.format else "+".join(sorted(parts.formats))
        digest = seen.hexdigest() if fetched is None else fetched.sha256
        source = msgspec.structs.replace(source, format=kind or source.format, sha256=digest or source.sha256)
        whole = fetched is None or (fetched.whole and bool(fetched.parts))
        with store.transaction():
            added = keep(store, source, intake, work.options, whole=whole)
            if fetched is not None:
                kept = msgspec.structs.replace(
                    fetched.state, confidence=work.options.confidence, valid_days=work.options.valid_days
                )
                store.put("poll", source.id, msgspec.msgpack.encode(kept))
        problems = (
            *parts.problems,
            *(fetched.problems if fetched is not None else ()),
            *self._warnings.problems[:5],
        )
        return msgspec.structs.replace(added, problems=problems), intake.packed


class _Work(msgspec.Struct, frozen=True):
    location: str
    options: Options
    fetched: Fetched | None
    error: str


def _again(store: Store, source: IntelSource) -> Options:
    """What was said of a source when it was added, for renewing it."""
    body = store.get("poll", source.id)
    state = msgspec.msgpack.decode(body, type=PollState) if body is not None else PollState()
    named = source.name if source.id == source_id(source.name, source.location) else ""
    return Options(named, source.grade, source.tlp, source.pap, state.confidence, state.valid_days)


def _is_one_file(path: Path) -> bool:
    return not path.is_dir() and ".tar" not in path.name and path.suffix != ".tgz"
