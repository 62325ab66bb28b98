"""Everything that happens to one arriving mail: observed, judged, decided about, sealed and defused, noted.

Failure policy. Late or lost memory: judged without history, and said. Mail that cannot be looked into, or judged:
handled as `unread`. Mail that should be defused and cannot be: quarantined. Disk that takes nothing: nothing is
acknowledged, the mail is to be tried again. A journal that does not take a record costs the record, not the mail.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

import msgspec

from tocsin.app.live.channel import Channel
from tocsin.app.live.failing import place_of
from tocsin.app.live.journal import Journal, JournalFailed
from tocsin.app.live.memory import Answer, Ask
from tocsin.app.live.pool import Edit, Edited, Look, Looked, Pool, Tidied, Tidy
from tocsin.app.observing import unobserved
from tocsin.model.arrival import Arrival, Opinions
from tocsin.model.defused import Defused
from tocsin.model.handling import Handlings
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail
from tocsin.respond.handling import Decision, decide
from tocsin.respond.tag import tag

_LONGEST_WAIT_S = 3600.0
_MOST_NOTED = 50
_FIRST_TIDY_S, _TIDY_S = 30.0, 6 * 3600.0

Fallback = Callable[[Observed, tuple[str, ...], float, str], Opinions]


class LiveMail(msgspec.Struct, frozen=True):
    """A mail to be handled. `ticket` is the caller's own number, `recipients` those of the envelope.

    `original` are the bytes as they came, `raw` those without fields that nobody else may write (b"": the same).
    `too_large` tells that `original` is only the beginning of the mail.
    """

    ticket: int
    original: bytes
    recipients: tuple[str, ...]
    arrived_s: float
    raw: bytes = b""
    envelope_sender: str = ""
    source: str = ""
    mailbox: str = ""
    folder: str = ""
    flags: str = ""
    outgoing: bool = False
    too_large: bool = False


class Handled(msgspec.Struct, frozen=True):
    """What became of a mail; `failed` is not "" where nothing may be acknowledged and the mail is to be tried again.

    `action` is of ACTIONS and already done as far as Tocsin does it: `defused` is the mail to hand on (None: as it is),
    `sealed` the file with its original ("": none is kept). `tag` is the value of the field X-Tocsin-Verdict.
    """

    ticket: int
    action: str = "pass"
    kind: str = ""
    tag: str = ""
    defused: Defused | None = None
    sealed: str = ""
    sha256: str = ""
    opinions: Opinions | None = None
    observed: Observed | None = None
    failed: str = ""


class BenchSetup(msgspec.Struct, frozen=True):
    """What decides beside the mails; `owners` gives a recipient's first address where it has several.

    `without` says why there is no memory when none is connected; `keep_records` is off where no store waits for them.
    """

    handlings: Handlings
    owners: Mapping[str, str]
    memory_time_s: float = 0.5
    keep_alerts: bool = True
    keep_records: bool = True
    keep_days: int = 365  # how long originals are kept
    without: str = "the store is not at hand"


class _Mail:
    """Where one mail stands; mutable, and of the bench alone."""

    __slots__ = ("asked_s", "decision", "live", "observed", "opinions", "sha256", "signature")

    def __init__(self, live: LiveMail, sha256: str) -> None:
        self.live = live
        self.sha256 = sha256
        self.asked_s = 0.0
        self.observed: Observed | None = None
        self.opinions: Opinions | None = None
        self.decision: Decision | None = None
        self.signature = "none"


class Bench:
    """Takes mails by `submit`, gives them back by `results`; waits for nothing by itself."""

    def __init__(self, pool: Pool, journal: Journal, fallback: Fallback, setup: BenchSetup) -> None:
        self._pool = pool
        self._journal = journal
        self._fallback = fallback
        self._setup = setup
        self._mails: dict[int, _Mail] = {}
        self._asked: dict[int, _Mail] = {}
        self._memory: Channel | None = None
        self._overdue = 0  # questions that memory has not answered in time, and may still
        self._done: list[Handled] = []
        self._tidy_s = time.monotonic() + _FIRST_TIDY_S
        self.problems: list[str] = []  # for the log, since the caller last looked

    def connect(self, memory: Channel) -> None:
        """Ask this memory from now on, instead of the one before."""
        if self._memory is not None:
            self._lose_memory()
        self._memory = memory
        self._overdue = 0

    @property
    def busy(self) -> int:
        """How many mails are in hand."""
        return len(self._mails)

    def submit(self, live: LiveMail) -> None:
        """Take a mail in hand; its ticket must not be in hand already."""
        mail = _Mail(live, hashlib.sha256(live.raw or live.original).hexdigest())
        self._mails[live.ticket] = mail
        found = _raw_mail(mail)
        if live.too_large:
            self._ask(mail, unobserved(found, f"The mail is larger than {len(found.raw):,} bytes"))
        else:
            self._pool.submit(Look(live.ticket, found))

    def channels(self) -> list[Channel]:
        """What to wait for."""
        memory = [self._memory] if self._memory is not None else []
        return [*self._pool.channels(), *memory]

    def due_s(self) -> float:
        """Seconds after which `results` is to be called even if nothing came."""
        if self._done:
            return 0.0
        first = next(iter(self._asked.values()), None)
        wait = first.asked_s + self._setup.memory_time_s - time.monotonic() if first else _LONGEST_WAIT_S
        return max(0.0, min(wait, self._pool.due_s()))

    def results(self) -> list[Handled]:
        """The mails that are done since the last call. Raises PoolFailed."""
        self._tidy()
        for result in self._pool.results():
            if isinstance(result, Tidied):
                if result.failed:
                    self.problems.append(result.failed)
                continue
            mail = self._mails.get(result.ticket)
            if mail is None:
                continue
            if isinstance(result, Looked):
                mail.signature = result.signature.state
                self._ask(mail, result.observed)
            else:
                self._edited(mail, result)
        self._hear()
        done, self._done = self._done, []
        return done

    def _tidy(self) -> None:
        """Have originals removed that are old, once in a while."""
        now_s = time.monotonic()
        if now_s >= self._tidy_s:
            self._tidy_s = now_s + _TIDY_S
            self._pool.submit(Tidy(time.time(), self._setup.keep_days))

    # Judging --------------------------------------------------------------------------------------------

    def _ask(self, mail: _Mail, observed: Observed) -> None:
        mail.observed = observed
        memory = self._memory
        if memory is None:
            self._judge_alone(mail, self._setup.without)
            return
        if self._overdue:
            self._judge_alone(mail, "the store is late")
            return
        question = Ask(mail.live.ticket, observed, self._owners(mail.live), mail.live.arrived_s)
        if not memory.send(msgspec.msgpack.encode(question)):
            self._lose_memory()
            self._judge_alone(mail, self._setup.without)
            return
        mail.asked_s = time.monotonic()
        self._asked[mail.live.ticket] = mail

    def _hear(self) -> None:
        memory = self._memory
        if memory is not None:
            memory.flush()
            for frame in memory.received():
                answer = msgspec.msgpack.decode(frame, type=Answer)
                mail = self._asked.pop(answer.ticket, None)
                if mail is None:
                    self._overdue = max(0, self._overdue - 1)
                elif answer.opinions is None:
                    self._judge_alone(mail, "judging with history failed")
                else:
                    self._judged(mail, answer.opinions)
            if memory.closed:
                self._lose_memory()
        now_s = time.monotonic()
        late = [m for m in self._asked.values() if now_s - m.asked_s > self._setup.memory_time_s]
        for mail in late:
            del self._asked[mail.live.ticket]
            self._overdue += 1
            self._judge_alone(mail, "the store is late")

    def _lose_memory(self) -> None:
        if self._memory is not None:
            self._memory.close()
        self._memory = None
        self._overdue = 0
        waiting, self._asked = list(self._asked.values()), {}
        for mail in waiting:
            self._judge_alone(mail, self._setup.without)

    def _judge_alone(self, mail: _Mail, reason: str) -> None:
        assert mail.observed is not None
        owners, now_s = self._owners(mail.live), mail.live.arrived_s
        try:
            opinions = self._fallback(mail.observed, owners, now_s, reason)
        except Exception as error:  # noqa: BLE001  (the boundary: one mail must not end the gate)
            self.problems.append(
                f"{mail.sha256}: judging this mail failed ({place_of(error)}); it is handled as unread"
            )
            mail.observed = unobserved(_raw_mail(mail), "Judging this mail failed")
            opinions = self._fallback(mail.observed, owners, now_s, reason)
        self._judged(mail, opinions)

    def _owners(self, live: LiveMail) -> tuple[str, ...]:
        addresses = (address.lower() for address in live.recipients)
        owners = dict.fromkeys(self._setup.owners.get(address, address) for address in addresses)
        return tuple(owners) or ("",)

    # Acting ---------------------------------------------------------------------------------------------

    def _judged(self, mail: _Mail, opinions: Opinions) -> None:
        assert mail.observed is not None
        live = mail.live
        decision = decide(
            mail.observed,
            opinions,
            live.recipients,
            self._setup.owners,
            self._setup.handlings,
            signature=mail.signature,
        )
        mail.opinions, mail.decision = opinions, decision
        action = decision.action
        if live.too_large:  # what is not at hand in full can neither be rewritten nor kept
            if action == "defuse":
                mail.decision = msgspec.structs.replace(decision, action="quarantine")
            self._finish(mail)
            return
        if action == "defuse":
            policy = decision.defusing
        elif action == "quarantine" or (self._setup.keep_alerts and decision.verdict.alert):
            policy = None
        else:
            self._finish(mail)
            return
        raw = live.raw or live.original
        self._pool.submit(Edit(live.ticket, live.original, raw, live.arrived_s, policy))

    def _edited(self, mail: _Mail, edited: Edited) -> None:
        decision = mail.decision
        assert decision is not None
        if edited.failed:
            if decision.action in ("pass", "tag"):  # the original is only kept because it alarmed
                self.problems.append(edited.failed)
                self._finish(mail)
                return
            del self._mails[mail.live.ticket]
            self._done.append(Handled(mail.live.ticket, failed=edited.failed, sha256=mail.sha256))
            return
        if edited.late:
            mail.decision = msgspec.structs.replace(decision, action="quarantine")
            self.problems.append(
                f"{mail.sha256}: defusing was stopped ({edited.late}); the mail is held instead"
            )
            live = mail.live
            self._pool.submit(Edit(live.ticket, live.original, b"", live.arrived_s))
            return
        self._finish(mail, edited)

    def _finish(self, mail: _Mail, edited: Edited | None = None) -> None:
        assert mail.observed is not None
        assert mail.opinions is not None
        assert mail.decision is not None
        live, decision = mail.live, mail.decision
        defused = edited.defused if edited is not None else None
        sealed = edited.sealed if edited is not None else ""
        del self._mails[live.ticket]
        arrival = Arrival(
            mail.observed,
            mail.opinions,
            decision.action,
            live.arrived_s,
            live.recipients[:_MOST_NOTED],
            sealed,
        )
        if self._setup.keep_records:
            try:
                self._journal.append(arrival)
            except JournalFailed as error:
                self.problems.append(str(error))
        self._done.append(
            Handled(
                live.ticket,
                decision.action,
                decision.kind,
                tag(
                    decision,
                    mail.opinions,
                    action=decision.action,
                    sha256=mail.sha256,
                    signature=mail.signature,
                ),
                defused,
                sealed,
                mail.sha256,
                mail.opinions,
                mail.observed,
            )
        )


def _raw_mail(mail: _Mail) -> RawMail:
    live = mail.live
    return RawMail(
        source=live.source or f"arrival#{mail.sha256[:16]}",
        mailbox=live.mailbox or "arrival",
        raw=live.raw or live.original,
        folder=live.folder,
        arrival_s=live.arrived_s,
        envelope_sender=live.envelope_sender,
        envelope_recipients=live.recipients,
        flags=live.flags,
        outgoing=live.outgoing,
    )
