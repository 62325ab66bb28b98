"""`tocsin watch`: settings to accounts, processes and threads; the only wiring of watching.

This process talks to mail servers and can therefore not close its network: it is held to the hosts that were named, and
it looks into no mail. What does is forked before the first connection and before the first thread (`app.live.service`).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from tocsin.app.config import Config
from tocsin.app.live.build import Live, LiveError, wanted
from tocsin.app.live.service import Service, start
from tocsin.app.live.watch_folder import Around, Follower, Setup
from tocsin.app.live.watch_handling import Refused
from tocsin.app.live.watch_state import StateError, WatchState
from tocsin.app.logins import Account, LoginError, accounts_of
from tocsin.connect.imap_wire import Hosts, Trust, trusting
from tocsin.model.handling import Handling, Handlings
from tocsin.model.source import ReadError
from tocsin.render.watch import WatchRecord

Tell = Callable[[WatchRecord | ReadError], None]
Log = Callable[[str], None]

EXIT_ALERT, EXIT_UNREAD, EXIT_INTERRUPTED = 1, 3, 4
_LAST_WORDS_S = 10.0
_LOOK_S = 0.5
_LOOKING_ONLY = Handlings(Handling(alert="tag", tracked="tag", other="tag", unread="tag"))


class WatchError(ValueError):
    """Watching cannot be begun as asked; the message says what to change."""


class WatchRequest(msgspec.Struct, frozen=True):
    """What to watch and what to do: `mode` is "" (only tell) or of `watch_handling.MODES`; `state` a folder."""

    urls: tuple[str, ...]
    config: Config
    state: Path
    mode: str = ""
    alerts_folder: str = ""
    once: bool = False
    existing: bool = False
    poll_s: float = 60.0
    command_s: float = 60.0
    ca_file: Path | None = None
    insecure_loopback: bool = False


def default_state() -> Path:
    """Where what was seen is written down when no folder is named."""
    if os.geteuid() == 0:
        return Path("/var/lib/tocsin/watch")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "tocsin" / "watch"


def named_accounts(request: WatchRequest) -> tuple[Account, ...]:
    """The accounts that are to be watched. Raises WatchError."""
    try:
        return accounts_of(
            request.urls,
            request.config.accounts,
            insecure_loopback=request.insecure_loopback,
            ca_file=request.ca_file,
        )
    except LoginError as error:
        raise WatchError(str(error)) from error


def contexts_of(accounts: tuple[Account, ...]) -> dict[str, Trust]:
    """How each account's server proves who it is. Raises WatchError."""
    found = {}
    for account in accounts:
        try:
            found[account.address.account] = trusting(account.ca_file)
        except OSError as error:
            raise WatchError(
                f"{account.ca_file}: is no file of certificate authorities ({error.strerror or error}); expected PEM"
            ) from error
    return found


def run_watch(request: WatchRequest, tell: Tell, log: Log) -> int:
    """Watch until stopped, or with `once` until all is read; returns the exit status.

    Raises WatchError before anything is connected, Refused where a server cannot do what was asked for.
    """
    if request.mode == "move" and not request.alerts_folder:
        raise WatchError("--handle move needs --alerts-folder: where alerts are moved to")
    if request.alerts_folder and not request.mode:
        raise WatchError("--alerts-folder needs --handle: without it nothing in a mailbox is changed")
    accounts = named_accounts(request)
    contexts = contexts_of(accounts)
    _find_store(request.config.store, log)
    config = msgspec.structs.replace(request.config, spool=request.state / "live")
    if not request.mode and not config.store:  # the original lies in its mailbox
        config = msgspec.structs.replace(config, keep_raw="none")
    try:
        asked = msgspec.structs.replace(wanted(config), patient=True, acts=bool(request.mode))
        if not request.mode:
            asked = msgspec.structs.replace(asked, handlings=_LOOKING_ONLY)
        service = start(Live(asked, log), log)
    except LiveError as error:
        raise WatchError(str(error)) from error
    try:
        state = WatchState(request.state)
    except StateError as error:
        service.stop()
        raise WatchError(str(error)) from error
    hosts = Hosts((account.address.host, account.address.port) for account in accounts)
    hosts.refuse_others()
    setup = Setup(
        request.mode,
        request.alerts_folder,
        request.once,
        request.existing,
        request.poll_s,
        asked.largest_mail_bytes,
        request.command_s,
    )
    watch = _Watch(service, state, tell, log)
    around = Around(
        service.handle,
        state,
        hosts,
        lambda account: contexts[account.address.account],
        watch.tell,
        log,
        watch.stopping,
        watch.stop_fd,
    )
    turns = {account.address.account: threading.Lock() for account in accounts}
    followers = [
        Follower(account, folder, setup, around, turns[account.address.account])
        for account in accounts
        for folder in account.folders or ("INBOX",)
    ]
    return watch.run(followers, once=request.once)


def _find_store(url: str, log: Log) -> None:
    """See that a store that is there can be opened, before anything is begun. Raises WatchError."""
    if not url:
        return
    from tocsin.app.memory import StoreError, StoreMissing, open_store

    try:
        open_store(url).close()
    except StoreMissing:
        log(f"{url}: there is no store yet; it is made")
    except StoreError as error:
        raise WatchError(str(error)) from error


class _Watch:
    """The threads, and how all of them end."""

    def __init__(self, service: Service, state: WatchState, tell: Tell, log: Log) -> None:
        self._service = service
        self._state = state
        self._tell = tell
        self._log = log
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self._alerts = 0
        self._faults = 0
        self.stopping = threading.Event()
        self.stop_fd, self._stop_write = os.pipe()

    def tell(self, item: WatchRecord | ReadError) -> None:
        """Tell of one mail or fault; one at a time."""
        with self._lock:
            self._tell(item)
            if isinstance(item, ReadError):
                self._faults += 1
            elif item.verdict.alert:
                self._alerts += 1

    def run(self, followers: list[Follower], *, once: bool) -> int:
        threads = [threading.Thread(target=self._work, args=(one,), daemon=True) for one in followers]
        interrupted = False
        for thread in threads:
            thread.start()
        try:
            while not self.stopping.is_set():
                alive = next((thread for thread in threads if thread.is_alive()), None)
                if alive is None:
                    break
                alive.join(_LOOK_S)
                if self._service.ended:
                    self._log("what reads mail has ended; start again to go on where this stopped")
                    break
        except KeyboardInterrupt:
            interrupted = True
        ended = self._service.ended
        self.stopping.set()
        os.close(self._stop_write)
        until_s = time.monotonic() + _LAST_WORDS_S
        for thread in threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        self._service.stop()
        if not any(thread.is_alive() for thread in threads):
            self._state.close()
        if self._failure is not None:
            raise self._failure
        if ended:
            return EXIT_UNREAD
        if not once:
            return 0
        if interrupted:
            return EXIT_INTERRUPTED
        return EXIT_ALERT if self._alerts else EXIT_UNREAD if self._faults else 0

    def _work(self, follower: Follower) -> None:
        try:
            follower.run()
        except (Refused, OSError) as error:  # what was asked for cannot be done; nobody reads what is told
            self._failure = self._failure or error
            self.stopping.set()
