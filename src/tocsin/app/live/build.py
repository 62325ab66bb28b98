"""Settings to the parts that handle live mail; what gate and watch have in common."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tocsin.app.anchors import AnchorsError, load_anchors
from tocsin.app.config import Config
from tocsin.app.live.bench import Bench, BenchSetup
from tocsin.app.live.channel import Channel
from tocsin.app.live.journal import Journal, JournalFailed
from tocsin.app.live.keeper import make_ready
from tocsin.app.live.memory import MemorySetup, fallback, serve_memory
from tocsin.app.live.pool import Pool
from tocsin.app.live.supervise import Companion
from tocsin.app.live.warm import warm_up
from tocsin.app.matching import AddressBook
from tocsin.app.memory import StoreError
from tocsin.app.observing import observer_factory
from tocsin.app.policies import PolicyError, load_policy
from tocsin.app.requests import RequestError, make_request
from tocsin.app.scan import ScanRequest
from tocsin.connect.guard import refuse_network
from tocsin.model.handling import Handlings
from tocsin.model.people import People
from tocsin.model.signature import NO_ANCHORS, Anchors

Log = Callable[[str], None]

# What is looked into of one mail: more than mail servers let through, and what fits into a worker many times over.
LARGEST_MAIL_BYTES = 64 * 1024 * 1024
_MEMORY_TIME_S, _PATIENCE_S = 0.5, 240.0


class LiveError(ValueError):
    """Live mail cannot be handled as asked; the message says what to change."""


class Wanted(msgspec.Struct, frozen=True):
    """What the settings ask for, read and found good; nothing is made or opened yet.

    With `patient` a mail waits for what the store knows, for minutes if it must: it lies where it is meanwhile.
    `acts` tells that mail is changed or held back by what is found.
    """

    config: Config
    handlings: Handlings
    scanning: ScanRequest
    spool: Path
    anchors: Anchors = NO_ANCHORS
    patient: bool = False
    acts: bool = True

    @property
    def largest_mail_bytes(self) -> int:
        return min(self.config.max_mail_bytes, LARGEST_MAIL_BYTES)


def wanted(config: Config) -> Wanted:
    """Read what the settings name. Raises LiveError."""
    try:
        handlings = load_policy(config.policy) if config.policy else Handlings()
        scanning = make_request(config, ())
        anchors = load_anchors(config.anchors) if config.anchors else NO_ANCHORS
    except (PolicyError, RequestError, AnchorsError) as error:
        raise LiveError(str(error)) from error
    return Wanted(config, handlings, scanning, config.spool or default_spool(), anchors)


class Live:
    """Everything that is built before processes are forked, so that all of them share it."""

    def __init__(self, wanted: Wanted, log: Log) -> None:
        """Makes the store where there is none; one that is out of reach is waited for.

        Raises LiveError for a spool that cannot be used.
        """
        make_folder(wanted.spool)
        try:
            self._journal = Journal(wanted.spool)
        except JournalFailed as error:
            raise LiveError(str(error)) from error
        self._wanted = wanted
        scanning = wanted.scanning
        setup = MemorySetup.of(scanning, wanted.config.store, wanted.spool)
        self._setup = msgspec.structs.replace(setup, patient=wanted.patient, acts=wanted.acts)
        if wanted.config.store:
            try:
                make_ready(self._setup, plain=wanted.config.plain)
            except StoreError as error:
                log(f"mail is judged without the store until it is there: {error}")
            except JournalFailed as error:
                raise LiveError(str(error)) from error
        self._fallback = fallback(self._setup)
        self._observe = observer_factory(scanning.lists, scanning.rules.yara)()

    @property
    def has_store(self) -> bool:
        return bool(self._wanted.config.store)

    def companions(self, log: Log) -> tuple[Companion, ...]:
        """The processes beside the one that has the bench; none without a store."""
        if not self.has_store:
            return ()

        def remember(channel: Channel | None) -> None:
            assert channel is not None
            serve_memory(channel, self._setup)

        return (Companion(remember, "what reads the store ended, mail is judged without it", connected=True),)

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """Close this process off from the network for good, hire workers, and give the bench."""
        config, scanning = self._wanted.config, self._wanted.scanning
        jobs = config.jobs or scanning.jobs + 1  # one more than cores: sealing waits for the disk
        pool = Pool(self._observe, self._journal, jobs, config.live_time_s, self._wanted.anchors)
        refuse_network(programs_too=True)
        warm_up(self._observe, self._fallback)
        gc.freeze()
        pool.start()
        setup = BenchSetup(
            self._wanted.handlings,
            owners_of(scanning.people),
            memory_time_s=_PATIENCE_S if self._wanted.patient else _MEMORY_TIME_S,
            keep_alerts=config.keep_raw != "none",
            without="the store is not at hand" if config.store else "no store is named",
            keep_records=self.has_store,
            keep_days=config.keep_originals_days,
        )
        try:
            yield Bench(pool, self._journal, self._fallback, setup)
        finally:
            pool.close()


def owners_of(people: People) -> Mapping[str, str]:
    """The first address of everybody, by any form of their addresses."""
    return AddressBook(people)


def default_spool() -> Path:
    """Where journal and originals lie when no folder is named."""
    if os.geteuid() == 0:
        return Path("/var/lib/tocsin/live")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "tocsin" / "live"


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter. Raises LiveError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LiveError(
            f"{folder}: cannot be made ({error.strerror}); name another folder as spool"
        ) from error
